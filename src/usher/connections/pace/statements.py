"""What the database decides: how many calls of a token may be sent now.

One row for each token holds how many calls were sent in each fifth of a second of the last minute, and how many each
process has under way. One statement locks the row, lets time pass in it, decides and stores. The server's clock counts.
"""

import math

from usher.asana.limiter import WINDOWS
from usher.asana.retry import LONGEST_PAUSE

SLOT_SECONDS = 0.2
SPANS = [math.ceil(seconds / SLOT_SECONDS) + 1 for seconds, _ in WINDOWS]
"""The windows in slots. One more than fit in, because the newest slot has only begun."""
SLOTS = max(SPANS)
FORGOTTEN_SECONDS = 10.0
"""A process that tells nothing for so long has nothing under way: it was killed. Others tell twice a second."""

START = f"""
INSERT INTO connections_tokenpace (key, slot, sent, under_way)
VALUES (%(key)s, 0, array_fill(0, ARRAY[{SLOTS}]), '{{}}') ON CONFLICT (key) DO NOTHING
"""  # noqa: S608 - all parts are constants

PAUSE = """
UPDATE connections_tokenpace
SET paused_until = greatest(paused_until, clock_timestamp() + %(pause)s * interval '1 second') WHERE key = %(key)s
"""

TAKE = f"""
WITH locked AS MATERIALIZED (
    SELECT * FROM connections_tokenpace WHERE key = %(key)s FOR UPDATE
), clock AS MATERIALIZED (  -- read after the lock was waited for
    SELECT clock_timestamp() AS now FROM locked
), aged AS MATERIALIZED (
    -- A clock that was set back lets no time pass once, instead of stopping everything until it is as late again.
    -- A pause that would be longer than any was stored before the clock was set back.
    SELECT now, slot_now, array_fill(0, ARRAY[passed]) || sent[1:{SLOTS} - passed] AS sent,
        CASE WHEN paused_until BETWEEN now AND now + interval '{LONGEST_PAUSE} seconds'
            THEN extract(epoch FROM paused_until - now)::float8 ELSE 0 END AS pause
    FROM locked, clock,
        LATERAL (SELECT floor(extract(epoch FROM now) / {SLOT_SECONDS})::bigint AS slot_now) AS present,
        LATERAL (SELECT least(greatest(slot_now - slot, 0), {SLOTS})::int AS passed) AS age
), room AS MATERIALIZED (
    SELECT CASE WHEN bool_or(pause > 0) THEN 0
        ELSE greatest(min(allowed - (SELECT sum(calls) FROM unnest(sent[1:span]) AS calls)), 0) END AS free
    FROM aged, unnest(ARRAY{SPANS}, %(allowed)s::int[]) AS windows (span, allowed)
), others AS MATERIALIZED (
    SELECT coalesce(jsonb_object_agg(process, told), '{{}}') AS told,
        coalesce(sum((told->>0)::int), 0) AS reads, coalesce(sum((told->>1)::int), 0) AS writes
    FROM locked, clock, jsonb_each(under_way) AS each (process, told)
    WHERE process <> %(process)s
        AND abs(extract(epoch FROM now) - (told->>2)::float8) < {FORGOTTEN_SECONDS}
), writes AS MATERIALIZED (
    SELECT greatest(least(%(writes)s, %(most_writes)s - %(own_writes)s - others.writes, free), 0)::int AS granted
    FROM room, others
), reads AS MATERIALIZED (
    SELECT greatest(least(%(reads)s, %(most_reads)s - %(own_reads)s - others.reads, free - writes.granted), 0)::int
        AS granted
    FROM room, others, writes
), stored AS (
    UPDATE connections_tokenpace SET slot = slot_now,
        sent = (aged.sent[1] + reads.granted + writes.granted) || aged.sent[2:],
        under_way = others.told || CASE
            WHEN %(own_reads)s + %(own_writes)s + reads.granted + writes.granted = 0 THEN '{{}}'
            ELSE jsonb_build_object(%(process)s::text, jsonb_build_array(
                %(own_reads)s + reads.granted, %(own_writes)s + writes.granted, extract(epoch FROM now)
            ))
        END
    FROM aged, others, reads, writes WHERE key = %(key)s
)
SELECT reads.granted, writes.granted, reads.granted + writes.granted >= free, pause FROM aged, room, reads, writes
"""  # noqa: S608 - all parts are constants
"""Returns how many reads and writes may be sent at once, whether they use up the pace, and the seconds of a pause.

No row before START.
"""
