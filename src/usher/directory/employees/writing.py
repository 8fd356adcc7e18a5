"""Stores the changes that a list of employees implies, once the whole list has been compared."""

from datetime import datetime

import msgspec
from django.db import connection as database

from usher.directory.employees import bulk_sql as sql
from usher.directory.employees.list_tally import PlannedChange
from usher.directory.employees.records import EmployeeRecord
from usher.directory.models import Import, Source
from usher.directory.normalise import normal_forms


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
        as_json(after.other_addresses),
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
        remarks_json(after),
        after.is_listed,
        after.absence_accepted,
        change.ended_at,
        forms.addresses,
        forms.local_parts,
        forms.name_key,
        change.kind.value,
        as_json(change.difference.fields),
    )


def as_json(value: tuple[str, ...] | dict[str, list[str]]) -> str:
    if not value:
        return "{}" if isinstance(value, dict) else "[]"
    return msgspec.json.encode(value).decode()


def remarks_json(record: EmployeeRecord) -> str:
    if not record.remarks:
        return "[]"
    return msgspec.json.encode([{"kind": kind, "text": text} for kind, text in record.remarks]).decode()
