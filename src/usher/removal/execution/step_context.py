"""What a step is given, and how it makes a change in Asana so that no trace of it is ever lost."""

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

LATELY_SECONDS = 10.0


@dataclass
class StepContext:
    """What a step is given. `target` is None for steps of the whole case."""

    case: Case
    step: Step
    target: Target | None
    hands: AsanaClients
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
        return self.hands.for_workspace(self.here.workspace_gid)

    async def send(self, change: Callable[[], Awaitable[object]]) -> None:
        """Makes the change, where it is still right at this moment.

        That it is sent is stored before: a process that dies now leaves the trace that it may have been made. Where
        Asana refuses, and still lists the membership as it was, it was not made.
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
    """What Asana said of the person in this run, workspace by workspace, and when."""

    _read: dict[str, tuple[float, WorkspaceMembership | None]] = field(default_factory=dict)

    async def read(self, work: StepContext, target: Target) -> WorkspaceMembership | None:
        gid = target.workspace_gid
        asana = work.hands.for_workspace(gid).asana
        found = await asana.membership_in(gid, work.case.person_gid)
        self._read[gid] = (time.monotonic(), found)
        return found

    async def lately(self, work: StepContext, target: Target) -> WorkspaceMembership | None:
        """Read anew only where it was not read a moment ago, or may have been changed since."""
        at, found = self._read.get(target.workspace_gid, (-math.inf, None))
        if target.sent_at is None and time.monotonic() - at < LATELY_SECONDS:
            return found
        return await self.read(work, target)


@dataclass(frozen=True)
class StepResult:
    """How a step ended. `change`: what it changed in Asana, for the ledger."""

    found: str
    is_skipped: bool = False
    outcome: Target.Outcome | None = None
    recorded: dict[str, object] | None = None
    change: AsanaChange | None = None


def is_as_wanted(case: Case, found: WorkspaceMembership | None) -> bool:
    """Whether the membership is as the case wants it."""
    is_active = found is not None and found.status == MembershipStatus.ACTIVE
    if case.kind == Case.Kind.RESTORE:
        return is_active
    if case.kind == Case.Kind.DOWNGRADE:
        return not is_active or (found is not None and found.licence != MembershipLicence.MEMBER)
    return not is_active
