"""What a run does with somebody who is about to leave: it writes to them."""

from collections.abc import Sequence
from datetime import date, datetime

from asgiref.sync import async_to_sync
from django.db import transaction

from usher.directory.employment.status import EmploymentGroup
from usher.policy.acting import ActOnPeople
from usher.policy.definition import Definition, Does
from usher.policy.finding.find import FoundMember
from usher.policy.leaving.letters import why_not_written, write
from usher.policy.leaving.private_work import PrivateWork, read_private_work
from usher.policy.models import PolicyFinding, PolicyRun
from usher.removal.leavers.candidates import Candidate


class WriteToLeavers(ActOnPeople):
    """Changes nothing in Asana. An open case does not matter: it says what happens after the last day."""

    def __init__(self, begun: PolicyRun, definition: Definition, people: list[int], now: datetime) -> None:
        super().__init__(begun, definition, people, now)
        self._work = dict[int, PrivateWork]()

    def on(self, finding: PolicyFinding, memberships: Sequence[FoundMember]) -> None:
        candidate = self._candidate(finding.person_id) if self._left > 0 else None
        if self._left <= 0:
            finding.left_out = f"More than {self._what.at_most} in a day: it comes with the next run."
        elif candidate is None or (last_day := self._last_day(candidate)) is None:
            finding.left_out = "The directory no longer says that they are about to leave."
        else:
            finding.left_out = why_not_written(candidate.person.pk, candidate.person.email, last_day)
        if candidate is not None and not finding.left_out:
            self._leave_out_who_is_away(finding, candidate)
        work = self._work_of(candidate) if candidate is not None and not finding.left_out else None
        if work is not None and work.problem:
            finding.left_out = work.problem
        with transaction.atomic():
            if candidate and work and not finding.left_out and self._still_acts(finding):
                self._write(finding, candidate, work)
            finding.save()
        self._left -= bool(finding.done)

    def _write(self, finding: PolicyFinding, candidate: Candidate, work: PrivateWork) -> None:
        connection, in_slack = self._begun.connection, self._what.in_slack
        finding.left_out = write(
            self._policy, candidate, connection, work, self._actor, self._now, in_slack=in_slack
        )
        if not finding.left_out:
            count = len(work.things)
            named = (
                f"{count} {'thing' if count == 1 else 'things'} named" if count else "nothing seen to name"
            )
            finding.done = f"Written to, {named}"

    def _work_of(self, candidate: Candidate) -> PrivateWork:
        """Read for some people at once."""
        if candidate.person.pk not in self._work:
            some = list(self._next(candidate))
            self._work |= async_to_sync(read_private_work)(self._begun.connection, some)
        return self._work[candidate.person.pk]

    def _would_act_on(self, one: Candidate) -> bool:
        last_day = self._last_day(one)
        return last_day is not None and not why_not_written(one.person.pk, one.person.email, last_day)

    def _last_day(self, one: Candidate) -> date | None:
        """Of somebody who has not left by now."""
        is_leaving = one.group == EmploymentGroup.LEAVING and one.last_day is not None
        return one.last_day if is_leaving and one.last_day and one.last_day >= self._today else None


def acting_for(begun: PolicyRun, definition: Definition, people: list[int], now: datetime) -> ActOnPeople:
    """What acts for a rule."""
    acts = WriteToLeavers if definition.what.does is Does.MAKE_PUBLIC else ActOnPeople
    return acts(begun, definition, people, now)
