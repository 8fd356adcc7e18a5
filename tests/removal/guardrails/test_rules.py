"""The guardrails as one pure rule: what never passes, whatever else is set, and when a case may run at the earliest."""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from usher.removal.guardrails.away import Away
from usher.removal.guardrails.rules import (
    Approver,
    CaseFacts,
    RecentRemovals,
    RemovalLimits,
    Rule,
    WorkspaceRemovals,
    allowed_share,
    blockers,
    earliest_start,
    end_of_quiet_hours,
    permanent_blockers,
)

# Clocks that go forward and back by an hour, by half an hour, at midnight, and one that once skipped a day.
ZONES = [
    ZoneInfo(name)
    for name in (
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "America/Santiago",
        "Asia/Kathmandu",
        "Pacific/Apia",
        "America/Havana",
    )
]
PEOPLE = ["user 1", "user 2", "user 3", "name root"]

zones = st.sampled_from(ZONES)
START = datetime(2026, 1, 1, tzinfo=UTC)
moments = st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes))
clocks = st.none() | st.times().map(lambda one: one.replace(tzinfo=None))
limits = st.builds(
    RemovalLimits,
    needs_approval=st.booleans(),
    daily=st.integers(0, 30),
    share=st.integers(0, 100),
    grace=st.integers(0, 3 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes)),
    quiet_from=clocks,
    quiet_until=clocks,
    is_stopped=st.booleans(),
    stop_reason=st.sampled_from(["", "Odd"]),
)
case_facts = st.builds(
    CaseFacts,
    removes=st.booleans(),
    requested_by=st.sets(st.sampled_from(PEOPLE), min_size=1),
    approvers=st.lists(
        st.builds(Approver, st.sampled_from(PEOPLE), st.booleans()), unique_by=lambda one: one.who
    ),
    is_connected=st.booleans(),
    may_act=st.booleans(),
    protected=st.sampled_from(["", "The last admin of Acme."]),
    last_day=st.none() | st.dates(date(2025, 12, 1), date(2028, 1, 31)),
    scheduled_for=st.none() | moments,
    synced_at=st.none() | moments,
    time_zone=zones,
    unanswered_remarks=st.lists(st.sampled_from(["Sources disagree.", "Another name."]), max_size=2),
    employment_changed=st.sampled_from(["", "They work here again."]),
    away=st.none() | st.builds(Away, st.just(date(2025, 12, 1)), st.none() | st.dates(date(2026, 1, 1))),
)
recent_removals = st.builds(
    RecentRemovals,
    removed=st.integers(0, 40),
    workspaces=st.lists(
        st.builds(WorkspaceRemovals, st.just("Acme"), st.integers(1, 500), st.integers(0, 40)), max_size=3
    ),
)


def rules(case: CaseFacts, settings: RemovalLimits, recent: RecentRemovals, now: datetime) -> set[Rule]:
    return {one.rule for one in blockers(case, settings, recent, now)}


@given(case_facts, limits, recent_removals, moments)
def test_a_removal_passes_only_where_nothing_forbids_it(
    case: CaseFacts, settings: RemovalLimits, recent: RecentRemovals, now: datetime
) -> None:
    if rules(case, settings, recent, now) or not case.removes:
        return
    assert case.is_connected and case.may_act and not case.protected
    assert not settings.is_stopped
    assert not case.unanswered_remarks
    assert not case.employment_changed
    assert case.away is None or not case.away.includes(now.astimezone(case.time_zone).date())
    assert case.scheduled_for is not None and case.scheduled_for <= now
    assert case.synced_at is not None and now - case.synced_at <= timedelta(days=1)
    if case.last_day is not None:
        assert now.astimezone(case.time_zone).date() > case.last_day
    if settings.needs_approval:
        assert {one.who for one in case.approvers} - set(case.requested_by)


