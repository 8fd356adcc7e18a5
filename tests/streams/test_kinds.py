"""What each kind of receiver gets, as its own documentation has it."""

import gzip
import json
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from tests.support.activity.written_events import NOON, an_event, write
from tests.support.streams.ocsf_schema import problems_of
from tests.support.streams.receivers import DatadogIntake, ElasticBulk, LinesServer, SplunkHec
from tests.support.streams.sending import a_stream, send
from usher.ledger.actors import SYSTEM
from usher.ledger.record import record
from usher.roster.models import Workspace
from usher.streams.destinations.testing import test_stream as press_test
from usher.streams.models import StreamDestination
from usher.streams.sending import splunk as splunk_sending


class TestSplunk:
    def test_events_have_their_own_time_a_source_type_and_an_id(
        self, org: Workspace, splunk: SplunkHec
    ) -> None:
        stream = a_stream("splunk", splunk.url, place="asana")
        [gid] = write(org, an_event(NOON))
        assert send(stream) == 1
        [envelope] = splunk.envelopes
        assert problems_of(envelope.pop("event")) == []
        assert envelope == {
            "time": NOON.timestamp(),
            "source": "usher",
            "sourcetype": "asana:ocsf",
            "index": "asana",
            "fields": {"event_id": gid, "event_type": "user_login_succeeded"},
        }

    def test_with_acknowledgment_the_cursor_waits_until_events_are_indexed(
        self, org: Workspace, splunk: SplunkHec, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(splunk_sending, "ASKS_EVERY_SECONDS", 0.01)
        splunk.acknowledges, splunk.asked_in_vain = True, 3
        stream = a_stream("splunk", splunk.url)
        gids = write(org, an_event(), an_event())
        assert send(stream) == 2
        assert splunk.ids == gids

    def test_what_is_never_indexed_is_sent_again(
        self, org: Workspace, splunk: SplunkHec, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(splunk_sending, "ASKS_EVERY_SECONDS", 0.01)
        monkeypatch.setattr(splunk_sending, "INDEXED_WITHIN_SECONDS", 0.1)
        splunk.acknowledges, splunk.asked_in_vain = True, 10_000
        stream = a_stream("splunk", splunk.url)
        gids = write(org, an_event())
        assert send(stream) == 0
        assert "did not index" in stream.problem
        splunk.asked_in_vain = 0
        assert send(stream) == 1
        assert splunk.ids == gids

    def test_what_splunk_says_against_a_token_is_shown(self, org: Workspace, splunk: SplunkHec) -> None:
        stream = a_stream("splunk", splunk.url, secret="wrong")
        write(org, an_event())
        assert send(stream) == 0
        assert "Invalid token" in stream.problem and "wrong" not in stream.problem


class TestElastic:
    def test_each_event_is_a_document_with_its_id_and_time(
        self, org: Workspace, elastic: ElasticBulk
    ) -> None:
        stream = a_stream("elastic", elastic.url, place="logs-usher.asana-default")
        [gid] = write(org, an_event(NOON))
        assert send(stream) == 1
        document = elastic.index[gid]
        assert document.pop("@timestamp") == "2026-06-10T12:00:00.000+00:00"
        assert problems_of(document) == []

    def test_what_is_sent_twice_is_there_once(self, org: Workspace, elastic: ElasticBulk) -> None:
        stream = a_stream("elastic", elastic.url, place="asana")
        write(org, an_event(), an_event())
        send(stream)
        StreamDestination.objects.update(event_cursor=stream.event_cursor - 2)
        write(org, an_event())
        assert send(stream) == 3
        assert elastic.created == len(elastic.index) == 3

    def test_an_event_that_the_mapping_refuses_is_kept_as_text(
        self, org: Workspace, elastic: ElasticBulk
    ) -> None:
        elastic.refused_fields = {"unmapped"}
        stream = a_stream("elastic", elastic.url, place="asana")
        [gid] = write(org, an_event())
        assert send(stream) == 1
        kept = elastic.index[gid]
        assert json.loads(kept["event"]["original"])["metadata"]["uid"] == gid
        assert "failed to parse" in kept["error"]["message"]

    def test_an_event_that_is_refused_altogether_stops_the_stream_and_is_named(
        self, org: Workspace, elastic: ElasticBulk
    ) -> None:
        elastic.refused_fields = {"@timestamp"}
        stream = a_stream("elastic", elastic.url, place="asana")
        write(org, an_event(gid="5"))
        assert send(stream) == 0
        assert "refuses user_login_succeeded 5" in stream.problem

    def test_a_busy_index_gets_all_of_it_later(self, org: Workspace, elastic: ElasticBulk) -> None:
        stream = a_stream("elastic", elastic.url, place="asana")
        write(org, an_event(), an_event())
        busy = {"errors": True, "items": [{"create": {"status": 201}}, {"create": {"status": 429}}]}
        elastic.fails = [(200, {}, json.dumps(busy).encode())]
        assert send(stream) == 2
        assert elastic.created == 2


class TestDatadog:
    def test_logs_come_in_parts_of_a_thousand(self, org: Workspace, datadog: DatadogIntake) -> None:
        stream = a_stream("datadog", datadog.url)
        gids = write(org, *(an_event() for _ in range(1_500)))
        assert send(stream) == 1_500
        assert datadog.requests == 2
        assert [event["metadata"]["uid"] for event in datadog.taken] == gids


def read_folder(name: str) -> dict[str, list[str]]:
    folder = Path(django_settings.USHER_STREAMS_FOLDER) / name
    return {
        path.name: [json.loads(line)["metadata"]["uid"] for line in gzip.open(path, "rt")]
        for path in sorted(folder.glob("*.gz"))
    }


class TestFolder:
    def test_a_file_for_each_day_of_the_events(self, org: Workspace) -> None:
        stream = a_stream("folder", "asana", contents="both")
        [one] = write(org, an_event(NOON.replace(day=1)))
        send(stream)
        [two, late] = write(org, an_event(NOON.replace(day=2)), an_event(NOON.replace(day=1)))
        send(stream)
        files = read_folder("asana")
        ledger = [name for name in files if name.startswith("usher-")]
        assert len(ledger) == 1
        assert {name: ids for name, ids in files.items() if name not in ledger} == {
            "asana-2026-06-01.jsonl.gz": [one, late],
            "asana-2026-06-02.jsonl.gz": [two],
        }

    def test_what_a_killed_process_left_half_written_is_cut_off(self, org: Workspace) -> None:
        stream = a_stream("folder", "asana")
        [one] = write(org, an_event(NOON))
        send(stream)
        path = Path(django_settings.USHER_STREAMS_FOLDER) / "asana" / "asana-2026-06-10.jsonl.gz"
        with path.open("ab") as file:
            file.write(gzip.compress(b'{"half": ')[:-9])
        [two] = write(org, an_event(NOON))
        send(stream)
        assert read_folder("asana") == {path.name: [one, two]}

    def test_a_file_that_was_taken_away_begins_anew(self, org: Workspace) -> None:
        stream = a_stream("folder", "asana")
        write(org, an_event(NOON))
        send(stream)
        path = Path(django_settings.USHER_STREAMS_FOLDER) / "asana" / "asana-2026-06-10.jsonl.gz"
        path.unlink()
        [two] = write(org, an_event(NOON))
        send(stream)
        assert read_folder("asana") == {path.name: [two]}

    def test_a_folder_that_cannot_be_written_says_so(self, org: Workspace) -> None:
        stream = a_stream("folder", "asana")
        Path(django_settings.USHER_STREAMS_FOLDER).write_text("a file")
        write(org, an_event(NOON))
        assert send(stream) == 0
        assert "cannot be written" in stream.problem


def test_the_test_button_sends_one_message_and_moves_no_cursor(
    org: Workspace, lines: LinesServer, splunk: SplunkHec, elastic: ElasticBulk, datadog: DatadogIntake
) -> None:
    record(SYSTEM, "case.opened", "case 1")
    for kind, receiver in (("lines", lines), ("splunk", splunk), ("elastic", elastic), ("datadog", datadog)):
        stream = a_stream(kind, receiver.url, place="asana" if kind in ("elastic", "splunk") else "")
        assert press_test(stream) is None
        [event] = receiver.taken
        event.pop("@timestamp", None)
        assert problems_of(event) == []
        before = stream.event_cursor
        stream.refresh_from_db()
        assert (stream.event_cursor, stream.sent) == (before, 0)
