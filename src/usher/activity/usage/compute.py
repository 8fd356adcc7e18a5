"""Computes usage: for people with new evidence, for a new day, or for everybody again."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import LiteralString
from zoneinfo import ZoneInfo

from django.db import connection as database
from django.db import transaction
from django.db.models import QuerySet

from usher.activity.locks import lock_figures
from usher.activity.models import ActiveDay, PeriodUse, PersonUsage, Session, Touched, UsageState
from usher.activity.usage import rules
from usher.activity.usage.sessions_sql import (
    CLEAR_DAYS,
    CLEAR_SESSIONS,
    FIND_DAYS,
    FIND_SESSIONS,
    GAP,
    LAST_ACTION,
    READ_EVENTS,
    REGION,
    SPREAD_TO_DAYS,
    TAKE_SOME,
)
from usher.connections.models import Connection

PEOPLE_AT_ONCE = 500

# `%(people)s`: their gids, or null for everybody.
SUM_UP: LiteralString = """
    INSERT INTO activity_personusage AS known
        (connection_id, user_gid, as_of, last_used_at, last_used_source, observed_on, last_automated_at,
         active_days, sessions, usage_seconds, has_logged_in, never_logged_in_on)
    WITH by_evidence AS (
        SELECT user_gid,
               max(last_human_at) AS last_at,
               (array_agg(last_human_source ORDER BY last_human_at DESC NULLS LAST))[1] AS last_source,
               max(day) FILTER (WHERE human > 0) AS observed_on,
               max(last_automated_at) AS last_automated_at,
               count(*) FILTER (WHERE human > 0 AND day > %(as_of)s - %(days)s) AS active_days,
               sum(sessions) FILTER (WHERE day > %(as_of)s - %(days)s) AS sessions,
               sum(usage_seconds) FILTER (WHERE day > %(as_of)s - %(days)s) AS usage_seconds
        FROM activity_activeday
        WHERE connection_id = %(connection)s AND day <= %(as_of)s
          AND (%(people)s::text[] IS NULL OR user_gid = ANY(%(people)s))
        GROUP BY user_gid
    ),
    console AS (
        SELECT sighting.user_gid, max(sighting.last_activity_on) AS last_on,
               count(*) FILTER (
                   WHERE sighting.first_login_on IS NOT NULL OR sighting.last_activity_on IS NOT NULL
               ) > 0 AS has_logged_in,
               -- What the newest export says, if it says "never".
               (array_agg(CASE WHEN sighting.has_never_logged_in THEN import.exported_on END
                          ORDER BY import.exported_on DESC))[1] AS never_on
        FROM activity_consolesighting sighting
        JOIN activity_consoleimport import ON import.id = sighting.console_import_id
        WHERE import.connection_id = %(connection)s
          AND (%(people)s::text[] IS NULL OR sighting.user_gid = ANY(%(people)s))
        GROUP BY sighting.user_gid
        HAVING count(*) FILTER (
            WHERE sighting.has_never_logged_in
               OR sighting.first_login_on IS NOT NULL OR sighting.last_activity_on IS NOT NULL
        ) > 0
    ),
    -- The console has days only: it counts if its day is later than the evidence.
    combined AS (
        SELECT coalesce(by_evidence.user_gid, console.user_gid) AS user_gid, last_at, last_source, observed_on,
               last_automated_at,
               active_days, sessions, usage_seconds, last_on, has_logged_in, never_on,
               by_evidence.last_at IS NULL
                   OR console.last_on > (by_evidence.last_at AT TIME ZONE %(zone)s)::date AS console_counts
        FROM by_evidence FULL JOIN console ON console.user_gid = by_evidence.user_gid
    )
    SELECT %(connection)s, combined.user_gid, %(as_of)s,
           CASE WHEN last_on IS NOT NULL AND console_counts THEN last_on::timestamp AT TIME ZONE %(zone)s
                ELSE last_at END,
           CASE WHEN last_on IS NOT NULL AND console_counts THEN 'console' ELSE coalesce(last_source, '') END,
           observed_on, last_automated_at, coalesce(active_days, 0), coalesce(sessions, 0), coalesce(usage_seconds, 0),
           coalesce(has_logged_in, false), never_on
    FROM combined
    WHERE length(combined.user_gid) <= 32  -- as a person's: whatever else acted is nobody's usage
    ON CONFLICT (connection_id, user_gid) DO UPDATE SET
        as_of = excluded.as_of, last_used_at = excluded.last_used_at,
        last_used_source = excluded.last_used_source, observed_on = excluded.observed_on,
        last_automated_at = excluded.last_automated_at, active_days = excluded.active_days,
        sessions = excluded.sessions, usage_seconds = excluded.usage_seconds,
        has_logged_in = excluded.has_logged_in, never_logged_in_on = excluded.never_logged_in_on
