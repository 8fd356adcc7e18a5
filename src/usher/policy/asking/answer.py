"""Answers, and what follows without one. A case that follows waits for approval like any other."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from usher.activity.models import ListedMembership
from usher.activity.usage.figures import local_day
from usher.connections.working_days.counting import days_later, is_working_time
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.notify.models import Delivery
from usher.notify.telling import delivery_state
from usher.platform.scope import whole_installation
from usher.policy.asking.ask import (
    ask_manager,
    has_link,
    kind_of_notice,
    notice_keys,
    remind,
    subject_of_question,
)
from usher.policy.changes import actor_of_rule, definition_of
from usher.policy.definition import What, WithoutAnswer
from usher.policy.models import Policy, SeatQuestion
from usher.policy.opening_cases import open_for_rule
from usher.refusals import Refused
from usher.removal.leavers.candidates import candidates
from usher.removal.models import Case, Guardrails
from usher.web.phrases import day_in_words

State = SeatQuestion.State


class QuestionOver(Refused):
    """The question was answered, or is no longer asked."""


@whole_installation()
def question_of(token: str) -> SeatQuestion | None:
    """The question of a link, whatever its state; None for a link that leads to none."""
    questions = SeatQuestion.objects.select_related("policy", "connection", "person")
    return questions.filter(has_link(token)).first()


@whole_installation()
@transaction.atomic
def answer_question(
    token: str, *, releases: bool, why: str = "", now: datetime | None = None
) -> SeatQuestion:
    """Keeps the answer, and opens a case where the seat is released. Raises QuestionOver."""
    now = now or timezone.now()
    question = _locked(has_link(token))
    if question is None or local_day(question.connection, now) > question.answer_by:
        raise QuestionOver("This question is over.", "Ask your Asana admin if something is to change.")
    who = Actor("person", question.address, via="answer to a rule")
    question.state = State.RELEASED if releases else State.KEPT
    question.answered_at, question.why = now, " ".join(why.split())[:500]
    if releases:
        _open(
            question,
            definition_of(question.policy).what,
            "released the seat",
            cause=Case.Cause.RELEASED,
            requests=True,
        )
    question.save()
    record(
        who,
        "rule.seat_released" if releases else "rule.seat_kept",
        subject_of_question(question),
        reason=question.why,
        after={"case": question.case_id, "problem": question.problem},
        connection=question.connection_id,
    )
    return question


@whole_installation()
def follow_up(now: datetime | None = None) -> int:
    """Reminds, and closes what bounced, is settled or was not answered. Returns how many questions were closed.

    Each in a transaction of its own; a question whose rule no longer acts is no longer asked. After a restore nothing
    is done before an admin has looked: people may have answered since the backup.
    """
    now, closed = now or timezone.now(), 0
    if Guardrails.get().restored_at is not None:
        return 0
    keys = list(SeatQuestion.objects.filter(state=State.ASKED).order_by("pk").values_list("pk", flat=True))
    for pk in keys:
        with transaction.atomic():
            question = _locked(Q(pk=pk))
            if question is not None:
                closed += _follow(question, now)
    return closed


def _follow(question: SeatQuestion, now: datetime) -> bool:
    what = definition_of(question.policy).what
    today = local_day(question.connection, now)
    if question.policy.state not in (Policy.State.ACTING, Policy.State.ASKING):
        return _close(question, State.ENDED, now)
    if _has_bounced(question):
        return _close(question, State.BOUNCED, now)
    if _used_since(question):
        return _close(question, State.USED, now)
    may_send = is_working_time(question.connection, now)
    if today > question.answer_by:
        if _asks_manager(question, what) and not may_send:
            return False  # closed when the manager is asked
        _without_answer(question, what, now)
        return _close(question, State.NO_ANSWER, now)
    if question.reminded_at is None and may_send:
        asked_on = local_day(question.connection, question.asked_at)
        half_way = days_later(asked_on, what.answer_within // 2, question.connection.holiday_calendar)
        if half_way <= today or _slack_does_not_know(question):
            remind(question, what, now)
    return False


def _asks_manager(question: SeatQuestion, what: What) -> bool:
    return what.without_answer is WithoutAnswer.MANAGER and not question.is_to_manager


def _close(question: SeatQuestion, state: SeatQuestion.State, now: datetime) -> bool:
    question.state, question.answered_at = state, now
    if state in (State.ENDED, State.USED):
        question.not_again_before = None  # nobody has answered, and nobody has kept silent
    question.save()
    record(
        actor_of_rule(question.policy),
        f"rule.question_{state.value}",
        subject_of_question(question),
        after={"case": question.case_id, "problem": question.problem},
        connection=question.connection_id,
    )
    return True


def _without_answer(question: SeatQuestion, what: What, now: datetime) -> None:
    match what.without_answer:
        case WithoutAnswer.NOTHING:
            return
        case WithoutAnswer.MANAGER if _asks_manager(question, what):
            manager = _manager_of(question)
            if manager is not None:
                # The question to the person has to be closed first: one is open at a time.
                SeatQuestion.objects.filter(pk=question.pk).update(state=State.NO_ANSWER)
                ask_manager(question, what, *manager, actor_of_rule(question.policy), now)
                return
            question.problem = "No manager with an address in Asana is known."
    _open(question, what, "did not answer", requests=what.without_answer is WithoutAnswer.REQUEST)


def _manager_of(question: SeatQuestion) -> tuple[str, str] | None:
    """Name and address of the manager in Asana."""
    candidate = next(iter(candidates([question.person_id])), None)
    manager = candidate.manager.receiver if candidate and candidate.manager else None
    return (manager.name, manager.email) if manager and manager.email else None


def _open(
    question: SeatQuestion,
    what: What,
    did: str,
    *,
    requests: bool,
    cause: Case.Cause = Case.Cause.IDLE,
) -> None:
    """Opens a case, or says in the question why there is none."""
    who = f"Their manager ({question.address})" if question.is_to_manager else "The person"
    reason = (
        f"Rule “{question.policy.name}” asked on {day_in_words(local_day(question.connection, question.asked_at))}: "
        f"{question.says} {who} {did}{f', saying: {question.why}' if question.why else ''}."
    )
    question.case, problem = open_for_rule(
        question.policy,
        what,
        next(iter(candidates([question.person_id])), None),
        otherwise=cause,
        reason=reason,
        workspaces=question.workspaces,
        requests=requests,
    )
    question.problem = " ".join(filter(None, (question.problem, problem)))[:500]


def _locked(which: Q) -> SeatQuestion | None:
    """An open question, locked until the transaction ends."""
    questions = SeatQuestion.objects.select_for_update(of=("self",)).select_related("policy", "connection")
    return questions.filter(which, state=State.ASKED).first()


def _has_bounced(question: SeatQuestion) -> bool:
    states = {delivery_state(kind_of_notice(question), key) for key in notice_keys(question)}
    return Delivery.State.BOUNCED in states


def _slack_does_not_know(question: SeatQuestion) -> bool:
    """Whether the first message has failed, as in Slack for whoever is not there."""
    return delivery_state(kind_of_notice(question), notice_keys(question)[0]) == Delivery.State.FAILED


def _used_since(question: SeatQuestion) -> bool:
    return ListedMembership.objects.filter(
        person=question.person_id, last_used_at__gt=question.asked_at
    ).exists()
