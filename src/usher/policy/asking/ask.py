"""Asking people whether they need their seat, and reminding them. Nobody is asked twice within a time that is set."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse

from usher.activity.models import ListedMembership
from usher.activity.usage.figures import local_day
from usher.connections.models import Connection
from usher.connections.working_days.counting import days_later, working_day_from
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.notify.telling import NoticeButton, NoticeLink, tell_address
from usher.notify.wording.kind import Fact
from usher.policy.definition import What, WithoutAnswer
from usher.policy.models import Policy, SeatQuestion
from usher.removal.models import Case
from usher.web.phrases import day_in_words

BUTTON, KEEP, RELEASE = "seat-", "keep", "release"
"""The actions of buttons in Slack."""


def why_not_asked(person: int, email: str, today: date) -> str:
    """Why somebody is not asked now; empty if they can be."""
    if not email:
        return "No e-mail address is known."
    questions = SeatQuestion.objects.filter(person=person)
    if questions.filter(state=SeatQuestion.State.ASKED).exists():
        return "Asked, and the answer is awaited."
    kept = questions.filter(not_again_before__gt=today).order_by("-not_again_before").first()
    if kept is not None and kept.not_again_before is not None:
        return f"Asked on {day_in_words(kept.asked_at.date())}; not again before {day_in_words(kept.not_again_before)}."
    return ""


def ask(
    policy: Policy,
    what: What,
    listed: ListedMembership,
    connection: Connection,
    workspaces: Sequence[str],
    actor: Actor,
    now: datetime,
) -> SeatQuestion | None:
    """Sends the question, in one transaction with keeping it. None if somebody else has asked just now."""
    question = SeatQuestion(
        policy=policy,
        connection=connection,
        person_id=listed.person_id,
        name=listed.name,
        address=listed.email,
        workspaces=list(workspaces),
        says=_says(listed, connection),
    )
    return _send(question, what, actor, now)


def ask_manager(
    question: SeatQuestion, what: What, manager: str, address: str, actor: Actor, now: datetime
) -> SeatQuestion | None:
    """Asks about the same person, who did not answer."""
    about = SeatQuestion(
        policy=question.policy,
        connection=question.connection,
        person_id=question.person_id,
        name=question.name,
        address=address,
        is_to_manager=True,
        workspaces=question.workspaces,
        says=f"{question.name} has not answered. {question.says[:1].upper()}{question.says[1:]}",
    )
    return _send(about, what, actor, now, greeting=f"Hello {manager},")


def _send(
    question: SeatQuestion, what: What, actor: Actor, now: datetime, greeting: str = ""
) -> SeatQuestion | None:
    token = secrets.token_urlsafe(32)
    question.token_hash = hash_of_token(token)
    question.asked_at = now
    today = local_day(question.connection, now)
    calendar = question.connection.holiday_calendar
    question.answer_by = working_day_from(days_later(today, what.answer_within, calendar), calendar)
    # Whatever comes of it, nobody is asked again at once.
    question.not_again_before = today + timedelta(days=what.ask_again_after)
    try:
        with transaction.atomic():
            question.save(force_insert=True)
            _tell(question, what, token, "", greeting)
            record(
                actor,
                "rule.asked_manager" if question.is_to_manager else "rule.asked",
                subject_of_question(question),
                after={"address": question.address, "answer_by": question.answer_by.isoformat()},
                connection=question.connection_id,
            )
    except IntegrityError:
        return None
    return question


@transaction.atomic
def remind(question: SeatQuestion, what: What, now: datetime) -> None:
    """By e-mail, with a link of its own, since only the hash of the first is known. Both work until one is used."""
    locked = SeatQuestion.objects.select_for_update().filter(
        pk=question.pk, state=SeatQuestion.State.ASKED, reminded_at=None
    )
    again = locked.first()
    if again is None:
        return
    token = secrets.token_urlsafe(32)
    again.reminder_hash, again.reminded_at = hash_of_token(token), now
    again.save(update_fields=["reminder_hash", "reminded_at"])
    _tell(again, what, token, "-reminder")


def hash_of_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def has_link(token: str) -> Q:
    """Over questions: the one to which the link leads, of the first message or of the reminder."""
    key = hash_of_token(token)
    return Q(token_hash=key) | Q(reminder_hash=key)


def notice_keys(question: SeatQuestion) -> list[str]:
    return [f"question {question.pk}", f"question {question.pk}-reminder"]


def kind_of_notice(question: SeatQuestion) -> str:
    return "ask_manager" if question.is_to_manager else "ask_person"


def subject_of_question(question: SeatQuestion) -> str:
    return f"question {question.pk}: {question.name}, by rule {question.policy_id}: {question.policy.name}"


def _tell(question: SeatQuestion, what: What, token: str, suffix: str, greeting: str = "") -> None:
    address = settings.USHER_BASE_URL + reverse("policy:answer", args=[token])
    first = question.name.split(" ")[0]
    facts: dict[str, Fact] = {
        "greeting": greeting or ("Hello," if question.is_to_manager else f"Hello {first},"),
        "question": question.says,
        "otherwise": _otherwise(question, what),
    }
    if question.is_to_manager:
        facts["person"] = question.name
    tell_address(
        kind_of_notice(question),
        f"question {question.pk}{suffix}",
        question.address,
        facts,
        connection=question.connection,
        by_slack=what.in_slack and not suffix,
        buttons=[
            NoticeButton("Needed", f"{BUTTON}{KEEP}", token),
            NoticeButton("Release the seat", f"{BUTTON}{RELEASE}", token),
        ],
        links=[
            NoticeLink(
                "I need it" if not question.is_to_manager else "They need it", f"{address}?answer=keep"
            ),
            NoticeLink("Release the seat", f"{address}?answer=release"),
        ],
    )


def _says(listed: ListedMembership, connection: Connection) -> str:
    if listed.last_used_at is None:
        return "as far as Usher knows, you have not used Asana yet."
    day = local_day(connection, listed.last_used_at)
    return f"as far as Usher knows, you last used Asana on {day_in_words(day)}."


def _otherwise(question: SeatQuestion, what: What) -> str:
    day = day_in_words(question.answer_by)
    change = "removed from Asana" if what.kind == Case.Kind.REMOVE else "changed to view-only"
    match what.without_answer:
        case WithoutAnswer.NOTHING:
            return f"Please answer by {day}. Without an answer, nothing changes."
        case WithoutAnswer.MANAGER if not question.is_to_manager:
            return f"Without an answer by {day}, your manager will be asked."
        case _:
            return f"Without an answer by {day}, an admin will be asked whether the account can be {change}."
