"""Which connections need a person."""

from django.db.models import Exists, OuterRef, QuerySet

from usher.connections.models import Connection, SyncRun


def needing_attention() -> QuerySet[Connection]:
    """Those whose state is ATTENTION: connected, with a problem, and no sync in progress."""
    open_runs = SyncRun.objects.filter(connection=OuterRef("pk"), state__in=SyncRun.OPEN)
    return Connection.objects.filter(~Exists(open_runs), disconnected_at=None).exclude(problem="")
