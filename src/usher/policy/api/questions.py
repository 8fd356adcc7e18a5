"""Whom a rule has asked whether they need their seat, what they answered, and what came of it."""

from collections.abc import Mapping

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Router, Schema

from usher.access.roles import Action, require, signed_in
from usher.access.tokens.api_auth import PersonalToken
from usher.policy.api.rules import rule_of
from usher.policy.asking.figures import PricedSeats, answer_figures, released_seats
from usher.policy.models import SeatQuestion
from usher.rest.listing import ListedItem, Listing
from usher.rest.pages import PagedItems
from usher.rest.parameters import parameter
from usher.web.csv_export import iso
from usher.web.refused.problems import UnreadableRequest

router = Router(tags=["Rules"], auth=PersonalToken())
STATE = parameter("state", {"type": "string", "enum": SeatQuestion.State.values}, "Only these.")


class SeatQuestionOut(ListedItem):
    """`name`: whom it is about; `address`: who was asked. `said`: with the answer. `problem`: why no case followed."""

    id: int
    connection: str
    person: int
    name: str
    address: str
    is_to_manager: bool
    state: str
    asked_at: str
    reminded_at: str | None
    answer_by: str
    answered_at: str | None
    said: str
    problem: str
    case: int | None


class PricedSeatsOut(Schema):
    """`cost`: a month, by currency, of the seats whose price is known; `unpriced`: how many have none."""

    seats: int
    unpriced: int
    cost: dict[str, str]


class QuestionFiguresOut(Schema):
    """`median_seconds`: from question to answer; null before the first. `waiting` and `given_up`: seats in the cases of
    those who released theirs. `unchanged`: whose case ended without. `without_case`: for which none could be opened.
    """

    asked: int
    by_state: dict[str, int]
    median_seconds: int | None
    waiting: PricedSeatsOut
    given_up: PricedSeatsOut
    unchanged: int
    without_case: int


def _question_record(one: SeatQuestion) -> Mapping[str, object]:
    return {
        "id": one.pk,
        "connection": one.connection.name,
        "person": one.person_id,
        "name": one.name,
        "address": one.address,
        "is_to_manager": one.is_to_manager,
        "state": one.state,
        "asked_at": iso(one.asked_at),
        "reminded_at": iso(one.reminded_at),
        "answer_by": one.answer_by.isoformat(),
        "answered_at": iso(one.answered_at),
        "said": one.why,
        "problem": one.problem,
        "case": one.case_id,
    }


def _seats(priced: PricedSeats) -> dict[str, object]:
    cost = {currency: f"{amount:.2f}" for currency, amount in sorted(priced.cost.items())}
    return {"seats": priced.seats, "unpriced": priced.unpriced, "cost": cost}


QUESTIONS = Listing(
    "questions",
    SeatQuestionOut,
    _question_record,
    {"id": "pk", "name": "name", "asked_at": "asked_at"},
    more=[STATE],
)


@router.get(
    "/rules/{number}/questions",
    response={200: PagedItems[SeatQuestionOut], 404: None},
    openapi_extra=QUESTIONS.described,
)
def list_questions(request: HttpRequest, number: int) -> HttpResponseBase:
    require(signed_in(request), Action.READ)
    questions = rule_of(number).questions.select_related("connection")
    state = request.GET.get("state")
    if state is not None:
        if state not in SeatQuestion.State.values:
            raise UnreadableRequest({"state": f"One of {', '.join(SeatQuestion.State.values)}."})
        questions = questions.filter(state=state)
    return QUESTIONS.answer(request, questions)


@router.get("/rules/{number}/questions/figures", response={200: QuestionFiguresOut, 404: None})
def question_figures(request: HttpRequest, number: int) -> dict[str, object]:
    """The figures of the page of questions, at today's prices."""
    require(signed_in(request), Action.READ)
    policy = rule_of(number)
    figures, seats = answer_figures(policy), released_seats(policy)
    return {
        "asked": figures.asked,
        "by_state": {state: figures.counts.get(state, 0) for state in SeatQuestion.State.values},
        "median_seconds": None if figures.median_time is None else int(figures.median_time.total_seconds()),
        "waiting": _seats(seats.waiting),
        "given_up": _seats(seats.done),
        "unchanged": seats.kept,
        "without_case": seats.without_case,
    }
