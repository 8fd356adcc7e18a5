"""The stage of a sync that looks in the audit log for the licences on the list of those to pause."""

from asgiref.sync import sync_to_async

from usher.connections.sync import SyncContext
from usher.removal.pauses.verify import verify_pauses


async def look_for_pauses(context: SyncContext) -> None:
    """After the events are read, also where a part of them could not be."""
    await sync_to_async(verify_pauses)(context.run.connection)
