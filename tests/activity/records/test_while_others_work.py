"""What happens while a month is written anew: events come and go, others read, locks and processes are lost."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import psycopg
import pytest
from django.db import connection as database
from pytest_django import Settings

from tests.activity.ingest.test_retention import rows_of
from tests.activity.records.conftest import NOW
from tests.activity.records.test_closing import SEPTEMBER, close, columns, many, stored
from tests.support.activity.small_log import make_organization
from tests.support.activity.written_events import an_event, write
from usher.activity.ingest.partitions import EventMonth, ensure_partitions, stored_months
from usher.activity.models import AuditEvent, RecordMonth
from usher.activity.records import closing, copying, swap
from usher.activity.records.closing import close_months
from usher.activity.records.copying import MonthCopy
from usher.activity.records.months import RecordPolicy
from usher.backup import dump
from usher.connections.disconnect import disconnect
from usher.ledger.actors import SYSTEM
from usher.ledger.models import Entry
from usher.platform.database import session_params
from usher.platform.locks import Lock, lock_async
from usher.platform.outages import outlive
from usher.roster.models import Workspace

pytestmark = pytest.mark.django_db(transaction=True)

MONTH = EventMonth(2026, 9)


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("usher.activity.records.copying.EVENTS_AT_ONCE", 20)


@pytest.fixture
def after_step(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, Callable[[], object]], None]:
    """Does something once, after so many steps of copying."""

    def arrange(number: int, do: Callable[[], object]) -> None:
        step, steps = MonthCopy.step, iter(range(1, 1000))

        def with_it(copy: MonthCopy) -> bool:
            goes_on = step(copy)
            if next(steps) == number:
                do()
            return goes_on

        monkeypatch.setattr(MonthCopy, "step", with_it)

    return arrange


def steps_of(policy: RecordPolicy) -> int:
    copy = MonthCopy(MONTH, policy)
    number = 1
    while copy.step():
        number += 1
    closing.drop_unfinished_copies()
    return number


@pytest.mark.parametrize("policy", ["compress", "drop"])
def test_a_process_that_dies_after_any_step_leaves_everything_as_it_was(
    policy: str, settings: Settings, org: Workspace
) -> None:
    settings.USHER_EVENT_RECORDS = policy
    write(org, *many(SEPTEMBER, 70))
    before, known = stored(), columns()
    number = steps_of(RecordPolicy(policy))
    assert number >= 6
    for dies_after in range(number + 1):
        copy = MonthCopy(MONTH, RecordPolicy(policy))
        for _ in range(dies_after):
            copy.step()
        assert stored() == before
        assert not Entry.objects.exists()
        closing.drop_unfinished_copies()
    copy = MonthCopy(MONTH, RecordPolicy(policy))
    for _ in range(3):
        copy.step()
    assert close() == ["2026-09"], "and the next night it is done all the same"
    assert columns() == known
    assert stored_months("activity_eventcopy") == []
    if policy == "compress":
        assert stored() == before


def test_a_process_that_dies_in_the_swap_leaves_everything_as_it_was(
    drop: None, org: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(org, *many(SEPTEMBER))
    before = stored()

    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(swap, "record", dies)
        close()
    assert stored() == before
    assert not RecordMonth.objects.exists()
    assert close() == ["2026-09"]


def test_what_an_interrupted_run_left_goes_even_if_the_setting_was_taken_back(org: Workspace) -> None:
    write(org, *many(SEPTEMBER))
    copy = MonthCopy(MONTH, RecordPolicy.COMPRESS)
    copy.step()
    assert stored_months("activity_eventcopy") == [MONTH]
    assert close() == []
    assert stored_months("activity_eventcopy") == []


def test_events_that_arrive_while_the_month_is_copied_are_in_it(
    compress: None, org: Workspace, after_step: Callable[[int, Callable[[], object]], None]
) -> None:
    write(org, *many(SEPTEMBER, 60))
    late = many(SEPTEMBER.replace(day=1), 3)
    after_step(4, lambda: write(org, *late))
    assert close() == ["2026-09"]
    assert AuditEvent.objects.count() == 63
    assert {event.gid: event.raw for event in late}.items() <= stored().items()
    assert RecordMonth.objects.get().events == 60


def test_an_event_that_arrives_at_the_last_moment_puts_the_swap_off(
    compress: None, org: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(org, *many(SEPTEMBER))
    late = [an_event(SEPTEMBER.replace(day=2)) for _ in range(2)]
    caught_up = closing.catch_up

    def and_one_more(copy: MonthCopy) -> int:
        found = caught_up(copy)
        if late:
            write(org, late.pop())
        return found

    monkeypatch.setattr(closing, "catch_up", and_one_more)
    assert close() == ["2026-09"]
    assert AuditEvent.objects.count() == 52
    assert all(stored().values())


def test_a_connection_that_is_deleted_while_the_month_is_copied_stays_deleted(
    drop: None, org: Workspace, after_step: Callable[[int, Callable[[], object]], None]
) -> None:
    gone = make_organization("Gone")
    write(org, *many(SEPTEMBER))
    write(gone, *many(SEPTEMBER))
    after_step(5, lambda: disconnect(gone.connection, SYSTEM, delete_data=True))
    assert close() == ["2026-09"]
    assert set(rows_of(gone.connection_id).values()) == {0}
    assert AuditEvent.objects.count() == 50
    dropped = Entry.objects.filter(action="events.records_dropped")
    assert [entry.connection_id for entry in dropped] == [org.connection_id]


def test_events_that_were_deleted_while_a_step_had_already_read_them_do_not_come_back(
    compress: None, org: Workspace, after_step: Callable[[int, Callable[[], object]], None]
) -> None:
    """The deletion does not see the step's rows in the copy, which are not committed yet."""
    write(org, *many(SEPTEMBER))
    after_step(3, lambda: AuditEvent.objects.filter(created_at__gt=SEPTEMBER).delete())
    assert close() == ["2026-09"]
    assert AuditEvent.objects.count() == 1


