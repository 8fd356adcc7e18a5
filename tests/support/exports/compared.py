"""A file is read as a person would have it read, and what comes out is compared with the truth."""

from collections import Counter

import msgspec

from tests.support.exports.export import Export
from tests.support.exports.people import TODAY, Truth
from usher.csvfiles.problems import UnreadableFile
from usher.directory.employees.records import EmployeeRecord, LeftOut
from usher.directory.imports.questions import Item
from usher.directory.imports.reading import FileReading, read_file
from usher.directory.imports.rows import RowReader

ROUNDS = 4


class Outcome(msgspec.Struct):
    """`wrong`: works here and is read as leaving. `missed`: leaves and is not read so. `asked`: by the kind of
    question; `as_proposed`: how many of them a person answers by the proposal.
    """

    wrong: list[str] = []
    missed: list[str] = []
    lost: list[str] = []
    refused: str = ""
    asked: Counter[str] = msgspec.field(default_factory=Counter)
    as_proposed: int = 0
    read: int = 0

    @property
    def is_right(self) -> bool:
        return not (self.wrong or self.missed or self.lost or self.refused)


def outcome_of(export: Export) -> Outcome:
    outcome = Outcome()
    try:
        reading = _answered(export, outcome)
    except UnreadableFile as error:
        outcome.refused = str(error)
        return outcome
    if reading is None:
        return outcome
    seen: set[str] = set()
    for row in RowReader(reading, TODAY).rows():
        if isinstance(row, LeftOut):
            outcome.lost.append(f"line {row.line}: {row.why}")
            continue
        outcome.read += 1
        expected = export.people.get(row.record.email)
        if expected is None:
            outcome.wrong.append(f"nobody is called {row.record.email or row.record.external_id}")
            continue
        seen.add(row.record.email)
        _compare(row.record, expected, outcome)
    outcome.lost += sorted(set(export.people) - seen)
    return outcome


def _answered(export: Export, outcome: Outcome) -> FileReading | None:
    """Answers every question of the file; None where answers do not help."""
    chosen: dict[str, str] = {}
    for _ in range(ROUNDS):
        reading = read_file(export.content, chosen)
        items = [item for question in reading.questions for item in question.items]
        if not items:
            return reading
        for item in items:
            outcome.asked[item.key.partition(":")[0]] += 1
            chosen[item.key] = _answer(export, item, outcome)
    outcome.refused = f"asks again: {[item.key for item in items]}"
    return None


def _answer(export: Export, item: Item, outcome: Outcome) -> str:
    choices = tuple(value for value, _ in item.choices)
    try:
        answer = export.answer(item.key, choices)
    except KeyError:
        outcome.refused = f"asks what nobody needs to ask: {item.key} ({item.text})"
        return item.proposal or choices[0]
    assert answer in choices, (item, answer)
    outcome.as_proposed += answer == item.proposal
    return answer


def _compare(record: EmployeeRecord, expected: Truth, outcome: Outcome) -> None:
    gone = not record.is_active or (record.last_day is not None and record.last_day < TODAY)
    leaving = not gone and record.last_day is not None
    said = f"{record.email}: read as {record.is_active}, {record.last_day}; true is {expected}"
    if expected.works_here and expected.last_day is None:
        if gone or leaving:
            outcome.wrong.append(said)
    elif expected.works_here:
        if gone:
            outcome.wrong.append(said)
        elif not leaving or record.last_day != expected.last_day:
            outcome.missed.append(said)
    elif not gone or (expected.last_day and record.last_day != expected.last_day):
        outcome.missed.append(said)
