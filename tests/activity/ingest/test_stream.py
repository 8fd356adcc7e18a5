"""The event stream is read without a gap as long as its tokens live, and a gap is said to be one."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import sync_to_async

from tests.support.activity.small_log import SmallLog, client, make_organization, poll, run
from tests.support.asana.scripted_asana import refusal
from usher.activity.ingest.coverage import spans_of
from usher.activity.ingest.spans import Span
from usher.activity.ingest.stream import poll_stream
from usher.activity.models import EvidenceSource, StreamCursor, StreamEvent
from usher.activity.usage.figures import coverage
from usher.asana import Unavailable
from usher.roster.models import Workspace

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def covered(workspace: Workspace) -> list[Span]:
    return spans_of(workspace, EvidenceSource.STREAM)


def test_the_first_poll_begins_and_the_next_reads(small: SmallLog) -> None:
    workspace = make_organization()
    small.change(NOW - HOUR)
    assert poll(small, workspace, NOW) == 0
    assert covered(workspace) == []
    small.change(NOW + HOUR)
    small.change(NOW + HOUR, user=None)
    assert poll(small, workspace, NOW + 2 * HOUR) == 1
    assert StreamEvent.objects.get().at == NOW + HOUR
    assert covered(workspace) == [Span(NOW, NOW + 2 * HOUR)]


def test_it_is_asked_for_more_as_long_as_there_is_more(small: SmallLog) -> None:
    workspace = make_organization()
    poll(small, workspace, NOW)
    for n in range(35):
        small.change(NOW + timedelta(seconds=n))
    small.changes_a_page = 10
    assert poll(small, workspace, NOW + HOUR) == 35
    assert StreamEvent.objects.count() == 35
    assert covered(workspace) == [Span(NOW, NOW + HOUR)]


def test_the_same_token_twice_stores_nothing_twice(small: SmallLog) -> None:
    workspace = make_organization()
    poll(small, workspace, NOW)
    small.change(NOW)
    poll(small, workspace, NOW + HOUR)
    assert poll(small, workspace, NOW + 2 * HOUR) == 0  # nothing new, and so no new token
    assert StreamEvent.objects.count() == 1
    assert covered(workspace) == [Span(NOW, NOW + 2 * HOUR)]


def test_more_that_never_comes_does_not_keep_asking_for_ever(small: SmallLog) -> None:
    workspace = make_organization()
    poll(small, workspace, NOW)
    small.change(NOW)
    small.changes_a_page = 0
    assert poll(small, workspace, NOW + HOUR) == 0
    assert covered(workspace) == [], "it was not read to its end"
    small.changes_a_page = 10
    assert poll(small, workspace, NOW + 2 * HOUR) == 1
    assert covered(workspace) == [Span(NOW, NOW + 2 * HOUR)]


def test_an_expired_token_is_a_gap_and_a_new_beginning(small: SmallLog) -> None:
    workspace = make_organization()
    poll(small, workspace, NOW)
    poll(small, workspace, NOW + HOUR)
    small.change(NOW + 2 * HOUR)
    small.expired = True
    assert poll(small, workspace, NOW + 30 * HOUR) == 0
    small.change(NOW + 31 * HOUR)
    assert poll(small, workspace, NOW + 32 * HOUR) == 1
    assert covered(workspace) == [Span(NOW, NOW + HOUR), Span(NOW + 30 * HOUR, NOW + 32 * HOUR)]
    [row] = coverage(workspace.connection)
    assert row.gaps == [Span(NOW + HOUR, NOW + 30 * HOUR)]


def test_a_new_beginning_counts_from_the_answer_and_not_from_the_question(small: SmallLog) -> None:
    workspace = make_organization()
    moments = iter([NOW, NOW + timedelta(minutes=3)])  # Asana asked to wait in between

    async def slow() -> int:
        async with client(small) as asana:
            return await poll_stream(asana, workspace, lambda: next(moments))

    run(slow())
    poll(small, workspace, NOW + HOUR)
    assert covered(workspace) == [Span(NOW + timedelta(minutes=3), NOW + HOUR)]


def test_pollers_at_the_same_time_store_each_change_once(small: SmallLog) -> None:
    workspace = make_organization()
    poll(small, workspace, NOW)
    for n in range(60):
        small.change(NOW + timedelta(seconds=n))
    small.changes_a_page = 7

    async def five() -> list[int]:
        async with client(small) as asana:
            return await asyncio.gather(
                *(poll_stream(asana, workspace, lambda: NOW + HOUR) for _ in range(5))
            )

    assert sum(run(five())) == 60
    assert StreamEvent.objects.count() == 60
    assert poll(small, workspace, NOW + 2 * HOUR) == 0
    assert covered(workspace) == [Span(NOW, NOW + 2 * HOUR)]


def test_of_two_that_begin_anew_the_first_one_counts(small: SmallLog) -> None:
    """Else what the first one's token would have told is lost, and said to be covered."""
    workspace = make_organization()
    small.change(NOW)
    poll(small, workspace, NOW)
    expired = StreamCursor.objects.get()
    small.change(NOW + HOUR)

    async def late() -> int:
        async with client(small) as asana:
            ask = asana.workspace_events

            async def slowly(gid: str, sync: str | None):
                try:
                    return await ask(gid, sync)
                finally:
                    await sync_to_async(meanwhile)()

            asana.workspace_events = slowly
            return await poll_stream(asana, workspace, lambda: NOW + 3 * HOUR)

    def meanwhile() -> None:
        StreamCursor.objects.filter(pk=expired.pk).update(sync="2", polled_at=NOW + HOUR)

    small.change(NOW + 2 * HOUR)
    small.expired = True
    run(late())
    assert poll(small, workspace, NOW + 4 * HOUR) == 1
    assert covered(workspace) == [Span(NOW + HOUR, NOW + 4 * HOUR)]


