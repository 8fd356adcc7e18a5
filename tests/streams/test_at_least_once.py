"""Whatever happens at the receiver or here, each event arrives at least once, and the cursor says what arrived."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from tests.support.activity.written_events import NOON, an_event, write
from tests.support.roster.people import a_connection, a_workspace
from tests.support.streams.ocsf_schema import problems_of
from tests.support.streams.receivers import LinesServer
from tests.support.streams.sending import a_stream, send
from usher.ledger.actors import SYSTEM
from usher.ledger.models import Entry
from usher.ledger.record import record
from usher.roster.models import Workspace
from usher.streams.destinations.change import change_stream, send_again
from usher.streams.models import StreamDestination
from usher.streams.reading import next_batch
from usher.streams.running import LONGEST_PAUSE, pause_after

Contents = StreamDestination.Contents


def uids(receiver: LinesServer) -> list[str]:
    return [event["metadata"]["uid"] for event in receiver.taken]


def test_it_begins_with_what_comes_and_goes_on_where_it_was(org: Workspace, lines: LinesServer) -> None:
    write(org, an_event())
    stream = a_stream("lines", lines.url)
    first = write(org, an_event(), an_event())
    assert send(stream) == 2
    then = write(org, an_event())
    assert send(stream) == 1
    assert send(stream) == 0
    assert uids(lines) == [*first, *then]
    assert all(problems_of(event) == [] for event in lines.taken)
    assert stream.sent == 3
    assert stream.caught_up_at and stream.lag and stream.lag < timedelta(minutes=1)


def test_an_event_that_asana_delivers_late_is_sent(org: Workspace, lines: LinesServer) -> None:
    stream = a_stream("lines", lines.url)
    write(org, an_event(NOON, gid="900"))
    send(stream)
    write(org, an_event(NOON - timedelta(days=3), gid="100"))
    send(stream)
    assert uids(lines) == ["900", "100"]


def test_an_outage_is_caught_up_in_order(
    org: Workspace, lines: LinesServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(next_batch, "AT_ONCE", 3)
    stream = a_stream("lines", lines.url)
    sent = write(org, *(an_event() for _ in range(4)))
    send(stream)
    lines.fails = [(503, {}, b"")] * 3
    sent += write(org, *(an_event() for _ in range(5)))
    assert send(stream) == 0
    assert lines.fails == []  # three tries in one run, and no more
    assert "answered 503" in stream.problem and stream.failures == 1 and stream.failing_since
    assert stream.next_attempt_at > timezone.now()
    assert send(stream, is_due=False) == 0  # it waits for its time
    assert send(stream) == 5
    assert uids(lines) == sent
    assert stream.problem == "" and stream.failures == 0 and stream.failing_since is None


def test_a_failure_that_passes_within_seconds_is_none(org: Workspace, lines: LinesServer) -> None:
    stream = a_stream("lines", lines.url)
    write(org, an_event())
    lines.fails = [(500, {}, b""), (502, {}, b"")]
    assert send(stream) == 1
    assert stream.problem == ""


def test_a_receiver_that_asks_to_wait_is_left_alone(org: Workspace, lines: LinesServer) -> None:
    stream = a_stream("lines", lines.url)
    write(org, an_event())
    lines.fails = [(429, {"Retry-After": "1200"}, b"")]
    assert send(stream) == 0
    assert lines.requests == 1
    wait = stream.next_attempt_at - timezone.now()
    assert timedelta(minutes=19) < wait <= timedelta(minutes=20)


def test_pauses_grow_up_to_a_limit() -> None:
    pauses = [pause_after(failures) for failures in range(1, 40)]
    assert pauses[0] < timedelta(seconds=20)
    assert timedelta(minutes=10) < pauses[-1] <= LONGEST_PAUSE * 1.2


def test_a_batch_whose_answer_is_lost_is_sent_again_with_the_same_ids(
    org: Workspace, lines: LinesServer
) -> None:
    stream = a_stream("lines", lines.url)
    written = write(org, an_event(), an_event())
    take = lines.take

    def and_die(*arguments: object) -> object:
        take(*arguments)  # type: ignore[arg-type]
        lines.take = take  # type: ignore[method-assign]
        return 500, {}, b""

    lines.take = and_die  # type: ignore[method-assign, assignment]
    send(stream)
    assert uids(lines) == [*written, *written]


def test_a_wrong_token_says_so_and_loses_nothing(org: Workspace, lines: LinesServer) -> None:
    stream = a_stream("lines", lines.url, secret="wrong")
    written = write(org, an_event())
    assert send(stream) == 0
    assert "refused the token (401)" in stream.problem
    change_stream(stream, SYSTEM, secret="right")
    assert send(stream, is_due=False) == 1  # a change is tried at once
    assert uids(lines) == written


def test_a_request_that_is_too_large_is_halved(org: Workspace, lines: LinesServer) -> None:
    stream = a_stream("lines", lines.url)
    written = write(org, *(an_event() for _ in range(9)))
    lines.longest = 4_000
    assert send(stream) == 9
    assert uids(lines) == written


def test_one_event_that_is_too_large_is_named_and_not_skipped(org: Workspace, lines: LinesServer) -> None:
    stream = a_stream("lines", lines.url)
    write(org, an_event(gid="77", details={"new_value": "x" * 5_000}))
    lines.longest = 4_000
    assert send(stream) == 0
    assert "user_login_succeeded 77 as too large" in stream.problem


def test_as_asana_sent_it(org: Workspace, lines: LinesServer) -> None:
    stream = a_stream("lines", lines.url, form="raw")
    event = an_event(odd=["ä", 1])
    write(org, event)
    send(stream)
    assert lines.taken == [json.loads(event.raw)]


def test_a_limited_one_gets_nothing_of_others(
    org: Workspace, lines: LinesServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(next_batch, "AT_ONCE", 2)
    beta = a_workspace(a_connection("Beta"))
    stream = a_stream("lines", lines.url, connections=[beta.connection_id], contents=Contents.BOTH)
    write(org, *(an_event() for _ in range(5)))
    theirs = write(beta, an_event(), an_event(), an_event())
    write(org, an_event())
    record(SYSTEM, "connection.changed", "Acme", connection=org.connection_id)
    record(SYSTEM, "settings.keys_rotated", "all")
    entry = record(SYSTEM, "connection.changed", "Beta", connection=beta.connection_id)
    assert send(stream) == 4
    assert uids(lines) == [*theirs, entry.hash]
    assert stream.ledger_cursor == Entry.objects.order_by("-number")[0].number


def test_numbers_without_events_are_passed_quickly(
    org: Workspace, lines: LinesServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as those of events that were read twice."""
    monkeypatch.setattr(next_batch, "AT_ONCE", 2)
    stream = a_stream("lines", lines.url)
    again = an_event()
    gids = write(org, again)
    for _ in range(300):
        write(org, again)
    gids += write(org, *(an_event() for _ in range(7)))
    moves = []
    read = next_batch.StreamReader.next_batch
    monkeypatch.setattr(next_batch.StreamReader, "next_batch", lambda *given: moves.append(1) or read(*given))
    assert send(stream) == 8
    assert uids(lines) == gids
    assert len(moves) < 25


