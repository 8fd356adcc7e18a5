"""A database that lacks entries which the data folder has seen."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from tests.ledger.conftest import ADA
from usher.ledger import noted
from usher.ledger.continuity import find_gap, keep, note_head, start_anew
from usher.ledger.models import Entry, MissingHead
from usher.ledger.noted import NotedEntry, note, noted_here, place
from usher.ledger.record import record

pytestmark = pytest.mark.django_db(transaction=True)


def entries(count: int) -> list[Entry]:
    return [record(ADA, "case.cancelled", f"case {number}") for number in range(count)]


def restore_to(number: int) -> None:
    """The database as it was when the ledger ended there."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM ledger_entry WHERE number > %s", [number])
        cursor.execute(
            "UPDATE ledger_head SET number = %s,"
            " hash = coalesce((SELECT hash FROM ledger_entry WHERE number = %s), '')",
            [number, number],
        )
        cursor.execute("SET session_replication_role = origin")


def renamed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was noted so far is of a database with another name."""
    text = [NotedEntry(each.at, "elsewhere", each.number, each.hash, each.action) for each in noted_here()]
    monkeypatch.setattr(noted, "FILE", f"{noted.FILE}.renamed")
    for each in text:
        note(each)


def test_as_long_as_the_ledger_grows_there_is_no_gap() -> None:
    assert find_gap() is None
    entries(3)
    assert find_gap() is None


def test_what_was_cut_off_is_named() -> None:
    made = entries(5)
    restore_to(3)
    gap = find_gap()
    assert gap
    assert (gap.noted.number, gap.noted.hash) == (5, made[4].hash)
    assert gap.kept and gap.kept.number == 3
    assert [each.subject for each in gap.missing] == ["case 3", "case 4"]
    assert gap.head == f"3:{made[2].hash}"


def test_a_restored_ledger_that_has_grown_past_the_noted_head_is_another_one() -> None:
    entries(5)
    restore_to(3)
    entries(4)
    gap = find_gap()
    assert gap and gap.noted.number == 5
    assert [each.subject for each in gap.missing] == ["case 3", "case 4"]


def test_an_emptied_and_a_rewritten_ledger_are_noticed() -> None:
    entries(2)
    restore_to(0)
    gap = find_gap()
    assert gap and gap.kept is None and len(gap.missing) == 2
    entries(3)
    assert find_gap()


def test_a_database_restored_under_another_name_is_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    entries(4)
    renamed(monkeypatch)
    restore_to(2)
    gap = find_gap()
    assert gap and gap.kept and gap.kept.number == 2


def test_another_usher_in_the_same_data_folder_is_no_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    entries(4)
    renamed(monkeypatch)
    restore_to(0)
    assert find_gap() is None
    entries(1)
    assert find_gap() is None


def test_a_data_folder_that_knows_nothing_notes_the_head_that_it_finds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = entries(2)
    monkeypatch.setattr(noted, "FILE", f"{noted.FILE}.new")
    assert note_head() == f"2:{made[1].hash}"
    restore_to(1)
    assert find_gap()


def test_once_an_admin_has_looked_the_ledger_counts_as_it_is() -> None:
    entries(4)
    restore_to(2)
    start_anew(timezone.now())
    assert find_gap() is None
    entries(1)
    assert find_gap() is None
    restore_to(2)
    assert find_gap(), "and the next restore is noticed again"


def test_the_answer_covers_what_other_machines_had_noted_before_it() -> None:
    entries(4)
    restore_to(2)
    gap = find_gap()
    assert gap
    assert keep(gap, "web-1")
    assert not keep(gap, "web-1"), "it is stored once"
    MissingHead.objects.update(settled_at=timezone.now(), number=0, hash="")
    assert find_gap() is None
    MissingHead.objects.update(settled_at=gap.noted.at - timedelta(minutes=1))
    assert find_gap()
    MissingHead.objects.update(number=gap.noted.number, hash=gap.noted.hash)
    assert find_gap() is None, "clocks differ, but this very head was looked at"


def test_looking_costs_one_query(django_assert_num_queries: object) -> None:
    entries(3)
    assert place() == noted_here()[0].place
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert find_gap() is None