def test_a_stream_that_may_not_be_read_is_noted_and_no_failure(small: SmallLog) -> None:
    workspace = make_organization()
    small.refused = refusal(403, "You do not have access to this.")
    assert poll(small, workspace, NOW) == 0
    assert "403" in StreamCursor.objects.get().problem
    small.refused = None
    poll(small, workspace, NOW + HOUR)
    small.change(NOW + HOUR)
    assert poll(small, workspace, NOW + 2 * HOUR) == 1
    assert StreamCursor.objects.get().problem == ""
    assert covered(workspace) == [Span(NOW + HOUR, NOW + 2 * HOUR)]


def test_a_stream_that_cannot_be_had_for_now_is_raised_and_loses_nothing(small: SmallLog) -> None:
    workspace = make_organization()
    poll(small, workspace, NOW)
    small.change(NOW)
    small.refused = refusal(503)
    with pytest.raises(Unavailable):
        poll(small, workspace, NOW + HOUR)
    small.refused = None
    assert poll(small, workspace, NOW + 2 * HOUR) == 1
    assert covered(workspace) == [Span(NOW, NOW + 2 * HOUR)]


def test_a_clock_that_went_back_takes_back_what_was_said_of_the_future(small: SmallLog) -> None:
    workspace = make_organization()
    poll(small, workspace, NOW)
    poll(small, workspace, NOW + 48 * HOUR)  # the clock was wrong
    small.change(NOW + HOUR)
    assert poll(small, workspace, NOW + 2 * HOUR) == 1
    assert covered(workspace) == [Span(NOW, NOW + 2 * HOUR)]
    poll(small, workspace, NOW + 3 * HOUR)
    assert covered(workspace) == [Span(NOW, NOW + 3 * HOUR)]


def test_of_a_change_only_who_when_and_which_kind_is_kept(small: SmallLog) -> None:
    workspace = make_organization()
    poll(small, workspace, NOW)
    small.change(
        NOW, resource={"gid": "77", "resource_type": "task", "name": "Secret plan"}, parent={"name": "P"}
    )
    poll(small, workspace, NOW + HOUR)
    [row] = StreamEvent.objects.values()
    assert row == {
        "connection_id": workspace.connection_id,
        "workspace_id": workspace.pk,
        "user_gid": "5",
        "at": NOW,
        "resource_type": "task",
        "action": "changed",
    }
