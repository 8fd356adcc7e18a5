"""Employees of one source, as SCIM users."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError
from django.db import connection as database
from django.db.models import F, Prefetch, Q, QuerySet
from django.db.models.functions import Collate
from django.utils import timezone
from msgspec.structs import replace
from scim2_models import (
    InvalidValueException,
    Meta,
    NotFoundException,
    Path,
    PreconditionFailedException,
    UniquenessException,
    default_comparison_key,
)

from usher.directory.employees import EmployeeRecord, record_of, store, withdraw
from usher.directory.locks import matching_shared, source_shared
from usher.directory.models import DirectoryGroup, Employee, Source
from usher.directory.normal_forms import normal_address
from usher.directory.scim.ids import number_of
from usher.directory.scim.mapping import (
    JsonObject,
    addresses_of,
    department_of,
    kept,
    kind_of,
    last_day_of,
    manager_of,
    name_of,
    version_of,
)
from usher.directory.scim.narrowing import Equality
from usher.directory.scim.schema import SERVED_USER, User

LONGEST = 320
USER_NAME = Path.__class_getitem__(SERVED_USER)("userName").resolve()
ADDING = 0x5C13
"""The first half of the lock of those who add the same employee; the second is made of source and user name."""


def key_of(user_name: str) -> str:
    """User names that differ in capitals alone are one."""
    return default_comparison_key(USER_NAME, user_name.strip())


class Users:
    """The employees of one source. One whom the client deleted is not among them, but is kept, as left."""

    schema = str(User.__schema__)
    equalities: Mapping[str, Equality] = {
        "id": Equality(lambda value: Q(pk=number_of(value))),
        "username": Equality(lambda value: Q(key=key_of(value))),
        "externalid": Equality(lambda value: Q(external_id=value)),
        "emails.value": Equality(lambda value: Q(addresses__contains=[normal_address(value)]), whole=False),
    }
    order: Mapping[str, F | Collate] = {
        "id": F("pk"),
        "username": Collate("key", "C"),
        "meta.created": F("first_seen_at"),
        "meta.lastmodified": F("changed_at"),
    }

    def __init__(self, source: Source) -> None:
        self.source = source

    def rows(self, *, described: bool) -> QuerySet[Employee]:
        employees = Employee.objects.filter(source=self.source, is_listed=True)
        if not described:
            return employees
        return employees.prefetch_related(Prefetch("groups", DirectoryGroup.objects.order_by("pk")))

    def get(self, user_id: str, *, to_change: bool) -> User:
        """Raises NotFoundException. `to_change`: nobody else changes it until the transaction ends."""
        rows = self.rows(described=True).filter(pk=number_of(user_id))
        if to_change:
            self._take_locks()
            rows = rows.select_for_update()
        row = rows.first()
        if row is None:
            raise NotFoundException(detail=f"No user has the id {user_id}.")
        return self.shown(row)

    def create(self, user: User) -> User:
        """Adds an employee, or takes back one whom the client had deleted. Raises UniquenessException."""
        record = self._record(user)
        self._take_locks()
        self._one_at_a_time(record.key)
        known = Employee.objects.filter(source=self.source, key=record.key).first()
        if known is None and record.external_id:
            gone = Employee.objects.filter(
                source=self.source, is_listed=False, external_id=record.external_id
            )
            known = gone.order_by("-changed_at").first()
        elif known is not None and known.is_listed:
            raise UniquenessException(detail=f"A user with the userName {user.user_name} exists.")
        store(self.source, record, timezone.now(), employee=known.pk if known else None)
        return self.shown(self.rows(described=True).get(key=record.key))

    def update(self, user: User, expected_version: str | None) -> User:
        """Raises NotFoundException, PreconditionFailedException, UniquenessException."""
        self._take_locks()
        known = self._locked(str(user.id), expected_version)
        record = self._record(user)
        if record.key != known.key:
            self._make_way(record.key)
        seen_at = timezone.now()
        try:
            store(self.source, record, seen_at, employee=known.pk)
        except IntegrityError as error:
            raise UniquenessException(detail=f"Another user has the userName {user.user_name}.") from error
        return _as_stored(user, known, record.details or {}, seen_at)

    def delete(self, user_id: str, expected_version: str | None) -> None:
        """The employee has left. Raises NotFoundException, PreconditionFailedException."""
        self._take_locks()
        known = self._locked(user_id, expected_version)
        withdraw(self.source, known.key, timezone.now())

    def shown(self, row: Employee) -> User:
        return SERVED_USER.model_validate(
            {
                **row.details,
                "id": str(row.pk),
                "groups": _as_memberships(row.groups.all()),
                "meta": _meta(row, row.details, row.changed_at),
            }
        )

    def _record(self, user: User) -> EmployeeRecord:
        """Raises InvalidValueException."""
        user_name, external_id = user.user_name or "", user.external_id or ""
        if not user_name.strip():
            raise InvalidValueException(detail="userName is empty.")
        if len(key_of(user_name)) > LONGEST or len(external_id) > LONGEST:
            raise InvalidValueException(detail=f"userName and externalId have at most {LONGEST} characters.")
        email, *others = addresses_of(user) or [""]
        return EmployeeRecord(
            key=key_of(user_name),
            external_id=external_id,
            email=email,
            other_addresses=tuple(others),
            name=name_of(user),
            department=department_of(user),
            manager=manager_of(user),
            kind=kind_of(user),
            is_active=user.active is not False,
            last_day=last_day_of(user),
            details=kept(user),
        )

    def _take_locks(self) -> None:
        """In the order in which everybody takes them: before the employee's row."""
        source_shared(self.source.pk)
        matching_shared()

    def _one_at_a_time(self, key: str) -> None:
        with database.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [ADDING, f"{self.source.pk} {key}"]
            )

    def _locked(self, user_id: str, expected_version: str | None) -> Employee:
        row = self.rows(described=False).select_for_update().filter(pk=number_of(user_id)).first()
        if row is None:
            raise NotFoundException(detail=f"No user has the id {user_id}.")
        if expected_version is not None and version_of(row.details) != expected_version:
            raise PreconditionFailedException
        return row

    def _make_way(self, key: str) -> None:
        """One who was deleted under this user name gives it up. Raises UniquenessException where it is in use."""
        other = Employee.objects.filter(source=self.source, key=key).first()
        if other is None:
            return
        if other.is_listed:
            raise UniquenessException(detail="Another user has this userName.")
        old = replace(record_of(other), key=f"{key[: LONGEST - 21]}#{other.pk}")
        store(self.source, old, timezone.now(), employee=other.pk)


def _meta(row: Employee, details: JsonObject, changed_at: datetime) -> Meta:
    return Meta(
        resource_type="User",
        created=row.first_seen_at,
        last_modified=changed_at,
        version=version_of(details),
    )


def _as_stored(user: User, row: Employee, details: JsonObject, seen_at: datetime) -> User:
    """Without reading it once more."""
    changed_at = row.changed_at if row.details == details else seen_at
    stored = user.model_copy(deep=True)
    stored.meta = _meta(row, details, changed_at)
    stored.password = None
    return stored


def _as_memberships(groups: Iterable[DirectoryGroup]) -> list[dict[str, Any]] | None:
    return [
        {"value": str(group.pk), "$ref": f"Groups/{group.pk}", "display": group.name, "type": "direct"}
        for group in groups
    ] or None
