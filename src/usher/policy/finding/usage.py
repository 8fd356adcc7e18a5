"""On which days somebody was idle, had never come, or was there by an integration alone.

The same rules as of `activity.usage.rules`, for many days at once. What is known today about a day counts, not when it
became known.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, LiteralString
from zoneinfo import ZoneInfo

from django.db import connection as database

from usher.activity.ingest.spans import Span
from usher.activity.models import ListedMembership
from usher.activity.usage import rules
from usher.activity.usage.figures import local_day, window_of
from usher.activity.usage.rules import Confidence, Sources
from usher.connections.models import Connection
from usher.policy.finding.days import LastDays

# Time without human use that has ended: the day of the use before, if any, and that of the use after.
ENDED_GAPS: LiteralString = """
    SELECT user_gid, before, day FROM (
        SELECT user_gid, day, lag(day) OVER (PARTITION BY user_gid ORDER BY day) AS before
        FROM activity_activeday
        WHERE connection_id = %(connection)s AND human > 0 AND day >= %(since)s
    ) used
    WHERE day > %(first)s AND (before IS NULL OR day - before > %(days)s)
"""
FIRST_USE: LiteralString = """
    SELECT user_gid, min(day) FROM activity_activeday WHERE connection_id = %(connection)s AND day >= %(since)s
    GROUP BY user_gid
"""
AUTOMATED: LiteralString = """
    SELECT day.user_gid, day.day, day.human > 0, day.automated > 0
    FROM activity_activeday day
    WHERE day.connection_id = %(connection)s AND day.day >= %(since)s AND day.user_gid IN (
        SELECT user_gid FROM activity_activeday
        WHERE connection_id = %(connection)s AND automated > 0 AND day >= %(since)s
    )
"""


class IdleDays:
    """Days on which people had been idle for so many days."""

    def __init__(
        self,
        connection: Connection,
        sources: Mapping[int, Sources],
        days: LastDays,
        idle_for: int,
        at_least: Confidence,
        now: datetime,
    ) -> None:
        self._connection, self._days, self._idle_for = connection, days, idle_for
        self._ended = self._ended_gaps() if days.count > 1 else {}
        self._covered = {
            workspace: self._covered_days(
                known.stream if at_least == Confidence.HIGH else known.observed, now
            )
            for workspace, known in sources.items()
        }

    def of(self, listed: ListedMembership) -> int:
        covered = self._covered.get(listed.workspace_id, 0)
        if not covered:
            return 0
        unused = self._ended.get(listed.person.gid, 0)
        if listed.last_used_at is None:
            unused = self._days.all
        else:
            last = local_day(self._connection, listed.last_used_at)
            unused |= self._days.between(last + timedelta(days=self._idle_for))
        return unused & covered & self._settled(listed.since)

    def _settled(self, since: datetime) -> int:
        joined = since.astimezone(ZoneInfo(self._connection.time_zone))
        first = joined.date() if joined.time() == time() else joined.date() + timedelta(days=1)
        return self._days.between(first + timedelta(days=rules.GRACE_DAYS))

    def _covered_days(self, spans: Sequence[Span], now: datetime) -> int:
        mask = 0
        for back in range(self._days.count):
            until = self._days.today - timedelta(days=back)
            if rules.spans_window(spans, window_of(self._connection, self._idle_for, until, now)):
                mask |= 1 << back
        return mask

    def _ended_gaps(self) -> dict[str, int]:
        found: dict[str, int] = defaultdict(int)
        for gid, before, day in _rows(
            ENDED_GAPS,
            connection=self._connection.pk,
            since=self._days.first - timedelta(days=self._idle_for),
            first=self._days.first,
            days=self._idle_for,
        ):
            begins = None if before is None else before + timedelta(days=self._idle_for)
            found[gid] |= self._days.between(begins, day - timedelta(days=1))
        return found


class NeverCameDays:
    """Days on which people had been invited so many days before and had never come."""

    def __init__(
        self,
        connection: Connection,
        sources: Mapping[int, Sources],
        days: LastDays,
        within: int,
        now: datetime,
    ) -> None:
        self._connection, self._sources, self._days, self._within = connection, sources, days, within
        self._now = now
        first_uses = _rows(FIRST_USE, connection=connection.pk, since=date.min) if days.count > 1 else []
        self._first_use: dict[str, date] = dict(first_uses)

    def of(self, listed: ListedMembership) -> int:
        sources = self._sources.get(listed.workspace_id, Sources())
        observed = rules.ObservedMembership(
            listed.since,
            listed.last_used_at,
            sources,
            listed.last_automated_at,
            rules.ConsoleWord(listed.never_logged_in_on, bool(listed.has_logged_in)),
        )
        waited = local_day(self._connection, listed.since) + timedelta(days=self._within)
        arrival = rules.arrival(observed, self._now)
        if arrival in (rules.Arrival.NEVER, rules.Arrival.PROBABLY_NEVER):
            today = self._days.between(self._days.today)
            return self._days.between(waited) & (
                self._seen(listed.since, sources) | self._said(listed) | today
            )
        first = self._first_use.get(listed.person.gid)
        if arrival == rules.Arrival.UNKNOWN or first is None:
            return 0  # they came at a time that nobody knows, or it is not known whether they did
        return self._days.between(waited, first - timedelta(days=1)) & self._seen(listed.since, sources)

    def _seen(self, since: datetime, sources: Sources) -> int:
        """Days until which the sources cover all the time since the invitation."""
        for span in sources.observed:
            if span.begins_at <= since <= span.ends_at:
                return self._days.between(None, local_day(self._connection, span.ends_at))
        return 0

    def _said(self, listed: ListedMembership) -> int:
        said = listed.never_logged_in_on
        if said is None or said < listed.since.astimezone(UTC).date():
            return 0
        return self._days.between(None, said)


class IntegrationDays:
    """Days on which in the last 30 only an integration had used Asana in somebody's name."""

    def __init__(self, connection: Connection, days: LastDays) -> None:
        self._connection, self._days, window = connection, days, rules.WINDOW_DAYS
        longer = LastDays(days.today, days.count + window)
        human: dict[str, int] = defaultdict(int)
        automated: dict[str, int] = defaultdict(int)
        for gid, day, by_hand, by_program in _rows(AUTOMATED, connection=connection.pk, since=longer.first):
            bit = longer.between(day, day)
            human[gid] |= bit if by_hand else 0
            automated[gid] |= bit if by_program else 0
        self._by_gid = {
            gid: _within(mask, window) & ~_within(human[gid], window) & days.all
            for gid, mask in automated.items()
        }

    def of(self, listed: ListedMembership) -> int:
        alone = self._by_gid.get(listed.person.gid, 0)
        if listed.last_used_at is not None:
            # A console export may know of later use than the events do.
            last = local_day(self._connection, listed.last_used_at)
            alone &= ~self._days.between(last, last + timedelta(days=rules.WINDOW_DAYS - 1))
        return alone


def _within(mask: int, days: int) -> int:
    """Days on which one of the last so many days is in the set."""
    result = 0
    for back in range(days):
        result |= mask >> back
    return result


def _rows(query: LiteralString, **parameters: int | date) -> list[Any]:
    with database.cursor() as cursor:
        cursor.execute(query, parameters)
        rows: list[Any] = cursor.fetchall()
        return rows
