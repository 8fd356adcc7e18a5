"""The one place where employees change: singly, as SCIM and the REST API report them, or as a whole list."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta

import msgspec
from django.db import transaction
from django.db.models import Q

from usher.directory.employees.bulk import compare
from usher.directory.employees.keys import KeyAnswers
from usher.directory.employees.list_tally import ListTally
from usher.directory.employees.mass_leaving import somebody_left
from usher.directory.employees.records import (
    EmployeeRecord,
    LeftOut,
    Row,
    difference,
    ended_at,
    tidy,
)
from usher.directory.employees.writing import ListWriter
from usher.directory.limits import MOST_ADDRESSES
from usher.directory.locks import changing_single, matching_alone, source_alone
from usher.directory.matching.update import (
    ChangedForms,
    bring_up_to_date,
    match_changed,
    shares_no_address,
    stored_forms,
)
from usher.directory.models import Employee, EmployeeChange, Import, Source
from usher.directory.normalise import NormalForms, normal_forms
from usher.platform.scope import whole_installation
from usher.refusals import Refused

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

SOURCE_NOTED_EVERY = timedelta(seconds=10)
"""How exact a source's time of last change is. Writing it with each of 200 changes a second would queue them."""


class NotIdentified(Refused):
    """A record with neither an external id nor an e-mail."""

    def __init__(self) -> None:
        super().__init__("An employee needs an external id or an e-mail address.", "Add one of the two.")


@whole_installation()
def store(
    source: Source, record: EmployeeRecord, seen_at: datetime, *, employee: int | None = None
) -> EmployeeChange | None:
    """Stores what a source says about one employee, found by key or, if given, by primary key.

    Returns what changed, or None if nothing did. Matches are up to date when it returns. Two calls for the same
    employee happen one after the other. Raises NotIdentified, and Employee.DoesNotExist for a primary key that the
    source does not have.
    """
    record = tidy(record)
    if not record.key:
        raise NotIdentified
    with transaction.atomic():
        changing_single(source.pk)
        if employee is not None:
            stored = Employee.objects.select_for_update(no_key=True).get(source=source, pk=employee)
            return _update(stored, record, seen_at)
        stored, is_new = Employee.objects.get_or_create(
            source=source, key=record.key, defaults=_values(record) | _firsts(record, seen_at)
        )
        _note_source(source, seen_at)
        if is_new:
            return _note(stored, None, record, seen_at)
        return _update(Employee.objects.select_for_update(no_key=True).get(pk=stored.pk), record, seen_at)


def store_many(
    source: Source,
    rows: Iterable[Row | LeftOut],
    seen_at: datetime,
    *,
    lists_everyone: bool,
    batch: Import | None = None,
    check: Callable[[ListTally], None] | None = None,
    keys: KeyAnswers | None = None,
    gone_since: datetime | None = None,
) -> ListTally:
    """Stores a whole list, and brings all matches up to date. All or nothing.

    `lists_everyone`: employees who are not in it are no longer listed, unless a row that may be theirs was left out.
    `check` gets the counts before anything is stored, and may raise. `keys` and `gone_since` are those of `compare`.
    """
    with transaction.atomic():
        source_alone(source.pk)
        writing = ListWriter(source, seen_at, batch)
        tally = compare(
            source,
            rows,
            seen_at,
            writing.take,
            lists_everyone=lists_everyone,
            keys=keys,
            gone_since=gone_since,
        )
        if check is not None:
            check(tally)
        matching_alone()  # before the first employee is changed: `usher.platform.locks.MATCHING`
        writing.finish()
        Source.objects.filter(pk=source.pk).update(changed_at=seen_at)
        bring_up_to_date(today=_day(seen_at))
    return tally


def add_locked(source: Source, record: EmployeeRecord, seen_at: datetime) -> Employee:
    """`store` for a new employee. The caller holds the locks of `changing_single`."""
    record = tidy(record)
    stored = Employee.objects.create(
        source=source, key=record.key, **_values(record) | _firsts(record, seen_at)
    )
    _note_source(source, seen_at)
    _note(stored, None, record, seen_at)
    return stored


def store_locked(stored: Employee, record: EmployeeRecord, seen_at: datetime) -> EmployeeChange | None:
    """`store` for an employee whose row the caller has locked, along with the locks of `changing_single`."""
    return _update(stored, tidy(record), seen_at)


