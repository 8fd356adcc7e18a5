"""Compares a whole list of employees with what is stored, and stores the differences.

The list goes into a temporary table and comes back joined with what is stored, a few thousand rows at a time, so that
neither is ever in memory as a whole. `records` decides what a difference means, as it does for a single employee.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from django.db import connection as database

from usher.directory.employees import bulk_sql as sql
from usher.directory.employees.keys import KeyAnswers, settle_keys
from usher.directory.employees.list_tally import (
    ROW_UNREADABLE,
    LeftOutPeople,
    ListTally,
    PlannedChange,
)
from usher.directory.employees.records import EmployeeRecord, LeftOut, Row, difference, ended_at
from usher.directory.employees.writing import as_json, remarks_json
from usher.directory.models import Employee, Source, status_on
from usher.directory.normalise import name_key, normal_address

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

BATCH = 5_000
FIELDS = 15
"""The number of columns of a record in COMPARE."""
GONE_LATELY = timedelta(days=90)
"""A source that shrinks bit by bit is judged by so long a time."""

Take = Callable[[list[PlannedChange]], None]


def compare(
    source: Source,
    rows: Iterable[Row | LeftOut],
    seen_at: datetime,
    take: Take,
    *,
    lists_everyone: bool,
    keys: KeyAnswers | None = None,
    gone_since: datetime | None = None,
) -> ListTally:
    """Passes all changes to `take`, in batches. Inside a transaction that holds the source's lock.

    `lists_everyone`: employees who are not in the list are no longer listed, and have left where that is the source's
    setting. `gone_since`: nobody who became no longer listed until then counts as gone lately.
    """
    tally = ListTally()
    today = seen_at.astimezone(UTC).date()
    absence_is_leaving = source.absence == Source.Absence.LEFT
    with database.cursor() as cursor:
        cursor.execute(sql.MAKE_LISTED)
        _list(cursor, rows, tally)
        cursor.execute("CREATE INDEX ON listed (key)")
        cursor.execute("ANALYZE listed")
        _settle_several_rows(cursor, today, tally)
        parameters: dict[str, int | date] = {"source": source.pk, "today": today}
        cursor.execute(sql.COUNT_HERE, parameters)
        tally.here_before = cursor.fetchone()[0]
        settle_keys(cursor, source, today, tally, keys or KeyAnswers())
        if lists_everyone:
            since = max(seen_at - GONE_LATELY, gone_since or seen_at - GONE_LATELY)
            cursor.execute(sql.COUNT_GONE_LATELY, parameters | {"since": since})
            tally.gone_lately = cursor.fetchone()[0]
    with database.chunked_cursor() as stream:
        absent = lists_everyone or bool(tally.unread)
        stream.execute(sql.COMPARE, {"source": source.pk, "absent": absent})
        while batch := stream.fetchmany(BATCH):
            changes = list(
                _changes(
                    batch,
                    tally.unread,
                    seen_at,
                    lists_everyone=lists_everyone,
                    absence_is_leaving=absence_is_leaving,
                )
            )
            for change in changes:
                tally.kinds[change.kind] += 1
                tally.drops += change.is_a_drop
            take(changes)
    with database.cursor() as cursor:
        cursor.execute("DROP TABLE listed")
    return tally


def _list(cursor: "CursorWrapper", rows: Iterable[Row | LeftOut], tally: ListTally) -> None:
    with cursor.copy(sql.COPY_LISTED) as copy:
        for row in rows:
            tally.rows += 1
            if isinstance(row, LeftOut):
                tally.leave_out(row)
                continue
            record = row.record
            copy.write_row(
                (
                    row.line,
                    normal_address(record.email),
                    record.key,
                    record.external_id,
                    record.email,
                    as_json(record.other_addresses),
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
                    remarks_json(record),
                    name_key(record.name),
                )
            )


def _settle_several_rows(cursor: "CursorWrapper", today: date, tally: ListTally) -> None:
    """Of several rows of one employee, the one that works here counts, else the one with the latest last day."""
    cursor.execute(sql.SEVERAL_ROWS, {"today": today})
    passed_over: list[int] = []
    for key, lines, address, name, may_leave, is_doubtful in cursor.fetchall():
        if not is_doubtful:
            passed_over += lines[1:]
            continue
        passed_over += lines
        why = f"Lines {', '.join(map(str, sorted(lines)))} are of the same employee, and differ."
        tally.leave_out(LeftOut(min(lines), why, key, address, name, may_leave=may_leave), len(lines))
    if passed_over:
        cursor.execute("DELETE FROM listed WHERE line = ANY(%s)", [passed_over])


def _changes(
    batch: Sequence[tuple[Any, ...]],
    unread: LeftOutPeople,
    seen_at: datetime,
    *,
    lists_everyone: bool,
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
        elif before is None:
            continue
        elif text := unread.text_for(before.key, addresses, name):
            after = _with_unreadable_row(before, text)
        elif (
            not lists_everyone
            or status_on(today, before.last_day, is_active=before.is_active) == Employee.Status.LEFT
        ):
            continue  # most lists leave out those who have left
        else:
            after = msgspec.structs.replace(before, is_listed=False, absence_accepted=absence_is_leaving)
        changed = difference(before, after, today)
        if changed is not None:
            yield PlannedChange(pk, before, after, changed, ended_at(ended, after, seen_at))


def _with_unreadable_row(before: EmployeeRecord, text: str) -> EmployeeRecord:
    others = tuple(remark for remark in before.remarks if remark[0] != ROW_UNREADABLE)
    return msgspec.structs.replace(before, remarks=(*others, (ROW_UNREADABLE, text)))


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
