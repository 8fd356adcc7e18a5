"""The employees of one source, as SCIM users."""

from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError
from django.db.models import F, JSONField, Q, QuerySet
from django.db.models.expressions import RawSQL
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

from usher.directory.employees.store import (
    EmployeeRecord,
    add_locked,
    record_of,
    store_locked,
    withdraw_locked,
)
from usher.directory.limits import LONGEST_ADDRESS
from usher.directory.locks import changing_single
from usher.directory.matching.normalise import normal_address
from usher.directory.models import Employee, Source
from usher.directory.scim.filters import Equality
from usher.directory.scim.ids import number_of
from usher.directory.scim.mapping import (
    addresses_of,
    department_of,
    kept,
    kind_of,
    last_day_of,
    manager_of,
    name_of,
    version_of,
)
from usher.directory.scim.schema import SERVED_USER, UserResource
from usher.platform.locks import Lock, lock_transaction

USER_NAME = Path.__class_getitem__(SERVED_USER)("userName").resolve()
# Raw SQL: every request runs it, and compiling an expression costs more than the query.
MEMBERSHIPS = RawSQL(
    """
    (SELECT jsonb_agg(
         jsonb_build_object(
             'value', belongs.id::text, '$ref', 'Groups/' || belongs.id, 'display', belongs.name, 'type', 'direct'
         ) ORDER BY belongs.id)
     FROM directory_directorygroup belongs
     JOIN directory_directorygroup_members member ON member.directorygroup_id = belongs.id
     WHERE member.employee_id = directory_employee.id)
    """,
    [],
    output_field=JSONField(),
)
DESCRIBED = Employee.objects.annotate(memberships=MEMBERSHIPS)
"""Employees with their groups."""


def key_of(user_name: str) -> str:
    """User names that differ only in capitals are the same."""
    return default_comparison_key(USER_NAME, user_name.strip())


