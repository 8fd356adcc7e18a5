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
    Meta,
    Path,
    PreconditionFailedException,
    default_comparison_key,
)

from usher.directory.employees.store import (
    EmployeeRecord,
    add_locked,
    store_locked,
    withdraw_locked,
)
from usher.directory.limits import LONGEST_ADDRESS
from usher.directory.locks import changing_single
from usher.directory.models import Employee, Source
from usher.directory.normalise import normal_address
from usher.directory.scim.filters import Equality
from usher.directory.scim.identity import (
    Identity,
    employee_number_in,
    is_same_person,
    is_tombstone,
    living_address,
)
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
from usher.directory.scim.names_given_up import gave_up_name, give_up_name, renumbered, supersede
from usher.directory.scim.refused import invalid_value, not_found, taken
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
RESEMBLING = """
    SELECT * FROM directory_employee
    WHERE source_id = %s AND (key = %s OR (external_id = %s AND external_id <> ''))
    ORDER BY key = %s DESC, changed_at DESC, id DESC LIMIT 10
    FOR NO KEY UPDATE
"""


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
            raise not_found(f"No user has the id {user_id}.")
        if to_change and self.held is not None:
            self.held[user_id] = row
        return self.shown(row)

    def create(self, user: UserResource) -> UserResource:
        """Adds an employee, or brings back one who was off or deleted. Raises UniquenessException."""
        record = self._record(user, None)
        self._add_alone(record.key)
        holder, others = self._resembling(record)
        if holder is not None and holder.is_listed and holder.is_active:
            raise taken(f"A user with the userName {user.user_name} exists.")
        seen_at = timezone.now()
        known = [holder, *others] if holder else others
        same = [each for each in known if is_same_person(_identity(each), _identity_of(record))]
        back = next((each for each in same if not (each.is_listed and each.is_active)), None)
        if holder is not None and holder is not back:
            give_up_name(holder, _forms(record), record.external_id, seen_at)
        if back is not None and back.is_listed and not is_tombstone(str(back.details.get("userName", ""))):
            store_locked(back, record, seen_at)
            return self.shown(self.rows(described=True).get(pk=back.pk))
        if back is not None:
            stored = renumbered(back)
            stored.source = self.source
            store_locked(stored, record, seen_at)
        else:
            stored = add_locked(self.source, record, seen_at)
        twins = [each for each in others if each.is_listed and each.is_active]
        if len(twins) == 1 and twins[0] in same and record.is_active:
            supersede(twins[0], stored, seen_at)
        return _as_stored(user, stored, seen_at)

    def update(self, user: UserResource, expected_version: str | None) -> UserResource:
        """Raises NotFoundException, PreconditionFailedException, UniquenessException."""
        stored = self._locked(str(user.id), expected_version)
        if len(key_of(user.user_name or "")) > LONGEST_ADDRESS:
            user.user_name = str(stored.details.get("userName", ""))
        record = self._record(user, stored)
        seen_at = timezone.now()
        if record.key != stored.key:
            record = self._under_free_name(user, record, stored, seen_at)
        try:
            store_locked(stored, record, seen_at)
        except IntegrityError as error:
            raise taken(f"Another user has the userName {user.user_name}.") from error
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

    def _record(self, user: UserResource, stored: Employee | None) -> EmployeeRecord:
        """Raises InvalidValueException."""
        user_name, external_id = user.user_name or "", user.external_id or ""
        if not user_name.strip():
            raise invalid_value("userName is empty.")
        if stored is None and max(len(key_of(user_name)), len(external_id)) > LONGEST_ADDRESS:
            raise invalid_value(f"userName and externalId have at most {LONGEST_ADDRESS} characters.")
        known = {*stored.addresses, *stored.past_addresses} if stored else set[str]()
        email, *others = [living_address(each, known) for each in addresses_of(user)] or [""]
        was_active = stored.is_active if stored else True
        record = EmployeeRecord(
            key=key_of(user_name),
            external_id=external_id,
            email=email,
            other_addresses=tuple(dict.fromkeys(each for each in others if each != email)),
            name=name_of(user),
            department=department_of(user),
            manager=manager_of(user),
            kind=kind_of(user),
            is_active=was_active if user.active is None else user.active,
            last_day=last_day_of(user),
            details=kept(user),
        )
        if stored is None or not gave_up_name(stored):
            return record
        if user.active and stored.details.get("active") is not True:
            return record
        return replace(
            record,
            key=stored.key,
            external_id=stored.external_id,
            email=stored.email,
            other_addresses=tuple(stored.other_addresses),
            is_active=stored.is_active and record.is_active,
        )

    def _add_alone(self, key: str) -> None:
        """Takes the locks for changing an employee, and one against others who add the same employee."""
        lock_transaction(Lock.SCIM_ADDING.of(f"{self.source.pk} {key}"))
        changing_single(self.source.pk)

    def _resembling(self, record: EmployeeRecord) -> tuple[Employee | None, list[Employee]]:
        """Who has the user name, and others with the external id, the last changed first; all locked.

        Whoever lost the user name to somebody else and kept the external id can still return.
        """
        found = list(
            Employee.objects.raw(RESEMBLING, [self.source.pk, record.key, record.external_id, record.key])
        )
        for each in found:
            each.source = self.source
        holder = next((each for each in found if each.key == record.key), None)
        return holder, [
            each for each in found if each is not holder and (each.external_id or not gave_up_name(each))
        ]

    def _locked(self, user_id: str, expected_version: str | None) -> Employee:
        """Does not read again what `get` has locked."""
        row = self.held.pop(user_id, None) if self.held is not None else None
        if row is None:
            changing_single(self.source.pk)
            rows = self.rows(described=False).select_for_update(no_key=True)
            row = rows.filter(pk=number_of(user_id)).first()
        if row is None:
            raise not_found(f"No user has the id {user_id}.")
        if expected_version is not None and version_of(row.details) != expected_version:
            raise PreconditionFailedException
        row.source = self.source
        return row

    def _under_free_name(
        self, user: UserResource, record: EmployeeRecord, stored: Employee, seen_at: datetime
    ) -> EmployeeRecord:
        """The record, once nobody else has its user name. Raises UniquenessException if somebody here has it."""
        other = (
            Employee.objects.select_for_update(no_key=True).filter(source=self.source, key=record.key).first()
        )
        if other is None:
            return record
        other.source = self.source
        if not (other.is_listed and other.is_active):
            give_up_name(other, _forms(record), record.external_id, seen_at)
            return record
        if gave_up_name(stored):
            return replace(record, key=stored.key)
        if record.is_active:
            raise taken("Another user has this userName.")
        # That somebody has left counts, whatever they are called.
        user.user_name = str(stored.details.get("userName", ""))
        return replace(record, key=stored.key, details=kept(user))


def _identity(row: Employee) -> Identity:
    return Identity(row.key, row.external_id, employee_number_in(row.details), row.name, row.email)


def _identity_of(record: EmployeeRecord) -> Identity:
    number = employee_number_in(record.details or {})
    return Identity(record.key, record.external_id, number, record.name, record.email)


def _forms(record: EmployeeRecord) -> frozenset[str]:
    return frozenset(map(normal_address, (record.email, *record.other_addresses)))


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
