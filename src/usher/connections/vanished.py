"""The question of a sync that found many people gone at once: whether it is asked."""

from usher.connections.models import Connection, SyncRun
from usher.refusals import Refused


class NothingAsked(Refused):
    """Nobody waits for an answer, or somebody gave it."""

    def __init__(self) -> None:
        super().__init__("This question was already answered.", "The newest sync says what was found since.")


def check_asked(connection: Connection) -> None:
    """Raises NothingAsked."""
    latest = connection.runs.first()
    if latest is None or latest.state != SyncRun.State.ASKING:
        raise NothingAsked
