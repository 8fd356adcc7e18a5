"""Who invited the members of an organization: a colleague at work, the service account, or nobody."""

from __future__ import annotations

from itertools import pairwise

from usher.sandbox.audit_log import event_types as events
from usher.sandbox.audit_log.event_types import Use
from usher.sandbox.company.company import Company, Membership, Workspace
from usher.sandbox.company.gids import mix
from usher.sandbox.life.oddities import ASANA
from usher.sandbox.life.working_life import DAY_MS, WorkingLife

ASKED = 24
"""So many colleagues are looked at for one who was at work in that moment."""


class Invitations:
    """`gap_ms`: the longest pause within a session. An invitation lies within one, so that it changes nobody's days,
    sessions and last use.
    """

    def __init__(
        self, company: Company, life: WorkingLife, workspace: Workspace, provisioner: int, gap_ms: int
    ) -> None:
        self._company, self._life, self._workspace = company, life, workspace
        self._provisioner, self._gap_ms = provisioner, gap_ms

    def by(self, membership: Membership, at: int) -> tuple[int, int]:
        """The actor and the context of the joining at a moment, in milliseconds. The same each time."""
        drawn = mix(self._company.seed, membership.number, 501)
        if drawn % 3 == 1 and (colleague := self._colleague_at_work(membership, at, drawn)) is not None:
            return colleague, events.WEB
        if drawn % 3 == 2 and self._is_of_the_domain(membership):
            return ASANA, events.BY_ASANA
        return self._provisioner, events.BY_ASANA if self._provisioner == ASANA else events.SERVICE

    def _is_of_the_domain(self, membership: Membership) -> bool:
        email = self._company.people[membership.person].email or ""
        return email.rpartition("@")[2] in self._workspace.email_domains

    def _colleague_at_work(self, membership: Membership, at: int, drawn: int) -> int | None:
        members = self._workspace.members
        for step in range(ASKED):
            number = members[(drawn // 3 + step) % len(members)]
            person = self._company.people[self._company.memberships[number].person]
            if person.number == membership.person or person.is_service_account:
                continue
            used = [
                action.at
                for action in self._life.planned(person, at // DAY_MS)
                if action.workspace == self._workspace.number and action.use == Use.HUMAN
            ]
            if any(
                before <= at <= after and after - before <= self._gap_ms for before, after in pairwise(used)
            ):
                return person.number
        return None
