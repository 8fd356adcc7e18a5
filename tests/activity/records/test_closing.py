"""Months that are over are compressed or dropped as the setting says, and everything that reads events goes on."""

import asyncio
import csv
import json
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from django.db import connection as database
from django.http import StreamingHttpResponse
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as bounds
from hypothesis import strategies as st
from hypothesis.extra.django import TransactionTestCase
from pytest_django import Settings

from tests.activity.ingest.test_retention import computed
from tests.activity.records.conftest import NOW
from tests.activity.records.test_compression import any_json
from tests.support.activity.small_log import make_organization
from tests.support.activity.written_events import an_event, user, write
from usher.activity.events.search import EventSearch
from usher.activity.ingest.partitions import EventMonth, stored_months
from usher.activity.ingest.retention import drop_old_events
from usher.activity.models import AuditEvent, RecordDictionary, RecordMonth, Session
from usher.activity.records.closing import close_months
from usher.activity.records.reading import is_dropped, record_of
from usher.activity.usage.compute import bring_up_to_date, rebuild
from usher.asana import AuditLogEvent
from usher.connections.disconnect import disconnect
from usher.ledger.actors import SYSTEM
from usher.ledger.models import Entry
from usher.roster.models import Workspace

pytestmark = pytest.mark.django_db(transaction=True)

SEPTEMBER = datetime(2026, 9, 14, 9, tzinfo=UTC)
OCTOBER = datetime(2026, 10, 31, 23, 59, 59, 999000, tzinfo=UTC)
NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC)
TODAY = NOW.date()


def close(now: datetime = NOW) -> list[str]:
    """The months that were written anew."""
    return [f"{month.day:%Y-%m}" for month in asyncio.run(close_months(lambda: now))]


def stored() -> dict[str, str | None]:
    """The record of each event."""
    return {event.gid: record_of(event) for event in AuditEvent.objects.all()}


def columns() -> list[tuple[object, ...]]:
    """Everything that is stored of each event but its record."""
    names = [each.attname for each in AuditEvent._meta.concrete_fields if each.name not in ("raw", "packed")]
    return list(AuditEvent.objects.order_by("workspace_id", "created_at", "gid").values_list(*names))


def many(month: datetime, number: int = 50) -> list[AuditLogEvent]:
    return [
        an_event(month + timedelta(minutes=n), actor=user(str(n % 7), f"Person {n % 7}"))
        for n in range(number)
    ]


def partition_structure(month: EventMonth) -> tuple[list[str], bool]:
    """Definitions of the indexes of a month, and whether each belongs to an index of the whole table."""
    name = month.partition_of("activity_auditevent")
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT regexp_replace(pg_get_indexdef(indexrelid), 'INDEX \\S+ ON', 'INDEX ON'), relispartition"
            " FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE indrelid = %s::regclass ORDER BY 1",
            [name],
        )
        rows = cursor.fetchall()
    return [definition.replace(name, "MONTH") for definition, _ in rows], all(belongs for _, belongs in rows)


def exported(page: Client, form: str) -> str:
    answer = page.get(f"/audit-log/export.{form}")
    assert isinstance(answer, StreamingHttpResponse)
    return b"".join(answer).decode()


def test_by_default_nothing_is_touched(org: Workspace) -> None:
    write(org, an_event(SEPTEMBER))
    assert close() == []
    assert AuditEvent.objects.get().raw


def test_months_are_compressed_when_they_are_over_for_a_week(compress: None, org: Workspace) -> None:
    write(org, an_event(SEPTEMBER), an_event(OCTOBER), an_event(NOVEMBER))
    before, known = stored(), columns()
    assert close(datetime(2026, 11, 7, 23, 59, tzinfo=UTC)) == ["2026-09"]
    assert close(datetime(2026, 11, 8, tzinfo=UTC)) == ["2026-10"]
    assert [bool(event.raw) for event in AuditEvent.objects.order_by("created_at")] == [False, False, True]
    assert stored() == before
    assert columns() == known
    assert close() == [], "there is nothing left to do"


