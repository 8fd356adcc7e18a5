"""What one person does: last use, figures, a year of days, and the evidence for all of it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from usher.activity.events.rows import EventRow, event_rows
from usher.activity.events.search import EventSearch
from usher.activity.models import ActiveDay, ConsoleSighting, EvidenceSource, PersonUsage
from usher.activity.people.calendar import Calendar, calendar_of, in_minutes, membership_coverage
from usher.activity.people.evidence import SourceEvidence, evidence_by_source
from usher.activity.usage import rules
from usher.activity.usage.explanation import CONFIDENCE_EXPLAINED, ConfidenceExplained
from usher.activity.usage.figures import confidence_of_person, sources_by_workspace, window_of
from usher.activity.usage.rules import Arrival, Confidence, ConsoleWord, ObservedMembership, Sources
from usher.roster.models import Person, Status
from usher.roster.query import memberships

EVENTS_SHOWN = 20


class LastUseState(StrEnum):
    """What can be said about the last use."""

    USED = "used"
    AUTOMATED_ONLY = "automated"
    NEVER = "never"
    UNKNOWN = "unknown"


SOURCES_IN_WORDS = {
    EvidenceSource.STREAM: "everyday work, from the event stream",
    EvidenceSource.AUDIT: "from the audit log",
    EvidenceSource.CONSOLE: "from the Admin Console",
}


@dataclass(frozen=True)
class PersonActivity:
    """`last_used_on` instead of `last_used_at` where the source knows the day only."""

    last_use: LastUseState
    arrival: Arrival
    never_logged_in_on: date | None
    last_used_at: datetime | None
    last_used_on: date | None
    source: str
    last_automated_at: datetime | None
    confidence: ConfidenceExplained
    is_observed: bool
    active_days: int
    sessions: int
    usage: timedelta
    calendar: Calendar
    evidence: list[SourceEvidence]
    events: list[EventRow]
    zone: str

    @property
    def average_usage(self) -> timedelta | None:
        """Per active day, in whole minutes; None without any active day."""
        return in_minutes(self.usage / self.active_days) if self.active_days else None


def activity_of(person: Person, now: datetime | None = None) -> PersonActivity:
    connection = person.connection
    window = window_of(connection, rules.WINDOW_DAYS, now=now)
    owned = list(memberships(connection).filter(person=person))
    sources = sources_by_workspace(connection)
    sighting = (
        ConsoleSighting.objects.filter(console_import__connection=connection, user_gid=person.gid)
        .select_related("console_import")
        .order_by("-console_import__exported_on")
        .first()
    )
    confidence = (
        confidence_of_person(owned, sources, window, in_console=sighting is not None)
        if owned
        else Confidence.NONE
    )
    usage = PersonUsage.objects.filter(connection=connection, user_gid=person.gid).first()
    days = list(ActiveDay.objects.filter(connection=connection, user_gid=person.gid, day__lte=window.until))
    in_window = [day for day in days if day.day >= window.first_day]
    from_console = usage is not None and usage.last_used_source == EvidenceSource.CONSOLE
    last_used_at = usage.last_used_at if usage else None
    console = ConsoleWord(usage.never_logged_in_on, usage.has_logged_in) if usage else ConsoleWord()
    observed = [
        ObservedMembership(
            one.since,
            last_used_at,
            sources.get(one.workspace_id, Sources()),
            usage.last_automated_at if usage else None,
            console,
        )
        for one in owned
        if one.status == Status.ACTIVE
    ]
    return PersonActivity(
        last_use=_last_use(usage, observed, window.now),
        arrival=_arrival(observed, window.now),
        never_logged_in_on=console.never_logged_in_on,
        last_used_at=None if from_console else last_used_at,
        last_used_on=last_used_at.astimezone(window.zone).date() if from_console and last_used_at else None,
        source=SOURCES_IN_WORDS[EvidenceSource(usage.last_used_source)]
        if usage and usage.last_used_source
        else "",
        last_automated_at=usage.last_automated_at if usage else None,
        confidence=CONFIDENCE_EXPLAINED[confidence],
        is_observed=confidence.is_observed,
        active_days=sum(day.human > 0 for day in in_window),
        sessions=sum(day.sessions for day in in_window),
        usage=timedelta(seconds=sum(day.usage_seconds for day in in_window)),
        calendar=calendar_of(
            days, membership_coverage(owned, sources), window.until, window.zone, window.now
        ),
        evidence=evidence_by_source(person, sighting),
        events=event_rows(EventSearch([connection.pk], person=person.gid).page(EVENTS_SHOWN)),
        zone=connection.time_zone,
    )


def _last_use(usage: PersonUsage | None, observed: list[ObservedMembership], now: datetime) -> LastUseState:
    if usage and usage.last_used_at:
        return LastUseState.USED
    if usage and usage.last_automated_at:
        return LastUseState.AUTOMATED_ONLY
    if observed and all(rules.is_never(one, now) for one in observed):
        return LastUseState.NEVER
    return LastUseState.UNKNOWN


def _arrival(observed: list[ObservedMembership], now: datetime) -> Arrival:
    """Of all active memberships together: surely never if one says so, probably never only if all do."""
    arrivals = {rules.arrival(one, now) for one in observed}
    for arrival in (Arrival.CAME, Arrival.NEVER):
        if arrival in arrivals:
            return arrival
    return Arrival.PROBABLY_NEVER if arrivals == {Arrival.PROBABLY_NEVER} else Arrival.UNKNOWN
