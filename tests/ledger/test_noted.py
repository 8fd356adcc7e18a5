"""What the data folder notes of the ledger, outside the database."""

import stat
from multiprocessing import get_context
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone

from tests.ledger.conftest import ADA
from usher.ledger import noted
from usher.ledger.noted import NotedEntry, note, noted_anywhere, noted_here, place
from usher.ledger.record import record
from usher.platform.home import home

committed = pytest.mark.django_db(transaction=True)


def file() -> Path:
    return home() / noted.FILE


def an_entry(number: int, where: str = "there") -> NotedEntry:
    return NotedEntry(timezone.now(), where, number, f"{number:064x}", "case.opened", "case", "ada")


@committed
def test_an_entry_is_noted_once_it_is_committed_and_only_its_owner_can_read_it() -> None:
    entry = record(ADA, "case.cancelled", "case 7", reason="secret of the case")
    with pytest.raises(RuntimeError), transaction.atomic():
        record(ADA, "case.cancelled", "case 8")
        raise RuntimeError
    (seen,) = noted_here()
    assert (seen.number, seen.hash, seen.at) == (entry.number, entry.hash, entry.at)
    assert (seen.action, seen.subject, seen.actor) == ("case.cancelled", "case 7", "ada@example.com")
    assert stat.S_IMODE(file().stat().st_mode) == 0o600
    assert b"secret" not in file().read_bytes()


@committed
def test_a_folder_that_cannot_be_written_costs_no_entry(caplog: pytest.LogCaptureFixture) -> None:
    file().mkdir()
    noted._state["has_warned"] = False
    try:
        assert record(ADA, "case.cancelled", "case 7").number == 1
        record(ADA, "case.cancelled", "case 8")
    finally:
        file().rmdir()
    assert caplog.text.count("cannot be noted") == 1


def _append(name: str, first: int, count: int) -> None:
    noted.FILE, noted.LONGEST = name, 20_000
    for number in range(first, first + count):
        note(an_entry(number))


def test_many_processes_append_whole_lines_while_the_file_is_shortened() -> None:
    processes = [
        get_context("fork").Process(target=_append, args=(noted.FILE, first, 100))
        for first in (1, 1_001, 2_001, 3_001)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    lines = file().read_bytes().splitlines()
    assert len(lines) == len(noted_anywhere()) > 20
    assert max(entry.number for entry in noted_anywhere()) == 3_100
    assert file().stat().st_size < 21_000


def test_shortening_keeps_the_newest_entry_of_every_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noted, "LONGEST", 5_000)
    note(an_entry(40, "elsewhere"))
    for number in range(1, 100):
        note(an_entry(number))
    kept = {entry.place: entry.number for entry in noted_anywhere()}
    assert kept == {"elsewhere": 40, "there": 99}


def test_a_line_that_a_crash_cut_off_is_left_out() -> None:
    note(an_entry(1))
    with file().open("ab") as out:
        out.write(b'{"at":"2026-11-2\n')
    note(an_entry(2))
    assert [entry.number for entry in noted_anywhere()] == [1, 2]


@pytest.mark.django_db
def test_only_what_was_noted_of_this_database_since_an_admin_looked_counts() -> None:
    note(an_entry(9, "elsewhere"))
    note(an_entry(5, place()))
    note(NotedEntry(an_entry(0).at, place(), 3, "3" * 64, starts_anew=True))
    note(an_entry(4, place()))
    assert [entry.number for entry in noted_here()] == [3, 4]


@committed
def test_a_process_that_runs_for_long_logs_each_head(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(ADA, "case.cancelled", "case 7")
    assert "Ledger head" not in caplog.text
    monkeypatch.setitem(noted._state, "logs_heads", True)
    entry = record(ADA, "case.cancelled", "case 8")
    assert f"Ledger head 2:{entry.hash}" in caplog.text
