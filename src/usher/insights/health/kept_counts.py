"""Keeps what each process has counted in the database, where any process can read the sum of all.

A process that is killed loses what it counted in its last seconds. Figures stay right over restarts, several web
processes and workers on several machines, which files in a folder of one machine would not be.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, connections, transaction

from usher.platform.following import counting
from usher.platform.outages import is_outage
from usher.platform.scope import whole_installation

log = logging.getLogger(__name__)

EVERY_SECONDS = 10.0

# Where a version has other buckets than the one before, the series begins anew.
_KEEP = """
    INSERT INTO insights_keptcount AS kept (name, labels, connection_id, numbers, total)
    VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (name, labels, connection_id) DO UPDATE SET
        numbers = CASE WHEN cardinality(kept.numbers) <> cardinality(excluded.numbers) THEN excluded.numbers ELSE (
            SELECT array_agg(each.before + each.more ORDER BY each.place)
            FROM unnest(kept.numbers, excluded.numbers) WITH ORDINALITY AS each (before, more, place)
        ) END,
        total = CASE WHEN cardinality(kept.numbers) <> cardinality(excluded.numbers) THEN 0 ELSE kept.total END
            + excluded.total
"""


@whole_installation()
def keep_counts() -> None:
    """Adds what this process has counted since the last time. What could not be kept is kept the next time."""
    taken = counting.take()
    if not taken:
        return
    rows = [
        (series.name, list(series.labels), series.connection, list(counts.numbers), counts.total)
        for series, counts in sorted(
            taken.items(), key=lambda item: str(item[0])
        )  # all processes in one order
    ]
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(_KEEP, rows)
    except BaseException:
        counting.add(taken)
        raise


@contextmanager
def counts_kept() -> Iterator[None]:
    """For the process of a service: keeps counts every few seconds, and what is left at the end."""
    stop = threading.Event()
    keeper = threading.Thread(target=_keep_until, args=[stop], name="keep-counts", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        stop.set()
        keeper.join(EVERY_SECONDS)


def _keep_until(stop: threading.Event) -> None:
    is_last = False
    while not is_last:
        is_last = stop.wait(EVERY_SECONDS)
        try:
            keep_counts()
        except Exception as error:  # counting stops nothing
            if not is_outage(error):
                log.exception("What this process counted for /metrics was not kept. It tries again.")
        finally:
            connections.close_all()  # of this thread
