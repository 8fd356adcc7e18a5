"""What does not fit about a person, and its answers, without which no case about them runs."""

from collections.abc import Mapping

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Router, Schema

from usher.access.acting import actor_of
from usher.access.roles import Action, require, signed_in
from usher.access.tokens.api_auth import PersonalToken
from usher.directory.models import Remark
from usher.directory.remarks.questions import current
from usher.removal.api.answers import PROBLEMS, Text
from usher.removal.cases.remarks import answer_remark, open_case_of
from usher.removal.jobs import run_if_due
from usher.rest.listing import ListedItem, Listing
from usher.rest.pages import PagedItems
from usher.rest.single import single
from usher.roster.models import Person
from usher.web.csv_export import iso

router = Router(tags=["Leavers and cases"], auth=PersonalToken())


class RemarkOut(ListedItem):
    """Something that does not fit now. `why`: the answer; empty before there is one."""

    id: int
    kind: str
    text: str
    seen_at: str
    answered_at: str | None
    answered_by: str
    why: str


class RemarkAnswerIn(Schema):
    """`why`: what was found out, and how."""

    why: Text = ""


def _remark_record(one: Remark) -> Mapping[str, object]:
    return {
        "id": one.pk,
        "kind": one.kind,
        "text": one.text,
        "seen_at": iso(one.seen_at),
        "answered_at": iso(one.answered_at),
        "answered_by": one.answered_by,
        "why": one.why,
    }


REMARKS = Listing("remarks", RemarkOut, _remark_record)


@router.get(
    "/people/{number}/remarks",
    response={200: PagedItems[RemarkOut], 404: None},
    openapi_extra=REMARKS.described,
)
def list_remarks(request: HttpRequest, number: int) -> HttpResponseBase:
    require(signed_in(request), Action.READ)
    return REMARKS.answer(request, current(_person(number)))


@router.post("/people/{number}/remarks/{remark}/answer", response={200: RemarkOut, **PROBLEMS})
def answer(request: HttpRequest, number: int, remark: int, body: RemarkAnswerIn) -> Mapping[str, object]:
    """A case that waited only for this answer runs at once if it is due."""
    require(signed_in(request), Action.OPEN_CASES)
    person = _person(number)
    case = open_case_of(person)
    answered = answer_remark(actor_of(request), person, remark, body.why)
    if case is not None:
        run_if_due(case)
    return _remark_record(answered)


def _person(number: int) -> Person:
    return single(Person.objects.select_related("connection"), number, "person", "people")
