"""Sends what waits for one destination. May be killed at any point.

1. Read the next batch from the cursor on.
2. Send it. The receiver has taken it, or says why not.
3. Move the cursor, in one statement that counts only if nobody has moved it meanwhile.

Killed before 3, the batch is sent again: at least once, and with the same ids.
"""

import asyncio
import logging
import random
import time
from datetime import timedelta

from asgiref.sync import sync_to_async
from django.db.models import F
from django.utils import timezone

from usher.platform.encryption import SecretUnreadable
from usher.platform.locks import Lock, check_locks, lock_async
from usher.streams.models import StreamDestination
from usher.streams.reading.next_batch import NextBatch, StreamReader
from usher.streams.sending.message import Receiver, Undelivered
from usher.streams.sending.receivers import open_receiver

log = logging.getLogger(__name__)

SECONDS = 50
"""A run begins nothing after so long. The next minute has a run of its own."""
TRIES = 3
PAUSE_SECONDS = 1.0
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(minutes=15)


async def run_stream(pk: int, seconds: float = SECONDS) -> int:
    """Returns how many messages were taken. One process does this at a time; a second has nothing to do."""
    async with lock_async(Lock.EVENT_STREAM.of(pk), wait=False) as is_ours:
        if not is_ours:
            return 0
        try:
            destination = await sync_to_async(_due)(pk)
        except SecretUnreadable as error:
            await sync_to_async(_failed)(pk, Undelivered("Its token cannot be read.", str(error)))
            return 0
        return await _serve(destination, time.monotonic() + seconds) if destination else 0


def _due(pk: int) -> StreamDestination | None:
    return StreamDestination.objects.filter(pk=pk, is_on=True, next_attempt_at__lte=timezone.now()).first()


async def _serve(destination: StreamDestination, until: float) -> int:
    reader, sent = StreamReader(), 0
    try:
        async with open_receiver(destination) as receiver:
            while time.monotonic() < until:
                following = await sync_to_async(reader.next_batch)(destination)
                if following is None:
                    if not reader.is_held_up:
                        await sync_to_async(_caught_up)(destination.pk)
                    break
                if following.batch.messages:
                    await _send(receiver, following)
                check_locks_now = sync_to_async(check_locks)
                await check_locks_now()
                if not await sync_to_async(_taken)(destination.pk, following):
                    break  # somebody has switched it off, or begun anew: the next run sees it
                for name, value in following.after.items():
                    setattr(destination, name, value)
                sent += len(following.batch.messages)
    except Undelivered as problem:
        await sync_to_async(_failed)(destination.pk, problem)
    except Exception as error:  # one destination must not stop another's; its text may hold a secret
        log.exception("The event stream %s failed in an unexpected way.", destination.pk)
        why = f"Usher failed ({type(error).__name__})."
        await sync_to_async(_failed)(destination.pk, Undelivered(why, "The log of `usher worker` says more."))
    return sent


async def _send(receiver: Receiver, following: NextBatch) -> None:
    """A passing failure gets another chance within seconds. Raises Undelivered."""
    for attempt in range(1, TRIES + 1):
        try:
            await receiver.send(following.batch)
        except Undelivered as problem:
            if not problem.is_passing or attempt == TRIES:
                raise
            await asyncio.sleep(PAUSE_SECONDS * 2**attempt * random.uniform(0.5, 1))  # noqa: S311  # no secret
        else:
            return


def _taken(pk: int, following: NextBatch) -> bool:
    now = timezone.now()
    taken = len(following.batch.messages)
    news: dict[str, object] = {"sent": F("sent") + taken, "last_sent_at": now} if taken else {}
    healthy = {"problem": "", "remedy": "", "failures": 0, "failing_since": None}
    return bool(
        StreamDestination.objects.filter(pk=pk, is_on=True, **following.before).update(
            **following.after, **news, **(healthy if taken else {})
        )
    )


def _caught_up(pk: int) -> None:
    StreamDestination.objects.filter(pk=pk).update(caught_up_at=timezone.now())


def _failed(pk: int, problem: Undelivered) -> None:
    """The pause grows with each failure in a row. It never gives up: the cursor stays where it is."""
    stored = StreamDestination.without_secrets().filter(pk=pk).first()
    if stored is None:
        return
    now = timezone.now()
    StreamDestination.objects.filter(pk=pk).update(
        problem=problem.problem[:500],
        remedy=problem.remedy[:500],
        failures=F("failures") + 1,
        failing_since=stored.failing_since or now,
        next_attempt_at=now + (problem.wait or pause_after(stored.failures + 1)),
    )


def pause_after(failures: int) -> timedelta:
    """With jitter, so that not everything comes back at once."""
    pause: timedelta = min(FIRST_PAUSE * 2 ** min(failures - 1, 10), LONGEST_PAUSE)
    return pause * random.uniform(0.8, 1.2)  # noqa: S311  # no secret
