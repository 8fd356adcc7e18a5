"""Never, idle, unknown and how sure: the rules, and the same rules in SQL."""

from datetime import UTC, date, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tests.support.activity.small_log import make_organization
from usher.activity.ingest.spans import Span, covers, joined
from usher.activity.models import ConsoleImport, Coverage, EvidenceSource, ListedMembership, PersonUsage
from usher.activity.usage import rules
from usher.activity.usage.conditions import (
    arrival_case,
    idle_condition,
    idle_seats,
    never_condition,
)
from usher.activity.usage.figures import sources_by_workspace
from usher.activity.usage.rules import (
    Arrival,
    Confidence,
    ConsoleWord,
    Level,
    ObservedMembership,
    Sources,
    UsageWindow,
)
from usher.roster.models import Membership, Person, Workspace

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
ZONES = ["UTC", "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe"]

hours = st.integers(0, 24 * 130)


def ago(hour: float) -> datetime:
    return NOW - timedelta(hours=hour)


spans = st.lists(
    st.tuples(hours, hours).map(lambda pair: Span(ago(max(pair)), ago(min(pair)))), max_size=4
).map(joined)
sources = st.builds(
    Sources, stream=spans, audit=spans, console_on=st.one_of(st.none(), st.just(date(2026, 11, 1)))
)
windows = st.builds(
    UsageWindow,
    days=st.sampled_from([1, 7, 30, 60, 90]),
    until=st.sampled_from([NOW.date(), NOW.date() - timedelta(days=3), NOW.date() - timedelta(days=40)]),
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    now=st.just(NOW),
)


def unseen_hours(known: list[Span], begins_at: datetime, ends_at: datetime) -> int:
    """Whole hours between the moments that no span holds, counted one by one."""
    count, at = 0, begins_at
    while at < ends_at:
        count += not any(span.begins_at <= at < span.ends_at for span in known)
        at += timedelta(hours=1)
    return count


@given(sources, windows)
def test_high_and_medium_confidence_need_every_hour_of_the_window_and_the_better_source_wins(known, window):
    trust = rules.confidence(known, window)
    enough = window.ends_at - rules.FRESH
    stream_sees_all = unseen_hours(list(known.stream), window.begins_at, enough) == 0
    together_see_all = unseen_hours(known.observed, window.begins_at, enough) == 0
    assume(window.begins_at < enough)
    if trust == Confidence.HIGH:
        assert stream_sees_all
    elif trust == Confidence.MEDIUM:
        assert together_see_all
        assert not covers(known.stream, window.begins_at, enough)
    else:
        assert not together_see_all
        assert trust == (Confidence.CONSOLE if known.console_on else Confidence.NONE)


@given(sources, windows, hours)
def test_a_young_membership_needs_to_be_watched_only_as_long_as_it_lasts(known, window, hour):
    assume(ago(hour) <= window.ends_at - rules.FRESH)
    order = [Confidence.NONE, Confidence.CONSOLE, Confidence.MEDIUM, Confidence.HIGH]
    young = rules.confidence(known, window, since=ago(hour))
    assert order.index(young) >= order.index(rules.confidence(known, window))


@given(sources, hours, st.one_of(st.none(), hours))
def test_never_is_said_only_of_those_whose_every_hour_but_the_newest_was_watched(known, since, used):
    facts = ObservedMembership(
        since=ago(since), last_used_at=None if used is None else ago(used), sources=known
    )
    if rules.is_never(facts, NOW):
        assert used is None
        assert unseen_hours(known.observed, facts.since, NOW - rules.FRESH) == 0


