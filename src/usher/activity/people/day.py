"""One person's sessions on one day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from django.utils import timezone

from usher.activity.models import ActiveDay, Session
from usher.activity.people.calendar import DayState, in_minutes, membership_coverage
from usher.activity.usage.figures import sources_by_workspace
from usher.activity.usage.sessions_sql import LAST_ACTION
from usher.platform.days import begin_of, end_of
from usher.roster.models import Person
from usher.roster.query import memberships


class DaySession(msgspec.Struct, frozen=True):
    starts_at: datetime
    ends_at: datetime
    actions: int

    @property
    def usage(self) -> timedelta:
        """An estimate in whole minutes: from the first to the last action, plus a minute for the last one."""
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
    sessions = Session.objects.filter(
        connection=connection,
        user_gid=person.gid,
        starts_at__gte=begin_of(day, zone),
        starts_at__lt=end_of(day, zone),
    ).order_by("starts_at")
    days = ActiveDay.objects.filter(connection=connection, user_gid=person.gid)
    stored = days.filter(day=day).first()
    active = days.filter(human__gt=0)
    covered = membership_coverage(
        list(memberships(connection).filter(person=person)), sources_by_workspace(connection)
    )
    return PersonDay(
        day=day,
        zone=connection.time_zone,
        sessions=[DaySession(one.starts_at, one.ends_at, one.actions) for one in sessions],
        human=stored.human if stored else 0,
        automated=stored.automated if stored else 0,
        earlier=active.filter(day__lt=day).order_by("-day").values_list("day", flat=True).first(),
        later=active.filter(day__gt=day).order_by("day").values_list("day", flat=True).first(),
        state=DayState.of(stored, day, covered, zone, now),
    )
