"""Groups that a SCIM client pushed. They are kept for the client and shown."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from django.db.models import F, Prefetch, Q, QuerySet
from django.db.models.functions import Collate
from django.utils import timezone
from scim2_models import Context, Meta, PreconditionFailedException

from usher.directory.models import DirectoryGroup, Employee, Source
from usher.directory.scim.filters import Equality
from usher.directory.scim.ids import number_of
from usher.directory.scim.mapping import JsonObject
from usher.directory.scim.refused import not_found
from usher.directory.scim.schema import SERVED_GROUP, GroupResource

OTHERS = "members"
"""The key in `details` for members who are not employees of the source, such as nested groups, as given."""


class Groups:
    """The groups of one source."""

    schema = str(GroupResource.__schema__)
    equalities: Mapping[str, Equality] = {
        "id": Equality(lambda value: Q(pk=number_of(value))),
        "externalid": Equality(lambda value: Q(external_id=value)),
        "displayname": Equality(lambda value: Q(name__iexact=value), exact=False),
    }
    order: Mapping[str, F | Collate] = {
        "id": F("pk"),
        "meta.created": F("created_at"),
        "meta.lastmodified": F("changed_at"),
    }

    def __init__(self, source: Source) -> None:
        self.source = source
        self.with_members = True
        """Whether members are read and shown. There may be many, and most answers do not need them."""

    def rows(self, *, described: bool) -> QuerySet[DirectoryGroup]:
        groups = DirectoryGroup.objects.filter(source=self.source)
        if not (described and self.with_members):
            return groups
        members = Employee.objects.filter(is_listed=True).only("pk", "name").order_by("pk")
        return groups.prefetch_related(Prefetch("members", members))

    def get(self, group_id: str, *, to_change: bool) -> GroupResource:
        """Raises NotFoundException. `to_change`: locks it until the transaction ends."""
        if to_change:
            self._locked(group_id)
        row = self.rows(described=True).filter(pk=number_of(group_id)).first()
        if row is None:
            raise not_found(f"No group has the id {group_id}.")
        return self.shown(row)

    def create(self, group: GroupResource) -> GroupResource:
        row = DirectoryGroup(source=self.source)
        self._write(row, group)
        return self.get(str(row.pk), to_change=False)

    def update(self, group: GroupResource, expected_version: str | None) -> GroupResource:
        """Raises NotFoundException, PreconditionFailedException."""
        row = self._locked(str(group.id))
        if expected_version is not None and version_of(row) != expected_version:
            raise PreconditionFailedException
        self._write(row, group)
        return self.get(str(row.pk), to_change=False)

    def delete(self, group_id: str, expected_version: str | None) -> None:
        """Raises NotFoundException, PreconditionFailedException."""
        row = self._locked(group_id)
        if expected_version is not None and version_of(row) != expected_version:
            raise PreconditionFailedException
        row.delete()

    def shown(self, row: DirectoryGroup) -> GroupResource:
        others = cast("list[JsonObject]", row.details.get(OTHERS, []))
        members = [*_as_members(row.members.all()), *others] if self.with_members else []
        return SERVED_GROUP.model_validate(
            {
                **row.details,
                "id": str(row.pk),
                "externalId": row.external_id or None,
                "displayName": row.name,
                "members": members or None,
                "meta": Meta(
                    resource_type="Group",
                    created=row.created_at,
                    last_modified=row.changed_at,
                    version=version_of(row),
                ),
            }
        )

    def _locked(self, group_id: str) -> DirectoryGroup:
        groups = DirectoryGroup.objects.select_for_update().filter(source=self.source, pk=number_of(group_id))
        row = groups.first()
        if row is None:
            raise not_found(f"No group has the id {group_id}.")
        return row

    def _write(self, row: DirectoryGroup, group: GroupResource) -> None:
        given = group.model_dump(scim_ctx=Context.DEFAULT)
        members = {str(member.get("value", "")): member for member in given.pop("members", [])}
        numbers = [number for value in members if (number := number_of(value))]
        known = set(
            Employee.objects.filter(source=self.source, is_listed=True, pk__in=numbers).values_list(
                "pk", flat=True
            )
        )
        others = [member for value, member in members.items() if number_of(value) not in known]
        row.external_id = given.pop("externalId", "")
        row.name = given.pop("displayName", "")
        row.details = {name: value for name, value in given.items() if name not in ("id", "meta")}
        if others:
            row.details[OTHERS] = others
        row.changed_at = timezone.now()
        if row.pk is None:
            row.created_at = row.changed_at
        row.save()
        row.members.set(known)


def version_of(row: DirectoryGroup) -> str:
    return f'W/"{row.changed_at.timestamp():.6f}"'


def _as_members(employees: Iterable[Employee]) -> list[dict[str, Any]]:
    return [
        {
            "value": str(employee.pk),
            "$ref": f"Users/{employee.pk}",
            "type": "User",
            **({"display": employee.name} if employee.name else {}),
        }
        for employee in employees
    ]


def _with_member(value: str) -> QuerySet[Any]:
    return DirectoryGroup.members.through.objects.filter(employee_id=number_of(value)).values(
        "directorygroup_id"
    )