@given(sources, windows, hours, st.one_of(st.none(), hours), st.integers(0, 60))
def test_idle_is_said_only_of_old_unused_seats_in_a_window_that_was_watched(
    known, window, since, used, grace
):
    facts = ObservedMembership(
        since=ago(since), last_used_at=None if used is None else ago(used), sources=known
    )
    is_idle = rules.is_idle(facts, window, grace)
    was_watched = unseen_hours(known.observed, window.begins_at, window.ends_at - rules.FRESH) == 0
    if is_idle:
        assert was_watched
        assert used is None or ago(used) < window.begins_at
        assert window.ends_at - facts.since >= timedelta(days=grace)
    longer = UsageWindow(window.days + 1, window.until, window.zone, window.now)
    if window.days > 2 and rules.is_idle(facts, longer, grace):
        assert is_idle, "who is idle for longer is idle for less"


@given(st.integers(0, 130 * 24), st.sampled_from([1, 7, 30, 90]), st.sampled_from(ZONES).map(ZoneInfo))
@example(15, 30, ZoneInfo("UTC"))  # read from midnight on
def test_not_known_before_is_the_first_day_on_which_it_is_known(begun, days, zone):
    today = NOW.astimezone(zone).date()
    day = rules.not_known_before(Sources(audit=[Span(ago(begun), NOW)]), UsageWindow(days, today, zone, NOW))
    if day is None:
        assert rules.spans_window([Span(ago(begun), NOW)], UsageWindow(days, today, zone, NOW))
        return

    def is_known_on(then: date) -> bool:
        end_of_day = datetime(then.year, then.month, then.day, 23, 59, tzinfo=zone)
        return rules.spans_window([Span(ago(begun), end_of_day)], UsageWindow(days, then, zone, end_of_day))

    assert is_known_on(day)
    if days > 2:  # shorter windows are known when all of them is fresher than a sync must be
        assert not is_known_on(day - timedelta(days=1))


def test_no_day_is_promised_where_nothing_is_read_any_more_or_ever_was() -> None:
    window = UsageWindow(90, NOW.date(), ZoneInfo("UTC"), NOW)
    assert rules.not_known_before(Sources(), window) is None
    assert rules.not_known_before(Sources(audit=[Span(ago(600), ago(100))]), window) is None


@pytest.mark.parametrize(
    ("days", "trust", "level"),
    [
        (30, Confidence.NONE, Level.CORE),
        (16, Confidence.MEDIUM, Level.CORE),
        (15, Confidence.HIGH, Level.REGULAR),
        (6, Confidence.HIGH, Level.REGULAR),
        (5, Confidence.HIGH, Level.OCCASIONAL),
        (1, Confidence.CONSOLE, Level.OCCASIONAL),
        (0, Confidence.HIGH, Level.IDLE),
        (0, Confidence.MEDIUM, Level.IDLE),
        (0, Confidence.CONSOLE, Level.UNKNOWN),
        (0, Confidence.NONE, Level.UNKNOWN),
    ],
)
def test_levels_are_told_by_active_days_and_nobody_unwatched_is_idle(days, trust, level) -> None:
    assert rules.level(days, trust) == level


ROLES = [("member", "member", "active"), ("guest", "guest", "active"), ("member", "view_only", "active"),
         ("member", "member", "not_active"), ("admin", "member", "active")]  # fmt: skip


def people_of(workspace: Workspace, lives: list[tuple[float, float | None, int]]) -> None:
    """(hours since the membership began, hours since the last use, which role)"""
    for number, (since, used, kind) in enumerate(lives):
        role, licence, status = ROLES[kind]
        person = Person.objects.create(connection=workspace.connection, gid=str(number), name=str(number))
        Membership.objects.create(
            person=person, workspace=workspace, gid=f"m{number}", role=role, licence=licence, status=status,
            since=ago(since),
        )  # fmt: skip
        if used is not None or number % 2:  # a person without any use may have a row of figures or none
            PersonUsage.objects.create(
                connection=workspace.connection,
                user_gid=person.gid,
                as_of=NOW.date(),
                last_used_at=None if used is None else ago(used),
            )


