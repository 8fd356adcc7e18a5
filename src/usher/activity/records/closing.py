"""Compresses or drops the records of closed months, as USHER_EVENT_RECORDS says. By default, nothing is touched."""

import asyncio
import logging
from collections.abc import Callable
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
    async with lock_async(Lock.EVENT_RECORDS.whole, wait=False) as is_ours:
        if not is_ours:
            return []
        # Also when the setting was taken back since they were begun.
        await sync_to_async(drop_unfinished_copies)()
        policy = policy_of_records()
        due = await sync_to_async(due_months)(policy, now())
        return [month for month in due if await _close(month, policy)]


async def _close(month: EventMonth, policy: RecordPolicy) -> bool:
    """Whether it could be done this time."""
    copy = MonthCopy(month, policy)
    try:
        while await sync_to_async(copy.step)():
            pass  # between two steps, other jobs have their turn
        is_done = await _put_in_place(copy)
    except IntegrityError:  # a connection was deleted meanwhile
        log.info("The records of %s could not be rewritten.", month.day.strftime("%B %Y"), exc_info=True)
        is_done = False
    if is_done:
        events = sum(tally.events for tally in copy.tallies.values())
        done = "dropped" if policy is RecordPolicy.DROP else "compressed"
        log.info("%s records of %s were %s.", f"{events:,}", month.day.strftime("%B %Y"), done)
    else:
        await sync_to_async(drop_unfinished_copies)()
    return is_done


async def _put_in_place(copy: MonthCopy) -> bool:
    """Tries again while events arrive, or somebody reads them for long: a backup, or a rebuild of usage."""
    for number in range(1, TRIES + 1):
        await sync_to_async(catch_up)(copy)
        try:
            await sync_to_async(swap)(copy)
        except MonthChanged:
            continue
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise
            if number < TRIES:
                await asyncio.sleep(PAUSE_SECONDS)
        else:
            return True
    log.warning(
        "The events of %s are in use, so their records will be rewritten another night.",
        copy.month.day.strftime("%B %Y"),
    )
    return False