@given(
    case_facts,
    limits,
    recent_removals,
    moments,
    st.sampled_from(["read", "protected", "stopped", "unapproved", "gone", "remark", "came back"]),
)
def test_what_is_forbidden_is_refused_whatever_else_is_right(
    case: CaseFacts, settings: RemovalLimits, recent: RecentRemovals, now: datetime, forbidden: str
) -> None:
    case = replace(case, removes=True)
    match forbidden:
        case "read":
            case, rule = replace(case, is_connected=True, may_act=False), Rule.READ_ONLY
        case "gone":
            case, rule = replace(case, is_connected=False), Rule.NOT_CONNECTED
        case "protected":
            case, rule = replace(case, protected="Break-glass admin"), Rule.PROTECTED
        case "stopped":
            settings, rule = replace(settings, is_stopped=True), Rule.STOPPED
        case "remark":
            case, rule = replace(case, unanswered_remarks=["Sources disagree."]), Rule.REMARKS
        case "came back":
            case, rule = replace(case, employment_changed="They work here again."), Rule.EMPLOYMENT
        case _:
            settings = replace(settings, needs_approval=True)
            case, rule = replace(case, approvers=[]), Rule.APPROVAL
    assert rule in rules(case, settings, recent, now)


@given(case_facts, limits, recent_removals, moments, st.lists(st.booleans(), min_size=1, max_size=4))
def test_ones_own_approval_never_counts(
    case: CaseFacts, settings: RemovalLimits, recent: RecentRemovals, now: datetime, admins: list[bool]
) -> None:
    """Whoever asked: with or without their word, the answer is the same."""
    others = [one for one in case.approvers if one.who not in case.requested_by]
    own = [Approver(who, is_admin) for who, is_admin in zip(case.requested_by, admins, strict=False)]
    with_own = rules(replace(case, approvers=[*others, *own]), settings, recent, now)
    assert with_own == rules(replace(case, approvers=others), settings, recent, now)


@given(case_facts, recent_removals, moments)
def test_the_limits_are_lifted_only_by_two_others_of_whom_one_is_an_admin(
    case: CaseFacts, recent: RecentRemovals, now: datetime
) -> None:
    case = replace(case, removes=True)
    found = rules(case, RemovalLimits(daily=0), recent, now)
    others = {one.who: one.is_admin for one in case.approvers if one.who not in case.requested_by}
    assert (Rule.DAILY_LIMIT not in found) == (len(others) >= 2 and any(others.values()))


@given(case_facts, limits, recent_removals, moments)
def test_remarks_hold_a_removal_until_each_is_answered_and_never_an_invitation(
    case: CaseFacts, settings: RemovalLimits, recent: RecentRemovals, now: datetime
) -> None:
    """Whoever approved, and however many: an approval answers nothing."""
    found = [one for one in blockers(case, settings, recent, now) if one.rule == Rule.REMARKS]
    assert bool(found) == (case.removes and bool(case.unanswered_remarks))
    for one in found:
        assert case.unanswered_remarks[0] in one.reason
        assert len(case.unanswered_remarks) == 1 or str(len(case.unanswered_remarks)) in one.reason


@given(case_facts, limits, recent_removals, moments)
def test_who_is_out_of_office_is_held_until_the_end_of_their_last_day_away(
    case: CaseFacts, settings: RemovalLimits, recent: RecentRemovals, now: datetime
) -> None:
    """Whoever approved, and however many; an invitation is not held."""
    found = [one for one in blockers(case, settings, recent, now) if one.rule == Rule.OUT_OF_OFFICE]
    if case.away is None or not case.removes:
        assert not found
        return
    today = now.astimezone(case.time_zone).date()
    assert bool(found) == (case.away.first <= today and (case.away.last is None or today <= case.away.last))
    for one in found:
        assert one.until is None if case.away.last is None else one.until is not None and one.until > now


@given(case_facts)
def test_what_cannot_be_lifted_is_refused_before_a_case_is_opened(case: CaseFacts) -> None:
    found = {one.rule for one in permanent_blockers(case)}
    assert bool(found) == (not case.is_connected or not case.may_act or bool(case.protected and case.removes))