class SqlSaysWhatTheRulesSay(TestCase):
    @given(
        stream=spans,
        audit=spans,
        lives=st.lists(st.tuples(hours, st.one_of(st.none(), hours), st.integers(0, 4)), max_size=8),
        window=windows,
        grace=st.integers(0, 60),
    )
    @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
    @example(  # joined after the last sync
        stream=[], audit=[Span(ago(3000), ago(20))], lives=[(1, None, 0)] * 2,
        window=UsageWindow(30, NOW.date(), ZoneInfo("UTC"), NOW), grace=30,
    )  # fmt: skip
    @example(  # a gap among the newest hours
        stream=[Span(ago(10), NOW)], audit=[Span(ago(3000), ago(30))], lives=[(100, None, 0)] * 2,
        window=UsageWindow(30, NOW.date(), ZoneInfo("UTC"), NOW), grace=1,
    )  # fmt: skip
    def test_of_any_memberships(self, stream, audit, lives, window, grace):
        workspace = make_organization()
        for source, found in ((EvidenceSource.STREAM, stream), (EvidenceSource.AUDIT, audit)):
            for span in found:
                Coverage.objects.create(
                    workspace=workspace, source=source, begins_at=span.begins_at, ends_at=span.ends_at
                )
        people_of(workspace, lives)
        connection = workspace.connection
        known = sources_by_workspace(connection)[workspace.pk]
        facts = {
            number: ObservedMembership(ago(since), None if used is None else ago(used), known)
            for number, (since, used, _) in enumerate(lives)
        }
        everyone = ListedMembership.objects.filter(workspace=workspace)

        def numbers(found) -> set[int]:
            return {int(gid) for gid in found.values_list("person__gid", flat=True)}

        idle = {number for number, fact in facts.items() if rules.is_idle(fact, window, grace)}
        assert (
            numbers(everyone.filter(idle_condition(sources_by_workspace(connection), window, grace))) == idle
        )
        seats = {number for number, (_, _, kind) in enumerate(lives) if kind in (0, 4)}
        assert numbers(idle_seats(connection, window, grace)) == idle & seats
        unused = everyone.filter(last_used_at=None)
        assert numbers(unused.filter(never_condition(sources_by_workspace(connection), NOW))) == {
            number for number, fact in facts.items() if rules.is_never(fact, NOW)
        }


console_words = st.lists(
    st.tuples(st.integers(0, 60), st.sampled_from(["never", "login", "activity", "nothing"])),
    max_size=3,
    unique_by=lambda word: word[0],
)
"""(days since the export, what it says of the person)"""


def console_word(words: list[tuple[int, str]]) -> ConsoleWord:
    newest = min(words, default=None)
    return ConsoleWord(
        (ago(newest[0] * 24)).date() if newest and newest[1] == "never" else None,
        any(said in ("login", "activity") for _, said in words),
    )


SEEN = [Span(ago(3000), ago(2))]


class SqlSaysWhoCameAsTheRuleDoes(TestCase):
    @given(
        audit=spans,
        lives=st.lists(
            st.tuples(hours, st.one_of(st.none(), hours), st.one_of(st.none(), hours), console_words),
            max_size=6,
        ),
        is_organization=st.booleans(),
        has_console=st.booleans(),
    )
    @settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
    @example(audit=[], lives=[(2000, None, None, [(3, "never")])] * 2, is_organization=True, has_console=True)
    @example(
        audit=SEEN, lives=[(2000, None, None, [(60, "never")])] * 2, is_organization=True, has_console=True
    )
    @example(audit=SEEN, lives=[(2000, None, None, [])] * 2, is_organization=True, has_console=True)
    def test_of_any_memberships(self, audit, lives, is_organization, has_console):
        workspace = make_organization()
        Workspace.objects.filter(pk=workspace.pk).update(is_organization=is_organization)
        for span in audit:
            Coverage.objects.create(
                workspace=workspace,
                source=EvidenceSource.AUDIT,
                begins_at=span.begins_at,
                ends_at=span.ends_at,
            )
        people_of(workspace, [(since, used, 0) for since, used, _, _ in lives])
        for number, (_, _, automated, words) in enumerate(lives):
            console = console_word(words)
            if automated is not None or words:
                PersonUsage.objects.update_or_create(
                    connection=workspace.connection,
                    user_gid=str(number),
                    defaults={
                        "as_of": NOW.date(),
                        "last_automated_at": None if automated is None else ago(automated),
                        "has_logged_in": console.has_logged_in,
                        "never_logged_in_on": console.never_logged_in_on,
                    },
                )
        if has_console:
            ConsoleImport.objects.create(
                connection=workspace.connection, exported_on=NOW.date(), rows=1, matched=1
            )
        known = sources_by_workspace(workspace.connection)
        told = ListedMembership.objects.filter(workspace=workspace).annotate(arrival=arrival_case(known, NOW))
        expected = {
            str(number): rules.arrival(
                ObservedMembership(
                    ago(since),
                    None if used is None else ago(used),
                    known[workspace.pk],
                    None if automated is None else ago(automated),
                    console_word(words),
                ),
                NOW,
            )
            for number, (since, used, automated, words) in enumerate(lives)
        }
        assert dict(told.values_list("person__gid", "arrival")) == expected


