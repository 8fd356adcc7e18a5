"""What `removal/_remarks.html` shows."""

from collections.abc import Mapping

from usher.access.acting import actor_for
from usher.access.models import User
from usher.access.roles import Action
from usher.removal.cases.remarks import why_not_answer
from usher.removal.cases.shown_remarks import remarks_now, remarks_of, said_about, said_now
from usher.removal.models import Case
from usher.roster.models import Person


def remarks_of_case(case: Case, user: User, facts_now: Mapping[str, object] | None) -> dict[str, object]:
    """`facts_now`: what is known about the person, if Usher still stores them."""
    remarks = remarks_of(case, facts_now)
    is_answerable = case.is_open and case.person is not None
    why_not = why_not_answer(actor_for(user, via="page"), case) if is_answerable else ""
    return {
        "remarks": remarks,
        "unanswered": sum(one.answered_at is None for one in remarks) if is_answerable else 0,
        "said": said_about(case, facts_now),
        "answers": is_answerable and not why_not and user.may(Action.OPEN_CASES),
        "why_not_answer": why_not,
    }


def remarks_of_person(person: Person, user: User, open_case: Case | None) -> dict[str, object]:
    remarks = remarks_now(person)
    why_not = why_not_answer(actor_for(user, via="page"), open_case) if open_case else ""
    return {
        "remarks": remarks,
        "unanswered": sum(one.answered_at is None for one in remarks),
        "said": said_now(person),
        "answers": not why_not and user.may(Action.OPEN_CASES),
        "why_not_answer": why_not,
    }
