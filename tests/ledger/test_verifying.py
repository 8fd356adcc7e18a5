"""Each kind of tampering is found, and at which entry."""

import pytest
from click.testing import CliRunner, Result

from tests.ledger.conftest import ADA, AsOwner
from usher.cli import main
from usher.ledger.chain import hash_of
from usher.ledger.models import Entry
from usher.ledger.noted import NotedEntry, note, place
from usher.ledger.record import record
from usher.ledger.verify import ExpectedHead, Verification


def found(*expected: ExpectedHead) -> list[tuple[str, int]]:
    return [(problem.kind, problem.number) for problem in Verification(*expected).problems()]


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


def test_many_noted_heads_say_since_when_the_ledger_differs(three: list[Entry], as_owner: AsOwner) -> None:
    heads = [ExpectedHead(entry.number, entry.hash) for entry in three]
    as_owner("DELETE FROM ledger_entry WHERE number > 1")
    as_owner("UPDATE ledger_head SET number = 1, hash = %s", three[0].hash)
    record(ADA, "case.approved", "another second one")
    verification = Verification(*heads)
    assert [(each.kind, each.number) for each in verification.problems()] == [
        ("expected", 2),
        ("expected", 3),
    ]
    assert "up to entry 1 (" in verification.difference
    assert "differs from entry 2 on" in verification.difference
    nowhere = Verification(ExpectedHead(2, "0" * 64), ExpectedHead(3, "1" * 64))
    assert len(list(nowhere.problems())) == 2
    assert "agrees with none" in nowhere.difference


def test_two_heads_noted_of_one_entry_cannot_both_be_right(three: list[Entry]) -> None:
    assert found(ExpectedHead(2, three[1].hash), ExpectedHead(2, "0" * 64)) == [("expected", 2)]


def test_heads_are_found_in_any_text() -> None:
    digest = "0123456789abcdef" * 4
    lines = [
        f"2026-11-28 INFO usher.ledger.noted: Ledger head 12:{digest}",
        "12:34:56 no head",
        f"> 7:{digest.upper()}.",
    ]
    assert ExpectedHead.find_all(lines) == [ExpectedHead(12, digest), ExpectedHead(7, digest)]


def usher(*arguments: str, given: str = "") -> Result:
    return CliRunner().invoke(main, ["ledger", "verify", *arguments], input=given, catch_exceptions=False)


def test_the_command_takes_heads_from_options_and_from_a_file(three: list[Entry]) -> None:
    first, second, third = (f"{entry.number}:{entry.hash}" for entry in three)
    good = usher("--head", first, "--head", second, "--heads-file", "-", given=f"Ledger head {third}\n")
    assert (good.exit_code, "all 3 heads that you noted" in good.output) == (0, True), good.output
    bad = usher("--head", first, "--head", f"3:{'0' * 64}")
    assert bad.exit_code == 1
    assert "It agrees with the noted heads up to entry 1" in bad.output
    assert usher("--heads-file", "-", given="nothing\n").exit_code == 2
    assert usher("--expect", third).exit_code == 0, "as it was called before"


def test_the_command_compares_with_what_the_data_folder_has_noted(
    three: list[Entry], as_owner: AsOwner
) -> None:
    note(NotedEntry(three[2].at, place(), 3, three[2].hash))
    assert usher().exit_code == 0
    as_owner("DELETE FROM ledger_entry WHERE number = 3")
    as_owner("UPDATE ledger_head SET number = 2, hash = %s", three[1].hash)
    cut = usher()
    assert cut.exit_code == 1
    assert "Entry 3 does not have the expected hash" in cut.output, "the stop is entry 3 now"
