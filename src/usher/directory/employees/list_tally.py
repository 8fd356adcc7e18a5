"""What comes of comparing a list of employees with what is stored: changes, counts, and whose rows were left out."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from usher.directory.employees.records import EmployeeRecord, LeftOut, RecordDifference
from usher.directory.models import EmployeeChange
from usher.directory.normalise import name_key

LEFT_OUT_KEPT = 200
ROW_UNREADABLE = "row_unreadable"
"""The remark on an employee whose newest row was left out."""


class PlannedChange(msgspec.Struct, frozen=True):
    """A change of one employee that the list implies. `before` is None if the source had no such employee."""

    employee: int | None
    before: EmployeeRecord | None
    after: EmployeeRecord
    difference: RecordDifference
    ended_at: datetime | None

    @property
    def kind(self) -> EmployeeChange.Kind:
        return self.difference.kind

    @property
    def is_a_drop(self) -> bool:
        """Somebody leaves, or is no longer listed, who worked here until now."""
        return self.before is not None and self.kind in (
            EmployeeChange.Kind.LEFT,
            EmployeeChange.Kind.UNLISTED,
        )


class NewIds(msgspec.Struct, frozen=True):
    """Employees whose ID is not in the list, while somebody with their address or name is in it under a new ID."""

    by_address: int
    by_name: int
    of: int
    examples: tuple[str, ...]

    @property
    def people(self) -> int:
        return self.by_address + self.by_name


@dataclass
class LeftOutPeople:
    """Whose rows were left out. An unreadable row does not mean that somebody left, so they stay as they are."""

    keys: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def add(self, row: LeftOut) -> None:
        text = f"Line {row.line} was left out: {row.why}"
        for known, value in (
            (self.keys, row.key),
            (self.addresses, row.address),
            (self.names, name_key(row.name)),
        ):
            if value:
                known.setdefault(value, text)

    def text_for(self, key: str, addresses: Iterable[str], name: str) -> str:
        """Line and reason of the row that may be theirs; empty if there is none."""
        by_address = next((self.addresses[each] for each in addresses if each in self.addresses), "")
        return self.keys.get(key, "") or by_address or (self.names.get(name, "") if name else "")

    def __bool__(self) -> bool:
        return bool(self.keys or self.addresses or self.names)


@dataclass
class ListTally:
    """Counts of a list. `here_before` are the employees of the source who worked here until now."""

    rows: int = 0
    here_before: int = 0
    drops: int = 0
    gone_lately: int = 0
    """Employees who became no longer listed before this list, lately, and are not in it either."""
    left_out_count: int = 0
    left_out_by_choice: int = 0
    """Rows that somebody chose to leave out, among those that are left out."""
    left_out_leaving: int = 0
    """Rows left out, not by choice, that could be of somebody who leaves."""
    left_out: list[LeftOut] = field(default_factory=list)
    unread: LeftOutPeople = field(default_factory=LeftOutPeople)
    new_ids: NewIds | None = None
    reused_ids: list[LeftOut] = field(default_factory=list)
    """Rows with the ID of an employee, but another name and another address."""
    kinds: Counter[EmployeeChange.Kind] = field(default_factory=Counter)

    @property
    def changes(self) -> int:
        return self.kinds.total()

    @property
    def gone(self) -> int:
        """Who leaves or is no longer listed, by this list and the lists before it."""
        return self.drops + self.gone_lately

    @property
    def gone_of(self) -> int:
        return self.here_before + self.gone_lately

    @property
    def left_out_unasked(self) -> int:
        """Rows left out that nobody chose to leave out."""
        return self.left_out_count - self.left_out_by_choice

    def leave_out(self, row: LeftOut, rows: int = 1) -> None:
        self.left_out_count += rows
        self.left_out_by_choice += rows if row.by_choice else 0
        self.left_out_leaving += rows if row.may_leave and not row.by_choice else 0
        if len(self.left_out) < LEFT_OUT_KEPT:
            self.left_out.append(row)
        self.unread.add(row)


def is_many(people: int, of: int) -> bool:
    """More than a tenth, and more than three or more than a third: too many to go without a question."""
    return people * 10 > of and (people > 3 or people * 3 > of)
