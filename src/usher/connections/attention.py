"""Which connections need a person."""

from collections.abc import Collection

from django.db.models import Exists, OuterRef, QuerySet

from usher.connections.models import Connection, SyncRun


def needing_attention() -> QuerySet[Connection]:
    """Those whose state is ATTENTION: connected, with a problem, and no sync in progress."""
    open_runs = SyncRun.objects.filter(connection=OuterRef("pk"), state__in=SyncRun.OPEN)
    return Connection.objects.filter(~Exists(open_runs), disconnected_at=None).exclude(problem="")


def needs_attention(connection: Connection, syncing: Collection[int]) -> bool:
    """The same of one that was read already. `syncing`: connections with an open run."""
    return connection.is_connected and bool(connection.problem) and connection.pk not in syncing