class AnyEventOfAnyMonth(TransactionTestCase):
    @given(st.lists(st.dictionaries(st.text(min_size=1).map("x".__add__), any_json, max_size=3), max_size=12))
    @bounds(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    def test_has_the_same_record_when_its_month_is_compressed(self, fields: list[dict[str, object]]) -> None:
        org = make_organization()
        write(org, *(an_event(SEPTEMBER + timedelta(seconds=n), **some) for n, some in enumerate(fields)))
        before = stored()
        with self.settings(USHER_EVENT_RECORDS="compress"):
            close()
        assert stored() == before
        assert not AuditEvent.objects.exclude(raw="").exists()
        disconnect(org.connection, SYSTEM, delete_data=True)


def test_a_compressed_month_has_the_indexes_of_any_other(compress: None, org: Workspace) -> None:
    write(org, *many(SEPTEMBER), *many(NOVEMBER))
    for _ in range(2):
        close()
        september, all_belong = partition_structure(EventMonth(2026, 9))
        assert september == partition_structure(EventMonth(2026, 11))[0]
        assert all_belong
        assert len(september) == 9
        write(org, *many(SEPTEMBER + timedelta(days=1)))  # so many that the month is written once more
    assert stored_months("activity_eventcopy") == []


def test_what_was_compressed_is_counted_and_takes_less_room(compress: None, org: Workspace) -> None:
    write(org, *many(SEPTEMBER, 400))
    whole = sum(len(raw or "") for raw in stored().values())
    close()
    (month,) = RecordMonth.objects.all()
    assert (month.month, month.outcome, month.events) == (date(2026, 9, 1), "compressed", 400)
    assert month.bytes_before == whole
    assert month.bytes_after == sum(len(event.packed) for event in AuditEvent.objects.all()) < whole / 4
    assert not Entry.objects.exists(), "nothing was lost"


def test_pages_and_exports_are_the_same_before_and_after_compression(
    compress: None, page: Client, org: Workspace
) -> None:
    write(
        org,
        an_event(SEPTEMBER, details={"of": ["the", "future"]}),
        *many(OCTOBER - timedelta(days=3)),
        an_event(NOVEMBER),
    )

    def seen() -> list[object]:
        rows = page.get("/audit-log/").context["page"].rows
        return [
            [(row.event.gid, row.sentence, row.record) for row in rows],
            exported(page, "csv"),
            exported(page, "jsonl"),
        ]

    before = seen()
    assert close() == ["2026-09", "2026-10"]
    assert seen() == before


def test_late_events_of_a_compressed_month_are_stored_and_found(compress: None, org: Workspace) -> None:
    write(org, *many(SEPTEMBER, 100))
    close()
    early = an_event(SEPTEMBER - timedelta(days=9), still="whole")
    write(org, early)
    assert json.loads(stored()[early.gid] or "")["still"] == "whole"
    assert close() == [], "one event is not worth writing a month anew"
    write(org, *many(SEPTEMBER + timedelta(days=2), 10))
    before = stored()
    assert close() == ["2026-09"]
    assert stored() == before
    assert not AuditEvent.objects.exclude(raw="").exists()
    assert RecordMonth.objects.get().events == 111
    assert RecordDictionary.objects.count() == 1


def test_an_event_that_is_read_again_after_compression_is_not_stored_twice(
    compress: None, org: Workspace
) -> None:
    events = many(SEPTEMBER)
    write(org, *events)
    close()
    write(org, *events)
    assert AuditEvent.objects.count() == len(events)


def test_a_rebuild_of_usage_after_compressing_or_dropping_gives_the_same(
    settings: Settings, org: Workspace
) -> None:
    write(org, *many(SEPTEMBER), *many(OCTOBER - timedelta(days=1)), *many(NOVEMBER))
    bring_up_to_date(org.connection, TODAY)
    before = computed(org.connection)
    assert Session.objects.count() > 3
    for policy in ("compress", "drop"):
        settings.USHER_EVENT_RECORDS = policy
        assert close()
        rebuild(org.connection, TODAY)
        assert computed(org.connection) == before


def test_dropping_leaves_every_column_and_takes_the_record(drop: None, org: Workspace) -> None:
    write(org, *many(SEPTEMBER), an_event(NOVEMBER))
    before = columns()
    assert close() == ["2026-09"]
    assert columns() == before
    assert [is_dropped(event) for event in AuditEvent.objects.order_by("created_at")] == [True] * 50 + [False]
    assert close() == []


def test_what_was_dropped_is_in_the_ledger_with_counts_for_each_connection(
    drop: None, org: Workspace
) -> None:
    other = make_organization("Other")
    write(org, *many(SEPTEMBER, 3), *many(NOVEMBER))
    write(other, *many(SEPTEMBER, 2))
    whole = sum(len(event.raw) for event in AuditEvent.objects.filter(created_at__lt=NOVEMBER))
    close()
    entries = list(Entry.objects.order_by("number"))
    assert [entry.action for entry in entries] == ["events.records_dropped"] * 2
    assert [entry.connection_id for entry in entries] == [org.connection_id, other.connection_id]
    assert entries[0].subject == "Records of the audit log of “Acme” of September 2026"
    assert [entry.before["events"] for entry in entries] == [3, 2]
    assert sum(entry.before["bytes"] for entry in entries) == whole


def test_a_dropped_record_is_said_to_be_dropped_wherever_it_would_be_shown(
    drop: None, page: Client, org: Workspace
) -> None:
    write(org, an_event(SEPTEMBER, event_type="user_logged_out"), an_event(NOVEMBER))
    close()
    shown = page.get("/audit-log/")
    assert [bool(row.record) for row in shown.context["page"].rows] == [True, False]
    assert "was dropped when its month was closed" in " ".join(shown.content.decode().split())
    rows = list(csv.DictReader(exported(page, "csv").removeprefix("\ufeff").splitlines()))
    assert [row["record"] for row in rows] == ["complete", "dropped"]
    assert rows[1]["actor_gid"] == "100"
    whole, rest = map(json.loads, exported(page, "jsonl").splitlines())
    assert "usher_record" not in whole
    assert rest == {
        "gid": rows[1]["gid"],
        "created_at": "2026-09-14T09:00:00.000Z",
        "event_type": "user_logged_out",
        "event_category": "logins",
        "actor": {"actor_type": "user", "gid": "100"},
        "resource": {"resource_type": "user", "gid": "100"},
        "context": {"context_type": "web", "client_ip_address": "198.51.100.7"},
        "usher_record": "dropped",
    }
    assert AuditLogEvent.from_json(msgspec.Raw(json.dumps(rest).encode())).gid == rest["gid"]


def test_events_are_found_by_all_filters_after_their_records_were_dropped(drop: None, org: Workspace) -> None:
    gids = write(
        org, an_event(SEPTEMBER, context={"context_type": "mobile", "client_ip_address": "192.0.2.9"})
    )
    close()
    connections = [org.connection_id]
    for search in (
        EventSearch(connections, person="100"),
        EventSearch(connections, event_type="user_login_succeeded"),
        EventSearch(connections, category="logins"),
        EventSearch(connections, ip_address="192.0.2.9"),
        EventSearch(connections, context="mobile"),
        EventSearch(connections, automated=False),
        EventSearch(connections, since=date(2026, 9, 14), until=date(2026, 9, 14)),
    ):
        assert [event.gid for event in search.walk(newest_first=True)] == gids


def test_late_records_of_a_dropped_month_are_dropped_the_next_night(drop: None, org: Workspace) -> None:
    write(org, *many(SEPTEMBER))
    close()
    write(org, an_event(SEPTEMBER - timedelta(days=1)))
    assert close() == ["2026-09"]
    assert all(map(is_dropped, AuditEvent.objects.all()))
    assert [entry.before["events"] for entry in Entry.objects.order_by("number")] == [50, 1]
    assert RecordMonth.objects.get().events == 51


def test_compressed_months_are_dropped_when_the_setting_says_so_later(
    settings: Settings, org: Workspace
) -> None:
    write(org, *many(SEPTEMBER))
    for policy, written in [("compress", ["2026-09"]), ("drop", ["2026-09"]), ("compress", []), ("keep", [])]:
        settings.USHER_EVENT_RECORDS = policy
        assert close() == written
    assert all(map(is_dropped, AuditEvent.objects.all()))
    assert RecordMonth.objects.get().outcome == "dropped"
    assert not RecordDictionary.objects.exists(), "there is nothing left that needs one"


def test_with_keep_compressed_months_stay_compressed_and_are_read(settings: Settings, org: Workspace) -> None:
    write(org, *many(SEPTEMBER))
    before = stored()
    settings.USHER_EVENT_RECORDS = "compress"
    close()
    settings.USHER_EVENT_RECORDS = "keep"
    assert close() == []
    assert stored() == before


def test_a_month_that_can_have_no_more_late_events_is_left_alone(compress: None, org: Workspace) -> None:
    write(org, *many(SEPTEMBER, 3))
    close()
    write(org, *many(SEPTEMBER + timedelta(days=1)))
    assert close(datetime(2027, 2, 1, tzinfo=UTC)) == []
    assert close(datetime(2027, 1, 1, tzinfo=UTC)) == ["2026-09"], "Asana keeps events for 90 days"


def test_months_that_retention_drops_take_their_dictionaries_with_them(
    compress: None, settings: Settings, org: Workspace
) -> None:
    write(org, *many(SEPTEMBER), *many(OCTOBER - timedelta(days=1)))
    close()
    settings.USHER_KEEP_EVENTS_DAYS = 30
    drop_old_events(NOW)
    assert {month.month for month in RecordMonth.objects.all()} == {date(2026, 10, 1)}
    assert {one.month for one in RecordDictionary.objects.all()} == {date(2026, 10, 1)}
    assert all(stored().values())
    (entry,) = Entry.objects.filter(action="events.deleted")
    assert entry.before == {"audit_log_events": 50, "stream_events": 0}
    assert entry.subject == "Events of “Acme” before 1 October 2026"
