"""What the database decides: how many calls of a token may be sent now, and how long the others wait.

One row for each token holds how many calls were sent in each tenth of a second of the last minute, and how many of
them have not ended. One statement locks the row, lets time pass in it, decides and stores. The server's clock counts.
"""

import math

import msgspec

from usher.asana import RateLimits
from usher.asana.limiter import WINDOWS
from usher.connections.pace.urgency import Urgency

SLOTS_A_SECOND = 10
SPANS = [round(seconds * SLOTS_A_SECOND) for seconds, _ in WINDOWS]
"""The windows in slots."""
SLOTS = max(SPANS)
SECONDS = 61
"""For so long a call counts as not ended when its process doesn't say that it has: it may have been killed."""

START = """
INSERT INTO connections_tokenpace (key, slot, sent, second, reads, writes)
VALUES (%(key)s, 0, array_fill(0, ARRAY[%(slots)s]), 0, array_fill(0, ARRAY[%(seconds)s]),
    array_fill(0, ARRAY[%(seconds)s]))
ON CONFLICT (key) DO NOTHING
"""

PAUSE = """
UPDATE connections_tokenpace
SET paused_until = greatest(paused_until, clock_timestamp() + %(pause)s * interval '1 second') WHERE key = %(key)s
"""

TAKE = """
WITH locked AS (
    SELECT * FROM connections_tokenpace WHERE key = %(key)s FOR UPDATE
), clock AS MATERIALIZED (  -- read after the lock was waited for
    SELECT extract(epoch FROM clock_timestamp())::float8 AS now FROM locked
), aged AS MATERIALIZED (
    -- A clock that was set back lets nothing pass, instead of stopping everything until it is as late again.
    SELECT now, floor(now * %(per_second)s)::bigint AS slot, floor(now)::bigint AS second,
        array_fill(0::smallint, ARRAY[by_slots]) || sent[1:%(slots)s - by_slots] AS sent,
        array_fill(0::smallint, ARRAY[by_seconds]) || reads[1:%(seconds)s - by_seconds] AS reads,
        array_fill(0::smallint, ARRAY[by_seconds]) || writes[1:%(seconds)s - by_seconds] AS writes,
        least(coalesce(extract(epoch FROM paused_until)::float8 - now, 0), %(longest_pause)s) AS pause
    FROM locked, clock, LATERAL (
        SELECT least(greatest(floor(now * %(per_second)s)::bigint - slot, 0), %(slots)s)::int AS by_slots,
            least(greatest(floor(now)::bigint - second, 0), %(seconds)s)::int AS by_seconds
    ) passed
), going AS MATERIALIZED (  -- without the calls that have ended
    SELECT array_agg(left_reads ORDER BY place) AS reads, array_agg(left_writes ORDER BY place) AS writes,
        sum(left_reads) AS all_reads, sum(left_writes) AS all_writes
    FROM (
        SELECT place, greatest(calls.reads - coalesce(ended.reads, 0), 0)::smallint AS left_reads,
            greatest(calls.writes - coalesce(ended.writes, 0), 0)::smallint AS left_writes
        FROM aged CROSS JOIN LATERAL unnest(aged.reads, aged.writes) WITH ORDINALITY AS calls (reads, writes, place)
        LEFT JOIN unnest(%(ended_at)s::bigint[], %(ended_reads)s::int[], %(ended_writes)s::int[])
            AS ended (second, reads, writes) ON ended.second = aged.second - place + 1
    ) each
), room AS MATERIALIZED (
    SELECT min(allowed - used) AS free, max((slot + span - fitting)::float8 / %(per_second)s - now) AS wait
    FROM aged, unnest(%(spans)s::int[], %(allowed)s::int[]) AS wanted (span, allowed), LATERAL (
        -- `fitting`: how much of the window, from now back, would have room for one more call
        SELECT max(running) AS used, count(*) FILTER (WHERE running < allowed) AS fitting
        FROM (
            SELECT sum(calls) OVER (ORDER BY place) AS running
            FROM unnest(sent[1:span]) WITH ORDINALITY AS slots (calls, place)
        ) summed
    ) each
), open AS MATERIALIZED (
    SELECT CASE WHEN pause > 0 THEN 0 ELSE greatest(free, 0) END AS free,
        greatest(CASE WHEN free > 0 THEN 0 ELSE wait END, pause, 0) AS wait,
        greatest(least(%(reads)s, %(most_reads)s - all_reads), 0) AS reads,
        greatest(least(%(writes)s, %(most_writes)s - all_writes), 0) AS writes
    FROM aged, room, going
), granted AS MATERIALIZED (
    SELECT least(reads, free - least(writes, free))::smallint AS reads, least(writes, free)::smallint AS writes, wait
    FROM open
), stored AS (
    UPDATE connections_tokenpace SET slot = aged.slot, second = aged.second,
        sent = (aged.sent[1] + granted.reads + granted.writes)::smallint || aged.sent[2:],
        reads = (going.reads[1] + granted.reads)::smallint || going.reads[2:],
        writes = (going.writes[1] + granted.writes)::smallint || going.writes[2:]
    FROM aged, going, granted
    WHERE key = %(key)s AND (granted.reads + granted.writes > 0 OR cardinality(%(ended_at)s::bigint[]) > 0)
)
SELECT granted.reads, granted.writes, granted.wait, aged.second FROM granted, aged
"""

LONGEST_PAUSE = 600.0
"""Seconds. Asana asks for less; a pause that ends later was stored before the clock was set back."""


class Decision(msgspec.Struct, frozen=True):
    """How many reads and writes may be sent at once. `wait`: seconds until the pace allows the next, if it is used up.

    `second`: that of the server in which they begin, by which their end is told.
    """

    reads: int
    writes: int
    wait: float
    second: int


def allowed_calls(limits: RateLimits, urgency: Urgency) -> dict[str, object]:
    """Parameters of TAKE: how many calls each window may hold, and how many may be under way."""
    return {
        "spans": SPANS,
        "allowed": [_most(limits.requests_per_minute * share, urgency) for _, share in WINDOWS],
        "most_reads": _most(limits.concurrent_reads, urgency),
        "most_writes": _most(limits.concurrent_writes, urgency),
    }


def _most(calls: float, urgency: Urgency) -> int:
    return max(1, math.floor(calls * urgency.value))


FIXED: dict[str, object] = {
    "per_second": SLOTS_A_SECOND,
    "slots": SLOTS,
    "seconds": SECONDS,
    "longest_pause": LONGEST_PAUSE,
}
