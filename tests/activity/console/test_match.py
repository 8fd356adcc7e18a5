"""Whom the rows of a member CSV mean."""

import unicodedata
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from usher.activity.console.match import match
from usher.activity.console.parse import ConsoleRow

PEOPLE = [("1", "ana@example.com"), ("2", "bo@example.com"), ("3", "")]


def test_the_gid_decides_before_the_e_mail() -> None:
    found = match([ConsoleRow(2, "bo@example.com", gid="1")], PEOPLE)
    assert [each.user_gid for each in found.matched] == ["1"]


def test_a_gid_that_nobody_has_leaves_it_to_the_e_mail() -> None:
    found = match([ConsoleRow(2, "bo@example.com", gid="99")], PEOPLE)
    assert [each.user_gid for each in found.matched] == ["2"]


def test_capitals_and_the_spelling_of_letters_do_not_matter() -> None:
    composed, decomposed = (unicodedata.normalize(form, "JÖRG@example.com") for form in ("NFC", "NFD"))
    assert composed != decomposed
    found = match([ConsoleRow(2, decomposed.lower())], [("7", composed)])
    assert [each.user_gid for each in found.matched] == ["7"]


def test_who_has_no_e_mail_is_not_matched_by_an_empty_cell() -> None:
    row = ConsoleRow(2, "")
    assert match([row], PEOPLE).unmatched == [row]


def test_an_e_mail_that_two_people_share_decides_nothing() -> None:
    row = ConsoleRow(2, "ana@example.com")
    shared = [("1", "ana@example.com"), ("2", "Ana@example.com"), ("1", "ana@example.com")]
    assert match([row], shared).unmatched == [row]


def test_of_two_rows_for_one_person_the_newest_activity_counts_and_it_is_said() -> None:
    older = ConsoleRow(2, "ana@example.com", last_activity_on=date(2026, 1, 1))
    newer = ConsoleRow(3, "ana@example.com", last_activity_on=date(2026, 2, 1))
    silent = ConsoleRow(4, "ana@example.com")
    (found,) = match([older, newer, silent], PEOPLE).duplicates
    assert found.row == newer
    assert found.skipped == (older, silent)


addresses = st.sampled_from(["ana@example.com", "Bo@Example.com", "cy@example.com", ""])
gids = st.sampled_from(["", "1", "2", "99"])
rows = st.lists(st.builds(ConsoleRow, st.integers(2, 999), addresses, gids))


@given(rows)
def test_every_row_is_matched_once_or_not_at_all(rows: list[ConsoleRow]) -> None:
    found = match(rows, PEOPLE)
    counted = [row for each in found.matched for row in (each.row, *each.skipped)]
    assert sorted(map(id, counted + found.unmatched)) == sorted(map(id, rows))
    assert len({each.user_gid for each in found.matched}) == len(found.matched)