WATCHED = Sources(audit=[Span(ago(24 * 100), ago(2))], console_on=NOW.date())
UNWATCHED = Sources(console_on=NOW.date())


@pytest.mark.parametrize(
    ("since_days", "used", "automated", "said", "known", "arrival"),
    [
        (90, None, None, [(3, "never")], UNWATCHED, Arrival.NEVER),
        (90, None, None, [(45, "never")], UNWATCHED, Arrival.UNKNOWN),  # they may have come since
        (90, None, None, [(45, "never")], WATCHED, Arrival.NEVER),
        (2, None, None, [(3, "never")], UNWATCHED, Arrival.UNKNOWN),  # invited again after the export
        (90, None, None, [(3, "nothing")], UNWATCHED, Arrival.UNKNOWN),
        (90, None, None, [(3, "nothing"), (9, "never")], UNWATCHED, Arrival.UNKNOWN),  # the newest counts
        (90, None, None, [(3, "never")], Sources(), Arrival.UNKNOWN),  # no organization: not in the export
        (90, None, None, [], WATCHED, Arrival.PROBABLY_NEVER),
        (120, None, None, [], WATCHED, Arrival.UNKNOWN),  # invited before the log was read
        (90, None, None, [(3, "login")], WATCHED, Arrival.CAME),
        (90, 24, None, [(3, "never")], WATCHED, Arrival.CAME),  # came after the export
        (90, None, 24, [], WATCHED, Arrival.CAME),  # allowed an app, so has signed in
    ],
)
def test_who_never_came_is_said_by_the_console_or_likely_by_the_sources(
    since_days, used, automated, said, known, arrival
) -> None:
    facts = ObservedMembership(
        ago(since_days * 24),
        None if used is None else ago(used),
        known,
        None if automated is None else ago(automated),
        console_word(said),
    )
    assert rules.arrival(facts, NOW) == arrival


@pytest.mark.django_db
def test_of_two_workspaces_each_is_judged_by_what_was_read_of_it() -> None:
    watched = make_organization()
    unwatched = Workspace.objects.create(
        connection=watched.connection, gid="901", name="B", is_organization=True
    )
    Coverage.objects.create(workspace=watched, source=EvidenceSource.AUDIT, begins_at=ago(3000), ends_at=NOW)
    for number, workspace in product(range(2), (watched, unwatched)):
        person, _ = Person.objects.get_or_create(connection=watched.connection, gid=str(number))
        Membership.objects.create(
            person=person, workspace=workspace, gid=f"{workspace.pk}-{number}", role="member",
            licence="member", status="active", since=ago(2500),
        )  # fmt: skip
    window = UsageWindow(90, NOW.date(), ZoneInfo("UTC"), NOW)
    assert {seat.workspace_id for seat in idle_seats(watched.connection, window)} == {watched.pk}
    never = ListedMembership.objects.filter(never_condition(sources_by_workspace(watched.connection), NOW))
    assert {membership.workspace_id for membership in never} == {watched.pk}
