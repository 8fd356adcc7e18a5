"""What a source says of an employee, and what has changed since it last said something."""

from datetime import date, datetime

import msgspec

from usher.directory.limits import LONGEST_ADDRESS, LONGEST_NAME, MOST_ADDRESSES
from usher.directory.models import Employee, EmployeeChange, status_on
from usher.directory.normalise import normal_address

WATCHED = (
    "external_id",
    "email",
    "other_addresses",
    "name",
    "department",
    "manager",
    "kind",
    "is_active",
    "last_day",
    "is_listed",
    "absence_accepted",
    "start_date",
    "on_leave",
    "returns_on",
    "sign_in_off",
    "remarks",
)
"""The fields whose history is kept. `details` belong to the SCIM client."""

MATTERS_FOR_MATCHING = frozenset(
    {"email", "other_addresses", "name", "is_active", "last_day", "is_listed", "absence_accepted"}
)


class EmployeeRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One employee as a source describes them. With `details` None, the stored ones stay as they are."""

    key: str = ""
    external_id: str = ""
    email: str = ""
    other_addresses: tuple[str, ...] = ()
    name: str = ""
    department: str = ""
    manager: str = ""
    kind: str = Employee.Kind.EMPLOYEE.value
    is_active: bool = True
    last_day: date | None = None
    is_listed: bool = True
    absence_accepted: bool = False
    start_date: date | None = None
    on_leave: bool = False
    returns_on: date | None = None
    sign_in_off: bool = False
    remarks: tuple[tuple[str, str], ...] = ()
    """What in the entry does not fit together: (kind, text). Kinds are of `imports.row_employment`."""
    details: dict[str, object] | None = None

    @property
    def identity(self) -> str:
        """What tells employees of a source apart: the key, else the external id, else the e-mail."""
        return self.key or self.external_id or normal_address(self.email) or self.email


class Row(msgspec.Struct, frozen=True, gc=False):
    """A tidied record and its line in a file, or its place in a list."""

    line: int
    record: EmployeeRecord


class LeftOut(msgspec.Struct, frozen=True):
    """A row that is left out, and whose it may be.

    `by_choice`: somebody chose to leave such rows out. `may_leave`: what it says of leaving could not be read, or it
    says that they leave.
    """

    line: int
    why: str
    key: str = ""
    address: str = ""
    name: str = ""
    by_choice: bool = False
    may_leave: bool = False


def tidy(record: EmployeeRecord) -> EmployeeRecord:
    """The record as it can be stored: without surrounding blanks and U+0000, cut to what the columns hold."""
    email = _text(record.email, LONGEST_ADDRESS)
    others = (_text(address, LONGEST_ADDRESS) for address in record.other_addresses)
    return msgspec.structs.replace(
        record,
        key=_text(record.identity, LONGEST_ADDRESS),
        external_id=_text(record.external_id, LONGEST_ADDRESS),
        email=email,
        other_addresses=tuple(dict.fromkeys(a for a in others if a and a != email))[:MOST_ADDRESSES],
        name=_text(record.name, LONGEST_NAME),
        department=_text(record.department, LONGEST_NAME),
        manager=_text(record.manager, LONGEST_ADDRESS),
    )


def _text(value: str, longest: int) -> str:
    return value.replace("\x00", "").strip()[:longest]


STATUS = frozenset({"is_active", "last_day", "is_listed", "absence_accepted"})


class RecordDifference(msgspec.Struct, frozen=True):
    """A change of an employee, before it is stored. `fields`: field → [before, after]."""

    kind: EmployeeChange.Kind
    fields: dict[str, list[str]]

    @property
    def matters_for_matching(self) -> bool:
        return self.kind != EmployeeChange.Kind.CHANGED or not MATTERS_FOR_MATCHING.isdisjoint(self.fields)

    @property
    def changes_status_only(self) -> bool:
        """A stored employee leaves, is leaving or returns, and nothing else changed."""
        return bool(self.fields) and STATUS.issuperset(self.fields)


def difference(before: EmployeeRecord | None, after: EmployeeRecord, today: date) -> RecordDifference | None:
    """What changed between the two records; None if nothing did. Pure."""
    if before is None:
        return RecordDifference(_first_kind(_status(after, today)), {})
    fields = {
        name: [_shown(old), _shown(new)]
        for name in WATCHED
        if (old := getattr(before, name)) != (new := getattr(after, name))
    }
    if not fields:
        return None
    return RecordDifference(
        _kind(_status(before, today), _status(after, today), "last_day" in fields), fields
    )


def ended_at(before: datetime | None, record: EmployeeRecord, seen_at: datetime) -> datetime | None:
    """When the source was first seen to say that they left, or to list them no more; None while they work here."""
    return None if record.is_active and record.is_listed else before or seen_at


def _status(record: EmployeeRecord, today: date) -> Employee.Status:
    return status_on(
        today,
        record.last_day,
        is_active=record.is_active,
        is_listed=record.is_listed,
        absence_accepted=record.absence_accepted,
    )


def _first_kind(status: Employee.Status) -> EmployeeChange.Kind:
    match status:
        case Employee.Status.LEFT:
            return EmployeeChange.Kind.LEFT
        case Employee.Status.LEAVING:
            return EmployeeChange.Kind.LEAVING
        case Employee.Status.NOT_LISTED:
            return EmployeeChange.Kind.UNLISTED
        case _:
            return EmployeeChange.Kind.JOINED


def _kind(before: Employee.Status, after: Employee.Status, another_day: bool) -> EmployeeChange.Kind:
    if after == Employee.Status.LEFT:
        return EmployeeChange.Kind.CHANGED if before == after else EmployeeChange.Kind.LEFT
    if after == Employee.Status.NOT_LISTED:
        return EmployeeChange.Kind.CHANGED if before == after else EmployeeChange.Kind.UNLISTED
    if before in (Employee.Status.LEFT, Employee.Status.NOT_LISTED):
        return EmployeeChange.Kind.RETURNED
    if after == Employee.Status.LEAVING and another_day:
        return EmployeeChange.Kind.LEAVING
    return EmployeeChange.Kind.CHANGED


def _shown(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case tuple():
            return ", ".join(each if isinstance(each, str) else each[-1] for each in value)
        case None:
            return ""
        case _:
            return str(value)
