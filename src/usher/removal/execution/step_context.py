"""What a step works with, and how it makes a change in Asana without ever losing track of it."""

import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from asgiref.sync import sync_to_async

from usher.asana import (
    AsanaError,
    Exchange,
    MembershipLicence,
    MembershipStatus,
    Uncertain,
    WorkspaceMembership,
    recording,
)
from usher.removal.execution.clients import ActingClient, AsanaClients
from usher.removal.execution.outcomes import AsanaChange
from usher.removal.execution.recheck import check_not_stopped, check_still_valid
from usher.removal.models import Case, Step, Target

RECENT_SECONDS = 10.0


@dataclass
class StepContext:
    """What a step works with. `target` is None for steps of the whole case."""

    case: Case
    step: Step
    target: Target | None
    clients: AsanaClients
    now: Callable[[], datetime]
    targets: list[Target]
    save_calls: Callable[[], Awaitable[None]] = field(repr=False)
    memberships: "MembershipCache" = field(repr=False)
    tries_of_change: int = 0

    @property
    def here(self) -> Target:
        assert self.target is not None
        return self.target

    @property
    def acting(self) -> ActingClient:
        return self.clients.for_workspace(self.here.workspace_gid)

    async def send(self, change: Callable[[], Awaitable[object]]) -> None:
        """Makes a change in Asana, if the case is still right at this moment.

        The moment of sending is stored first, so that a process that dies now leaves a trace of a change that may
        have been made. If Asana rejects the change and the membership is unchanged, that trace is taken back.
        """
        before = self.here.sent_at
        await sync_to_async(self._about_to_send)()
        self.tries_of_change = 0
        try:
            with recording(self._count_try):
                await change()
        except Uncertain:
            raise
        except AsanaError:
            if not await self._may_be_made():
                self.here.sent_at = before
                await self.here.asave(update_fields=["sent_at"])
            raise

    def _count_try(self, _: Exchange) -> None:
        self.tries_of_change += 1

    async def _may_be_made(self) -> bool:
        try:
            return is_as_wanted(self.case, await self.memberships.read(self, self.here))
        except AsanaError:
            return True

    def _about_to_send(self) -> None:
        check_not_stopped(self.case)
        check_still_valid(self.case.pk, self.targets, self.now())
        self.here.sent_at = self.now()
        self.here.save(update_fields=["sent_at"])

    @property
    def was_sent(self) -> bool:
        return self.here.sent_at is not None


@dataclass
class MembershipCache:
    """The memberships that Asana has listed for the person in this run, by workspace, and when."""

    _read: dict[str, tuple[float, WorkspaceMembership | None]] = field(default_factory=dict)

    async def read(self, context: StepContext, target: Target) -> WorkspaceMembership | None:
        gid = target.workspace_gid
        asana = context.clients.for_workspace(gid).asana
        membership = await asana.membership_in(gid, context.case.person_gid)
        self._read[gid] = (time.monotonic(), membership)
        return membership

    async def recent(self, context: StepContext, target: Target) -> WorkspaceMembership | None:
        """Reads it again only if the last read is not recent, or the membership may have changed since."""
        at, membership = self._read.get(target.workspace_gid, (-math.inf, None))
        if target.sent_at is None and time.monotonic() - at < RECENT_SECONDS:
            return membership
        return await self.read(context, target)


@dataclass(frozen=True)
class StepResult:
    """How a step ended. `summary` is for people; `change` is what it changed in Asana, for the ledger."""

    summary: str
    is_skipped: bool = False
    outcome: Target.Outcome | None = None
    recorded: dict[str, object] | None = None
    change: AsanaChange | None = None


def is_as_wanted(case: Case, membership: WorkspaceMembership | None) -> bool:
    """Whether the membership is already as the case wants it."""
    is_active = membership is not None and membership.status == MembershipStatus.ACTIVE
    if case.kind == Case.Kind.RESTORE:
        return is_active
    if case.kind == Case.Kind.DOWNGRADE:
        return not is_active or (membership is not None and membership.licence != MembershipLicence.MEMBER)
    return not is_active
