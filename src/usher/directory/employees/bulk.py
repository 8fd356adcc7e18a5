"""A whole list of employees against what is stored: what would change, and making it so.

The list goes into a temporary table and comes back beside what is stored, a few thousand at a time: neither is ever
whole in memory. What a difference means is decided where it is for one employee: in `records`.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import msgspec
from django.db import connection as database

from usher.directory.employees import bulk_sql as sql
from usher.directory.employees.records import (
    EmployeeRecord,
    LeftOut,
    RecordDifference,
    Row,
    comparable,
    difference,
    ended_at,
)
from usher.directory.matching.normalise import name_key, normal_address
from usher.directory.models import Employee, EmployeeChange, Import, Source, status_on

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

BATCH = 5_000
FIELDS = 10
"""So many columns make a record in COMPARE."""
LEFT_OUT_SHOWN = 200


class PlannedChange(msgspec.Struct, frozen=True):
    """What would happen to one employee. `before` is None for those whom the source did not know."""

    employee: int | None
    before: EmployeeRecord | None
    after: EmployeeRecord
    difference: RecordDifference
    ended_at: datetime | None

    @property
    def kind(self) -> EmployeeChange.Kind:
        return self.difference.kind

    @property
    def is_unlisted(self) -> bool:
        """The list has them no more."""
        return not self.after.is_listed

    @property
    def is_a_drop(self) -> bool:
        """Somebody who worked here until now."""
        return self.before is not None and self.kind == EmployeeChange.Kind.LEFT


@dataclass
class ListTally:
    """The figures of a list. `here_before`: employees of the source who worked here until now."""

    rows: int = 0
    here_before: int = 0
    drops: int = 0
    unlisted: int = 0
    left_out_count: int = 0
    left_out: list[LeftOut] = field(default_factory=list)
    kinds: Counter[EmployeeChange.Kind] = field(default_factory=Counter)

    @property
    def changes(self) -> int:
        return self.kinds.total()

    def leave_out(self, row: LeftOut) -> None:
        self.left_out_count += 1
        if len(self.left_out) < LEFT_OUT_SHOWN:
            self.left_out.append(row)


@dataclass
class Spared:
    """Whose rows were left out: that they cannot be read is no sign that they left."""

    keys: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)

    def add(self, row: LeftOut) -> None:
        self.keys.add(row.key)
        self.addresses.add(row.address)
        self.names.add(name_key(row.name))

    def has(self, key: str, addresses: Iterable[str], name: str) -> bool:
        return (
            key in self.keys
            or not self.addresses.isdisjoint(addresses)
            or (bool(name) and name in self.names)
        )


Take = Callable[[list[PlannedChange]], None]


def compare(
    source: Source, rows: Iterable[Row | LeftOut], seen_at: datetime, take: Take, *, lists_everyone: bool
) -> ListTally:
    """Hands all steps to `take`, a batch at a time. Inside a transaction that holds the source's lock.

    `lists_everyone`: who is not in the list works here no more.
    """
    tally, spared = ListTally(), Spared()
    today = seen_at.astimezone(UTC).date()
    with database.cursor() as cursor:
        cursor.execute(sql.MAKE_LISTED)
        _list(cursor, rows, tally, spared)
        cursor.execute("CREATE INDEX ON listed (key)")
        cursor.execute("ANALYZE listed")
        _settle_several_rows(cursor, today, tally, spared)
        _take_new_keys(cursor, source)
        cursor.execute(sql.COUNT_HERE, {"source": source.pk, "today": today})
        tally.here_before = cursor.fetchone()[0]
    with database.chunked_cursor() as stream:
        stream.execute(sql.COMPARE, {"source": source.pk, "lists_everyone": lists_everyone})
        while batch := stream.fetchmany(BATCH):
            steps = list(_steps(batch, spared, seen_at))
            for step in steps:
                tally.kinds[step.kind] += 1
                tally.drops += step.is_a_drop
                tally.unlisted += step.is_unlisted
            take(steps)
    with database.cursor() as cursor:
        cursor.execute("DROP TABLE listed")
    return tally


def _list(cursor: "CursorWrapper", rows: Iterable[Row | LeftOut], tally: ListTally, spared: Spared) -> None:
    with cursor.copy(sql.COPY_LISTED) as copy:
        for row in rows:
            tally.rows += 1
            if isinstance(row, LeftOut):
                tally.leave_out(row)
                spared.add(row)
                continue
            record = row.record
            copy.write_row(
                (
                    row.line,
                    normal_address(record.email),
                    record.key,
                    record.external_id,
                    record.email,
                    _as_json(record.other_addresses),
                    record.name,
                    record.department,
                    record.manager,
                    record.kind,
                    record.is_active,
                    record.last_day,
                )
            )


def _settle_several_rows(cursor: "CursorWrapper", today: date, tally: ListTally, spared: Spared) -> None:
    """Of several rows of one employee the one that works here counts, else the one who left last of all."""
    cursor.execute(sql.SEVERAL_ROWS, {"today": today})
    passed_over: list[int] = []
    for key, lines, address, name, is_doubtful in cursor.fetchall():
        if not is_doubtful:
            passed_over += lines[1:]
            continue
        passed_over += lines
        why = f"Lines {', '.join(map(str, sorted(lines)))} are of the same employee, and differ."
        row = LeftOut(min(lines), why, key, address, name)
        tally.leave_out(row)
        tally.left_out_count += len(lines) - 1
        spared.add(row)
    if passed_over:
        cursor.execute("DELETE FROM listed WHERE line = ANY(%s)", [passed_over])


def _take_new_keys(cursor: "CursorWrapper", source: Source) -> None:
    cursor.execute(sql.FIND_NEW_KEYS, {"source": source.pk})
    found = cursor.fetchall()
    wanted = Counter(new for _, new in found)
    renamed = [(old, new) for old, new in found if wanted[new] == 1]
    if renamed:
        old, new = map(list, zip(*renamed, strict=True))
        cursor.execute(sql.TAKE_NEW_KEYS, {"source": source.pk, "old": old, "new": new})


def _steps(batch: Sequence[tuple[Any, ...]], spared: Spared, seen_at: datetime) -> Iterator[PlannedChange]:
    today = seen_at.astimezone(UTC).date()
    for pk, ended, addresses, name, is_listed, *columns in batch:
        known, listed = columns[:FIELDS], columns[FIELDS:]
        before = _record(known, is_listed=is_listed) if pk is not None else None
        if listed[0] is not None:
            after = _record(listed, is_listed=True)
        elif before is None or spared.has(before.key, addresses, name):
            continue
        elif status_on(today, before.last_day, is_here=before.is_active) == Employee.Status.LEFT:
            continue  # most lists leave out those who have left
        else:
            after = msgspec.structs.replace(before, is_listed=False)
        found = difference(before, after, today)
        if found is not None:
            yield PlannedChange(pk, before, after, found, ended_at(ended, after, seen_at))


def _record(columns: Sequence[Any], *, is_listed: bool) -> EmployeeRecord:
    key, external_id, email, others, name, department, manager, kind, is_active, last_day = columns
    return EmployeeRecord(
        key=key,
        external_id=external_id,
        email=email,
        other_addresses=() if others == "[]" else msgspec.json.decode(others, type=tuple[str, ...]),
        name=name,
        department=department,
        manager=manager,
        kind=kind,
        is_active=is_active,
        last_day=last_day,
        is_listed=is_listed,
    )


class ListWriter:
    """Collects steps, and makes them so when the list has been gone through."""

    def __init__(self, source: Source, seen_at: datetime, batch: Import | None) -> None:
        self._parameters: dict[str, int | datetime | None] = {
            "source": source.pk,
            "now": seen_at,
            "batch": batch.pk if batch else None,
        }
        with database.cursor() as cursor:
            cursor.execute(sql.MAKE_CHANGED)

    def take(self, steps: list[PlannedChange]) -> None:
        with database.cursor() as cursor, cursor.copy(sql.COPY_CHANGED) as copy:
            for step in steps:
                copy.write_row(_changed_row(step))

    def finish(self) -> None:
        with database.cursor() as cursor:
            cursor.execute("ANALYZE changed")
            cursor.execute(sql.ADD_EMPLOYEES, self._parameters)
            cursor.execute(sql.UPDATE_EMPLOYEES, self._parameters)
            cursor.execute(sql.NOTE_CHANGES, self._parameters)
            cursor.execute("DROP TABLE changed")


def _changed_row(step: PlannedChange) -> tuple[object, ...]:
    after = step.after
    compared = comparable(after.email, after.other_addresses, after.name)
    return (
        step.employee,
        after.key,
        after.external_id,
        after.email,
        _as_json(after.other_addresses),
        after.name,
        after.department,
        after.manager,
        after.kind,
        after.is_active,
        after.last_day,
        after.is_listed,
        step.ended_at,
        compared.addresses,
        compared.local_parts,
        compared.name_key,
        step.kind.value,
        _as_json(step.difference.fields),
    )


def _as_json(value: tuple[str, ...] | dict[str, list[str]]) -> str:
    if not value:
        return "{}" if isinstance(value, dict) else "[]"
    return msgspec.json.encode(value).decode()