@given(case_facts, limits, recent_removals, moments)
def test_every_refusal_says_why_and_what_to_do(
    case: CaseFacts, settings: RemovalLimits, recent: RecentRemovals, now: datetime
) -> None:
    for one in blockers(case, settings, recent, now):
        assert one.reason.strip() and one.remedy.strip()
        assert one.until is None or one.until > now


def is_quiet(settings: RemovalLimits, zone: ZoneInfo, moment: datetime) -> bool:
    """By the minutes of the day, as one would count them on one's fingers."""
    if settings.quiet_from is None or settings.quiet_until is None:
        return False
    clock = moment.astimezone(zone).time()
    if settings.quiet_from <= settings.quiet_until:
        return settings.quiet_from <= clock < settings.quiet_until
    return not settings.quiet_until <= clock < settings.quiet_from


@given(limits, st.none() | st.dates(date(2025, 12, 1), date(2028, 1, 31)), zones, moments)
# In the hour that the clock shows twice, and at an end that it skips.
@example(
    RemovalLimits(grace=timedelta(), quiet_from=time(22), quiet_until=time(2, 30)),
    None,
    ZoneInfo("Europe/Berlin"),
    datetime(2026, 10, 25, 1, 10, tzinfo=UTC),
)
@example(
    RemovalLimits(grace=timedelta(), quiet_from=time(3), quiet_until=time(2, 30)),
    None,
    ZoneInfo("Europe/Berlin"),
    datetime(2026, 3, 28, 22, 0, tzinfo=UTC),
)
def test_the_earliest_start_lies_after_grace_and_last_day_and_never_in_quiet_hours(
    settings: RemovalLimits, last_day: date | None, zone: ZoneInfo, approved_at: datetime
) -> None:
    start = earliest_start(settings, last_day, zone, approved_at, removes=True)
    assert start >= approved_at + settings.grace
    assert not is_quiet(settings, zone, start)
    if last_day is not None:
        assert start.astimezone(zone).date() > last_day
    # And no later than it must: a day of quiet hours beyond what asks for the delay.
    asked = approved_at + settings.grace
    if last_day is not None:
        midnight = datetime.combine(last_day + timedelta(days=1), time(), zone).astimezone(UTC)
        asked = max(asked, midnight)
    assert start - asked <= timedelta(days=2)


@given(limits, zones, moments)
def test_quiet_hours_end_when_the_clock_says_so(
    settings: RemovalLimits, zone: ZoneInfo, moment: datetime
) -> None:
    end = end_of_quiet_hours(settings, zone, moment)
    assert (end is not None) == is_quiet(settings, zone, moment)
    if end is not None:
        assert end > moment
        assert not is_quiet(settings, zone, end)


@given(zones, moments, st.times())
def test_equal_ends_mean_no_quiet_hours(zone: ZoneInfo, moment: datetime, clock: time) -> None:
    settings = RemovalLimits(quiet_from=clock, quiet_until=clock)
    assert end_of_quiet_hours(settings, zone, moment) is None


def test_quiet_hours_over_midnight_hold_before_and_after_it() -> None:
    settings, berlin = RemovalLimits(quiet_from=time(20), quiet_until=time(7)), ZoneInfo("Europe/Berlin")
    for evening in (datetime(2026, 6, 1, 23, tzinfo=berlin), datetime(2026, 6, 2, 6, 59, tzinfo=berlin)):
        assert end_of_quiet_hours(settings, berlin, evening) == datetime(2026, 6, 2, 7, tzinfo=berlin)
    assert end_of_quiet_hours(settings, berlin, datetime(2026, 6, 2, 7, tzinfo=berlin)) is None


def test_a_last_day_that_means_never_is_never_over() -> None:
    for zone in ZONES:
        start = earliest_start(
            RemovalLimits(), date(9999, 12, 31), zone, datetime(2026, 1, 1, tzinfo=UTC), removes=True
        )
        assert start.year > 9000


def test_an_invitation_waits_for_nothing_and_counts_for_nothing() -> None:
    now = datetime(2026, 11, 1, 23, tzinfo=UTC)
    settings = RemovalLimits(daily=0, share=0, quiet_from=time(20), quiet_until=time(7), is_stopped=True)
    case = _case(approvers=["user 2"], removes=False, scheduled_for=None, synced_at=None)
    assert blockers(case, settings, RecentRemovals(50, [WorkspaceRemovals("Acme", 10, 9)]), now) == []


