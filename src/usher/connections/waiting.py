"""A run that waits for Asana says so: until when, and that it goes on."""

import asyncio
import copy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import DatabaseError

from usher.connections.models import SyncRun
from usher.connections.states import SyncStep

if TYPE_CHECKING:
    from usher.connections.sync import SyncContext

LOOKED_AT_EVERY_SECONDS = 0.5
WORTH_SAYING = timedelta(seconds=2)


@asynccontextmanager
async def showing_waits(context: "SyncContext") -> AsyncIterator[None]:
    """While the block runs, its run shows when calls wait because Asana asked for it or does not answer."""
    watching = asyncio.create_task(_watch(context))
    try:
        yield
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


async def _watch(context: "SyncContext") -> None:
    shown: datetime | None = None
    while True:
        await asyncio.sleep(LOOKED_AT_EVERY_SECONDS)
        now, until = datetime.now(UTC), context.waits_until
        waits = until is not None and until > (now if shown else now + WORTH_SAYING)
        if waits and until != shown:
            waiting = copy.copy(context.run)
            waiting.set_step(SyncStep.WAIT_FOR_ASANA, until.isoformat(timespec="seconds") if until else "")
            await _show(context, waiting)
        elif shown and not waits:
            await _show(context, context.run)
        shown = until if waits else None


async def _show(context: "SyncContext", run: SyncRun) -> None:
    """Only the step: the progress is stored by who makes it. What fails here must not end the run."""
    if context.on_progress:
        context.on_progress(run)
    with suppress(DatabaseError):
        await SyncRun.objects.filter(pk=run.pk).aupdate(step=run.step)
