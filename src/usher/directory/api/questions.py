"""What a source as a whole must be asked, and its answer, for personal tokens."""

from typing import Annotated

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Router
from pydantic import StringConstraints

from usher.access.acting import actor_of
from usher.access.roles import Action, require, signed_in
from usher.access.tokens.api_auth import PersonalToken
from usher.directory.api.sources import source_seen
from usher.directory.employees.mass_leaving import LONGEST_WHY, ReasonMissing, answer
from usher.directory.models import SourceQuestion
from usher.rest.bodies import STORABLE, RequestBody, wrong_fields_named
from usher.rest.choices import one_of
from usher.rest.listing import ListedItem, Listing, Record
from usher.rest.pages import PagedItems
from usher.web.csv_export import iso
from usher.web.refused.problems import NoSuchThing

router = Router(tags=["Directory, for people"], auth=PersonalToken())

SaidOfMany = Annotated[SourceQuestion.Answer, one_of(SourceQuestion.Answer.values)]
Why = Annotated[str, StringConstraints(max_length=LONGEST_WHY, pattern=STORABLE)]


class SourceQuestionOut(ListedItem):
    """That `people` of `of` left within a day: whether it is true is said before cases that rest on it run."""

    id: int
    kind: str
    people: int
    of: int
    since: str
    opened_at: str
    answer: str | None
    why: str
    answered_by: str
    answered_at: str | None


class SourceQuestionAnswer(RequestBody):
    answer: SaidOfMany
    why: Why


def _question_record(one: SourceQuestion) -> Record:
    return {
        "id": one.pk,
        "kind": one.kind,
        "people": one.people,
        "of": one.of,
        "since": iso(one.since),
        "opened_at": iso(one.opened_at),
        "answer": one.answer or None,
        "why": one.why,
        "answered_by": one.answered_by,
        "answered_at": iso(one.answered_at),
    }


QUESTIONS = Listing("source-questions", SourceQuestionOut, _question_record)


@router.get(
    "/sources/{number}/questions",
    response={200: PagedItems[SourceQuestionOut], 404: None},
    openapi_extra=QUESTIONS.described,
)
def list_source_questions(request: HttpRequest, number: int) -> HttpResponseBase:
    """What must be said about the source as a whole, and what was answered."""
    require(signed_in(request), Action.READ)
    return QUESTIONS.answer(request, SourceQuestion.objects.filter(source=source_seen(number)))


@router.post(
    "/sources/{number}/questions/{question}/answer",
    response={200: SourceQuestionOut, 404: None, 409: None},
)
def answer_source_question(
    request: HttpRequest, number: int, question: int, body: SourceQuestionAnswer
) -> Record:
    """Says whether those whom the source reported at once have left, and how you know."""
    require(signed_in(request), Action.IMPORT_DIRECTORY)
    asked = SourceQuestion.objects.filter(pk=question, source=source_seen(number)).first()
    if asked is None:
        raise NoSuchThing(
            f"The source has no question {question}.", f"GET /api/v1/sources/{number}/questions lists them."
        )
    with wrong_fields_named(ReasonMissing):
        answer(asked, body.answer, body.why, actor_of(request))
    asked.refresh_from_db()
    return _question_record(asked)
