"""Each kind of tampering is found, and at which entry."""

import pytest

from tests.ledger.conftest import ADA, AsOwner
from usher.ledger.chain import hash_of
from usher.ledger.models import Entry
from usher.ledger.record import record
from usher.ledger.verify import ExpectedHead, Verification


def found(expected: ExpectedHead | None = None) -> list[tuple[str, int]]:
    return [(problem.kind, problem.number) for problem in Verification(expected).problems()]


def test_an_empty_ledger_is_whole(db: None) -> None:
    assert found() == []


def test_a_whole_ledger_has_no_problem_and_tells_its_head(three: list[Entry]) -> None:
    verification = Verification()
    assert list(verification.problems()) == []
    assert (verification.count, verification.number, verification.hash) == (3, 3, three[2].hash)


@pytest.mark.parametrize(
    "change",
    [
        "at = at + interval '1 microsecond'",
        "actor_kind = 'system'",
        "actor_name = 'eve@example.com'",
        "actor_user_id = NULL",
        "via = ''",
        "action = 'case.cancelled'",
        "subject = subject || ' '",
        "reason = 'another'",
        "before = '{}'",
        "after = '{\"n\": 2.5}'",
        "hash = repeat('0', 64)",
    ],
)
def test_a_changed_entry_is_found_whatever_was_changed(
    three: list[Entry], as_owner: AsOwner, change: str
) -> None:
    as_owner(f"UPDATE ledger_entry SET {change} WHERE number = 2")
    assert ("changed", 2) in found()


def test_a_changed_entry_with_its_hash_made_anew_is_found_by_the_one_after(
    three: list[Entry], as_owner: AsOwner
) -> None:
    three[1].reason = "another"
    as_owner("UPDATE ledger_entry SET reason = 'another', hash = %s WHERE number = 2", hash_of(three[1]))
    assert found() == [("link", 3)]


def test_the_last_entry_changed_with_its_hash_made_anew_is_found_by_the_head(
    three: list[Entry], as_owner: AsOwner
) -> None:
    three[2].reason = "another"
    as_owner("UPDATE ledger_entry SET reason = 'another', hash = %s WHERE number = 3", hash_of(three[2]))
    assert found() == [("head", 3)]


def test_an_entry_taken_out_leaves_a_gap(three: list[Entry], as_owner: AsOwner) -> None:
    as_owner("DELETE FROM ledger_entry WHERE number = 2")
    assert found() == [("gap", 2)]


def test_the_first_entry_taken_out_leaves_a_gap(three: list[Entry], as_owner: AsOwner) -> None:
    as_owner("DELETE FROM ledger_entry WHERE number = 1")
    assert found() == [("gap", 1)]


def test_a_tail_cut_off_is_missed(three: list[Entry], as_owner: AsOwner) -> None:
    as_owner("DELETE FROM ledger_entry WHERE number >= 2")
    assert found() == [("cut_off", 2)]


def test_a_ledger_emptied_is_missed(three: list[Entry], as_owner: AsOwner) -> None:
    as_owner("DELETE FROM ledger_entry")
    assert found() == [("cut_off", 1)]


def test_a_head_set_back_is_found(three: list[Entry], as_owner: AsOwner) -> None:
    as_owner("UPDATE ledger_head SET number = 2, hash = %s", three[1].hash)
    assert found() == [("head", 3)]


def test_a_head_with_another_hash_is_found(three: list[Entry], as_owner: AsOwner) -> None:
    as_owner("UPDATE ledger_head SET hash = repeat('0', 64)")
    assert found() == [("head", 3)]


def test_a_head_taken_away_is_found(three: list[Entry], as_owner: AsOwner) -> None:
    as_owner("DELETE FROM ledger_head")
    assert found() == [("head", 0)]


def test_a_tail_cut_off_together_with_the_head_is_found_by_who_noted_it(
    three: list[Entry], as_owner: AsOwner
) -> None:
    noted = ExpectedHead(3, three[2].hash)
    as_owner("DELETE FROM ledger_entry WHERE number = 3")
    as_owner("UPDATE ledger_head SET number = 2, hash = %s", three[1].hash)
    assert found() == []
    assert found(noted) == [("expected", 3)]


def test_a_ledger_rewritten_whole_is_found_by_who_noted_its_head(
    three: list[Entry], as_owner: AsOwner
) -> None:
    noted = ExpectedHead(2, three[1].hash)
    as_owner("DELETE FROM ledger_entry")
    as_owner("UPDATE ledger_head SET number = 0, hash = ''")
    for _ in range(3):
        record(ADA, "case.approved", "all as it should be")
    assert found() == []
    assert found(noted) == [("expected", 2)]


def test_who_noted_an_earlier_head_finds_it_again_later(three: list[Entry]) -> None:
    assert found(ExpectedHead(2, three[1].hash)) == []


@pytest.mark.parametrize("text", ["", "3", "3:", "x:" + "0" * 64, "3:" + "0" * 63, "3:" + "g" * 64])
def test_a_noted_head_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="hexadecimal"):
        ExpectedHead.read(text)
