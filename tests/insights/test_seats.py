"""Who sits in Asana now, over time, and who came and went."""

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.activity.usage.cells import ConnectionCells
from usher.activity.usage.counting import count_memberships
from usher.connections.models import Connection
from usher.insights.seats import (
    DAYS_SHOWN_AT_FIRST,
    WEEKS_SHOWN,
    joined_and_left,
    seat_history,
    seats_now,
    workspaces_with_counts,
)
from usher.roster.models import Change, Licence, Membership, Role, SeatCount, Workspace

pytestmark = pytest.mark.django_db

TODAY = date(2026, 9, 16)  # a Wednesday
NOON = datetime(2026, 9, 16, 12, tzinfo=UTC)


def count(
    workspace: Workspace, day: date, people: int, licence: str = "member", role: str = "member"
) -> None:
    SeatCount.objects.create(workspace=workspace, day=day, role=role, licence=licence, people=people)


def members_by_day(connection: object = None, today: date = TODAY) -> dict[date, int | None]:
    history = seat_history(connection, today)  # type: ignore[arg-type]
    return dict(zip(history.days, history.by_licence[Licence.MEMBER], strict=True))


def change(membership: Membership, kind: str, happened: datetime, seen: datetime = NOON) -> None:
    Change.objects.create(membership=membership, kind=kind, happened_at=happened, seen_at=seen)


def everything() -> list[ConnectionCells]:
    return count_memberships(list(Connection.objects.all()))


def test_seats_are_active_memberships_that_are_billed() -> None:
    org = a_workspace(a_connection(), "Org", "acme.example")
    side = a_workspace(org.connection, "Side")
    a_member(org, "Admin", role="admin")
    a_member(side, "Admin")
    a_member(org, "Member")
    a_member(org, "Viewer", licence="view_only")
    a_member(org, "Guest", role="guest", licence="guest")
    a_member(org, "Gone", status="not_active")
    now = seats_now(everything())
    assert (now.people, now.seats, now.admins, now.guests, now.view_only, now.not_active) == (
        4,
        3,
        1,
        1,
        1,
        1,
    )
    assert now.by_role_and_licence == {
        (Role.ADMIN, Licence.MEMBER): 1,
        (Role.MEMBER, Licence.MEMBER): 2,
        (Role.MEMBER, Licence.VIEW_ONLY): 1,
        (Role.GUEST, Licence.GUEST): 1,
    }


def test_seats_are_of_one_connection_or_of_all_and_never_of_hidden_workspaces() -> None:
    one, two = a_connection("One"), a_connection("Two")
    a_member(a_workspace(one), "A")
    a_member(a_workspace(two), "B")
    a_member(a_workspace(two, "Hidden", left_out=Workspace.LeftOut.FILTER), "C")
    a_member(a_workspace(two, "Out of sight", left_out=Workspace.LeftOut.NOT_VISIBLE), "D")
    assert [seats_now(count_memberships(those)).seats for those in ([one], [two], [one, two])] == [1, 2, 3]
    assert {one.workspace.name for one in workspaces_with_counts(count_memberships([two]))} == {
        "Acme Inc",
        "Out of sight",
    }


def test_each_workspace_is_counted_by_kind() -> None:
    org = a_workspace(a_connection(), "Org", "acme.example")
    a_member(org, "A", role="admin")
    a_member(org, "B", role="guest", licence="guest")
    a_member(org, "C", licence="view_only")
    a_member(org, "D", status="not_active", role="admin")
    empty = a_workspace(org.connection, "Empty")
    first, second = workspaces_with_counts(everything())
    assert (first.active, first.seats, first.admins, first.guests, first.view_only, first.not_active) == (
        3,
        1,
        1,
        1,
        1,
        1,
    )
    assert (second.workspace, second.active) == (empty, 0)


def test_without_a_sync_there_is_no_history() -> None:
    a_workspace(a_connection())
    history = seat_history(None, TODAY)
    assert history.days == []
    assert all(values == [] for values in history.by_licence.values())


def test_between_two_syncs_the_figure_of_the_last_one_stands() -> None:
    org = a_workspace(a_connection())
    count(org, TODAY - timedelta(days=4), 5)
    count(org, TODAY - timedelta(days=4), 2, "guest", "guest")
    count(org, TODAY - timedelta(days=1), 7)
    assert list(members_by_day().values()) == [5, 5, 5, 7, 7]
    assert seat_history(None, TODAY).by_licence[Licence.GUEST] == [2, 2, 2, 0, 0]