"""

# Remembers, under an empty gid, for which days the periods have to be counted again.
NOTE_CHANGED_DAYS: LiteralString = """
    INSERT INTO activity_touched AS known (connection_id, user_gid, first_at, last_at)
    SELECT %(connection)s, '', min(first_at), max(last_at) FROM spread HAVING count(*) > 0
    ON CONFLICT (connection_id, user_gid) DO UPDATE SET
        first_at = least(known.first_at, excluded.first_at), last_at = greatest(known.last_at, excluded.last_at)
"""

FORGET_PERIODS: LiteralString = """
    DELETE FROM activity_perioduse
    WHERE connection_id = %(connection)s AND period = %(period)s
      AND starts_on >= date_trunc(%(period)s, %(since)s::timestamp)
"""

# From the beginning of the period that contains the first changed day.
COUNT_PERIODS: LiteralString = """
    INSERT INTO activity_perioduse AS known (connection_id, period, starts_on, people, active_days, usage_seconds)
    SELECT %(connection)s, %(period)s, date_trunc(%(period)s, day)::date,
           count(DISTINCT user_gid), count(*), sum(usage_seconds)
    FROM activity_activeday
    WHERE connection_id = %(connection)s AND human > 0 AND day >= date_trunc(%(period)s, %(since)s::timestamp)
    GROUP BY 3
"""

TOUCH_ALL: LiteralString = """
    INSERT INTO activity_touched (connection_id, user_gid, first_at, last_at)
    SELECT %(connection)s, user_gid, min(at), max(at) FROM (
        SELECT actor_gid AS user_gid, created_at AS at FROM activity_auditevent
        WHERE connection_id = %(connection)s AND actor_gid <> '' AND use > 0 AND created_at >= %(since)s
        UNION ALL
        SELECT user_gid, at FROM activity_streamevent WHERE connection_id = %(connection)s AND at >= %(since)s
    ) evidence GROUP BY user_gid ORDER BY user_gid
    ON CONFLICT (connection_id, user_gid) DO UPDATE SET
        first_at = least(activity_touched.first_at, excluded.first_at),
        last_at = greatest(activity_touched.last_at, excluded.last_at)
"""

FOR_EVER = datetime.min.replace(tzinfo=UTC)


def bring_up_to_date(connection: Connection, today: date) -> int:
    """Computes the figures of everyone with new evidence, and of everybody once a new day has begun.

    `today` is a day in the connection's time zone. Returns the number of people with new evidence.
    """
    state = UsageState.objects.filter(connection=connection).first()
    if state is not None and state.time_zone != connection.time_zone:
        rebuild(connection, today)
    whole_since = _whole_since(connection, state)
    computed = 0
    waiting = Touched.objects.filter(connection=connection).exclude(user_gid="")
    while waiting.exists():
        people = _compute_some(connection, today, whole_since)
        computed += people
        if not people:
            _wait_for_another(waiting)
    _count_periods(connection)
    if state is None or state.as_of != today:
        _sum_up(connection, today, None)
    UsageState.objects.update_or_create(
        connection=connection, defaults={"time_zone": connection.time_zone, "as_of": today}
    )
    return computed


@transaction.atomic
def rebuild(connection: Connection, today: date) -> None:
    """Computes everything again from the raw events. Figures from events that were dropped stay."""
    state = UsageState.objects.filter(connection=connection).first()
    whole_since = _whole_since(connection, state)
    since = (
        whole_since.astimezone(ZoneInfo(connection.time_zone)).date() if whole_since > FOR_EVER else date.min
    )
    with database.cursor() as cursor:
        cursor.execute(READ_EVENTS)
        # First, so that no other worker computes these people at the same time.
        cursor.execute(TOUCH_ALL, {"connection": connection.pk, "since": whole_since})
        Session.objects.filter(connection=connection, starts_at__gte=whole_since).delete()
        ActiveDay.objects.filter(connection=connection, day__gte=since).delete()
    while _find_days(connection, whole_since):
        pass
    _count_periods(connection, since)
    _sum_up(connection, today, None)
    UsageState.objects.update_or_create(
        connection=connection, defaults={"time_zone": connection.time_zone, "as_of": today}
    )


def _whole_since(connection: Connection, state: UsageState | None) -> datetime:
    """The beginning of the first day whose raw events are all stored."""
    if state is None or state.raw_since is None:
        return FOR_EVER
    zone = ZoneInfo(connection.time_zone)
    day = state.raw_since.astimezone(zone).date()
    midnight = datetime.combine(day, time(), zone)
    return (
        midnight if midnight == state.raw_since else datetime.combine(day + timedelta(days=1), time(), zone)
    )


@transaction.atomic
def recompute_console(connection: Connection, today: date) -> None:
    """Applies the member CSVs of the Admin Console to everyone's last use, and to who has never logged in."""
    lock_figures(connection)
    PersonUsage.objects.filter(connection=connection, last_used_source="console").delete()
    PersonUsage.objects.filter(connection=connection).update(has_logged_in=False, never_logged_in_on=None)
    _sum_up(connection, today, None)


