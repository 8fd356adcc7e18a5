"""Which connections need a person, and whether one has a question."""

from collections.abc import Collection

from django.db.models import Exists, OuterRef, QuerySet

from usher.connections.models import Connection, SyncRun
from usher.refusals import Refused


class NothingAsked(Refused):
    """No sync waits for an answer, or somebody gave it."""

    def __init__(self) -> None:
        super().__init__("This question was already answered.", "The newest sync says what was found since.")


def needing_attention() -> QuerySet[Connection]:
    """Those whose state is ATTENTION: connected, with a problem, and no sync in progress."""
    open_runs = SyncRun.objects.filter(connection=OuterRef("pk"), state__in=SyncRun.OPEN)
    return Connection.objects.filter(~Exists(open_runs), disconnected_at=None).exclude(problem="")


def needs_attention(connection: Connection, syncing: Collection[int]) -> bool:
    """The same of one that was read already. `syncing`: connections with an open run."""
    return connection.is_connected and bool(connection.problem) and connection.pk not in syncing


def check_asked(connection: Connection) -> None:
    """Whether its newest sync asks if the people who were gone at once really left. Raises NothingAsked."""
    latest = connection.runs.first()
    if latest is None or latest.state != SyncRun.State.ASKING:
        raise NothingAsked