def test_while_a_long_query_reads_events_the_month_waits_for_another_night(
    compress: None, org: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closing, "TRIES", 2)
    monkeypatch.setattr(copying, "WAITS_SECONDS", 0.2)
    write(org, *many(SEPTEMBER))
    before = stored()
    with psycopg.connect(**session_params()) as reader:
        reader.execute("LOCK TABLE activity_auditevent IN ACCESS SHARE MODE")
        assert close() == []
        assert stored() == before
    assert stored_months("activity_eventcopy") == []
    assert close() == ["2026-09"]


def test_while_a_backup_keeps_what_a_dead_process_left_nothing_waits_for_it(
    compress: None, org: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "WAITS_SECONDS", 0.2)
    write(org, *many(SEPTEMBER))
    MonthCopy(MONTH, RecordPolicy.COMPRESS).step()
    with psycopg.connect(**session_params()) as backup:
        backup.execute("LOCK TABLE activity_eventcopy IN ACCESS SHARE MODE")
        assert close() == []
    assert close() == ["2026-09"]


def test_events_that_never_stop_arriving_put_the_month_off(
    compress: None, org: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closing, "TRIES", 3)
    write(org, *many(SEPTEMBER))
    with monkeypatch.context() as patched:
        caught_up = closing.catch_up

        def and_one_more(copy: MonthCopy) -> int:
            found = caught_up(copy)
            write(org, an_event(SEPTEMBER.replace(day=2)))
            return found

        patched.setattr(closing, "catch_up", and_one_more)
        assert close() == []
    assert AuditEvent.objects.exclude(raw="").count() == 53
    assert stored_months("activity_eventcopy") == []
    assert close() == ["2026-09"]


def test_a_second_process_has_nothing_to_do(compress: None, org: Workspace) -> None:
    write(org, *many(SEPTEMBER))

    async def while_another_works() -> list[EventMonth]:
        async with lock_async(Lock.EVENT_RECORDS.whole, wait=False):
            return await close_months(lambda: NOW)

    assert asyncio.run(while_another_works()) == []
    assert close() == ["2026-09"]


def test_an_outage_in_between_is_waited_for_and_the_month_begun_again(
    compress: None, org: Workspace, after_step: Callable[[int, Callable[[], object]], None]
) -> None:
    write(org, *many(SEPTEMBER, 60))
    before = stored()

    def end_all_sessions() -> None:
        with psycopg.connect(**session_params(), autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )

    after_step(4, end_all_sessions)
    done = asyncio.run(outlive(lambda: close_months(lambda: NOW)))
    database.close()  # this thread's, which was ended too
    assert done == [MONTH]
    assert stored() == before
    assert not AuditEvent.objects.exclude(raw="").exists()


def test_a_backup_that_began_before_the_swap_has_every_event(
    compress: None, org: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The rows of the copy may be younger than the snapshot of such a backup: it would find an empty month."""
    write(org, *many(SEPTEMBER))
    described = dump._described

    def and_then_the_month_is_swapped(session: dump.Session, encrypted: bytes) -> object:
        found = described(session, encrypted)
        thread = Thread(target=close)
        thread.start()
        thread.join(4)
        threads.append(thread)
        return found

    threads: list[Thread] = []
    monkeypatch.setattr(copying, "WAITS_SECONDS", 0.2)
    monkeypatch.setattr(dump, "_described", and_then_the_month_is_swapped)
    manifest = dump.make_backup(tmp_path / "usher.backup", "", lambda name, rows: None)
    threads[0].join()
    assert sum(table.rows for table in manifest.tables if table.parent == "activity_auditevent") == 50


def test_an_event_of_a_month_without_a_partition_makes_one_while_another_is_swapped(
    compress: None, org: Workspace, after_step: Callable[[int, Callable[[], object]], None]
) -> None:
    write(org, *many(SEPTEMBER))
    with database.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS activity_auditevent_2026_08")
    after_step(3, lambda: write(org, an_event(SEPTEMBER.replace(month=8))))
    assert close() == ["2026-09"]
    ensure_partitions("activity_auditevent", [SEPTEMBER])
    assert close() == ["2026-08"]
