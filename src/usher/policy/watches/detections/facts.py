"""A fact that a detection found, and how it is told: once, with a link into the audit log, and not without end."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime
from urllib.parse import urlencode

import msgspec
from django.urls import reverse

from usher.connections.models import Connection
from usher.notify.kinds import KINDS
from usher.notify.telling import tell
from usher.notify.wording.kind import Fact
from usher.roster.models import Person
from usher.web.phrases import day_in_words

MOST_A_DAY = 20
"""Notices of one kind about one day of one connection. Beyond it, one more says so."""


class DetectedFact(msgspec.Struct, frozen=True):
    key: str
    at: datetime
    facts: dict[str, Fact]
    path: str


def tell_detected(kind: str, connection: Connection, found: Iterable[DetectedFact]) -> None:
    by_day: dict[date, list[DetectedFact]] = defaultdict(list)
    for one in found:
        by_day[one.at.astimezone(UTC).date()].append(one)
    for day, of_day in sorted(by_day.items()):
        of_day.sort(key=lambda one: (one.at, one.key))
        for one in of_day[:MOST_A_DAY]:
            facts = {"account": connection.name, "when": moment(one.at), **one.facts}
            tell(kind, f"{connection.pk}, {one.key}", facts, connection=connection, path=one.path)
        if len(of_day) > MOST_A_DAY:
            tell(
                "many_detections",
                f"{kind}, {connection.pk}, {day}",
                {
                    "what": KINDS[kind].label,
                    "told": MOST_A_DAY,
                    "account": connection.name,
                    "day": day_in_words(day),
                },
                connection=connection,
                path=audit_log(connection, since=day, until=day),
            )


def audit_log(connection: Connection, **filters: object) -> str:
    """The page of the audit log with these filters set."""
    given = {name: str(value) for name, value in filters.items() if value}
    return f"{reverse('activity:events')}?{urlencode({**given, 'connection': connection.pk})}"


def on_day_of(at: datetime) -> dict[str, date]:
    """Filters of the audit log. A day more at each end, since the page counts days in the time zone of its viewer."""
    day = at.astimezone(UTC).date()
    return {"since": date.fromordinal(day.toordinal() - 1), "until": date.fromordinal(day.toordinal() + 1)}


def names_of(connection: Connection, gids: Iterable[str]) -> dict[str, str]:
    people = Person.objects.filter(connection=connection, gid__in={*gids})
    return {person.gid: named(person) for person in people}


def named(person: Person) -> str:
    return f"{person.name} ({person.email})" if person.name and person.email else str(person)


def moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%-d %B %Y, %H:%M} UTC"


UNNAMED = "Somebody whom the audit log does not name"