class Users:
    """The employees of one source, without those whom the client deleted: these are kept, as left."""

    schema = str(UserResource.__schema__)
    equalities: Mapping[str, Equality] = {
        "id": Equality(lambda value: Q(pk=number_of(value))),
        "username": Equality(lambda value: Q(key=key_of(value))),
        "externalid": Equality(lambda value: Q(external_id=value)),
        "emails.value": Equality(lambda value: Q(addresses__contains=[normal_address(value)]), exact=False),
    }
    order: Mapping[str, F | Collate] = {
        "id": F("pk"),
        "username": Collate("key", "C"),
        "meta.created": F("first_seen_at"),
        "meta.lastmodified": F("changed_at"),
    }

    def __init__(self, source: Source) -> None:
        self.source = source
        self.held: dict[str, Employee] | None = None
        """Rows that the current operation has locked, by id; None outside an operation."""

    def rows(self, *, described: bool) -> QuerySet[Employee]:
        employees = DESCRIBED if described else Employee.objects
        return employees.filter(source=self.source, is_listed=True)

    def get(self, user_id: str, *, to_change: bool) -> UserResource:
        """Raises NotFoundException. `to_change`: locks it until the transaction ends."""
        rows = self.rows(described=True).filter(pk=number_of(user_id))
        if to_change:
            changing_single(self.source.pk)
            rows = rows.select_for_update(no_key=True)
        row = next(iter(rows), None)
        if row is None:
            raise NotFoundException(detail=f"No user has the id {user_id}.")
        if to_change and self.held is not None:
            self.held[user_id] = row
        return self.shown(row)

    def create(self, user: UserResource) -> UserResource:
        """Adds an employee, or restores one whom the client had deleted. Raises UniquenessException."""
        record = self._record(user)
        self._add_alone(record.key)
        stored = self._existing(record)
        if stored is not None and stored.is_listed:
            raise UniquenessException(detail=f"A user with the userName {user.user_name} exists.")
        seen_at = timezone.now()
        if stored is None:
            stored = add_locked(self.source, record, seen_at)
            return _as_stored(user, stored, seen_at)
        store_locked(stored, record, seen_at)
        return self.shown(self.rows(described=True).get(pk=stored.pk))

    def update(self, user: UserResource, expected_version: str | None) -> UserResource:
        """Raises NotFoundException, PreconditionFailedException, UniquenessException."""
        stored = self._locked(str(user.id), expected_version)
        record = self._record(user)
        if record.key != stored.key:
            self._make_way(record.key)
        seen_at = timezone.now()
        try:
            store_locked(stored, record, seen_at)
        except IntegrityError as error:
            raise UniquenessException(detail=f"Another user has the userName {user.user_name}.") from error
        return _as_stored(user, stored, stored.changed_at)

    def delete(self, user_id: str, expected_version: str | None) -> None:
        """The employee has left. Raises NotFoundException, PreconditionFailedException."""
        withdraw_locked(self._locked(user_id, expected_version), timezone.now())

    def shown(self, row: Employee) -> UserResource:
        return SERVED_USER.model_validate(
            {
                **row.details,
                "id": str(row.pk),
                "groups": vars(row)["memberships"] or None,
                "meta": _meta(row, row.changed_at),
            }
        )

    def _record(self, user: UserResource) -> EmployeeRecord:
        """Raises InvalidValueException."""
        user_name, external_id = user.user_name or "", user.external_id or ""
        if not user_name.strip():
            raise InvalidValueException(detail="userName is empty.")
        if len(key_of(user_name)) > LONGEST_ADDRESS or len(external_id) > LONGEST_ADDRESS:
            raise InvalidValueException(
                detail=f"userName and externalId have at most {LONGEST_ADDRESS} characters."
            )
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

    def _add_alone(self, key: str) -> None:
        """Takes the locks for changing an employee, and one against others who add the same employee."""
        lock_transaction(Lock.SCIM_ADDING.of(f"{self.source.pk} {key}"))
        changing_single(self.source.pk)

    def _existing(self, record: EmployeeRecord) -> Employee | None:
        """The employee with the user name, else one with the external id who was deleted."""
        of_source = Employee.objects.filter(source=self.source).select_for_update(no_key=True)
        same = Q(key=record.key)
        if record.external_id:
            same |= Q(external_id=record.external_id, is_listed=False)
        same_employee = of_source.filter(same).order_by("-changed_at")
        return min(same_employee, key=lambda each: each.key != record.key, default=None)

    def _locked(self, user_id: str, expected_version: str | None) -> Employee:
        """Does not read again what `get` has locked."""
        row = self.held.pop(user_id, None) if self.held is not None else None
        if row is None:
            changing_single(self.source.pk)
            rows = self.rows(described=False).select_for_update(no_key=True)
            row = rows.filter(pk=number_of(user_id)).first()
        if row is None:
            raise NotFoundException(detail=f"No user has the id {user_id}.")
        if expected_version is not None and version_of(row.details) != expected_version:
            raise PreconditionFailedException
        row.source = self.source
        return row

    def _make_way(self, key: str) -> None:
        """Takes the user name from a deleted employee. Raises UniquenessException if it is in use."""
        other = Employee.objects.select_for_update(no_key=True).filter(source=self.source, key=key).first()
        if other is None:
            return
        if other.is_listed:
            raise UniquenessException(detail="Another user has this userName.")
        old = replace(record_of(other), key=f"{key[: LONGEST_ADDRESS - 21]}#{other.pk}")
        store_locked(other, old, timezone.now())


def _meta(row: Employee, changed_at: datetime) -> Meta:
    return Meta(
        resource_type="User",
        created=row.first_seen_at,
        last_modified=changed_at,
        version=version_of(row.details),
    )


def _as_stored(user: UserResource, row: Employee, changed_at: datetime) -> UserResource:
    """The user as stored, without reading it again."""
    stored = user.model_copy()
    stored.id = str(row.pk)
    stored.meta = _meta(row, changed_at)
    stored.password = None
    return stored