def test_workspaces_walked_on_different_days_add_up_from_their_first_day_on() -> None:
    one, two = a_connection("One"), a_connection("Two")
    first, second = a_workspace(one), a_workspace(two)
    count(first, TODAY - timedelta(days=4), 5)
    count(first, TODAY - timedelta(days=2), 6)
    count(second, TODAY - timedelta(days=3), 10)
    count(a_workspace(two, "Hidden", left_out=Workspace.LeftOut.FILTER), TODAY - timedelta(days=9), 99)
    assert list(members_by_day().values()) == [5, 15, 16, 16, 16]
    assert list(members_by_day(two).values()) == [10, 10, 10, 10]


def test_a_workspace_that_everyone_left_counts_as_none() -> None:
    org = a_workspace(a_connection())
    count(org, TODAY - timedelta(days=1), 5)
    count(org, TODAY, 0)
    assert list(members_by_day().values()) == [5, 0]


def test_history_is_by_day_at_first_and_by_week_later() -> None:
    org = a_workspace(a_connection())
    count(org, TODAY - timedelta(days=DAYS_SHOWN_AT_FIRST), 1)
    assert len(members_by_day()) == DAYS_SHOWN_AT_FIRST + 1
    count(org, TODAY - timedelta(days=1000), 3)
    days = list(members_by_day())
    assert len(days) == WEEKS_SHOWN + 1
    assert {later - earlier for earlier, later in itertools.pairwise(days)} == {timedelta(weeks=1)}
    assert days[-1] == TODAY


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    counts=st.dictionaries(
        st.tuples(st.integers(0, 2), st.integers(0, 120)), st.integers(0, 9), min_size=1, max_size=12
    )
)
def test_history_is_what_a_few_lines_of_python_say(counts: dict[tuple[int, int], int]) -> None:
    connection = a_connection()
    workspaces = [a_workspace(connection, f"W{number}") for number in range(3)]
    for (number, days_ago), people in counts.items():
        count(workspaces[number], TODAY - timedelta(days=days_ago), people)
    for day, people in members_by_day(connection).items():
        days_since = (TODAY - day).days
        newest = [
            min((ago, n) for (which, ago), n in counts.items() if which == number and ago >= days_since)
            for number in range(3)
            if any(which == number and ago >= days_since for which, ago in counts)
        ]
        assert people == sum(n for _, n in newest)
    connection.delete()


def test_joiners_are_counted_by_the_week_of_asanas_date_and_leavers_only_since_the_first_sync() -> None:
    member = a_member(a_workspace(a_connection()), "Ada")
    monday = datetime(2026, 9, 14, tzinfo=UTC)
    first_sync = monday - timedelta(weeks=2) + timedelta(days=3)
    count(member.workspace, first_sync.date(), 1)
    change(member, "joined", monday - timedelta(weeks=3), first_sync)
    change(member, "joined", monday - timedelta(minutes=1), first_sync)  # Sunday: the week before
    change(member, "joined", monday)
    change(member, "returned", monday)
    change(member, "left", monday + timedelta(days=1))
    change(member, "role", monday)
    change(member, "joined", monday - timedelta(weeks=WEEKS_SHOWN))  # before all that is shown
    weeks = joined_and_left(None, TODAY)
    assert len(weeks.starts) == len(weeks.joined) == len(weeks.left) == WEEKS_SHOWN
    assert weeks.starts[-1] == monday.date()
    assert weeks.joined[-4:] == [1, 0, 1, 2]
    assert sum(filter(None, weeks.joined)) == 4
    assert weeks.left[-4:] == [None, 0, 0, 1]
    assert set(weeks.left[:-3]) == {None}, "what nobody watched is unknown, not zero"


def test_before_the_first_sync_nobody_knows_who_left() -> None:
    a_connection()
    weeks = joined_and_left(None, TODAY)
    assert weeks.left == [None] * WEEKS_SHOWN


def test_joined_and_left_are_of_one_connection_or_of_all() -> None:
    one, two = a_connection("One"), a_connection("Two")
    for connection, times in ((one, 1), (two, 2)):
        for number in range(times):
            change(a_member(a_workspace(connection, f"W{number}"), "Ada"), "joined", NOON)
    assert [joined_and_left(c, TODAY).joined[-1] for c in (one, two, None)] == [1, 2, 3]
