"""Who was back from a paused licence, on each day, as the stored events of the audit log tell."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.activity.written_events import an_event, user, write
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.activity.events.pauses import PAUSED, SIGNED_IN, UNPAUSED
from usher.activity.usage.figures import today_of
from usher.connections.models import Connection
from usher.policy.definition import Definition, Who
from usher.policy.finding.find import Finder
from usher.roster.models import Membership, Workspace

pytestmark = pytest.mark.django_db

HISTORY = 40


class Day(NamedTuple):
    """Days ago, the hour, and what happened."""

    ago: int
    hour: int
    kind: str


@pytest.fixture
def place() -> Workspace:
    return a_workspace(a_connection(time_zone="Asia/Kolkata"), "Acme", "acme.example")


@pytest.fixture
def member(place: Workspace) -> Membership:
    return a_member(place, "Zoë", "zoe@acme.example")


def at(connection: Connection, ago: int, hour: int) -> datetime:
    day = today_of(connection) - timedelta(days=ago)
    return datetime.combine(day, time(hour), ZoneInfo(connection.time_zone))


def happened(place: Workspace, member: Membership, days: Iterable[Day]) -> None:
    gid = member.person.gid
    for each in days:
        actor = user(gid) if each.kind == SIGNED_IN else {"actor_type": "asana"}
        moment = at(place.connection, each.ago, each.hour)
        write(place, an_event(moment, event_type=each.kind, actor=actor, resource=user(gid)))


def found(place: Workspace, within: int, history: int = HISTORY) -> dict[str, set[date]]:
    definition = Definition("Back", Who(back_from_pause_within=within))
    now = at(place.connection, 0, 23)
    finder = Finder(definition, place.connection, history, now)
    return {one.listed.name: set(finder.days.where(one.days)) for one in finder.find()}


def ago(place: Workspace, *days: int) -> set[date]:
    return {today_of(place.connection) - timedelta(days=each) for each in days}


@pytest.mark.parametrize("ended", [UNPAUSED, SIGNED_IN])
def test_found_on_the_day_of_the_return_and_until_so_many_days_are_full(
    place: Workspace, member: Membership, ended: str
) -> None:
    happened(place, member, [Day(30, 9, PAUSED), Day(5, 9, ended)])
    assert found(place, 3) == {"Zoë": ago(place, 5, 4, 3)}
    assert found(place, 3, history=1) == {}
    assert found(place, 7, history=1) == {"Zoë": ago(place, 0)}


def test_whoever_is_paused_again_is_no_longer_back(place: Workspace, member: Membership) -> None:
    happened(place, member, [Day(30, 9, PAUSED), Day(9, 9, UNPAUSED), Day(6, 9, PAUSED)])
    assert found(place, 30) == {"Zoë": ago(place, 9, 8, 7)}


def test_an_end_in_the_log_is_enough_where_the_pause_is_older_than_the_log(
    place: Workspace, member: Membership
) -> None:
    happened(place, member, [Day(1, 9, UNPAUSED)])
    assert found(place, 7) == {"Zoë": ago(place, 1, 0)}


def test_who_was_never_paused_or_is_still_paused_is_not_back(place: Workspace, member: Membership) -> None:
    other = a_member(place, "Ann", "ann@acme.example")
    happened(place, member, [Day(3, 9, SIGNED_IN), Day(2, 9, PAUSED)])
    happened(place, other, [Day(1, 9, SIGNED_IN)])
    assert found(place, 7) == {}


def test_the_day_is_that_of_the_time_zone_of_the_connection(place: Workspace, member: Membership) -> None:
    happened(place, member, [Day(9, 1, PAUSED), Day(5, 1, UNPAUSED)])  # the day before, in UTC
    assert found(place, 1) == {"Zoë": ago(place, 5)}


def test_it_is_said_when_and_how_they_came_back(place: Workspace, member: Membership) -> None:
    happened(place, member, [Day(30, 9, PAUSED), Day(2, 9, SIGNED_IN)])
    finder = Finder(Definition("Back", Who(back_from_pause_within=7)), place.connection, now=timezone.now())
    (one,) = finder.find()
    paused, back = (at(place.connection, days, 9) for days in (30, 2))
    assert one.says == f"Paused on {paused:%-d %B %Y}, signed in on {back:%-d %B %Y}, 03:30 UTC."


class RolledBack(Exception):
    pass


days = st.builds(
    Day, st.integers(1, HISTORY + 20), st.integers(0, 22), st.sampled_from([PAUSED, UNPAUSED, SIGNED_IN])
)


def is_back(history: list[Day], within: int, ago: int) -> bool:
    """By walking through the moments one after another, up to the end of that day."""
    is_paused, returned = False, list[int]()
    for each in history:
        if each.ago < ago:
            break
        if each.kind == PAUSED:
            is_paused = True
        elif is_paused or (each.kind == UNPAUSED and not _repeats_a_sign_in(history, each)):
            is_paused = False
            returned.append(each.ago)
    return not is_paused and any(back - within < ago <= back for back in returned)


def _repeats_a_sign_in(history: list[Day], unpaused: Day) -> bool:
    """Whether the pause before it had ended by a sign-in."""
    before = history[: history.index(unpaused)]
    ended = ""
    is_paused = False
    for each in before:
        if each.kind == PAUSED:
            is_paused, ended = True, ""
        elif is_paused:
            is_paused, ended = False, each.kind
        elif each.kind == UNPAUSED and ended != SIGNED_IN:
            ended = UNPAUSED
    return ended == SIGNED_IN


@given(st.lists(days, max_size=7, unique_by=lambda day: (day.ago, day.hour)), st.integers(1, 30))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_day_of_the_past_is_as_if_a_rule_had_run_in_its_evening(
    place: Workspace, member: Membership, history: list[Day], within: int
) -> None:
    history = sorted(history, key=lambda day: (-day.ago, day.hour))
    expected = {back for back in range(HISTORY) if is_back(history, within, back)}
    try:
        with transaction.atomic():
            happened(place, member, history)
            shown = found(place, within)
            raise RolledBack
    except RolledBack:
        pass
    assert shown.get("Zoë", set()) == ago(place, *expected)