def test_people_who_were_read_in_the_future_are_of_an_unknown_age() -> None:
    """A clock was years ahead for a moment: the list would otherwise count as fresh for years."""
    now = datetime(2026, 11, 1, 12, tzinfo=UTC)
    settings = RemovalLimits(grace=timedelta(), needs_approval=False)
    for ahead, is_refused in (
        (timedelta(minutes=5), False),
        (timedelta(hours=1), True),
        (timedelta(days=700), True),
    ):
        case = _case(approvers=[], scheduled_for=now, synced_at=now + ahead)
        found = [
            each
            for each in blockers(case, settings, RecentRemovals(0, []), now)
            if each.rule == Rule.ROSTER_AGE
        ]
        assert bool(found) == is_refused
        assert all("clock" in each.reason + each.remedy for each in found)


# A day of cases

STAFF = {"Acme": 200, "Small": 12}


def _case(
    *,
    approvers: Collection[str],
    admins: Collection[str] = (),
    removes: bool = True,
    scheduled_for: datetime | None,
    synced_at: datetime | None,
) -> CaseFacts:
    return CaseFacts(
        removes=removes,
        requested_by={"user 1"},
        approvers=[Approver(who, who in admins) for who in approvers],
        is_connected=True,
        may_act=True,
        protected="",
        last_day=None,
        scheduled_for=scheduled_for,
        synced_at=synced_at,
        time_zone=ZoneInfo("UTC"),
    )


@given(
    st.lists(
        st.tuples(st.integers(0, 180), st.sets(st.sampled_from(list(STAFF)), min_size=1), st.booleans()),
        min_size=30,
        max_size=120,
    ),
    st.integers(1, 12),
    st.integers(1, 60),
)
def test_no_day_sees_more_removals_than_the_limits_allow_without_a_second_approval(
    attempts: list[tuple[int, set[str], bool]], daily: int, share: int
) -> None:
    """Cases come at any pace, for one or several workspaces; some have an admin's second approval."""
    settings = RemovalLimits(daily=daily, share=share, grace=timedelta())
    now = datetime(2026, 3, 1, tzinfo=UTC)
    gone: list[tuple[datetime, set[str]]] = []
    left_at: dict[str, list[datetime]] = {name: [] for name in STAFF}
    for minutes, workspaces, is_second in attempts:
        now += timedelta(minutes=minutes)
        day = [one for one in gone if one[0] > now - timedelta(hours=24)]
        recent = RecentRemovals(
            len(day),
            [
                WorkspaceRemovals(name, STAFF[name] - len(left_at[name]), sum(name in one[1] for one in day))
                for name in workspaces
            ],
        )
        approvers = ["user 2", "user 3"] if is_second else ["user 2"]
        case = _case(approvers=approvers, admins=["user 3"], scheduled_for=now, synced_at=now)
        if blockers(case, settings, recent, now):
            assert not is_second
            continue
        there = {
            name: STAFF[name] - len(left_at[name]) + len(in_day(left_at[name], now)) for name in workspaces
        }
        if not is_second:
            assert len(day) + 1 <= daily
            for name in workspaces:
                assert len(in_day(left_at[name], now)) + 1 <= max(1, there[name] * share // 100)
        gone.append((now, workspaces))
        for name in workspaces:
            left_at[name].append(now)


def in_day(moments: list[datetime], now: datetime) -> list[datetime]:
    return [one for one in moments if one > now - timedelta(hours=24)]


@given(st.integers(1, 10_000), st.integers(0, 100))
def test_the_share_is_of_those_who_were_there_and_never_less_than_one(active: int, share: int) -> None:
    """Removing one after the other never moves the mark upward."""
    allowed = [allowed_share(active - gone, gone, share) for gone in range(min(active, 50))]
    assert set(allowed) == {max(1, active * share // 100)}
