"""Compresses or drops the records of closed months, as USHER_EVENT_RECORDS says. By default, nothing is touched."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from asgiref.sync import sync_to_async
from django.db import IntegrityError, OperationalError
from django.utils import timezone
from psycopg.errors import LockNotAvailable

from usher.activity.ingest.partitions import EventMonth
from usher.activity.records.copying import MonthCopy, drop_unfinished_copies
from usher.activity.records.months import RecordPolicy, due_months, policy_of_records
from usher.activity.records.swap import MonthChanged, catch_up, swap
from usher.platform.locks import Lock, lock_async

log = logging.getLogger(__name__)

TRIES = 20
PAUSE_SECONDS = 15.0


async def close_months(now: Callable[[], datetime] = timezone.now) -> list[EventMonth]:
    """Returns the months that were written anew. One process does this at a time; a second has nothing to do.

    May be killed at any point: each month is done in full or not at all, and begun again the next time.
    """
    done: list[EventMonth] = []
    async with lock_async(Lock.EVENT_RECORDS.whole, wait=False) as is_ours:
        if is_ours:
            try:
                await _close_due(now(), done)
            except (OperationalError, MonthChanged) as error:
                if not _is_in_use(error):
                    raise
                log.warning("Events are in use, so the next records will be rewritten another night.")
                with suppress(OperationalError):  # in use as well: the next night begins with it
                    await sync_to_async(drop_unfinished_copies)()
    return done


async def _close_due(now: datetime, done: list[EventMonth]) -> None:
    # Also when the setting was taken back since they were begun.
    await sync_to_async(drop_unfinished_copies)()
    policy = policy_of_records()
    for month in await sync_to_async(due_months)(policy, now):
        copy = MonthCopy(month, policy)
        try:
            await _close(copy)
        except IntegrityError:  # a connection was deleted meanwhile
            log.info("Records of %s could not be rewritten.", month.day.strftime("%B %Y"), exc_info=True)
            await sync_to_async(drop_unfinished_copies)()
        else:
            done.append(month)
            events = sum(tally.events for tally in copy.tallies.values())
            outcome = "dropped" if policy is RecordPolicy.DROP else "compressed"
            log.info("%s records of %s were %s.", f"{events:,}", month.day.strftime("%B %Y"), outcome)


async def _close(copy: MonthCopy) -> None:
    """Tries for a while to put the copy in place: events may arrive, or somebody may read them for long."""
    while await sync_to_async(copy.step)():
        pass  # between two steps, other jobs have their turn
    for number in range(1, TRIES + 1):
        await sync_to_async(catch_up)(copy)
        try:
            await sync_to_async(swap)(copy)
        except (OperationalError, MonthChanged) as error:
            if number == TRIES or not _is_in_use(error):
                raise
            if not isinstance(error, MonthChanged):
                await asyncio.sleep(PAUSE_SECONDS)
        else:
            return


def _is_in_use(error: Exception) -> bool:
    """Such as by a backup, by a rebuild of usage, or by a sync that stores events of that month."""
    return isinstance(error, MonthChanged) or isinstance(error.__cause__, LockNotAvailable)
