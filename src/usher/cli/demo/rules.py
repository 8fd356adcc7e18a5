"""The demo's rules: one that asks people whether they need their seats, and one that is being watched."""

from collections.abc import Iterator
from datetime import date, timedelta

from usher.cli.demo.cases import CaseWork
from usher.cli.demo.mail import take_mail
from usher.cli.demo.moments import Event, Now, moment, workday, workdays
from usher.cli.demo.team import signs_in
from usher.connections.models import Connection
from usher.connections.working_days.counting import is_working_time
from usher.notify.deliveries.handling import discard
from usher.notify.models import Delivery
from usher.policy import changes
from usher.policy.approving import approve_rule
from usher.policy.asking.answer import answer_question, follow_up
from usher.policy.definition import Definition, Does, What, Who, WithoutAnswer
from usher.policy.models import Policy, SeatQuestion
from usher.policy.running import run
from usher.policy.starting_points import STARTING_POINTS
from usher.policy.trial import newest_trial, perform_trial, request_trial
from usher.removal.cases import transitions
from usher.removal.guardrails.settings import change_guardrails
from usher.removal.models import Case
from usher.removal.states import CaseState

MADE_DAYS_AGO, ACTS_SINCE_DAYS, LAST_RUN_DAYS_AGO = 19, 17, 1
ASKING = Definition(
    "Idle for 90 days: ask, then downgrade",
    Who(idle_for=90, departments=["Finance", "Marketing", "Operations", "Product", "Sales"]),
    What(
        Does.ASK,
        Case.Kind.DOWNGRADE,
        at_most=3,
        answer_within=10,
        without_answer=WithoutAnswer.MANAGER,
    ),
)
SILENT, KEEPS, RELEASES = "silent", "keeps", "releases"
ANSWERS = (KEEPS, RELEASES, SILENT, KEEPS, SILENT, RELEASES, KEEPS, SILENT)
"""What people do, in turn. Managers release."""
NEEDED_FOR = ("I look at the roadmap before each quarter", "Our agency shares its plans there", "")
BOUNCES = 5
"""The mail of so manyth question bounces."""
APPROVED = 2
"""So many of the seats that were released have been downgraded since. Others wait for the visitor."""


class RuleWork:
    """What admins do with rules, what these do, and what people answer."""

    def __init__(self, connection: Connection, cases: CaseWork) -> None:
        self._connection, self._cases, self._team = connection, cases, cases.team
        self._links: dict[int, str] = {}
        """What people got, by the key of the question."""

    def events(self, today: date) -> Iterator[Event]:
        """At half-minutes, when nothing else happens."""
        made = workday(today - timedelta(days=MADE_DAYS_AGO))
        acts = workday(today - timedelta(days=ACTS_SINCE_DAYS))
        yield Event(moment(made, 15, 10, 30), self._make)
        yield Event(moment(made, 15, 40, 30), self._run)
        yield Event(moment(made, 16, 20, 30), self._approve_in_advance)
        yield Event(moment(acts, 8, 40, 30), self._act)
        for day in workdays(acts, today - timedelta(days=LAST_RUN_DAYS_AGO)):
            yield Event(moment(day, 8, 55, 30), self._run)
            yield Event(moment(day, 11, 21, 30), self._answer)
            yield Event(moment(day, 15, 2, 30), self._approve_released)
            yield Event(moment(day, 16, 6, 30), self._run_released)

    def on_arrival(self, now: Now) -> None:
        """Both rules have run and were tried today, if it is a time for writing to people."""
        self._run(now)
        for rule in Policy.objects.all():
            self._try(rule, now)

    @property
    def open_question(self) -> str:
        """The link of somebody who has not answered yet; empty if nobody is asked."""
        asked = SeatQuestion.objects.filter(state=SeatQuestion.State.ASKED, is_to_manager=False)
        # Rather of somebody who used Asana once: the question says when.
        links = [self._links[one.pk] for one in sorted(asked, key=_has_never_used) if one.pk in self._links]
        return links[0] if links else ""

    def _make(self, now: Now) -> None:
        change_guardrails(
            signs_in(self._team.admin, now()),
            {"rules_may_approve": True},
            "So that a rule for leavers need not ask every day",
        )
        for definition in (ASKING, STARTING_POINTS["leavers"]):
            rule = changes.make(definition, signs_in(self._team.rule_maker, now()))
            self._try(rule, now)
            changes.watch(rule, self._team.rule_maker)

    def _try(self, rule: Policy, now: Now) -> None:
        perform_trial(request_trial(rule).pk, now())

    def _approve_in_advance(self, now: Now) -> None:
        """One of two: the other is left to the visitor."""
        rule = _rule(STARTING_POINTS["leavers"])
        approve_rule(rule, signs_in(self._team.second_admin, now()), _trial_of(rule))

    def _act(self, now: Now) -> None:
        rule = _rule(ASKING)
        changes.act(rule, signs_in(self._team.rule_maker, now()), _trial_of(rule))

    def _run(self, now: Now) -> None:
        for rule in Policy.objects.order_by("pk"):
            if rule.state != Policy.State.ACTING or is_working_time(self._connection, now()):
                run(rule, self._connection, now())
        self._take_mail()

    def _answer(self, now: Now) -> None:
        """Also what follows without an answer, which a worker looks for every ten minutes."""
        follow_up(now())
        discard(Delivery.objects.all(), signs_in(self._team.admin, now()))  # the mail that bounced
        self._take_mail()
        for number, question in enumerate(SeatQuestion.objects.order_by("pk")):
            answer = RELEASES if question.is_to_manager else ANSWERS[number % len(ANSWERS)]
            thought = timedelta(days=number % 3, hours=12)
            if question.state != SeatQuestion.State.ASKED or answer == SILENT:
                continue
            if question.pk in self._links and now() - question.asked_at > thought:
                releases, token = answer == RELEASES, self._links[question.pk].split("/")[-2]
                why = "" if releases else NEEDED_FOR[number % len(NEEDED_FOR)]
                answer_question(token, releases=releases, why=why, now=now())

    def _approve_released(self, now: Now) -> None:
        released = Case.objects.filter(cause=Case.Cause.RELEASED)
        missing = APPROVED - released.exclude(state=CaseState.WAITING).count()
        for case in released.filter(state=CaseState.WAITING).order_by("pk")[: max(0, missing)]:
            transitions.approve(case, signs_in(self._team.approver, now()))

    def _run_released(self, now: Now) -> None:
        if Case.objects.filter(cause=Case.Cause.RELEASED, state=CaseState.SCHEDULED).exists():
            self._cases.run_due(now)

    def _take_mail(self) -> None:
        links = take_mail(bounces=f"question {BOUNCES}")
        for question in SeatQuestion.objects.all():
            if link := links.get(f"question {question.pk}"):
                self._links[question.pk] = link


def _has_never_used(question: SeatQuestion) -> bool:
    return "last used" not in question.says


def _rule(definition: Definition) -> Policy:
    return Policy.objects.get(name=definition.name)


def _trial_of(rule: Policy) -> int | None:
    trial = newest_trial(rule)
    return None if trial is None else trial.pk
