"""Reads a workspace's event stream: everyday work, which the audit log does not show."""

from collections.abc import Callable
from datetime import datetime

from asgiref.sync import sync_to_async
from django.db import transaction

from usher.activity.ingest.coverage import add_coverage, cut_coverage
from usher.activity.ingest.store import store_stream_events
from usher.activity.models import EvidenceSource, StreamCursor
from usher.asana import Asana, Forbidden, PlanTooLow, SyncTokenExpired
from usher.asana.events import StreamPage
from usher.roster.models import Workspace


async def poll_stream(asana: Asana, workspace: Workspace, now: Callable[[], datetime]) -> int:
    """Stores what happened since the last poll and returns how many events had a user.

    The first poll, and the first after a token has expired, only gets a token: Asana has no earlier events, so the
    coverage has a gap. A missing plan or permission is stored on the cursor and is not a failure.
    """
    cursor = await StreamCursor.objects.filter(workspace=workspace).afirst()
    try:
        return await _poll(asana, workspace, cursor, now())
    except SyncTokenExpired as expired:
        if expired.sync is None:
            raise
        # The new token covers what happens after the answer, not after the request.
        await sync_to_async(_begin)(workspace, cursor, expired.sync, now())
        return 0
    except (Forbidden, PlanTooLow) as refused:
        await StreamCursor.objects.aupdate_or_create(
            workspace=workspace,
            defaults={"problem": str(refused)},
            create_defaults={"problem": str(refused), "sync": "", "polled_at": now()},
        )
        return 0


async def _poll(asana: Asana, workspace: Workspace, cursor: StreamCursor | None, now: datetime) -> int:
    sync = (cursor and cursor.sync) or None
    polled_at = cursor.polled_at if cursor else now
    stored = 0
    while True:
        page = await asana.workspace_events(workspace.gid, sync)
        count = await sync_to_async(_store)(workspace, sync or "", page, polled_at, now)
        if count is None:
            return stored  # another worker polls this stream too, and was first
        stored += count
        if not page.has_more or page.sync == sync:
            return stored
        sync = page.sync


@transaction.atomic
def _store(workspace: Workspace, sync: str, page: StreamPage, since: datetime, now: datetime) -> int | None:
    """Stores the events and the next token together. Returns None if the cursor has moved in the meantime."""
    moved = StreamCursor.objects.filter(workspace=workspace, sync=sync).update(
        sync=page.sync, problem="", **({} if page.has_more else {"polled_at": now})
    )
    if not moved:
        return None
    stored = store_stream_events(workspace.connection_id, workspace.pk, page.data)
    if since > now:  # the clock was wrong before
        cut_coverage(workspace, EvidenceSource.STREAM, now)
    elif not page.has_more:
        add_coverage(workspace, EvidenceSource.STREAM, since, now)
    return stored


@transaction.atomic
def _begin(workspace: Workspace, expired: StreamCursor | None, sync: str, now: datetime) -> None:
    """Starts from this token, unless another worker has started in the meantime: its token covers more."""
    begun = {"sync": sync, "polled_at": now, "problem": ""}
    if expired is None:
        StreamCursor.objects.get_or_create(workspace=workspace, defaults=begun)
    else:
        StreamCursor.objects.filter(pk=expired.pk, sync=expired.sync).update(**begun)
