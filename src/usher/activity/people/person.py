"""What one person does: last use, figures, a year of days, and what all of it rests on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import LiteralString
from zoneinfo import ZoneInfo

import msgspec
from django.db import connection as database
from django.utils import timezone

from usher.activity.events.search import EventSearch
from usher.activity.events.tables import EventRow, event_rows
from usher.activity.models import ActiveDay, ConsoleSighting, EvidenceSource, PersonUsage, Session, Use
from usher.activity.people.calendar import Calendar, DayState, Watch, calendar_of, in_minutes
from usher.activity.usage import rules
from usher.activity.usage.explanation import TRUST, Trust
from usher.activity.usage.figures import sources_by_workspace, trust_in, window_of
from usher.activity.usage.rules import Confidence, ObservedMembership, Sources, UsageWindow
from usher.activity.usage.sessions_sql import LAST_ACTION
from usher.roster.models import Membership, Person, Status
from usher.roster.query import memberships

WINDOW_DAYS = 30
EVENTS_SHOWN = 20
MOST_COUNTED = 10_000
"""Evidence of one person and source is counted so far, from the newest back."""


class LastUseState(StrEnum):
    """What may be said of the last use."""

    USED = "used"
    AUTOMATED_ONLY = "automated"
    NEVER = "never"
    UNKNOWN = "unknown"


SOURCES_IN_WORDS = {
    EvidenceSource.STREAM: "everyday work, seen in the workspace events",
    EvidenceSource.AUDIT: "an act in the audit log",
    EvidenceSource.CONSOLE: "as the Admin Console says",
}


@dataclass(frozen=True)
class SourceEvidence:
    """How much one source tells of the person. `count` is None where it does not count events."""

    title: str
    count: int | None
    newest: datetime | date | None
    note: str = ""

    @property
    def is_more(self) -> bool:
        return self.count is not None and self.count >= MOST_COUNTED


@dataclass(frozen=True)
class PersonActivity:
    known: LastUseState
    last_used_at: datetime | None
    last_used_on: date | None
    source: str
    last_automated_at: datetime | None
    trust: Trust
    active_days: int
    sessions: int
    usage: timedelta
    calendar: Calendar
    evidence: list[SourceEvidence]
    events: list[EventRow]
    zone: str

    @property
    def average_usage(self) -> timedelta | None:
        """A day on which Asana was used, in whole minutes; None where there was none."""
        return in_minutes(self.usage / self.active_days) if self.active_days else None


def activity_of(person: Person, now: datetime | None = None) -> PersonActivity:
    connection = person.connection
    window = window_of(connection, WINDOW_DAYS, now=now)
    owned = list(memberships(connection).filter(person=person))
    sources = sources_by_workspace(connection)
    sighting = (
        ConsoleSighting.objects.filter(console_import__connection=connection, user_gid=person.gid)
        .select_related("console_import")
        .order_by("-console_import__exported_on")
        .first()
    )
    trust = trust_in(owned, sources, window, in_console=sighting is not None) if owned else Confidence.NONE
    usage = PersonUsage.objects.filter(connection=connection, user_gid=person.gid).first()
    days = list(ActiveDay.objects.filter(connection=connection, user_gid=person.gid, day__lte=window.until))
    in_window = [day for day in days if day.day >= window.first_day]
    known = _known(usage, owned, sources, window)
    from_console = usage is not None and usage.last_used_source == EvidenceSource.CONSOLE
    last_used_at = usage.last_used_at if usage else None
    return PersonActivity(
        known=known,
        last_used_at=None if from_console else last_used_at,
        last_used_on=last_used_at.astimezone(window.zone).date() if from_console and last_used_at else None,
        source=SOURCES_IN_WORDS[EvidenceSource(usage.last_used_source)]
        if usage and usage.last_used_source
        else "",
        last_automated_at=usage.last_automated_at if usage else None,
        trust=TRUST[trust],
        active_days=sum(day.human > 0 for day in in_window),
        sessions=sum(day.sessions for day in in_window),
        usage=timedelta(seconds=sum(day.usage_seconds for day in in_window)),
        calendar=calendar_of(days, watches(owned, sources), window.until, window.zone, window.now),
        evidence=_evidence(person, sighting),
        events=event_rows(EventSearch([connection.pk], person=person.gid).page(EVENTS_SHOWN)),
        zone=connection.time_zone,
    )


def _known(
    usage: PersonUsage | None, owned: list[Membership], sources: dict[int, Sources], window: UsageWindow
) -> LastUseState:
    if usage and usage.last_used_at:
        return LastUseState.USED
    if usage and usage.last_automated_at:
        return LastUseState.AUTOMATED_ONLY
    living = [membership for membership in owned if membership.status == Status.ACTIVE]
    facts = [ObservedMembership(one.since, None, sources.get(one.workspace_id, Sources())) for one in living]
    if facts and all(rules.is_never(fact, window.now) for fact in facts):
        return LastUseState.NEVER
    return LastUseState.UNKNOWN


def watches(owned: Sequence[Membership], sources: dict[int, Sources]) -> list[Watch]:
    """Since when the person was in which workspace, and when that was watched. Organizations count, where any is."""
    living = [membership for membership in owned if membership.status == Status.ACTIVE] or owned
    chosen = [membership for membership in living if membership.workspace.is_organization] or living
    return [
        Watch(membership.since, tuple(sources.get(membership.workspace_id, Sources()).observed))
        for membership in chosen
    ]


AUDIT_EVIDENCE: LiteralString = """
    SELECT use, count(*), max(created_at) FROM (
        SELECT use, created_at FROM activity_auditevent
        WHERE connection_id = %s AND actor_gid = %s AND actor_gid <> '' AND use > 0
        ORDER BY created_at DESC LIMIT %s
    ) newest GROUP BY use