@transaction.atomic
def _wait_for_another(waiting: QuerySet[Touched]) -> None:
    """Waits until another transaction has computed these people, or given up.

    It may be that of a killed process: the server works on until its statement ends, and then stores nothing.
    One row only, since whoever waits with some of them locked may be waited for.
    """
    waiting.order_by("pk").select_for_update().first()


@transaction.atomic
def _compute_some(connection: Connection, today: date, whole_since: datetime) -> int:
    people = _find_days(connection, whole_since)
    if people:
        _sum_up(connection, today, people)
    return len(people)


def _find_days(connection: Connection, whole_since: datetime) -> list[str]:
    """Finds sessions and days of some people with new evidence, and returns their gids. Nothing is summed up yet."""
    parameters: dict[str, int | str | datetime] = {
        "connection": connection.pk,
        "people": PEOPLE_AT_ONCE,
        "zone": connection.time_zone,
        "gap": f"{GAP.total_seconds()} seconds",
        "last_action": f"{LAST_ACTION.total_seconds()} seconds",
        "whole_since": whole_since,
    }
    with transaction.atomic(), database.cursor() as cursor:
        cursor.execute(READ_EVENTS)
        cursor.execute("DROP TABLE IF EXISTS region, spread")
        cursor.execute(REGION)
        cursor.execute(TAKE_SOME, parameters)
        cursor.execute("SELECT user_gid FROM region")
        people: list[str] = [gid for (gid,) in cursor.fetchall()]
        if not people:
            return []
        cursor.execute("ANALYZE region")
        for statement in (CLEAR_SESSIONS, FIND_SESSIONS, SPREAD_TO_DAYS):
            cursor.execute(statement, parameters)
        cursor.execute("ANALYZE spread")
        for statement in (CLEAR_DAYS, FIND_DAYS, NOTE_CHANGED_DAYS):
            cursor.execute(statement, parameters)
    return people


@transaction.atomic
def _count_periods(connection: Connection, since: date | None = None) -> None:
    """Counts from the first changed day on, or from `since` if that is earlier."""
    changed = Touched.objects.select_for_update().filter(connection=connection, user_gid="").first()
    if changed is not None:
        first = changed.first_at.astimezone(ZoneInfo(connection.time_zone)).date()
        since = min(first, since or first)
        changed.delete()
    if since is None:
        return
    with database.cursor() as cursor:
        for period in PeriodUse.Period:
            parameters: dict[str, int | str | date] = {
                "connection": connection.pk,
                "period": period.value,
                "since": since,
            }
            cursor.execute(FORGET_PERIODS, parameters)
            cursor.execute(COUNT_PERIODS, parameters)


@transaction.atomic
def _sum_up(connection: Connection, today: date, people: Iterable[str] | None) -> None:
    lock_figures(connection)
    with database.cursor() as cursor:
        cursor.execute(
            SUM_UP,
            {
                "connection": connection.pk,
                "as_of": today,
                "days": rules.WINDOW_DAYS,
                "zone": connection.time_zone,
                "people": None if people is None else list(people),
            },
        )
