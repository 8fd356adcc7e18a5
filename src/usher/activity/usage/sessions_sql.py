"""From evidence to sessions and days, in SQL, only for people with new evidence and only for the affected time.

New evidence between two moments can lengthen, join or split (an automated event in the same second as a stream
event) the sessions that contain it or lie within 30 minutes of it. It cannot change any others, since stored sessions
are further apart. So the region from the first to the last of them is cleared and computed again, with its days.
"""

from datetime import timedelta
from typing import LiteralString

GAP = timedelta(minutes=30)
LAST_ACTION = timedelta(seconds=60)
"""The estimated duration of the last action of a session."""

# Before any other lock: a worker that stores events may be creating a partition, which blocks readers.
READ_EVENTS: LiteralString = "LOCK TABLE activity_auditevent, activity_streamevent IN ACCESS SHARE MODE"

# `gained_at`: the beginning of the days to compute, which may be earlier than that of the sessions.
REGION: LiteralString = """
    CREATE TEMPORARY TABLE region (
        user_gid text, first_at timestamptz, last_at timestamptz, gained_at timestamptz
    ) ON COMMIT DROP
"""

# Locks the rows, so that two workers never compute the same person, and new events wait for the next turn.
#
# Raw events before `whole_since` were dropped: sessions that begin before it stay, including the part after it.
TAKE_SOME: LiteralString = """
    WITH taken AS (
        DELETE FROM activity_touched WHERE id IN (
            SELECT id FROM activity_touched WHERE connection_id = %(connection)s AND user_gid <> ''
            ORDER BY id LIMIT %(people)s FOR UPDATE SKIP LOCKED
        )
        RETURNING user_gid, first_at, last_at
    )
    INSERT INTO region
    SELECT taken.user_gid,
           greatest(least(taken.first_at, min(session.starts_at) FILTER (WHERE NOT stays)),
                    max(session.ends_at) FILTER (WHERE stays) + interval '1 microsecond') AS first_at,
           greatest(taken.last_at, max(session.ends_at)) AS last_at,
           taken.first_at
    FROM taken
    LEFT JOIN activity_session session
        ON session.connection_id = %(connection)s AND session.user_gid = taken.user_gid
        -- One second more than the gap: stream and audit log events of the same second belong together.
        AND session.ends_at >= taken.first_at - %(gap)s::interval - interval '1 second'
        AND session.starts_at <= taken.last_at + %(gap)s::interval + interval '1 second'
    CROSS JOIN LATERAL (
        SELECT session.starts_at < %(whole_since)s AND taken.first_at >= %(whole_since)s AS stays
    ) kept
    GROUP BY taken.user_gid, taken.first_at, taken.last_at
"""

# Human evidence: audit log events with human use, and stream events, except in seconds with automated use by the
# same person.
HUMAN_EVIDENCE: LiteralString = """
    SELECT {span}.user_gid, event.created_at AS at, 'audit' AS source
    FROM {span} JOIN activity_auditevent event
        ON event.connection_id = %(connection)s AND event.actor_gid = {span}.user_gid AND event.actor_gid <> ''
        AND event.created_at >= {span}.first_at AND event.created_at <= {span}.last_at AND event.use = 1
    UNION ALL
    SELECT {span}.user_gid, change.at, 'stream'
    FROM {span} JOIN activity_streamevent change
        ON change.connection_id = %(connection)s AND change.user_gid = {span}.user_gid
        AND change.at >= {span}.first_at AND change.at <= {span}.last_at
    WHERE NOT EXISTS (
        SELECT FROM activity_auditevent machine
        WHERE machine.connection_id = %(connection)s AND machine.actor_gid = change.user_gid
          AND machine.actor_gid <> '' AND machine.use = 2
          AND machine.created_at >= date_trunc('second', change.at)
          AND machine.created_at < date_trunc('second', change.at) + interval '1 second'
    )
"""

