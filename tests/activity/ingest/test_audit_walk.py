"""The audit log is read whole: also what comes late, after a break, and after the clock was wrong."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.activity.small_log import SmallLog, make_organization, read_log
from usher.activity.ingest.coverage import add_coverage, spans_of
from usher.activity.ingest.spans import Span
from usher.activity.models import AuditEvent, AuditWindow, EventTypeSeen, EvidenceSource, Touched
from usher.activity.usage.export import coverage_records
from usher.asana import AsanaError, NotAuthorized
from usher.roster.models import Workspace

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def stored() -> list[str]:
    return sorted(AuditEvent.objects.values_list("gid", flat=True))


def covered(workspace: Workspace) -> list[Span]:
    return spans_of(workspace, EvidenceSource.AUDIT)


def test_the_first_walk_reads_all_that_asana_keeps_and_says_so(small: SmallLog) -> None:
    workspace = make_organization()
    gone = small.add(NOW - 91 * DAY)
    kept = [small.add(NOW - n * HOUR) for n in range(1, 90 * 24, 5)]
    assert read_log(small, workspace, NOW) == len(kept)
    assert stored() == sorted(kept)
    assert gone not in stored()
    assert covered(workspace) == [Span(NOW - 90 * DAY, NOW)]
    assert not AuditWindow.objects.exists()


def test_the_next_walk_reads_the_last_hour_again_and_finds_what_came_late(small: SmallLog) -> None:
    workspace = make_organization()
    small.add(NOW - 2 * HOUR)
    read_log(small, workspace, NOW)
    late = small.add(NOW - timedelta(minutes=59))
    fresh = small.add(NOW + HOUR)
    assert read_log(small, workspace, NOW + DAY) == 2
    assert {late, fresh} < set(stored())
    assert covered(workspace) == [Span(NOW - 90 * DAY, NOW + DAY)]


def test_what_came_late_is_found_also_after_a_walk_that_broke_off(small: SmallLog) -> None:
    workspace = make_organization()
    add_coverage(workspace, EvidenceSource.AUDIT, NOW - 90 * DAY, NOW - 5 * HOUR)
    for n in range(450):  # so many in one window that the others end before it
        small.add(NOW - 5 * HOUR + timedelta(seconds=n))
    small.stops_after = 9
    with pytest.raises(AsanaError):
        read_log(small, workspace, NOW)
    assert AuditWindow.objects.filter(ends_at=NOW, is_done=True).exists(), "the newest part was read"
    late = small.add(NOW - timedelta(minutes=20))
    small.stops_after = None
    read_log(small, workspace, NOW + DAY)
    assert late in stored()
    assert len(stored()) == 451
    assert covered(workspace) == [Span(NOW - 90 * DAY, NOW + DAY)]


@pytest.mark.parametrize("answers", range(1, 12))
def test_a_walk_that_breaks_off_anywhere_goes_on_and_stores_each_event_once(
    small: SmallLog, answers: int
) -> None:
    workspace = make_organization()
    gids = [small.add(NOW - 3 * DAY + timedelta(minutes=7 * n)) for n in range(600)]
    small.stops_after = answers
    with pytest.raises(AsanaError):
        read_log(small, workspace, NOW)
    for span in covered(workspace):
        there = {event["gid"] for event in small.log if span.begins_at <= moment(event) < span.ends_at}
        assert there <= set(stored()), "what is said to be covered is stored"
    small.stops_after = None
    read_log(small, workspace, NOW + HOUR)
    assert stored() == gids
    assert covered(workspace) == [Span(NOW + HOUR - 90 * DAY, NOW + HOUR)] or covered(workspace) == [
        Span(NOW - 90 * DAY, NOW + HOUR)
    ]
    assert EventTypeSeen.objects.get().events == 600
    assert not AuditWindow.objects.exists()


def moment(event: dict[str, object]) -> datetime:
    return datetime.fromisoformat(str(event["created_at"]))


def test_more_events_of_one_moment_than_a_page_holds_are_all_stored_once(small: SmallLog) -> None:
    workspace = make_organization()
    at = NOW - DAY
    gids = [small.add(at) for _ in range(250)] + [small.add(at + timedelta(milliseconds=1))]
    small.stops_after = 33
    with pytest.raises(AsanaError):
        read_log(small, workspace, NOW)
    small.stops_after = None
    read_log(small, workspace, NOW)
    assert stored() == sorted(gids)


def test_a_window_that_was_read_beyond_its_shortened_end_is_done_without_asking(small: SmallLog) -> None:
    """So it is left when a process dies between two pages of a window of which another took half."""
    workspace = make_organization()
    gid = small.add(NOW - HOUR * 2)
    AuditWindow.objects.create(
        workspace=workspace, starts_at=NOW - 4 * HOUR, ends_at=NOW - 3 * HOUR, read_until=NOW - 2.5 * HOUR
    )
    AuditWindow.objects.create(
        workspace=workspace, starts_at=NOW - 3 * HOUR, ends_at=NOW, read_until=NOW - 3 * HOUR
    )
    read_log(small, workspace, NOW)  # the small log fails for a span that ends before it begins
    assert stored() == [gid]
    assert covered(workspace) == [Span(NOW - 4 * HOUR, NOW)]


def test_more_than_ninety_days_of_silence_are_a_gap_for_ever(small: SmallLog) -> None:
    workspace = make_organization()
    read_log(small, workspace, NOW)
    back = NOW + 100 * DAY
    read_log(small, workspace, back)
    read_log(small, workspace, back + DAY)
    assert covered(workspace) == [Span(NOW - 90 * DAY, NOW), Span(back - 90 * DAY, back + DAY)]
    [record] = coverage_records(workspace.connection)
    assert record["gaps"] == [{"from": "2026-11-20T12:00:00.000Z", "to": "2026-11-30T12:00:00.000Z"}]
    assert (record["from"], record["to"]) == ("2026-08-22T12:00:00.000Z", "2027-03-01T12:00:00.000Z")


def test_a_walk_broken_off_for_ninety_days_keeps_what_was_read_and_a_gap(small: SmallLog) -> None:
    workspace = make_organization()
    for n in range(400):
        small.add(NOW - 80 * DAY + timedelta(minutes=n))
    small.stops_after = 33
    with pytest.raises(AsanaError):
        read_log(small, workspace, NOW)
    before = covered(workspace)
    small.stops_after = None
    back = NOW + 120 * DAY
    read_log(small, workspace, back)
    after = covered(workspace)
    assert after[-1] == Span(back - 90 * DAY, back)
    assert all(span.ends_at <= NOW for span in after[:-1])
    assert [span for span in before if span not in after] == [] or after[0].begins_at == before[0].begins_at
    for span in after[:-1]:
        there = {event["gid"] for event in small.log if span.begins_at <= moment(event) < span.ends_at}
        assert there <= set(stored())


def test_a_clock_that_once_ran_ahead_leaves_nothing_unread(small: SmallLog) -> None:
    workspace = make_organization()
    first = small.add(NOW - HOUR)
    read_log(small, workspace, NOW + 30 * DAY)  # the clock is a month ahead
    then = small.add(NOW + 2 * HOUR)
    read_log(small, workspace, NOW + 5 * HOUR)
    assert stored() == [first, then]
    assert covered(workspace) == [Span(NOW + 5 * HOUR - 90 * DAY, NOW + 5 * HOUR)]


def test_a_clock_that_went_back_a_little_changes_nothing(small: SmallLog) -> None:
    workspace = make_organization()
    small.add(NOW - HOUR)
    read_log(small, workspace, NOW)
    asked = small.log_answers
    assert read_log(small, workspace, NOW - timedelta(minutes=5)) == 0
    assert small.log_answers - asked <= 20
    assert covered(workspace) == [Span(NOW - 90 * DAY, NOW)]


def test_thousands_of_events_of_one_moment_do_not_lead_to_thousands_of_requests(small: SmallLog) -> None:
    workspace = make_organization()
    for _ in range(3000):
        small.add(NOW - DAY)
    read_log(small, workspace, NOW)
    assert len(stored()) == 3000
    assert small.log_answers < 500


def test_a_token_that_is_refused_in_the_middle_ends_the_walk_and_keeps_what_was_read(small: SmallLog) -> None:
    from tests.support.asana.scripted_asana import refusal

    workspace = make_organization()
    for n in range(900):
        small.add(NOW - 40 * DAY + timedelta(hours=n))
    answers = small.answer

    def revoked_later(seen):
        if small.log_answers >= 34:
            small.refused = refusal(401, "Not Authorized")
        return answers(seen)

    small.server.always = revoked_later
    with pytest.raises(NotAuthorized):
        read_log(small, workspace, NOW)
    assert stored()
    small.refused, small.server.always = None, answers
    read_log(small, workspace, NOW)
    assert len(stored()) == 900


def test_a_database_that_fails_ends_the_walk_instead_of_hanging(small: SmallLog, monkeypatch) -> None:
    """As with a full disk, while more pages wait than there is room for."""
    import time

    workspace = make_organization()
    for n in range(9000):
        small.add(NOW - 80 * DAY + timedelta(minutes=12 * n))

    def full_disk(*_: object) -> int:
        time.sleep(0.4)
        raise OSError("No space left on device")

    monkeypatch.setattr("usher.activity.ingest.audit_walk.store_audit_events", full_disk)
    with pytest.raises(OSError, match="No space left"):
        read_log(small, workspace, NOW)
    monkeypatch.undo()
    read_log(small, workspace, NOW)
    assert len(stored()) == 9000


def test_an_ordinary_day_costs_few_requests(small: SmallLog) -> None:
    workspace = make_organization()
    read_log(small, workspace, NOW)
    for n in range(300):
        small.add(NOW + timedelta(minutes=4 * n))
    asked = small.log_answers
    assert read_log(small, workspace, NOW + DAY) == 300
    assert small.log_answers - asked <= 20


def test_types_and_categories_that_nobody_knows_are_kept_and_counted(small: SmallLog) -> None:
    workspace = make_organization()
    for _ in range(3):
        small.add(NOW - HOUR, event_type="robot_sat_down", event_category="furniture", robot={"legs": [4]})
    read_log(small, workspace, NOW)
    seen = EventTypeSeen.objects.get()
    assert (seen.event_type, seen.category, seen.events) == ("robot_sat_down", "furniture", 3)
    assert all('"robot":{"legs":[4]}' in event.raw for event in AuditEvent.objects.all())
    assert Touched.objects.get().user_gid == "5"
