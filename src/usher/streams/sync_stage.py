"""The last stage of a sync: what it has read is sent on at once, not with the next minute."""

from asgiref.sync import sync_to_async

from usher.connections.sync import SyncContext
from usher.streams.queueing import enqueue_due_streams


async def send_on(context: SyncContext) -> None:
    """Sends nothing itself: a receiver that is down does not hold up a sync."""
    await sync_to_async(enqueue_due_streams)()
