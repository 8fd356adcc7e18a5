"""REST API for HR systems: reading and writing the employees of a source, singly or up to 1,000 at a time."""

from datetime import datetime
from typing import Annotated, Any, cast

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from msgspec.structs import replace
from ninja import Query, Router, Status
from ninja.pagination import LimitOffsetPagination, paginate
from ninja.security import HttpBearer

from usher.access.throttle.attempts import wrong_token
from usher.directory.api.schemas import (
    BatchOutcome,
    EmployeeBatch,
    EmployeeFields,
    EmployeeOut,
    EmployeePatch,
    ExternalId,
    StoredEmployee,
)
from usher.directory.employees.batch import store_batch
from usher.directory.employees.store import EmployeeRecord, record_of, store, store_locked, withdraw
from usher.directory.locks import changing_single
from usher.directory.models import Employee, EmployeeChange, Source
from usher.directory.normalise import normal_address
from usher.directory.tokens import source_of
from usher.web.refused.problems import NoSuchThing


def _unknown() -> NoSuchThing:
    return NoSuchThing(
        "The source has no such employee.", "Check the external id, or PUT the employee first."
    )


class SourceToken(HttpBearer):
    """`request.auth` is the source that the token belongs to."""

    def authenticate(self, request: HttpRequest, token: str) -> Source | None:
        source = source_of(token.strip(), Source.Kind.API)
        if source is None:
            wrong_token(request, "directory token")
        return source


class ThousandPerPage(LimitOffsetPagination):
    class Input(LimitOffsetPagination.Input):
        limit: Annotated[int, Query(ge=1, le=1000)] = 100


router = Router(auth=SourceToken(), tags=["Directory"])


@router.get(
    "/employees", response=list[EmployeeOut], summary="List the employees of the source, by external id"
)
@paginate(ThousandPerPage)
def list_employees(
    request: HttpRequest, email: str = "", changed_since: datetime | None = None
) -> "QuerySet[Employee]":
    employees = _employees(request).order_by("key")
    if email:
        employees = employees.filter(addresses__contains=[normal_address(email)])
    if changed_since:
        employees = employees.filter(changed_at__gte=changed_since)
    return employees


@router.post(
    "/employees/batch",
    response={200: BatchOutcome, 409: None},
    summary="Add or replace up to 1,000 employees, all or none",
)
def put_batch(request: HttpRequest, batch: EmployeeBatch) -> BatchOutcome:
    records = [_record(each.external_id, each) for each in batch.employees]
    kinds = store_batch(_source(request), records, timezone.now())
    return BatchOutcome(employees=len(records), **kinds)


@router.get(
    "/employees/{path:external_id}", response={200: EmployeeOut, 404: None}, summary="Get an employee"
)
def get_employee(request: HttpRequest, external_id: ExternalId) -> Employee:
    employee = _employees(request).filter(key=external_id).first()
    if employee is None:
        raise _unknown()
    return employee


@router.put(
    "/employees/{path:external_id}",
    response={200: StoredEmployee, 201: StoredEmployee},
    summary="Add or replace an employee",
)
def put_employee(request: HttpRequest, external_id: ExternalId, employee: EmployeeFields) -> Status[Any]:
    with transaction.atomic():
        was_there = _employees(request).filter(key=external_id).exists()
        change = store(_source(request), _record(external_id, employee), timezone.now())
        return Status(200 if was_there else 201, _stored(request, external_id, change))


@router.patch(
    "/employees/{path:external_id}",
    response={200: StoredEmployee, 404: None},
    summary="Change some fields of an employee",
)
def patch_employee(request: HttpRequest, external_id: ExternalId, employee: EmployeePatch) -> Status[Any]:
    with transaction.atomic():
        changing_single(_source(request).pk)
        stored = _employees(request).select_for_update(no_key=True).filter(key=external_id).first()
        if stored is None:
            raise _unknown()
        change = store_locked(stored, replace(record_of(stored), **_given(employee)), timezone.now())
        return Status(200, _stored(request, external_id, change))


@router.delete(
    "/employees/{path:external_id}",
    response={204: None, 404: None},
    summary="Delete an employee: they have left",
)
def delete_employee(request: HttpRequest, external_id: ExternalId) -> Status[Any]:
    if not _employees(request).filter(key=external_id).exists():
        raise _unknown()
    withdraw(_source(request), external_id, timezone.now())
    return Status(204, None)


def _source(request: HttpRequest) -> Source:
    return cast("Source", request.auth)  # type: ignore[attr-defined]  # set by SourceToken


def _employees(request: HttpRequest) -> "QuerySet[Employee]":
    """Without those whom the client deleted: these are kept, as left."""
    return Employee.objects.filter(source=_source(request), is_listed=True)


def _record(external_id: str, employee: EmployeeFields) -> EmployeeRecord:
    fields = employee.dict(include=set(EmployeeFields.model_fields))
    fields["other_addresses"] = tuple(employee.other_addresses)
    return EmployeeRecord(key=external_id, external_id=external_id, **fields)


def _given(employee: EmployeePatch) -> dict[str, Any]:
    """The fields that a PATCH contains. null empties a text."""
    given = employee.dict(exclude_unset=True)
    if "other_addresses" in given:
        given["other_addresses"] = tuple(given["other_addresses"] or ())
    return {name: "" if value is None and name != "last_day" else value for name, value in given.items()}


def _stored(request: HttpRequest, external_id: str, change: EmployeeChange | None) -> dict[str, object]:
    employee = _employees(request).get(key=external_id)
    return {"change": change.kind if change else None, "employee": employee}
