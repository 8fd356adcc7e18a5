"""What a run does with one person: a case, or a question. And telling of those who are new."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice

from asgiref.sync import async_to_sync
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from usher.activity.usage.figures import local_day
from usher.directory.employment.status import EmploymentGroup
from usher.notify.telling import tell
from usher.policy.asking.ask import ask, why_not_asked
from usher.policy.changes import actor_of_rule
from usher.policy.definition import Definition, Does, asks_who_is_away
from usher.policy.finding.absences import AbsenceSeen, read_absences
from usher.policy.finding.find import FoundMember
from usher.policy.models import Policy, PolicyFinding, PolicyRun
from usher.policy.opening_cases import open_for_rule
from usher.removal.leavers.candidates import Candidate, candidates
from usher.removal.models import Case
from usher.removal.pauses.worklist import put_on_list
from usher.removal.states import CaseState

LOOKED_UP_AT_ONCE = 200
APPROVED = "Approved by the rule"
DONE = {CaseState.DRAFT.value: "Draft opened", CaseState.WAITING.value: "Approval requested"}
"""What was done, by the state of a case that was just opened."""
NAMED = 20
"""So many people are named in a message."""


def why_left_out(memberships: Sequence[FoundMember]) -> str:
    """Somebody is left out as soon as one of the memberships is: the exceptions are of people."""
    return next((one.left_out for one in memberships if one.left_out), "")


class ActOnPeople:
    """Does it for one person after another, as far as the limit of the day allows."""

    def __init__(self, begun: PolicyRun, definition: Definition, people: list[int], now: datetime) -> None:
        self._begun, self._what, self._who, self._now = begun, definition.what, definition.who, now
        self._policy, self._actor = begun.policy, actor_of_rule(begun.policy)
        self._people, self._candidates = people, dict[int, Candidate]()
        self._asks_who_is_away = asks_who_is_away(definition)
        self._absences = dict[int, AbsenceSeen]()
        self._today = local_day(begun.connection, now)
        done_today = PolicyFinding.objects.filter(run__policy=begun.policy, run__day=begun.day).exclude(
            done=""
        )
        self._left = self._what.at_most - done_today.count()

    def on(self, finding: PolicyFinding, memberships: Sequence[FoundMember]) -> None:
        """Stores the finding together with what was done, so that a killed run knows it."""
        if self._left <= 0:
            finding.left_out = f"More than {self._what.at_most} in a day: it comes with the next run."
            finding.save()
            return
        if self._what.does is Does.PAUSE:
            with transaction.atomic():
                if self._still_acts(finding):
                    self._put_on_list(finding, memberships)
                finding.save()
        else:
            self._open_or_ask(finding, memberships)
        self._left -= bool(finding.done)

    def was_done_elsewhere(self) -> None:
        """By another process, within the same limit of the day."""
        self._left -= 1

    def _open_or_ask(self, finding: PolicyFinding, memberships: Sequence[FoundMember]) -> None:
        candidate = self._candidate(finding.person_id)
        if candidate is None or not candidate.can_be_opened:
            finding.left_out = (candidate.blocked if candidate else "They have just left.")[:500]
        elif self._what.does is Does.ASK:
            finding.left_out = why_not_asked(finding.person_id, finding.email, self._begun.day)
        if candidate is not None and not finding.left_out:
            self._leave_out_who_is_away(finding, candidate)
        with transaction.atomic():
            if candidate is not None and not finding.left_out and self._still_acts(finding):
                if self._what.does is Does.ASK:
                    self._ask(finding, memberships)
                else:
                    self._open(finding, candidate, memberships)
            finding.save()

    def _still_acts(self, finding: PolicyFinding) -> bool:
        """Whoever switches a rule off while it runs means the rest of the run, too."""
        acting = Policy.objects.filter(
            pk=self._policy.pk, state=Policy.State.ACTING, version=self._begun.version
        )
        if acting.exists():
            return True
        finding.left_out = "The rule was changed or switched off while it ran."
        return False

    def _candidate(self, person: int) -> Candidate | None:
        """Looked up for some people at once. Those beyond the limit of the day are never looked up."""
        if person not in self._candidates and person in self._people:
            begin = self._people.index(person)
            some = self._people[begin : begin + LOOKED_UP_AT_ONCE]
            self._candidates = {one.person.pk: one for one in candidates(some)}
        return self._candidates.get(person)

    def _leave_out_who_is_away(self, finding: PolicyFinding, candidate: Candidate) -> None:
        """Whoever has left while away has left."""
        if not self._asks_who_is_away or candidate.group == EmploymentGroup.LEFT:
            return
        if candidate.person.pk not in self._absences:
            some = list(self._next(candidate))
            self._absences |= async_to_sync(read_absences)(self._begun.connection, some, self._today)
        seen = self._absences[candidate.person.pk]
        finding.left_out = seen.left_out
        finding.detail = f"{finding.detail[:380]} {seen.remark}".strip() if seen.remark else finding.detail

    def _next(self, candidate: Candidate) -> Iterator[Candidate]:
        """This one and those after it on whom the run would act, as many as the limit of the day allows."""
        yield candidate
        behind = self._people[self._people.index(candidate.person.pk) + 1 :]
        known = (self._candidates[pk] for pk in behind if pk in self._candidates)
        yield from islice((one for one in known if self._would_act_on(one)), max(0, self._left - 1))

    def _would_act_on(self, one: Candidate) -> bool:
        if self._what.does is Does.ASK and why_not_asked(one.person.pk, one.person.email, self._begun.day):
            return False
        return one.can_be_opened

    def _put_on_list(self, finding: PolicyFinding, memberships: Sequence[FoundMember]) -> None:
        """On the list of licences to pause, by the same verb as a person does: it refuses the same people."""
        gids = [one.listed.workspace.gid for one in memberships]
        why = f"Rule “{self._policy.name}”"
        finding.left_out = "They have just left."
        for result in put_on_list([finding.person_id], why, self._actor, gids):
            finding.left_out = result.problem[:500]
            finding.done = "" if result.problem else "Put on the list of licences to pause"

    def _ask(self, finding: PolicyFinding, memberships: Sequence[FoundMember]) -> None:
        listed = memberships[0].listed
        gids = [one.listed.workspace.gid for one in memberships]
        asked = ask(self._policy, self._what, listed, self._begun.connection, gids, self._actor, self._now)
        if asked is None:
            finding.left_out = "Asked, and the answer is awaited."
        else:
            finding.done = "Asked"

    def _open(self, finding: PolicyFinding, candidate: Candidate, memberships: Sequence[FoundMember]) -> None:
        finding.case, finding.left_out = open_for_rule(
            self._policy,
            self._what,
            candidate,
            otherwise=Case.Cause.IDLE if self._who.idle_for else Case.Cause.BY_HAND,
            reason=f"Rule “{self._policy.name}”. {candidate.says}".strip(),
            # A leaver goes everywhere; whoever is idle in one workspace keeps the others.
            workspaces=() if candidate.is_leaver else [one.listed.workspace.gid for one in memberships],
            requests=self._what.does is Does.REQUEST,
        )
        if finding.case is not None:
            finding.done = DONE.get(finding.case.state, APPROVED)


def tell_of_new(begun: PolicyRun) -> None:
    """Of those whom the run before, in this connection, did not find."""
    runs = begun.policy.runs.filter(connection=begun.connection, state=PolicyRun.State.DONE)
    before = runs.exclude(pk=begun.pk).filter(version=begun.version).first()
    found = begun.findings.filter(left_out="").order_by("name", "pk")
    if before is not None:
        found = found.exclude(person__in=before.findings.values("person"))
    _tell("rule_found", begun, found)


def tell_of_approved(begun: PolicyRun) -> None:
    """Whoever may cancel a case hears of those that no person has looked at."""
    _tell("rule_approved", begun, begun.findings.filter(done=APPROVED).order_by("name", "pk"))


def _tell(kind: str, begun: PolicyRun, found: QuerySet[PolicyFinding]) -> None:
    count = found.count()
    if not count:
        return
    lines = [_line(one) for one in found[:NAMED]]
    if count > NAMED:
        lines.append(f"and {count - NAMED:,} more")
    tell(
        kind,
        f"run {begun.pk}",
        {"rule": begun.policy.name, "found": count, "account": begun.connection.name, "lines": lines},
        connection=begun.connection,
        path=reverse("policy:run", args=[begun.policy_id, begun.pk]),
    )


def _line(finding: PolicyFinding) -> str:
    """“Ann Smith (ann@example.com) joined 3 Nov 2026, invited by Bob Lee (bob@example.com)”."""
    who = f"{finding.name} ({finding.email})" if finding.email else finding.name
    detail = finding.detail
    return f"{who} {detail[0].lower()}{detail[1:]}" if detail else who