def test_the_ledger_is_sent_in_order_and_its_own_additions_end(
    transactional_db: None, lines: LinesServer
) -> None:
    stream = a_stream("lines", lines.url, contents=Contents.LEDGER)
    for number in range(3):
        record(SYSTEM, "case.opened", f"case {number}")
    send(stream)
    assert [event["metadata"]["sequence"] for event in lines.taken] == [
        1,
        2,
        3,
        4,
    ]  # the first is the addition
    assert all(problems_of(event) == [] for event in lines.taken)
    assert send(stream) == 0


def test_what_is_stored_is_sent_from_a_day_on_if_one_asks(
    org: Workspace, lines: LinesServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(next_batch, "AT_ONCE", 2)
    days = [datetime(2026, 6, day, 12, tzinfo=UTC) for day in (1, 2, 3, 4, 5)]
    gids = [write(org, an_event(day))[0] for day in days]
    stream = a_stream("lines", lines.url, since=days[2].date())
    new = write(org, an_event(days[0]))
    assert send(stream) == 4
    assert sorted(uids(lines)) == sorted([*gids[2:], *new])
    assert stream.again_from is None
    lines.taken.clear()
    send_again(stream, days[4].date(), SYSTEM)
    assert send(stream) == 1
    assert uids(lines) == gids[4:]


def test_one_that_is_switched_off_sends_nothing_and_goes_on_later(org: Workspace, lines: LinesServer) -> None:
    stream = a_stream("lines", lines.url)
    stream.is_on = False
    change_stream(stream, SYSTEM)
    written = write(org, an_event())
    assert send(stream) == 0
    stream.is_on = True
    change_stream(stream, SYSTEM)
    assert send(stream) == 1
    assert uids(lines) == written


def test_only_allowed_addresses_are_reached(org: Workspace, lines: LinesServer, settings: object) -> None:
    stream = a_stream("lines", lines.url)
    write(org, an_event())
    settings.USHER_WEBHOOK_NETWORKS = []  # type: ignore[attr-defined]
    assert send(stream) == 0
    assert "not public" in stream.problem and "USHER_WEBHOOK_NETWORKS" in stream.remedy
    assert lines.requests == 0
