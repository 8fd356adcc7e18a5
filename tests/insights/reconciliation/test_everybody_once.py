"""Whatever file and Usher say: everybody is in exactly one line, lines add up, and lists have as many rows."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import median

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.support.insights.reconciled import (
    NEVER,
    at,
    days_before,
    import_rows,
    row_of_nobody,
    seen,
)
from tests.support.roster.people import a_connection, a_workspace
from usher.activity.models import ActiveDay, ConsoleImport, Coverage, EvidenceSource, PersonUsage
from usher.activity.usage.compute import bring_up_to_date
from usher.activity.usage.counting import count_memberships
from usher.activity.usage.figures import today_of
from usher.connections.models import Connection
from usher.insights.reconciliation.exports import newest_exports
from usher.insights.reconciliation.figures import reconciled_figures
from usher.insights.reconciliation.kinds import Activity, Presence, PresenceGroup
from usher.insights.reconciliation.people import SORTS, PlaceInList, ReconciledPeople
from usher.roster.models import Membership, Person, Workspace

pytestmark = pytest.mark.django_db

EXPORTED_DAYS_AGO = 5
ORG, SIDE, CLOSED, FILTERED = range(4)
WATCHED_DAYS = 40
SILENT = "silent"


@dataclass(frozen=True)
class Held:
    """A membership. Days are before the export; negative after it."""

    place: int
    active: bool = True
    guest: bool = False
    since: int = 300
    until: int | None = None


@dataclass(frozen=True)
class Somebody:
    """`in_file`: None if they are not, else a day before the export, NEVER or SILENT. `known`: has a gid in Usher."""

    held: tuple[Held, ...] = ()
    in_file: int | str | None = None
    known: bool = True
    used: int | None = None
    automated: int | None = None


@dataclass
class World:
    people: list[Somebody] = field(default_factory=list)
    org_is_read: bool = True


days = st.integers(-EXPORTED_DAYS_AGO + 1, 80)
held = st.builds(
    Held,
    place=st.sampled_from([ORG, ORG, SIDE, CLOSED, FILTERED]),
    active=st.booleans(),
    guest=st.booleans(),
    since=days,
    until=st.none() | days,
)
somebody = st.builds(
    Somebody,
    held=st.lists(held, max_size=3, unique_by=lambda one: one.place).map(tuple),
    in_file=st.none() | st.integers(0, 80) | st.sampled_from([NEVER, SILENT]),
    known=st.sampled_from([True, True, True, False]),
    used=st.none() | days,
    automated=st.none() | days,
)
worlds = st.builds(World, people=st.lists(somebody, max_size=8), org_is_read=st.booleans())


def presence_of(one: Somebody, world: World) -> Presence | None:
    """The rule in words of its own; None for whoever is on neither side."""
    scope = [each for each in one.held if each.place != FILTERED] if one.known else []
    active = [each for each in scope if each.active]
    here = next((each for each in active if each.place == ORG), None)
    if one.in_file is not None:
        if not one.known:
            return Presence.NOT_IN_USHER
        if here:
            return Presence.BOTH
        if active:
            return Presence.ELSEWHERE
        if not scope:
            return Presence.FILTERED
        ends = [each.until for each in scope if each.until is not None]
        return Presence.LEFT_SINCE if ends and min(ends) <= 0 else Presence.LEFT_BEFORE
    if not active:
        return None
    read = {ORG: world.org_is_read, SIDE: True, CLOSED: False}
    if not any(read[each.place] for each in active) or (here and not world.org_is_read):
        return Presence.NOT_READ
    if here is None:
        return Presence.OTHER_WORKSPACE
    if here.since <= 0:
        return Presence.JOINED_SINCE
    if one.used is None and one.automated is not None:
        return Presence.SERVICE_ACCOUNT
    if one.used is None and here.since < WATCHED_DAYS - EXPORTED_DAYS_AGO:
        return Presence.NEVER_CAME
    return Presence.GUEST if here.guest else Presence.UNKNOWN


def activity_of(one: Somebody, world: World) -> Activity | None:
    if presence_of(one, world) not in (Presence.BOTH, Presence.ELSEWHERE):
        return None
    console = one.in_file if isinstance(one.in_file, int) else None
    if console is None and one.used is None:
        return Activity.NEITHER
    if one.used is not None and one.used < 0:
        return Activity.SINCE_EXPORT
    if console is None:
        return Activity.CONSOLE_NEVER if one.in_file == NEVER else Activity.CONSOLE_SILENT
    if one.used is None:
        return Activity.ONLY_CONSOLE
    if one.used == console:
        return Activity.SAME
    if one.used < console:
        return Activity.USHER_LATER
    return Activity.CONSOLE_LATER if console < WATCHED_DAYS - EXPORTED_DAYS_AGO else Activity.NOT_COVERED


class Built:
    """The world in the database. Coverage begins at noon of its first day, which is therefore not covered."""

    def __init__(self) -> None:
        self.connection = a_connection("Acme", time_zone="UTC")
        self.exported_on = days_before(today_of(self.connection), EXPORTED_DAYS_AGO)
        self.places = [
            a_workspace(self.connection, "Org", "acme.example"),
            a_workspace(self.connection, "Side"),
            a_workspace(self.connection, "Closed", left_out=Workspace.LeftOut.NOT_VISIBLE),
            a_workspace(self.connection, "Filtered", left_out=Workspace.LeftOut.FILTER),
        ]
        Coverage.objects.create(
            workspace=self.places[ORG],
            source=EvidenceSource.AUDIT,
            begins_at=at(self.day(WATCHED_DAYS - EXPORTED_DAYS_AGO)),
            ends_at=timezone.now(),
        )
        # Somebody whom every file knows: a file without anybody who is known is refused.
        self.anchor = Somebody(held=(Held(ORG),), in_file=SILENT)

    def day(self, before_export: int) -> date:
        return self.exported_on - timedelta(days=before_export)

    def put(self, world: World) -> list[Somebody]:
        for model in (ConsoleImport, Membership, ActiveDay, PersonUsage, Person):
            model.objects.all().delete()
        left_out = "" if world.org_is_read else Workspace.LeftOut.NOT_VISIBLE
        Workspace.objects.filter(pk=self.places[ORG].pk).update(left_out=left_out)
        everybody = [self.anchor, *world.people]
        rows = [row for number, one in enumerate(everybody) if (row := self._put(number, one))]
        import_rows(self.connection, self.exported_on, rows)
        bring_up_to_date(self.connection, today_of(self.connection))
        return everybody

    def _put(self, number: int, one: Somebody) -> list[str] | None:
        gid, name = str(1_000 + number), f"P{number}"
        if one.known:
            person = Person.objects.create(connection=self.connection, gid=gid, name=name)
            for each in one.held:
                self._hold(person, each)
            for used, automated in ((one.used, False), (one.automated, True)):
                if used is not None and (automated is False or used != one.used):
                    seen(Membership(person=person), self.day(used), automated=automated)
                elif used is not None:
                    ActiveDay.objects.filter(user_gid=gid).update(
                        automated=1, last_automated_at=at(self.day(used))
                    )
        if one.in_file is None:
            return None
        words = {NEVER: NEVER, SILENT: ""}
        last = self.day(one.in_file) if isinstance(one.in_file, int) else words[str(one.in_file)]
        return row_of_nobody(name, f"p{number}@file.example", last, gid)

    def _hold(self, person: Person, each: Held) -> None:
        def moment(before_export: int) -> datetime:
            return min(at(self.day(before_export), 1), timezone.now())

        Membership.objects.create(
            person=person,
            workspace=self.places[each.place],
            gid=f"{person.gid}{each.place}",
            role="guest" if each.guest else "member",
            licence="guest" if each.guest else "member",
            status="active" if each.active else "not_active",
            since=moment(each.since),
            until=None if each.active or each.until is None else moment(each.until),
        )


@pytest.fixture
def built(db: None) -> Built:
    return Built()


A_LITTLE_OF_ALL = World(
    [
        Somebody((Held(ORG),), 3, used=3),
        Somebody((Held(SIDE),), 3, used=-2),
        Somebody((Held(ORG, active=False, until=0),), 3),
        Somebody((Held(FILTERED),), SILENT),
        Somebody(in_file=NEVER, known=False),
        Somebody((Held(ORG, since=0),)),
        Somebody((Held(ORG, since=10),), automated=4),
        Somebody((Held(ORG, guest=True),), used=5),
    ]
)

AT_THE_EDGES = World(
    [
        *(Somebody((Held(ORG),), day, used=60) for day in (34, 35, 36)),
        *(Somebody((Held(ORG, since=day),)) for day in (-1, 0, 1, 34, 35, 36)),
        *(Somebody((Held(ORG, active=False, until=day),), SILENT) for day in (-1, 0, 1)),
        *(Somebody((Held(ORG),), 2, used=day) for day in (-1, 0, 1, 2, 3)),
    ]
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds)
@example(A_LITTLE_OF_ALL)
@example(AT_THE_EDGES)
def test_everybody_is_in_one_line_and_the_lines_add_up(built: Built, world: World) -> None:
    everybody = built.put(world)
    connections = Connection.objects.filter(pk=built.connection.pk)
    exports = newest_exports(list(connections))
    (figures,) = reconciled_figures(exports, timezone.now())
    people = ReconciledPeople(exports, timezone.now())
    found, count = people.between(0, 100)

    expected = {
        f"P{number}": (presence, activity_of(one, world))
        for number, one in enumerate(everybody)
        if (presence := presence_of(one, world))
    }
    assert {each.name: (each.presence, each.activity) for each in found} == expected
    assert len(found) == len(expected) == count == people.count(), "nobody twice"
    assert figures.presences == Counter(presence for presence, _ in expected.values())
    assert figures.activities == Counter(activity for _, activity in expected.values() if activity)

    in_file = [one for one in everybody if one.in_file is not None]
    assert figures.together(PresenceGroup.IN_FILE) == figures.export.file.rows == len(in_file)
    (counted,) = count_memberships(list(connections))
    assert figures.together(PresenceGroup.ACTIVE) == counted.counted.people
    assert figures.together(PresenceGroup.COMPARED) == figures.activities.total()
    differences = [abs(each.difference) for each in found if each.difference is not None]
    assert figures.median_days == (median(differences) if differences else None)

    for group in PresenceGroup:
        assert figures.together(group) == len(
            ReconciledPeople(exports, timezone.now(), group.presences).between(0, 100)[0]
        )
    for activity in Activity:
        assert (
            figures.activities[activity]
            == ReconciledPeople(exports, timezone.now(), activity=activity).count()
        )


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds, size=st.integers(1, 4), sort=st.sampled_from(sorted(SORTS)), backwards=st.booleans())
@example(A_LITTLE_OF_ALL, 2, "name", False)
def test_pages_in_any_order_and_by_key_have_everybody_once(
    built: Built, world: World, size: int, sort: str, backwards: bool
) -> None:
    built.put(world)
    people = ReconciledPeople(newest_exports([built.connection]), timezone.now())
    everybody = sorted(each.place for each in people.walk())
    order = f"{'-' if backwards else ''}{sort}"
    in_order = [
        each for first in range(0, 20, size) for each in people.between(first, first + size, order)[0]
    ]
    assert sorted(each.place for each in in_order) == everybody
    values = [value for each in in_order if (value := getattr(each, sort)) not in (None, "")]
    if sort in ("console_day", "usher_day", "difference", "since"):
        assert values == sorted(values, reverse=backwards)
    by_place, place = list[PlaceInList](), None
    while page := people.behind(place, size):
        place = PlaceInList.read(str(page[-1].place))
        by_place += [each.place for each in page]
    assert by_place == everybody


def test_the_example_has_most_kinds(built: Built) -> None:
    kinds = {presence_of(one, A_LITTLE_OF_ALL) for one in A_LITTLE_OF_ALL.people}
    assert len(kinds) == len(A_LITTLE_OF_ALL.people)
