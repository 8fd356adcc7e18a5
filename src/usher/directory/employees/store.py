"""The one place where employees change: one at a time as SCIM and the API say it, or a whole list."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta

import msgspec
from django.db import transaction
from django.db.models import Q

from usher.directory.employees.bulk import ListTally, ListWriter, compare
from usher.directory.employees.records import (
    Comparable,
    EmployeeRecord,
    LeftOut,
    Row,
    comparable,
    difference,
    ended_at,
    tidy,
)
from usher.directory.locks import changing_single, source_alone
from usher.directory.matching.update import ChangedForms, bring_up_to_date, has_addresses_alone, match_touched
from usher.directory.models import Employee, EmployeeChange, Import, Source

__all__ = [
    "EmployeeRecord",
    "NotIdentified",
    "add_locked",
    "record_of",
    "store",
    "store_locked",
    "store_many",
    "withdraw",
    "withdraw_locked",
]

SOURCE_TOLD_EVERY = timedelta(seconds=10)
"""How exactly a source's last change is known; writing it down with each of 200 a second would queue them."""


class NotIdentified(ValueError):
    """A record with neither an external id nor an e-mail."""

    def __init__(self) -> None:
        super().__init__("An employee needs an external id or an e-mail address.")


def store(
    source: Source, record: EmployeeRecord, seen_at: datetime, *, employee: int | None = None
) -> EmployeeChange | None:
    """Stores what a source says of one employee, found by key or, where given, by primary key.

    Returns what changed, and None where it said nothing new. Matches are up to date when it returns. Two at once for
    the same employee happen one after the other. Raises NotIdentified, and Employee.DoesNotExist for a primary key
    that the source does not have.
    """
    record = tidy(record)
    if not record.key:
        raise NotIdentified
    with transaction.atomic():
        changing_single(source.pk)
        if employee is not None:
            known = Employee.objects.select_for_update(no_key=True).get(source=source, pk=employee)
            return _update(known, record, seen_at)
        known, is_new = Employee.objects.get_or_create(
            source=source, key=record.key, defaults=_values(record) | _firsts(record, seen_at)
        )
        _tell_source(source, seen_at)
        if is_new:
            return _note(known, None, record, seen_at)
        return _update(Employee.objects.select_for_update(no_key=True).get(pk=known.pk), record, seen_at)


def store_many(
    source: Source,
    rows: Iterable[Row | LeftOut],
    seen_at: datetime,
    *,
    lists_everyone: bool,
    batch: Import | None = None,
    check: Callable[[ListTally], None] | None = None,
) -> ListTally:
    """Stores a whole list, and brings all matches up to date. All or nothing.

    `lists_everyone`: who is not in it works here no more, except where a row that may be theirs is left out.
    `check` is shown the figures before anything is stored, and may raise.
    """
    with transaction.atomic():
        source_alone(source.pk)
        writing = ListWriter(source, seen_at, batch)
        tally = compare(source, rows, seen_at, writing.take, lists_everyone=lists_everyone)
        if check is not None:
            check(tally)
        writing.finish()
        Source.objects.filter(pk=source.pk).update(changed_at=seen_at)
        bring_up_to_date(today=_day(seen_at))
    return tally


def add_locked(source: Source, record: EmployeeRecord, seen_at: datetime) -> Employee:
    """`store` for one whom the source does not know, by who holds the locks of `changing_single` already."""
    record = tidy(record)
    known = Employee.objects.create(
        source=source, key=record.key, **_values(record) | _firsts(record, seen_at)
    )
    _tell_source(source, seen_at)
    _note(known, None, record, seen_at)
    return known


def store_locked(known: Employee, record: EmployeeRecord, seen_at: datetime) -> EmployeeChange | None:
    """`store` by who holds the employee's row and the locks of `changing_single` already."""
    return _update(known, tidy(record), seen_at)


def withdraw_locked(known: Employee, seen_at: datetime) -> EmployeeChange | None:
    """`withdraw` likewise."""
    return _update(
        known, msgspec.structs.replace(record_of(known), is_active=False, is_listed=False), seen_at
    )


def withdraw(source: Source, key: str, seen_at: datetime) -> EmployeeChange | None:
    """The source has deleted the employee: they left. What was known is kept.

    None for one who had been deleted before. Raises Employee.DoesNotExist.
    """
    with transaction.atomic():
        changing_single(source.pk)
        known = Employee.objects.select_for_update(no_key=True).get(source=source, key=key)
        return withdraw_locked(known, seen_at)


def record_of(employee: Employee) -> EmployeeRecord:
    """What is stored, as a source would give it."""
    return EmployeeRecord(
        key=employee.key,
        external_id=employee.external_id,
        email=employee.email,
        other_addresses=tuple(employee.other_addresses),
        name=employee.name,
        department=employee.department,
        manager=employee.manager,
        kind=employee.kind,
        is_active=employee.is_active,
        last_day=employee.last_day,
        is_listed=employee.is_listed,
        details=employee.details,
    )


def _update(known: Employee, record: EmployeeRecord, seen_at: datetime) -> EmployeeChange | None:
    _tell_source(known.source, seen_at)
    before = record_of(known)
    if record.details is None:
        record = msgspec.structs.replace(record, details=before.details)
    if record == before:
        return None
    compared_before = Comparable(known.addresses, known.local_parts, known.name_key)
    for name, value in _values(record).items():
        setattr(known, name, value)
    known.key = record.key
    known.ended_at = ended_at(known.ended_at, record, seen_at)
    known.changed_at = seen_at
    known.save()
    return _note(known, before, record, seen_at, compared_before)


def _note(
    known: Employee,
    before: EmployeeRecord | None,
    after: EmployeeRecord,
    seen_at: datetime,
    compared_before: Comparable | None = None,
) -> EmployeeChange | None:
    found = difference(before, after, _day(seen_at))
    if found is None:
        return None
    change = EmployeeChange.objects.create(
        employee=known, kind=found.kind, fields=found.fields, seen_at=seen_at
    )
    if found.matters_for_matching and not (found.is_of_status_alone and has_addresses_alone(known)):
        compared = [Comparable(known.addresses, known.local_parts, known.name_key), compared_before]
        match_touched(ChangedForms.by(known.pk, *filter(None, compared)), _day(seen_at))
    return change


def _values(record: EmployeeRecord) -> dict[str, object]:
    compared = comparable(record.email, record.other_addresses, record.name)
    return {
        "external_id": record.external_id,
        "email": record.email,
        "other_addresses": list(record.other_addresses),
        "name": record.name,
        "department": record.department,
        "manager": record.manager,
        "kind": record.kind,
        "is_active": record.is_active,
        "last_day": record.last_day,
        "is_listed": record.is_listed,
        "details": record.details or {},
        "addresses": compared.addresses,
        "local_parts": compared.local_parts,
        "name_key": compared.name_key,
    }


def _firsts(record: EmployeeRecord, seen_at: datetime) -> dict[str, object]:
    return {
        "ended_at": ended_at(None, record, seen_at),
        "first_seen_at": seen_at,
        "changed_at": seen_at,
    }


def _tell_source(source: Source, seen_at: datetime) -> None:
    if source.changed_at is not None and source.changed_at >= seen_at - SOURCE_TOLD_EVERY:
        return
    Source.objects.filter(
        Q(changed_at=None) | Q(changed_at__lt=seen_at - SOURCE_TOLD_EVERY), pk=source.pk
    ).update(changed_at=seen_at)


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()
