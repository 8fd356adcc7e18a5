"""Figures of any window, and of days, weeks and months, are what a plain count of the evidence gives."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tests.activity.usage.test_compute import store
from tests.support.activity.small_log import make_organization
from tests.support.activity.usage_model import Moment, lived
from usher.activity.models import ActiveDay, PeriodUse, PersonUsage, Session, Touched
from usher.activity.usage.compute import bring_up_to_date, rebuild
from usher.activity.usage.figures import usage, window_of
from usher.connections.models import Connection
from usher.roster.models import Membership, Person, Workspace

START = datetime(2026, 9, 20, 20, tzinfo=UTC)
TODAY = date(2026, 12, 31)
ZONES = ["UTC", "Asia/Kolkata", "America/New_York"]

evidence = st.lists(
    st.builds(
        Moment,
        user=st.sampled_from(["1", "2", "3"]),
        at=st.integers(0, 60 * 24 * 90).map(lambda minute: START + timedelta(minutes=minute)),
        kind=st.sampled_from(["human", "stream", "stream", "automated"]),
    ),
    max_size=25,
)


def everyone_in(workspace: Workspace) -> None:
    for gid in ("1", "2", "3"):
        person = Person.objects.create(connection=workspace.connection, gid=gid, email=f"{gid}@example.com")
        Membership.objects.create(
            person=person, workspace=workspace, gid=f"m{gid}", role="member", licence="member",
            status="active", since=START,
        )  # fmt: skip


def assert_periods_as_counted(connection: Connection) -> None:
    people: dict[tuple[str, date], set[str]] = defaultdict(set)
    days: dict[tuple[str, date], int] = defaultdict(int)
    seconds: dict[tuple[str, date], int] = defaultdict(int)
    for row in ActiveDay.objects.filter(connection=connection, human__gt=0):
        for period, first in (
            ("day", row.day),
            ("week", row.day - timedelta(days=row.day.weekday())),
            ("month", row.day.replace(day=1)),
        ):
            people[period, first].add(row.user_gid)
            days[period, first] += 1
            seconds[period, first] += row.usage_seconds
    told = {
        (row.period, row.starts_on): (row.people, row.active_days, row.usage_seconds)
        for row in PeriodUse.objects.filter(connection=connection)
    }
    assert told == {key: (len(people[key]), days[key], seconds[key]) for key in people}


class FiguresAsCounted(TestCase):
    @given(
        evidence,
        st.sampled_from(ZONES),
        st.integers(1, 3),
        st.sampled_from([1, 7, 30, 60]),
        st.integers(0, 95),
    )
    @settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
    def test_windows_that_end_on_any_day_and_periods(self, moments, zone, parts, days, until_day):
        workspace = make_organization(zone=zone)
        connection = workspace.connection
        everyone_in(workspace)
        size = len(moments) // parts + 1
        for part in range(parts):
            store(connection, workspace, moments[part * size : (part + 1) * size])
            bring_up_to_date(connection, TODAY)
            assert_periods_as_counted(connection)
        assert not Touched.objects.exists()
        until = START.date() + timedelta(days=until_day)
        window = window_of(connection, days, until, datetime(2026, 12, 31, tzinfo=UTC))
        truth = lived(moments, ZoneInfo(zone))
        told = {person.gid: person for person in usage(connection, window)}
        assert set(told) == {"1", "2", "3"}
        for gid, person in told.items():
            mine = truth[gid]
            inside = [
                day for date_, day in mine.days.items() if until - timedelta(days=days) < date_ <= until
            ]
            active = sum(day.human > 0 for day in inside)
            minutes = round(sum(round(day.seconds) for day in inside) / 60, 1)
            assert person.active_days == active
            assert person.sessions == sum(day.sessions for day in inside)
            assert person.usage_minutes == pytest.approx(minutes)
            if active:
                assert person.average_usage_minutes == pytest.approx(minutes / active)
            else:
                assert person.average_usage_minutes is None
            human = [day.last_human_at for day in mine.days.values() if day.last_human_at]
            assert person.last_used == max(human, default=None)
            machine = [m.at for m in moments if m.user == gid and m.kind == "automated"]
            assert person.automated_last_used == max(machine, default=None)
        rebuild(connection, TODAY)
        assert_periods_as_counted(connection)


@pytest.mark.django_db
def test_a_day_that_turns_out_to_be_a_machines_is_no_longer_counted() -> None:
    workspace = make_organization()
    at = datetime(2026, 11, 3, 9, tzinfo=UTC)
    store(workspace.connection, workspace, [Moment("1", at, "stream")])
    bring_up_to_date(workspace.connection, TODAY)
    assert PeriodUse.objects.filter(period="day", people=1).exists()
    store(workspace.connection, workspace, [Moment("1", at + timedelta(milliseconds=10), "automated")])
    bring_up_to_date(workspace.connection, TODAY)
    assert not PeriodUse.objects.exists()
    assert PersonUsage.objects.get().last_used_at is None


@pytest.mark.django_db
def test_periods_are_counted_also_when_the_process_dies_before(monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = make_organization()
    store(workspace.connection, workspace, [Moment("1", datetime(2026, 11, 3, 9, tzinfo=UTC), "human")])

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("usher.activity.usage.compute._count_periods", die)
    with pytest.raises(KeyboardInterrupt):
        bring_up_to_date(workspace.connection, TODAY)
    monkeypatch.undo()
    bring_up_to_date(workspace.connection, TODAY)
    assert_periods_as_counted(workspace.connection)
    assert PeriodUse.objects.count() == 3


@pytest.mark.django_db
def test_two_connections_with_the_same_people_do_not_mix() -> None:
    one, other = make_organization("One"), make_organization("Other", zone="Asia/Kolkata")
    first, second = datetime(2026, 11, 3, 9, tzinfo=UTC), datetime(2026, 11, 3, 9, 10, tzinfo=UTC)
    store(one.connection, one, [Moment("1", first, "human"), Moment("1", first, "stream")])
    store(other.connection, other, [Moment("1", second, "human"), Moment("1", first, "automated")])
    for workspace in (one, other):
        everyone_in(workspace)
        bring_up_to_date(workspace.connection, TODAY)
    assert set(Session.objects.values_list("connection", "starts_at", "actions")) == {
        (one.connection_id, first, 2),
        (other.connection_id, second, 1),
    }
    rebuild(one.connection, TODAY)
    window = window_of(one.connection, 90, TODAY, datetime(2026, 12, 31, tzinfo=UTC))
    [mine, *_] = usage(one.connection, window)
    assert (mine.last_used, mine.automated_last_used, mine.sessions) == (first, None, 1)
    [theirs, *_] = usage(other.connection, window)
    assert (theirs.last_used, theirs.automated_last_used, theirs.sessions) == (second, first, 1)
    assert_periods_as_counted(one.connection)
    assert_periods_as_counted(other.connection)


@pytest.mark.django_db
def test_one_person_in_two_workspaces_of_a_connection_has_one_session() -> None:
    workspace = make_organization()
    other = Workspace.objects.create(
        connection=workspace.connection, gid="901", name="B", is_organization=True
    )
    at = datetime(2026, 11, 3, 9, tzinfo=UTC)
    store(workspace.connection, workspace, [Moment("1", at, "human")])
    store(workspace.connection, other, [Moment("1", at + timedelta(minutes=20), "stream")])
    bring_up_to_date(workspace.connection, TODAY)
    [session] = Session.objects.all()
    assert (session.starts_at, session.ends_at, session.actions) == (at, at + timedelta(minutes=20), 2)
