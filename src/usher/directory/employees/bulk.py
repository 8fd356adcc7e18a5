"""Compares a whole list of employees with what is stored, and stores the differences.

The list goes into a temporary table and comes back joined with what is stored, a few thousand rows at a time, so that
neither is ever in memory as a whole. `records` decides what a difference means, as it does for a single employee.
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
    difference,
    ended_at,
)
from usher.directory.matching.normalise import name_key, normal_address, normal_forms
from usher.directory.models import Employee, EmployeeChange, Import, Source, status_on

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

BATCH = 5_000
FIELDS = 15
"""The number of columns of a record in COMPARE."""
LEFT_OUT_KEPT = 200


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
    def is_unlisted(self) -> bool:
        """The list no longer has them."""
        return not self.after.is_listed

    @property
    def is_a_drop(self) -> bool:
        """Somebody leaves, or is no longer listed, who worked here until now."""
        return self.before is not None and self.kind in (
            EmployeeChange.Kind.LEFT,
            EmployeeChange.Kind.UNLISTED,
        )


@dataclass
class ListTally:
    """Counts of a list. `here_before` are the employees of the source who worked here until now."""

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
        if len(self.left_out) < LEFT_OUT_KEPT:
            self.left_out.append(row)


@dataclass
class LeftOutPeople:
    """Whose rows were left out. An unreadable row does not mean that somebody left, so they stay as they are."""

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
    """Passes all changes to `take`, in batches. Inside a transaction that holds the source's lock.

    `lists_everyone`: employees who are not in the list are no longer listed, and have left where that is the source's
    setting.
    """
    tally, unread = ListTally(), LeftOutPeople()
    today = seen_at.astimezone(UTC).date()
    absence_is_leaving = source.absence == Source.Absence.LEFT
    with database.cursor() as cursor:
        cursor.execute(sql.MAKE_LISTED)
        _list(cursor, rows, tally, unread)
        cursor.execute("CREATE INDEX ON listed (key)")
        cursor.execute("ANALYZE listed")
        _settle_several_rows(cursor, today, tally, unread)
        _take_new_keys(cursor, source)
        cursor.execute(sql.COUNT_HERE, {"source": source.pk, "today": today})
        tally.here_before = cursor.fetchone()[0]
    with database.chunked_cursor() as stream:
        stream.execute(sql.COMPARE, {"source": source.pk, "lists_everyone": lists_everyone})
        while batch := stream.fetchmany(BATCH):
            changes = list(_changes(batch, unread, seen_at, absence_is_leaving=absence_is_leaving))
            for change in changes:
                tally.kinds[change.kind] += 1
                tally.drops += change.is_a_drop
                tally.unlisted += change.is_unlisted
            take(changes)
    with database.cursor() as cursor:
        cursor.execute("DROP TABLE listed")
    return tally


def _list(
    cursor: "CursorWrapper", rows: Iterable[Row | LeftOut], tally: ListTally, unread: LeftOutPeople
) -> None:
    with cursor.copy(sql.COPY_LISTED) as copy:
        for row in rows:
            tally.rows += 1
            if isinstance(row, LeftOut):
                tally.leave_out(row)
                unread.add(row)
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
                    record.start_date,
                    record.on_leave,
                    record.returns_on,
                    record.sign_in_off,
                    _remarks_json(record),
                )
            )


def _settle_several_rows(
    cursor: "CursorWrapper", today: date, tally: ListTally, unread: LeftOutPeople
) -> None:
    """Of several rows of one employee, the one that works here counts, else the one with the latest last day."""
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
        unread.add(row)
    if passed_over:
        cursor.execute("DELETE FROM listed WHERE line = ANY(%s)", [passed_over])


def _take_new_keys(cursor: "CursorWrapper", source: Source) -> None:
    cursor.execute(sql.FIND_NEW_KEYS, {"source": source.pk})
    pairs = cursor.fetchall()
    wanted = Counter(new for _, new in pairs)
    renamed = [(old, new) for old, new in pairs if wanted[new] == 1]
    if renamed:
        old, new = map(list, zip(*renamed, strict=True))
        cursor.execute(sql.TAKE_NEW_KEYS, {"source": source.pk, "old": old, "new": new})


def _changes(
    batch: Sequence[tuple[Any, ...]],
    unread: LeftOutPeople,
    seen_at: datetime,
    *,
    absence_is_leaving: bool,
) -> Iterator[PlannedChange]:
    today = seen_at.astimezone(UTC).date()
    for pk, ended, addresses, name, is_listed, accepted, *columns in batch:
        stored, listed = columns[:FIELDS], columns[FIELDS:]
        before = None
        if pk is not None:
            before = msgspec.structs.replace(_record(stored), is_listed=is_listed, absence_accepted=accepted)
        if listed[0] is not None:
            after = _record(listed)
        elif before is None or unread.has(before.key, addresses, name):
            continue
        elif status_on(today, before.last_day, is_active=before.is_active) == Employee.Status.LEFT:
            continue  # most lists leave out those who have left
        else:
            after = msgspec.structs.replace(before, is_listed=False, absence_accepted=absence_is_leaving)
        changed = difference(before, after, today)
        if changed is not None:
            yield PlannedChange(pk, before, after, changed, ended_at(ended, after, seen_at))


def _record(columns: Sequence[Any]) -> EmployeeRecord:
    key, external_id, email, others, name, department, manager, kind, is_active, last_day, *rest = columns
    start_date, on_leave, returns_on, sign_in_off, remarks = rest
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
        start_date=start_date,
        on_leave=on_leave,
        returns_on=returns_on,
        sign_in_off=sign_in_off,
        remarks=() if remarks == "[]" else _remarks(remarks),
    )


def _remarks(text: str) -> tuple[tuple[str, str], ...]:
    return tuple(
        (each["kind"], each["text"]) for each in msgspec.json.decode(text, type=list[dict[str, str]])
    )


def _remarks_json(record: EmployeeRecord) -> str:
    if not record.remarks:
        return "[]"
    return msgspec.json.encode([{"kind": kind, "text": text} for kind, text in record.remarks]).decode()


class ListWriter:
    """Collects changes, and stores them once the whole list has been compared."""

    def __init__(self, source: Source, seen_at: datetime, batch: Import | None) -> None:
        self._parameters: dict[str, int | datetime | None] = {
            "source": source.pk,
            "now": seen_at,
            "batch": batch.pk if batch else None,
        }
        with database.cursor() as cursor:
            cursor.execute(sql.MAKE_CHANGED)

    def take(self, changes: list[PlannedChange]) -> None:
        with database.cursor() as cursor, cursor.copy(sql.COPY_CHANGED) as copy:
            for change in changes:
                copy.write_row(_changed_row(change))

    def finish(self) -> None:
        with database.cursor() as cursor:
            cursor.execute("ANALYZE changed")
            cursor.execute(sql.ADD_EMPLOYEES, self._parameters)
            cursor.execute(sql.UPDATE_EMPLOYEES, self._parameters)
            cursor.execute(sql.NOTE_CHANGES, self._parameters)
            cursor.execute("DROP TABLE changed")


def _changed_row(change: PlannedChange) -> tuple[object, ...]:
    after = change.after
    forms = normal_forms(after.email, after.other_addresses, after.name)
    return (
        change.employee,
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
        after.start_date,
        after.on_leave,
        after.returns_on,
        after.sign_in_off,
        _remarks_json(after),
        after.is_listed,
        after.absence_accepted,
        change.ended_at,
        forms.addresses,
        forms.local_parts,
        forms.name_key,
        change.kind.value,
        _as_json(change.difference.fields),
    )


def _as_json(value: tuple[str, ...] | dict[str, list[str]]) -> str:
    if not value:
        return "{}" if isinstance(value, dict) else "[]"
    return msgspec.json.encode(value).decode()
