"""What those who write figures of use take before they do."""

from usher.connections.models import Connection
from usher.platform.locks import MATCHING, Lock, lock_transaction


def lock_figures(connection: Connection) -> None:
    """Until the transaction ends: two who write figures of the same people would wait for each other in a ring.

    So would one of them and a walk of Asana, since each statement locks its people (migration 0007).
    """
    lock_transaction(MATCHING, shared=True)
    lock_transaction(Lock.FIGURES.of(connection.pk))
