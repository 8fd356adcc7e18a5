"""What a person's page says of use: what was seen, how sure that is, and a year of days."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.support.activity.written_events import an_event, user, watched, write
from tests.support.roster.people import a_member, a_workspace
from usher.activity.ingest.spans import Span
from usher.activity.ingest.store import store_stream_events
from usher.activity.models import ActiveDay, ConsoleImport, ConsoleSighting
from usher.activity.people.calendar import Cell, DayState, MembershipCoverage, calendar_of
from usher.activity.people.day import day_of
from usher.activity.people.summary import activity_of
from usher.activity.templatetags.calendar import in_words
from usher.activity.usage.compute import bring_up_to_date, recompute_console
from usher.activity.usage.figures import today_of
from usher.asana.events import StreamResource, WorkspaceEvent
from usher.asana.records import UserRef
from usher.roster.models import Membership, Workspace

pytestmark = pytest.mark.django_db
NOW = timezone.now()
BY_MACHINE = {"context_type": "api", "api_authentication_method": "personal_access_token"}


@pytest.fixture
def ana(org: Workspace) -> Membership:
    return a_member(org, "Ana Silva", "ana@acme.example", since=NOW - timedelta(days=60))


def compute(workspace: Workspace) -> None:
    bring_up_to_date(workspace.connection, today_of(workspace.connection))


def works(membership: Membership, *moments: datetime) -> None:
    """Everyday work, as the stream shows it."""
    events = [
        WorkspaceEvent(at, UserRef(membership.person.gid), StreamResource("task"), "changed")
        for at in moments
    ]
    with transaction.atomic():
        store_stream_events(membership.workspace.connection_id, membership.workspace_id, events)
    compute(membership.workspace)


def acts(membership: Membership, at: datetime, **fields: object) -> None:
    who = user(membership.person.gid, "Ana Silva")
    write(membership.workspace, an_event(at, actor=who, resource=who, **fields))
    compute(membership.workspace)


def in_export(membership: Membership, last_activity_on: date | None) -> None:
    connection = membership.workspace.connection
    export = ConsoleImport.objects.create(
        connection=connection, exported_on=NOW.date(), file_name="members.csv", rows=1, matched=1
    )
    ConsoleSighting.objects.create(
        console_import=export, user_gid=membership.person.gid, last_activity_on=last_activity_on
    )
    recompute_console(connection, today_of(connection))


def text(page: Client, membership: Membership) -> str:
    answer = page.get(f"/people/{membership.person.pk}/activity/", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split())


def test_work_that_the_stream_saw_is_last_use_with_high_confidence(page: Client, ana: Membership) -> None:
    watched(ana.workspace, "stream", NOW - timedelta(days=90))
    works(ana, NOW - timedelta(hours=3))
    seen = text(page, ana)
    assert "3 hours ago · everyday work, from the event stream" in seen
    assert "High The event stream, which shows everyday work, covers the whole period" in seen
    assert "Active days 1 of 30" in seen
    assert "Sessions 1 " in seen
    assert "1 min a day, estimated" in seen


def test_average_usage_time_is_that_of_a_day_with_use(page: Client, ana: Membership) -> None:
    noon = datetime(NOW.year, NOW.month, NOW.day, 12, tzinfo=UTC) - timedelta(days=10)
    works(ana, noon, noon + timedelta(minutes=20), noon + timedelta(days=2))
    assert "Average usage time 11 min a day, estimated" in text(page, ana)  # 21 and 1


def test_an_act_in_the_audit_log_is_last_use_with_medium_confidence(page: Client, ana: Membership) -> None:
    watched(ana.workspace, "audit", NOW - timedelta(days=90))
    acts(ana, NOW - timedelta(hours=5))
    seen = text(page, ana)
    assert "5 hours ago · from the audit log" in seen
    assert "Medium Only the audit log" in seen
    assert "Ana Silva signed in" in seen


def test_who_was_watched_all_the_time_and_never_seen_never_came(page: Client, ana: Membership) -> None:
    watched(ana.workspace, "audit", NOW - timedelta(days=90))
    seen = text(page, ana)
    assert "Last used Never" in seen
    assert "Active days 0 of 30" in seen


def test_who_was_not_watched_is_unknown_and_not_zero(page: Client, ana: Membership) -> None:
    watched(ana.workspace, "audit", NOW - timedelta(days=10))
    seen = text(page, ana)
    assert "Last used Unknown" in seen
    assert "Confidence None No source has usage data" in seen
    assert "Active days — unknown" in seen
    assert "Never" not in seen


def test_what_an_integration_does_is_told_apart_from_use(page: Client, ana: Membership) -> None:
    watched(ana.workspace, "audit", NOW - timedelta(days=90))
    acts(ana, NOW - timedelta(hours=2), context=BY_MACHINE)
    seen = text(page, ana)
    assert "Last used Kept alive by an integration No human use was observed." in seen
    assert "Automated 2 hours ago" in seen
    assert "Active days 0 of 30" in seen
    assert "Audit log, automated does not count as use by the person 1 2 hours ago" in seen


def test_use_by_hand_stands_beside_what_an_integration_does(page: Client, ana: Membership) -> None:
    watched(ana.workspace, "audit", NOW - timedelta(days=90))
    acts(ana, NOW - timedelta(days=4))
    acts(ana, NOW - timedelta(hours=2), context=BY_MACHINE)
    seen = text(page, ana)
    assert "Last used 4 days ago · from the audit log" in seen
    assert "Automated 2 hours ago" in seen
    assert "Kept alive" not in seen


def test_what_only_the_console_knows_is_a_day_and_says_so(page: Client, ana: Membership) -> None:
    on = NOW.date() - timedelta(days=12)
    in_export(ana, on)
    seen = text(page, ana)
    assert f"Last used {on:%-d %b %Y} · from the Admin Console" in seen
    assert "Console Only a CSV export from the Admin Console" in seen
    assert f"export of {NOW:%-d %b %Y}" in seen


def test_who_is_in_an_export_without_activity_is_not_said_to_have_used_asana(
    page: Client, ana: Membership
) -> None:
    in_export(ana, None)
    assert "Last used Unknown" in text(page, ana)


def test_evidence_is_counted_by_source(ana: Membership) -> None:
    works(ana, NOW - timedelta(hours=1), NOW - timedelta(hours=2))
    acts(ana, NOW - timedelta(hours=3))
    acts(ana, NOW - timedelta(hours=4), context=BY_MACHINE)
    acts(ana, NOW - timedelta(hours=5), event_type="user_login_failed")
    stream, human, automated, _ = activity_of(ana.person).evidence
    assert (stream.count, stream.newest) == (2, NOW - timedelta(hours=1))
    assert (human.count, automated.count) == (1, 1)


def test_counting_evidence_stops_somewhere(ana: Membership, monkeypatch: pytest.MonkeyPatch) -> None:
    from usher.activity.people import evidence

    monkeypatch.setattr(evidence, "MOST_COUNTED", 2)
    works(ana, *(NOW - timedelta(hours=number) for number in range(1, 5)))
    assert activity_of(ana.person).evidence[0].is_more


def test_the_newest_events_by_and_about_the_person_are_shown(page: Client, ana: Membership) -> None:
    other = user("999", "Ben")
    gids = write(
        ana.workspace,
        *(an_event(NOW - timedelta(hours=n), actor=other, resource=user(ana.person.gid)) for n in range(25)),
    )
    write(ana.workspace, an_event(NOW, actor=other, resource=other))
    assert [row.event.gid for row in activity_of(ana.person).events] == gids[:20]
    answer = page.get(f"/people/{ana.person.pk}/activity/").content.decode()
    assert f"/audit-log/?person={ana.person.gid}&amp;connection={ana.workspace.connection_id}" in answer


def test_without_a_token_the_page_says_what_it_would_add(page: Client, ana: Membership) -> None:
    connection = ana.workspace.connection
    connection.has_service_token = False
    connection.save()
    assert "With a service-account token" in text(page, ana)


def test_who_left_and_whose_memberships_are_out_of_scope_are_shown_too(page: Client, ana: Membership) -> None:
    ana.status = "not_active"
    ana.save()
    assert "Last used Unknown" in text(page, ana)
    ana.workspace.left_out = "filter"
    ana.workspace.save()
    assert "Last used Unknown" in text(page, ana)


@pytest.mark.parametrize("address", ["0/activity/", "99999999999999999999999/activity/"])
def test_who_is_not_there_is_answered_with_404(address: str, page: Client) -> None:
    assert page.get(f"/people/{address}").status_code == 404


@pytest.mark.parametrize(
    ("day", "status"),
    [
        ("2026-06-10", 200),
        ("0001-01-01", 200),
        ("9999-12-31", 200),
        ("9999-12-30", 200),
        ("2026-02-30", 404),
        ("tomorrow", 404),
        ("%00", 400),
    ],
)
def test_any_day_can_be_asked_for(day: str, status: int, page: Client, ana: Membership) -> None:
    assert page.get(f"/people/{ana.person.pk}/activity/{day}/").status_code == status


def test_a_day_shows_its_sessions_in_the_viewers_zone(page: Client, ana: Membership) -> None:
    day = NOW.date() - timedelta(days=3)
    start = datetime(day.year, day.month, day.day, 9, 5, tzinfo=UTC)
    works(ana, start, start + timedelta(minutes=14), start + timedelta(hours=2))
    works(ana, start - timedelta(days=2), start + timedelta(days=1))
    page.cookies["tz"] = "Asia/Kolkata"  # 5 hours 30 minutes ahead
    answer = page.get(f"/people/{ana.person.pk}/activity/{day}/", headers={"HX-Request": "true"})
    seen = " ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split())
    assert "14:35 – 14:49 2 15 min" in seen
    assert "16:35 – 16:35 1 1 min" in seen
    assert "Times are in your time zone, Asia/Kolkata. The day is one of UTC." in seen
    shown = answer.context["day"]
    assert (shown.earlier, shown.later) == (day - timedelta(days=2), day + timedelta(days=1))


def test_a_link_to_a_day_works_without_htmx(page: Client, ana: Membership) -> None:
    day = NOW.date() - timedelta(days=10)
    answer = page.get(f"/people/{ana.person.pk}/activity/{day}/").content.decode()
    assert "<!doctype html>" in answer
    assert "Usher has no data for this day, so usage is unknown." in answer


def test_a_day_begins_at_midnight_of_the_connections_zone(ana: Membership) -> None:
    connection = ana.workspace.connection
    connection.time_zone = "America/New_York"
    connection.save()
    late = datetime(2026, 6, 11, 2, tzinfo=UTC)  # ten in the evening of the 10th in New York
    works(ana, late)
    person = ana.person
    person.connection = connection
    assert [one.starts_at for one in day_of(person, date(2026, 6, 10)).sessions] == [late]
    assert day_of(person, date(2026, 6, 11)).sessions == []
    states = {cell.day: cell.state for cell in activity_of(person, late + timedelta(days=30)).calendar.cells}
    assert states[date(2026, 6, 10)] is DayState.LEVEL_1
    assert states[date(2026, 6, 11)] is not DayState.LEVEL_1


def test_the_number_of_queries_does_not_grow_with_days_and_workspaces(
    page: Client, ana: Membership, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(5):
        side = a_workspace(ana.workspace.connection, f"Side {number}", "side.example")
        a_member(side, "Ana Silva")
    works(ana, *(NOW - timedelta(days=number) for number in range(1, 30)))
    with django_assert_max_num_queries(24):
        text(page, ana)


ZONE = ZoneInfo("Europe/London")
TODAY = date(2026, 3, 31)
NIGHT = datetime(2026, 3, 31, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (Cell(NOW.date(), 0, 0, DayState.LEVEL_2, 1, timedelta(minutes=20)), "20 min in 1 session"),
        (Cell(NOW.date(), 0, 0, DayState.LEVEL_4, 3, timedelta(minutes=185)), "3 h 5 min in 3 sessions"),
        (Cell(NOW.date(), 0, 0, DayState.LEVEL_1), "a session that began the day before"),
        (Cell(NOW.date(), 0, 0, DayState.AUTOMATED, automated=4), "integration only"),
        (Cell(NOW.date(), 0, 0, DayState.NONE), "no use"),
        (Cell(NOW.date(), 0, 0, DayState.BEFORE), "before the membership began"),
        (Cell(NOW.date(), 0, 0, DayState.UNKNOWN), "no data"),
    ],
)
def test_each_day_of_the_calendar_says_what_is_known_of_it(cell: Cell, words: str) -> None:
    assert in_words(cell) == words


def test_days_of_use_are_in_the_drawing_and_in_the_table(page: Client, ana: Membership) -> None:
    acts(ana, NOW - timedelta(days=3))
    shown = page.get(f"/people/{ana.person.pk}/activity/").text
    assert shown.count('class="calendar-day"') == 365
    day = (NOW - timedelta(days=3)).astimezone(ZoneInfo(ana.person.connection.time_zone)).date()
    address = f'hx-get="/people/{ana.person.pk}/activity/{day}/"'
    assert shown.count(address) == 2
    assert f"<title>{day:%A, %-d %B %Y}: " in shown
    assert f">{day:%a, %-d %b %Y}</a></th>" in shown


def a_day(day: date, seconds: int = 0, **fields: int) -> ActiveDay:
    return ActiveDay(day=day, usage_seconds=seconds, **({"human": 1, "automated": 0, "sessions": 1} | fields))


def test_a_calendar_is_a_year_of_weeks_that_begin_on_monday() -> None:
    calendar = calendar_of([], [], TODAY, ZONE, NIGHT)
    assert len(calendar.cells) == 365
    assert calendar.cells[-1].day == TODAY
    assert len({(cell.x, cell.y) for cell in calendar.cells}) == 365
    columns = {cell.day: cell.x for cell in calendar.cells}
    assert columns[date(2026, 3, 30)] == columns[TODAY]  # Monday and Tuesday
    assert columns[date(2026, 3, 29)] < columns[TODAY]  # Sunday
    assert max(cell.x for cell in calendar.cells) < calendar.width
    assert [label.text for label in calendar.months][-2:] == ["Feb", "Mar"]


@pytest.mark.parametrize(
    ("seconds", "state"),
    [(60, "level-1"), (900, "level-2"), (3_599, "level-2"), (3_600, "level-3"), (10_800, "level-4")],
)
def test_a_day_of_use_is_as_dark_as_it_was_long(seconds: int, state: str) -> None:
    assert calendar_of([a_day(TODAY, seconds)], [], TODAY, ZONE, NIGHT).cells[-1].state == state


def test_a_day_without_use_is_none_only_where_it_was_watched_whole() -> None:
    begins_at = datetime(2026, 3, 28, 23, 59, tzinfo=UTC)
    membership = MembershipCoverage(datetime(2026, 3, 20, tzinfo=UTC), (Span(begins_at, NIGHT),))
    days = [a_day(date(2026, 3, 30), human=0, automated=3)]
    states = {
        cell.day.day: cell.state for cell in calendar_of(days, [membership], TODAY, ZONE, NIGHT).cells[-15:]
    }
    assert states[19] is DayState.BEFORE
    assert states[20] is DayState.UNKNOWN
    assert states[28] is DayState.UNKNOWN
    assert states[29] is DayState.NONE  # the day of 23 hours
    assert states[30] is DayState.AUTOMATED
    assert states[31] is DayState.NONE


def test_who_is_in_two_workspaces_is_watched_only_where_both_are() -> None:
    since = datetime(2026, 3, 1, tzinfo=UTC)
    both = [
        MembershipCoverage(since, (Span(since, NIGHT),)),
        MembershipCoverage(datetime(2026, 3, 10, tzinfo=UTC), ()),
    ]
    states = {cell.day.day: cell.state for cell in calendar_of([], both, TODAY, ZONE, NIGHT).cells[-31:]}
    assert states[9] is DayState.NONE
    assert states[10] is DayState.UNKNOWN