def withdraw_locked(stored: Employee, seen_at: datetime) -> EmployeeChange | None:
    """`withdraw`, likewise."""
    return _update(
        stored, msgspec.structs.replace(record_of(stored), is_active=False, is_listed=False), seen_at
    )


@whole_installation()
def withdraw(source: Source, key: str, seen_at: datetime) -> EmployeeChange | None:
    """The source has deleted the employee, so they have left. The row is kept.

    Returns None if they were deleted before. Raises Employee.DoesNotExist.
    """
    with transaction.atomic():
        changing_single(source.pk)
        stored = Employee.objects.select_for_update(no_key=True).get(source=source, key=key)
        return withdraw_locked(stored, seen_at)


def record_of(employee: Employee) -> EmployeeRecord:
    """What is stored, as a source would describe it."""
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
        absence_accepted=employee.absence_accepted_at is not None,
        start_date=employee.start_date,
        on_leave=employee.on_leave,
        returns_on=employee.returns_on,
        sign_in_off=employee.sign_in_off,
        remarks=tuple((each["kind"], each["text"]) for each in employee.row_remarks),
        details=employee.details,
    )


def _update(stored: Employee, record: EmployeeRecord, seen_at: datetime) -> EmployeeChange | None:
    _note_source(stored.source, seen_at)
    before = record_of(stored)
    if record.details is None:
        record = msgspec.structs.replace(record, details=before.details)
    if record == before:
        return None
    forms_before = stored_forms(stored)
    for name, value in _values(record).items():
        setattr(stored, name, value)
    stored.key = record.key
    stored.past_addresses = past_addresses(
        [*stored.past_addresses, *forms_before.addresses], stored.addresses
    )
    stored.absence_accepted_at = (stored.absence_accepted_at or seen_at) if record.absence_accepted else None
    stored.absence_accepted_by = stored.absence_accepted_by if record.absence_accepted else ""
    stored.ended_at = ended_at(stored.ended_at, record, seen_at)
    stored.changed_at = seen_at
    stored.save()
    return _note(stored, before, record, seen_at, forms_before)


def _note(
    stored: Employee,
    before: EmployeeRecord | None,
    after: EmployeeRecord,
    seen_at: datetime,
    forms_before: NormalForms | None = None,
) -> EmployeeChange | None:
    changed = difference(before, after, _day(seen_at))
    if changed is None:
        return None
    change = EmployeeChange.objects.create(
        employee=stored, kind=changed.kind, fields=changed.fields, seen_at=seen_at
    )
    if changed.kind == EmployeeChange.Kind.LEFT and before is not None:
        somebody_left(stored.source_id)
    if changed.matters_for_matching and not (changed.changes_status_only and shares_no_address(stored)):
        forms = filter(None, [stored_forms(stored), forms_before])
        match_changed(ChangedForms.of([stored.pk], forms), _day(seen_at))
    return change


def _values(record: EmployeeRecord) -> dict[str, object]:
    forms = normal_forms(record.email, record.other_addresses, record.name)
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
        "start_date": record.start_date,
        "on_leave": record.on_leave,
        "returns_on": record.returns_on,
        "sign_in_off": record.sign_in_off,
        "row_remarks": [{"kind": kind, "text": text} for kind, text in record.remarks],
        "details": record.details or {},
        "addresses": forms.addresses,
        "local_parts": forms.local_parts,
        "name_key": forms.name_key,
    }


def _firsts(record: EmployeeRecord, seen_at: datetime) -> dict[str, object]:
    return {
        "ended_at": ended_at(None, record, seen_at),
        "first_seen_at": seen_at,
        "changed_at": seen_at,
    }


def past_addresses(before: Iterable[str], now: Iterable[str]) -> list[str]:
    """Addresses that somebody had and has no more, the newest last."""
    return list(dict.fromkeys(address for address in before if address not in set(now)))[-MOST_ADDRESSES:]


def _note_source(source: Source, seen_at: datetime) -> None:
    if source.changed_at is not None and source.changed_at >= seen_at - SOURCE_NOTED_EVERY:
        return
    Source.objects.filter(
        Q(changed_at=None) | Q(changed_at__lt=seen_at - SOURCE_NOTED_EVERY), pk=source.pk
    ).update(changed_at=seen_at)


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()
