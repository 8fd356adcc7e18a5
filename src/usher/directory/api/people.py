"""Employees of all sources, and what the directory says of everybody in Asana, for personal tokens."""

from collections.abc import Mapping
from datetime import date

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from ninja import Router

from usher.access.roles import Action, require, signed_in
from usher.access.tokens.api_auth import PersonalToken
from usher.directory.employment.export import people_with_group, person_record, with_group
from usher.directory.employment.figures import with_details
from usher.directory.employment.filters import EmployeeFilter, GroupFilter
from usher.directory.employment.status import EmploymentGroup
from usher.directory.models import Employee, Standing
from usher.rest.listing import ListedItem, Listing
from usher.rest.pages import PagedItems
from usher.rest.parameters import parameter
from usher.rest.single import single
from usher.web.csv_export import iso
from usher.web.refused.problems import UnreadableRequest

router = Router(tags=["Directory, for people"], auth=PersonalToken())

GROUP = parameter(
    "group", {"type": "string", "enum": [each.value for each in EmploymentGroup]}, "Only this group."
)


class EmployeeListed(ListedItem):
    """An employee of a source. `has_left`: so the source says, or it lists them no longer."""

    id: int
    source: str
    external_id: str
    name: str
    email: str
    department: str
    manager: str
    kind: str
    is_listed: bool
    last_day: str | None
    known_since: str | None


class StandingOut(ListedItem):
    """What the directory says of somebody who is active in Asana."""

    person: int
    connection: str
    gid: str
    name: str
    email: str
    group: str
    status: str | None
    last_day: str | None
    left_on: str | None
    source: str | None
    employee_id: str | None


def employee_record(one: Employee) -> Mapping[str, object]:
    return {
        "id": one.pk,
        "source": one.source.name,
        "external_id": one.external_id,
        "name": one.name,
        "email": one.email,
        "department": one.department,
        "manager": one.manager,
        "kind": one.kind,
        "is_listed": one.is_listed,
        "last_day": one.last_day.isoformat() if one.last_day else None,
        "known_since": iso(one.first_seen_at),
    }


def _standing_record(one: Standing) -> Mapping[str, object]:
    return {"person": one.person_id, **person_record(one)}


EMPLOYEES = Listing(
    "employees",
    EmployeeListed,
    employee_record,
    {"id": "pk", "name": "name", "email": "email"},
    EmployeeFilter,
)
EMPLOYMENT = Listing(
    "employment", StandingOut, _standing_record, {"person": "pk", "name": "name"}, GroupFilter, [GROUP]
)


@router.get("/employees", response=PagedItems[EmployeeListed], openapi_extra=EMPLOYEES.described)
def list_employees(request: HttpRequest) -> HttpResponseBase:
    """Of all sources. To write employees there is /directory/employees, with the token of a source."""
    require(signed_in(request), Action.READ)
    return EMPLOYEES.answer(request, Employee.objects.select_related("source"))


@router.get("/employees/{number}", response={200: EmployeeListed, 404: None})
def one_employee(request: HttpRequest, number: int) -> Mapping[str, object]:
    require(signed_in(request), Action.READ)
    found = single(Employee.objects.select_related("source"), number, "employee", "employees")
    return employee_record(found)


@router.get("/employment", response=PagedItems[StandingOut], openapi_extra=EMPLOYMENT.described)
def list_employment(request: HttpRequest) -> HttpResponseBase:
    """Everybody who is active in Asana, with the group that the directory puts them in today."""
    require(signed_in(request), Action.READ)
    group, today = request.GET.get("group", ""), timezone.localdate()
    if group and group not in {each.value for each in EmploymentGroup}:
        raise UnreadableRequest({"group": "There is no such group."})
    return EMPLOYMENT.answer(request, _standings(today, group))


def _standings(today: date, group: str) -> "QuerySet[Standing]":
    return with_group(with_details(people_with_group(today, group), today), today)