"""
STREAM_EVIDENCE: LiteralString = """
    SELECT count(*), max(at) FROM (
        SELECT at FROM activity_streamevent WHERE connection_id = %s AND user_gid = %s ORDER BY at DESC LIMIT %s
    ) newest
"""


def _evidence(person: Person, sighting: ConsoleSighting | None) -> list[SourceEvidence]:
    asked: list[int | str] = [person.connection_id, person.gid, MOST_COUNTED]
    with database.cursor() as cursor:
        cursor.execute(STREAM_EVIDENCE, asked)
        stream_count, stream_newest = cursor.fetchone()
        cursor.execute(AUDIT_EVIDENCE, asked)
        audit = {use: (count, newest) for use, count, newest in cursor.fetchall()}
    human, automated = audit.get(Use.HUMAN, (0, None)), audit.get(Use.AUTOMATED, (0, None))
    return [
        SourceEvidence("Workspace events: everyday work", stream_count, stream_newest),
        SourceEvidence("Audit log: by hand", *human),
        SourceEvidence("Audit log: by an integration", *automated, note="is no use by the person"),
        SourceEvidence(
            "Admin Console: last activity",
            None,
            sighting.last_activity_on if sighting else None,
            note=_of_export(sighting),
        ),
    ]


def _of_export(sighting: ConsoleSighting | None) -> str:
    if sighting is None:
        return "not in any export that was imported"
    return f"export of {sighting.console_import.exported_on:%-d %b %Y}"


class DaySession(msgspec.Struct, frozen=True):
    starts_at: datetime
    ends_at: datetime
    actions: int

    @property
    def usage(self) -> timedelta:
        """Estimated: from the first to the last action, and a minute for the last. In whole minutes."""
        return in_minutes(self.ends_at - self.starts_at + LAST_ACTION)


@dataclass(frozen=True)
class PersonDay:
    """One calendar day in the connection's time zone. `earlier` and `later` are the nearest active days."""

    day: date
    zone: str
    sessions: list[DaySession]
    human: int
    automated: int
    earlier: date | None
    later: date | None
    state: DayState


def day_of(person: Person, day: date, now: datetime | None = None) -> PersonDay:
    connection = person.connection
    zone, now = ZoneInfo(connection.time_zone), now or timezone.now()
    found = Session.objects.none()
    if date.min < day < date.max:
        begins_at = datetime.combine(day, time(), zone)
        ends_at = datetime.combine(day + timedelta(days=1), time(), zone)
        found = Session.objects.filter(
            connection=connection, user_gid=person.gid, starts_at__gte=begins_at, starts_at__lt=ends_at
        ).order_by("starts_at")
    days = ActiveDay.objects.filter(connection=connection, user_gid=person.gid)
    stored = days.filter(day=day).first()
    used = days.filter(human__gt=0)
    watched = watches(list(memberships(connection).filter(person=person)), sources_by_workspace(connection))
    return PersonDay(
        day=day,
        zone=connection.time_zone,
        sessions=[DaySession(one.starts_at, one.ends_at, one.actions) for one in found],
        human=stored.human if stored else 0,
        automated=stored.automated if stored else 0,
        earlier=used.filter(day__lt=day).order_by("-day").values_list("day", flat=True).first(),
        later=used.filter(day__gt=day).order_by("day").values_list("day", flat=True).first(),
        state=DayState.of(stored, day, watched, zone, now),
    )
