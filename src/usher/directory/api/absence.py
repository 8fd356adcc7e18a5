"""Employees whom a source lists no more, for personal tokens: whether they have left is said here, by a person."""

from enum import StrEnum
from typing import Annotated

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from usher.access.acting import actor_of
from usher.access.roles import Action, require, signed_in
from usher.access.tokens.api_auth import PersonalToken
from usher.directory.api.people import EmployeeListed, employee_record
from usher.directory.employees.absence import no_longer_listed, they_are_still_here, they_have_left
from usher.directory.employment.filters import EmployeeFilter
from usher.rest.bodies import Number, RequestBody
from usher.rest.listing import Listing
from usher.rest.pages import PagedItems

router = Router(tags=["Directory, for people"], auth=PersonalToken())

MOST_AT_ONCE = 1_000


class AbsenceAnswer(StrEnum):
    LEFT = "left"
    HERE = "here"


class AbsenceAnswers(RequestBody):
    """`answer`: whether they have left, or still work here."""

    answer: AbsenceAnswer
    employees: Annotated[list[Number], Field(min_length=1, max_length=MOST_AT_ONCE)]


class AnsweredOut(Schema):
    """Employees whom a list has again, or of whom somebody has said it before, are not among them."""

    answered: int


NOT_LISTED = Listing(
    "no-longer-listed",
    EmployeeListed,
    employee_record,
    {"id": "pk", "name": "name", "email": "email"},
    EmployeeFilter,
)


@router.get("/no-longer-listed", response=PagedItems[EmployeeListed], openapi_extra=NOT_LISTED.described)
def list_no_longer_listed(request: HttpRequest) -> HttpResponseBase:
    """Employees whom their source lists no more, and of whom nobody has said whether they left."""
    require(signed_in(request), Action.READ)
    return NOT_LISTED.answer(request, no_longer_listed(timezone.localdate()))


@router.post("/no-longer-listed", response=AnsweredOut)
def answer_absence(request: HttpRequest, body: AbsenceAnswers) -> dict[str, int]:
    """Who has left is a leaver where they have a seat. It holds until a list has them again."""
    require(signed_in(request), Action.IMPORT_DIRECTORY)
    verb = they_have_left if body.answer == AbsenceAnswer.LEFT else they_are_still_here
    return {"answered": verb(actor_of(request), body.employees, timezone.now())}
