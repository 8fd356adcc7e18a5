"""Figures of use, against counting one by one with the same rules."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from tests.support.activity.lived_usage import ago, export, use, watch
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.activity.models import ActiveDay, ConsoleSighting, Coverage, EvidenceSource, PeriodUse
from usher.activity.usage import rules
from usher.activity.usage.conditions import idle_seats, listed
from usher.activity.usage.counting import count_memberships
from usher.activity.usage.figures import sources_by_workspace, window_of
from usher.activity.usage.rules import Confidence, Level, ObservedMembership, Sources
from usher.connections import sync
from usher.connections.connecting.by_token import connect_with_token
from usher.connections.connecting.settings import ConnectionSettings
from usher.connections.models import Connection, SyncRun
from usher.insights.usage import IDLE_LENGTHS, LAST_USE_LABELS, UsageNow, usage_by_period, usage_now
from usher.insights.usage_charts import usage_context
from usher.ledger.actors import SYSTEM
from usher.roster.models import Role, Status
from usher.sandbox import running


def counted_one_by_one(connections: list[Connection]) -> UsageNow:
    """Every active membership by itself, with the rules of `judge`."""
    result = UsageNow()
    for connection in connections:
        windows = {days: window_of(connection, days) for days in (1, 7, 30, 60, 90)}
        sources = sources_by_workspace(connection)
        exported = set(
            ConsoleSighting.objects.filter(console_import__connection=connection).values_list(
                "user_gid", flat=True
            )
        )
        for member in listed(connection).filter(status=Status.ACTIVE):
            known = sources.get(member.workspace_id, Sources())
            trust = rules.confidence(known, windows[30], member.since)
            if trust == Confidence.CONSOLE and member.person.gid not in exported:
                trust = Confidence.NONE
            result.people += 1
            result.by_confidence[trust] += 1
            result.by_level[rules.level(member.active_days or 0, trust)] += 1
            result.by_last_use[_age(member.last_used_at, windows, trust)] += 1
            if member.licence in ("guest", "view_only"):
                continue
            result.seats += 1
            facts = ObservedMembership(member.since, member.last_used_at, known)
            lengths = [days for days in IDLE_LENGTHS if rules.is_idle(facts, windows[days])]
            if lengths:
                result.idle_seats[Role(member.role), max(lengths)] += 1
    return result


def _age(last: datetime | None, windows: dict[int, rules.UsageWindow], trust: Confidence) -> int:
    if last is None:
        return -2 if trust == Confidence.NONE else -1
    return next((days for days, window in windows.items() if last >= window.begins_at), 91)


def same(told: UsageNow, counted: UsageNow) -> None:
    assert told.people == counted.people
    assert told.seats == counted.seats
    assert told.by_level == counted.by_level
    assert told.by_confidence == counted.by_confidence
    assert told.by_last_use == counted.by_last_use
    assert {k: v for k, v in told.idle_seats.items() if v} == dict(counted.idle_seats)
    assert told.known_share == counted.known_share


@pytest.fixture
def company(settings: Settings, transactional_db: None) -> Iterator[list[Connection]]:
    """Two accounts of a sandbox whose people work: one watched for months, one without a service-account token."""
    now = datetime.now(UTC)
    with running(people=120, seed=7, per_minute=0) as box:
        settings.USHER_ASANA_URL = box.url
        watched = connect_with_token(
            ConnectionSettings("Watched", service_token="sandbox-service-1"), "sandbox-pat-1", SYSTEM
        )
        unwatched = connect_with_token(ConnectionSettings("Unwatched"), "sandbox-pat-2", SYSTEM)
        for moment in (now - timedelta(days=20), now - timedelta(hours=20), now):
            box.set_clock(moment if moment != now else None)
            run = sync.request_run(watched, SyncRun.Trigger.SCHEDULE, accepted_by=SYSTEM)
            done = asyncio.run(sync.perform(run.pk, now=lambda moment=moment: moment))
            assert done.state == SyncRun.State.DONE, done.error
        run = sync.request_run(unwatched, SyncRun.Trigger.SCHEDULE)
        asyncio.run(sync.perform(run.pk))
        yield [watched, unwatched]


def test_over_one_and_over_several_connections_it_counts_what_counting_one_by_one_does(
    company: list[Connection],
) -> None:
    watched, unwatched = company
    for connections in ([watched], [unwatched], company):
        same(usage_now(count_memberships(connections)), counted_one_by_one(connections))
    now = usage_now(count_memberships([watched]))
    assert min(now.by_level[level] for level in Level) > 0, "every level occurs, or this proves little"
    assert sum(now.idle_seats.values()) > 3
    assert now.by_confidence[Confidence.MEDIUM] > 20
    both = usage_now(count_memberships(company))
    assert both.people == now.people + usage_now(count_memberships([unwatched])).people


def test_idle_seats_of_each_length_are_those_of_the_figures(company: list[Connection]) -> None:
    watched = company[0]
    now = usage_now(count_memberships([watched]))
    for days in IDLE_LENGTHS:
        assert now.idle(days) == idle_seats(watched, window_of(watched, days)).count()
    roles = Counter(seat.role for seat in idle_seats(watched, window_of(watched, 90)))
    for role in (Role.ADMIN, Role.MEMBER):
        assert now.idle_seats[role, 90] == roles[role]


def test_where_nothing_was_read_everything_is_unknown_and_nothing_is_zero(
    company: list[Connection],
) -> None:
    now = usage_now(count_memberships([company[1]]))
    assert now.people > 10
    assert now.by_level[Level.UNKNOWN] == now.people
    assert now.by_last_use[-2] == now.people
    assert [now.idle(days) for days in IDLE_LENGTHS] == [None, None, None]
    assert now.median_level == Level.UNKNOWN
    assert now.known_share == 0
    for period in ("day", "week", "month"):
        assert set(usage_by_period(company[1], [period], timezone.localdate())[period].people) == {None}
    assert (
        usage_context(company[1], count_memberships([company[1]]), "day", timezone.localdate())["has_usage"]
        is False
    )


def test_people_by_period_are_those_who_were_active_in_it(company: list[Connection]) -> None:
    watched, today = company[0], timezone.localdate()
    shown = usage_by_period(watched, ["day"], today)["day"]
    assert max(filter(None, shown.people)) > 10
    for start, people in zip(shown.starts[-30:], shown.people[-30:], strict=True):
        active = ActiveDay.objects.filter(connection=watched, day=start, human__gt=0)
        assert people == active.values("user_gid").distinct().count()


def test_nobody_at_all_is_no_share_of_anything(db: None) -> None:
    now = usage_now(count_memberships([a_connection()]))
    assert (now.people, now.known_share, now.median_level) == (0, None, Level.UNKNOWN)


@pytest.mark.parametrize(
    ("days_ago", "label"),
    [
        (0, "Today"),
        (1, "Last 7 days"),
        (6, "Last 7 days"),
        (7, "Last 30 days"),
        (29, "Last 30 days"),
        (30, "31–60 days ago"),
        (59, "31–60 days ago"),
        (60, "61–90 days ago"),
        (89, "61–90 days ago"),
        (90, "Longer ago"),
        (400, "Longer ago"),
    ],
)
def test_last_use_is_told_by_whole_days_with_today_as_the_first(days_ago: int, label: str, db: None) -> None:
    workspace = a_workspace(a_connection(), "Acme", "acme.example")
    watch(workspace, EvidenceSource.AUDIT, 120)
    begins_at = window_of(workspace.connection, days_ago + 1).begins_at
    use(a_member(workspace, "Ada"), last=begins_at)
    found = usage_now(count_memberships([workspace.connection])).by_last_use
    assert [LAST_USE_LABELS[key] for key, people in found.items() if people] == [label]


@pytest.mark.parametrize(
    ("active_days", "level"),
    [
        (0, "idle"),
        (1, "occasional"),
        (5, "occasional"),
        (6, "regular"),
        (15, "regular"),
        (16, "core"),
        (30, "core"),
    ],
)
def test_the_level_is_by_days_of_use(active_days: int, level: str, db: None) -> None:
    workspace = a_workspace(a_connection(), "Acme", "acme.example")
    watch(workspace, EvidenceSource.AUDIT, 120)
    use(a_member(workspace, "Ada"), last=ago(days=1) if active_days else None, active_days=active_days)
    assert usage_now(count_memberships([workspace.connection])).median_level == level


def test_someone_new_is_known_as_well_as_the_time_since_joining_is_watched(db: None) -> None:
    workspace = a_workspace(a_connection(), "Acme", "acme.example")
    watch(workspace, EvidenceSource.AUDIT, 100)
    watch(workspace, EvidenceSource.STREAM, 10)
    a_member(workspace, "Long here")
    a_member(workspace, "New", since=ago(days=5))
    now = usage_now(count_memberships([workspace.connection]))
    assert now.by_confidence[Confidence.HIGH] == 1
    assert now.by_confidence[Confidence.MEDIUM] == 1
    same(now, counted_one_by_one([workspace.connection]))


def test_an_export_of_the_console_speaks_of_those_who_stand_in_it(db: None) -> None:
    workspace = a_workspace(a_connection(), "Acme", "acme.example")
    export(
        use(a_member(workspace, "Ada"), last=ago(days=3), source=EvidenceSource.CONSOLE),
        a_member(workspace, "Bo"),
    )
    a_member(workspace, "Cy")
    now = usage_now(count_memberships([workspace.connection]))
    assert now.by_confidence[Confidence.CONSOLE] == 2
    assert now.by_confidence[Confidence.NONE] == 1
    assert not now.is_observed
    context = usage_context(
        workspace.connection, count_memberships([workspace.connection]), "day", timezone.localdate()
    )
    assert context["has_usage"]
    assert "active_people" not in context, "there is nothing to draw by day"


def test_where_idleness_is_not_known_yet_the_day_on_which_it_will_be_is_told(db: None) -> None:
    workspace = a_workspace(a_connection(), "Acme", "acme.example")
    a_member(workspace, "Ada")
    watch(workspace, EvidenceSource.AUDIT, 40)
    now = usage_now(count_memberships([workspace.connection]))
    assert (now.idle(30), now.idle(60), now.idle(90)) == (1, None, None)
    first_whole_day = ago(days=40).date() + timedelta(days=1)
    assert now.idle_known_from == {
        60: first_whole_day + timedelta(days=59),
        90: first_whole_day + timedelta(days=89),
    }


def test_a_period_in_whose_midst_watching_began_is_unknown_and_an_empty_one_is_zero(db: None) -> None:
    connection = a_connection()
    workspace = a_workspace(connection, "Acme", "acme.example")
    today = date(2026, 11, 20)
    Coverage.objects.create(
        workspace=workspace,
        source=EvidenceSource.AUDIT,
        begins_at=datetime(2026, 9, 10, 12, tzinfo=UTC),
        ends_at=datetime(2026, 11, 20, 12, tzinfo=UTC),
    )
    for month, people, days, seconds in ((9, 5, 20, 6000), (11, 4, 10, 36000)):
        PeriodUse.objects.create(
            connection=connection,
            period="month",
            starts_on=date(2026, month, 1),
            people=people,
            active_days=days,
            usage_seconds=seconds,
        )
    months = usage_by_period(connection, ["month"], today)["month"]
    assert months.starts[-3:] == [date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1)]
    assert months.people[-4:] == [None, None, 0, 4]
    assert months.average_days[-3:] == [None, None, 2.5]
    assert months.average_minutes[-3:] == [None, None, 60.0]