CLEAR_SESSIONS: LiteralString = """
    DELETE FROM activity_session session USING region
    WHERE session.connection_id = %(connection)s AND session.user_gid = region.user_gid
      AND session.starts_at >= region.first_at AND session.starts_at <= region.last_at
"""

FIND_SESSIONS: LiteralString = f"""
    INSERT INTO activity_session (connection_id, user_gid, starts_at, ends_at, actions)
    WITH evidence AS ({HUMAN_EVIDENCE.replace("{span}", "region")}),
    marked AS (
        SELECT user_gid, at,
               at - lag(at) OVER (PARTITION BY user_gid ORDER BY at) <= %(gap)s::interval AS goes_on
        FROM evidence
    ),
    numbered AS (
        SELECT user_gid, at,
               count(*) FILTER (WHERE goes_on IS NOT TRUE) OVER (PARTITION BY user_gid ORDER BY at) AS session
        FROM marked
    )
    SELECT %(connection)s, user_gid, min(at), max(at), count(*) FROM numbered GROUP BY user_gid, session
"""

# All days of the region, in the connection's time zone.
SPREAD_TO_DAYS: LiteralString = """
    CREATE TEMPORARY TABLE spread ON COMMIT DROP AS
    SELECT user_gid, first_day, last_day,
           first_day::timestamp AT TIME ZONE %(zone)s AS first_at,
           ((last_day + 1)::timestamp AT TIME ZONE %(zone)s) - interval '1 microsecond' AS last_at
    FROM (
        SELECT user_gid,
               (least(first_at, gained_at) AT TIME ZONE %(zone)s)::date AS first_day,
               (last_at AT TIME ZONE %(zone)s)::date AS last_day
        FROM region
    ) days
"""

CLEAR_DAYS: LiteralString = """
    DELETE FROM activity_activeday day USING spread
    WHERE day.connection_id = %(connection)s AND day.user_gid = spread.user_gid
      AND day.day BETWEEN spread.first_day AND spread.last_day
"""

FIND_DAYS: LiteralString = f"""
    INSERT INTO activity_activeday (connection_id, user_gid, day, human, automated, sessions, usage_seconds,
                                    last_human_at, last_human_source, last_automated_at)
    WITH human AS (
        SELECT user_gid, (at AT TIME ZONE %(zone)s)::date AS day, count(*) AS events, max(at) AS last_at,
               (array_agg(source ORDER BY at DESC, source DESC))[1] AS last_source
        FROM ({HUMAN_EVIDENCE.replace("{span}", "spread")}) evidence GROUP BY 1, 2
    ),
    automated AS (
        SELECT spread.user_gid, (event.created_at AT TIME ZONE %(zone)s)::date AS day, count(*) AS events,
               max(event.created_at) AS last_at
        FROM spread JOIN activity_auditevent event
            ON event.connection_id = %(connection)s AND event.actor_gid = spread.user_gid AND event.actor_gid <> ''
            AND event.created_at >= spread.first_at AND event.created_at <= spread.last_at AND event.use = 2
        GROUP BY 1, 2
    ),
    begun AS (
        SELECT spread.user_gid, (session.starts_at AT TIME ZONE %(zone)s)::date AS day, count(*) AS sessions,
               sum(extract(epoch FROM session.ends_at - session.starts_at + %(last_action)s::interval)) AS seconds
        FROM spread JOIN activity_session session
            ON session.connection_id = %(connection)s AND session.user_gid = spread.user_gid
            AND session.starts_at >= spread.first_at AND session.starts_at <= spread.last_at
        GROUP BY 1, 2
    )
    SELECT %(connection)s, coalesce(human.user_gid, automated.user_gid), coalesce(human.day, automated.day),
           coalesce(human.events, 0), coalesce(automated.events, 0), coalesce(begun.sessions, 0),
           round(coalesce(begun.seconds, 0)), human.last_at, coalesce(human.last_source, ''), automated.last_at
    FROM human
    FULL JOIN automated ON automated.user_gid = human.user_gid AND automated.day = human.day
    LEFT JOIN begun ON begun.user_gid = human.user_gid AND begun.day = human.day
"""
