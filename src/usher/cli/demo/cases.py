"""What the demo's operator and approver do: cases of the past that are done, and cases that wait for the visitor."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import QuerySet

from usher.activity.models import ListedMembership
from usher.activity.usage.conditions import idle_seats
from usher.activity.usage.figures import window_of
from usher.cli.demo.team import DemoTeam, signs_in
from usher.cli.demo.workforce import Leaver, Workforce
from usher.cli.errors import Failed
from usher.connections.models import Connection
from usher.directory.models import Protected
from usher.ledger.actors import Actor
from usher.removal.cases import transitions
from usher.removal.cases.opening import CaseRequest, open_case
from usher.removal.execution.runner import run_due
from usher.removal.guardrails.protected_list import protect_person
from usher.removal.models import Case
from usher.removal.states import CaseState
from usher.roster.models import Person, Role
from usher.sandbox.company import company as simulated

IDLE_DAYS = 90
ADMIN_APPROVES_EVERY = 6


@dataclass
class CaseWork:
    """What people do with cases. Each method is one action of one person."""

    connection: Connection
    workforce: Workforce
    team: DemoTeam
    requested: dict[int, Case] = field(default_factory=dict)
    """Cases by the number of the person in the simulated company."""
    approvals: int = 0

    def request_removal(self, leaver: Leaver, now: datetime, *, hand_over: bool) -> None:
        manager = self.workforce.manager(leaver.person) if hand_over else None
        request = CaseRequest(
            cause=Case.Cause.DIRECTORY,
            reason="Left the company" if leaver.last_day < now.date() else "Leaving the company",
            hand_over_to=self.person(manager) if manager else None,
        )
        operator = signs_in(self.team.operator, now)
        case = open_case(self.person(leaver.person), request, operator)
        self.requested[leaver.person.number] = transitions.request_approval(case, operator)

    def approve(self, person: simulated.Person, now: datetime, note: str = "") -> None:
        self.approvals += 1
        by_admin = self.approvals % ADMIN_APPROVES_EVERY == 0
        approver = signs_in(self.team.admin if by_admin else self.team.approver, now)
        transitions.approve(self.requested[person.number], approver, note=note)

    def run_due(self, now: Callable[[], datetime]) -> None:
        """As a worker does every minute."""
        asyncio.run(run_due(self.connection.pk, now=now))
        fine = (CaseState.DONE, CaseState.SUPERSEDED)  # some use Asana again
        unfinished = Case.objects.filter(scheduled_for__lte=now()).exclude(state__in=fine).first()
        if unfinished is not None:
            raise Failed(
                f"The demo's {unfinished} did not end well: {unfinished.error or unfinished.held_by}"
            )

    def protect(self, leaver: Leaver, now: datetime) -> None:
        team = self.workforce.department(leaver.person)
        note = f"Owns the rules of the {team} team; somebody else must take them over first"
        admin = signs_in(self.team.admin, now)
        protect_person(self.person(leaver.person), Protected.Why.INTEGRATION, note, admin)

    def request_by_mistake(self, person: simulated.Person, now: datetime) -> None:
        operator = signs_in(self.team.operator, now)
        request = CaseRequest(cause=Case.Cause.BY_HAND, reason="The contract ends this month")
        transitions.request_approval(open_case(self.person(person), request, operator), operator)

    def cancel_mistake(self, now: datetime) -> None:
        mistake = Case.objects.get(cause=Case.Cause.BY_HAND, state=CaseState.WAITING)
        operator = signs_in(self.team.operator, now)
        transitions.cancel(mistake, operator, reason="The contract was extended")

    def request_downgrades(self, count: int, now: datetime) -> None:
        operator = signs_in(self.team.operator, now)
        for seat in self._idle(count, now):
            transitions.request_approval(self._open_idle(seat, operator), operator)

    def approve_downgrades(self, now: datetime) -> None:
        for case in self._waiting_downgrades():
            transitions.approve(case, signs_in(self.team.approver, now))

    def reject_downgrade(self, now: datetime) -> None:
        for case in self._waiting_downgrades():
            approver = signs_in(self.team.approver, now)
            transitions.reject(case, approver, note="On parental leave, back in January")

    def draft_idle_seat(self, now: datetime) -> None:
        for seat in self._idle(1, now):
            self._open_idle(seat, signs_in(self.team.operator, now))

    def person(self, person: simulated.Person) -> Person:
        gid = self.workforce.company.gids.users.gid(person.number)
        return Person.objects.get(connection=self.connection, gid=gid)

    def _waiting_downgrades(self) -> QuerySet[Case]:
        """Those that the operator requested: rules have their own."""
        waiting = Case.objects.filter(kind=Case.Kind.DOWNGRADE, state=CaseState.WAITING)
        return waiting.filter(cause=Case.Cause.IDLE).order_by("pk")

    def _open_idle(self, seat: ListedMembership, operator: Actor) -> Case:
        request = CaseRequest(
            Case.Kind.DOWNGRADE,
            Case.Cause.IDLE,
            f"No usage for {IDLE_DAYS} days",
            workspaces=(seat.workspace.gid,),
        )
        return open_case(seat.person, request, operator)

    def _idle(self, count: int, now: datetime) -> list[ListedMembership]:
        """Idle seats of employees who have no case yet, and whom no rule has asked.

        Where a service account can change licences.
        """
        seats = idle_seats(self.connection, window_of(self.connection, IDLE_DAYS, now=now)).filter(
            role=Role.MEMBER,
            workspace__is_organization=True,
            person__removal_cases=None,
            person__seat_questions=None,
            person__matches__counts=True,
        )
        return list(seats.order_by("person__gid").distinct()[:count])
