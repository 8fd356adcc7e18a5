"""The steps of a case. Each looks before it acts, so that doing it again changes nothing more.

A step may be cut off anywhere: its process killed, its answer lost. What is uncertain is read from Asana before
anything is repeated.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from asgiref.sync import sync_to_async
from django.db.models import Exists
from django.utils import timezone

from usher.activity.models import PersonUsage
from usher.asana import (
    AsanaError,
    BadRequest,
    Exchange,
    Licence,
    NotFound,
    Status,
    Uncertain,
    WorkspaceMembership,
    recording,
)
from usher.connections.models import Connection, Mode
from usher.directory.groups import employment_of
from usher.directory.models import Employee
from usher.ledger.chain import JSON
from usher.removal import hand_over
from usher.removal.acting import Acting, Hands
from usher.removal.facts import standing_refusals_of
from usher.removal.guardrails import Rule
from usher.removal.look import look_behind
from usher.removal.models import Case, Guardrails, Step, Target
from usher.removal.notices import notify_about
from usher.removal.outcomes import DoneInAsana, Failed, Superseded, Waits

LATELY_SECONDS = 10.0
VERIFY_AFTER_SECONDS = (0.0, 0.5, 2.0, 5.0, 10.0)


@dataclass
class Work:
    """What a step is given. `target` is None for steps of the whole case."""

    case: Case
    step: Step
    target: Target | None
    hands: Hands
    now: Callable[[], datetime]
    targets: list[Target]
    save_calls: Callable[[], Awaitable[None]] = field(repr=False)
    memberships: "Memberships" = field(repr=False)
    tries_of_change: int = 0

    @property
    def here(self) -> Target:
        assert self.target is not None
        return self.target

    @property
    def acting(self) -> Acting:
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
            return _is_so(self.case, await self.memberships.read(self, self.here))
        except AsanaError:
            return True

    def _about_to_send(self) -> None:
        halt_if_stopped(self.case)
        _still_right(self)
        self.here.sent_at = self.now()
        self.here.save(update_fields=["sent_at"])

    @property
    def was_sent(self) -> bool:
        return self.here.sent_at is not None


@dataclass
class Memberships:
    """What Asana said of the person in this run, workspace by workspace, and when."""

    _read: dict[str, tuple[float, WorkspaceMembership | None]] = field(default_factory=dict)

    async def read(self, work: Work, target: Target) -> WorkspaceMembership | None:
        gid = target.workspace_gid
        asana = work.hands.for_workspace(gid).asana
        found = await asana.membership_in(gid, work.case.person_gid)
        self._read[gid] = (time.monotonic(), found)
        return found

    async def lately(self, work: Work, target: Target) -> WorkspaceMembership | None:
        """Read anew only where it was not read a moment ago, or may have been changed since."""
        at, found = self._read.get(target.workspace_gid, (-math.inf, None))
        if target.sent_at is None and time.monotonic() - at < LATELY_SECONDS:
            return found
        return await self.read(work, target)


@dataclass(frozen=True)
class Done:
    """How a step ended. `change`: what it changed in Asana, for the ledger."""

    found: str
    is_skipped: bool = False
    outcome: Target.Outcome | None = None
    recorded: dict[str, object] | None = None
    change: DoneInAsana | None = None


async def recheck(work: Work) -> Done:
    """Still leaving, still active, not protected, still allowed. Raises Superseded, Waits or Failed."""
    pending = [target for target in work.targets if target.outcome == Target.Outcome.PENDING]
    left = [target for target in pending if not _is_so(work.case, await work.memberships.read(work, target))]
    if not left:
        if _was_changed(work):
            return Done("All that it was to change is changed already.")
        raise Superseded(_already(work.case))
    await sync_to_async(_still_right)(work)
    return Done("It is still right: all conditions hold, and Asana lists the membership.")


def _is_so(case: Case, found: WorkspaceMembership | None) -> bool:
    """Whether the membership is as the case wants it."""
    is_active = found is not None and found.status == Status.ACTIVE
    if case.kind == Case.Kind.RESTORE:
        return is_active
    if case.kind == Case.Kind.DOWNGRADE:
        return not is_active or (found is not None and found.licence != Licence.MEMBER)
    return not is_active


def _was_changed(work: Work) -> bool:
    return any(target.sent_at or target.outcome != Target.Outcome.PENDING for target in work.targets)


def halt_if_stopped(case: Case) -> None:
    """Between any two steps and before each change: the stop switch and the mode hold at once. Raises Waits."""
    may_act = Connection.objects.filter(pk=case.connection_id or 0, disconnected_at=None, mode=Mode.ACT)
    # Asked often, so in one query.
    settings = Guardrails.objects.annotate(may_act=Exists(may_act)).get(pk=1)
    if settings.stopped_at is not None and case.kind != Case.Kind.RESTORE:
        reason = f": {settings.stop_reason}" if settings.stop_reason else "."
        raise Waits(f"All removals were stopped{reason}", "An admin can let them go on.")
    if not settings.may_act:
        raise Waits(
            "The connection may not act any more: it was disconnected, or its mode is “Read”.",
            "An admin can connect it again or change its mode, under Integrations.",
        )


def _still_right(work: Work) -> None:
    """Read anew from the database. Raises Superseded, Waits or Failed."""
    case = Case.objects.select_related("connection", "person__connection").get(pk=work.case.pk)
    try:
        _recheck_here(case, work.now())
    except Superseded as why:
        made = [one.workspace_name for one in work.targets if one.outcome == Target.Outcome.DONE]
        is_given = case.steps.filter(name=Step.Name.HAND_OVER, state=Step.State.DONE).exists()
        if not made and not is_given:
            raise
        verb = "made view-only in" if case.kind == Case.Kind.DOWNGRADE else "taken out of"
        undone = [f"they were {verb} {', '.join(made)}"] if made else []
        undone += ["their work was handed over"] if is_given else []
        raise Failed(
            f"{why} But before that, {' and '.join(undone)}.",
            "Cancel this case. If they are to stay, invite them again; what was handed over stands in the case.",
        ) from why


def _recheck_here(case: Case, now: datetime) -> None:
    for refusal in standing_refusals_of(case):
        if refusal.rule == Rule.PROTECTED:
            raise Failed(refusal.reason, refusal.remedy)
        raise Waits(refusal.reason, refusal.remedy)
    if case.person is None or case.connection is None or case.kind == Case.Kind.RESTORE:
        return
    if case.cause == Case.Cause.DIRECTORY:
        _recheck_employment(case, now)
    if case.cause == Case.Cause.IDLE:
        usage = PersonUsage.objects.filter(
            connection=case.connection_id, user_gid=case.person_gid, last_used_at__gt=case.opened_at
        ).first()
        if usage is not None:
            raise Superseded("They have used Asana since the case was opened, so the seat is not idle.")


def _recheck_employment(case: Case, now: datetime) -> None:
    assert case.person is not None and case.connection is not None
    today = timezone.localdate(now, ZoneInfo(case.connection.time_zone))
    found = employment_of(case.person, today)
    if found.status == Employee.Status.LEFT:
        return
    if found.status == Employee.Status.LEAVING:
        Case.objects.filter(pk=case.pk).update(last_day=found.last_day)
        last_day = f"{found.last_day:%-d %b %Y}" if found.last_day else "in the future"
        raise Waits(f"Their last day of work is {last_day} now.", "It runs when that day is over.")
    if found.status == Employee.Status.ACTIVE:
        raise Superseded("The directory says that they work here again.")
    raise Superseded(f"The directory no longer says that they left: {found.reason}")


def _already(case: Case) -> str:
    if case.kind == Case.Kind.RESTORE:
        return "They are back in Asana already."
    if case.kind == Case.Kind.DOWNGRADE:
        return "They hold no Member licence any more."
    return "Asana lists them as gone already. Usher removed nobody."


async def record(work: Work) -> Done:
    """The access that they have, for the evidence and for whoever must restore it."""
    membership = await work.memberships.lately(work, work.here)
    seen = await look_behind(membership, work.hands, work.case.person_gid, work.here)
    if not seen.is_active and work.was_sent:
        return Done("They are gone already; what was recorded before stands.", is_skipped=True)
    words = (
        f"{_role(seen.role, seen.licence)}; {len(seen.teams):,} teams, {len(seen.tasks):,} open tasks, "
        f"{len(seen.projects):,} projects owned."
    )
    return Done(words, recorded=seen.to_keep())


async def hand_work_over(work: Work) -> Done:
    if work.was_sent:
        return Done("They were being removed already.", is_skipped=True)

    async def may_change() -> None:
        await sync_to_async(halt_if_stopped)(work.case)

    giving = hand_over.Giving(work.acting, work.hands, work.case, work.here, may_change, work.save_calls)
    return _handed_over(work, await hand_over.hand_over(giving))


def _handed_over(work: Work, result: hand_over.Result) -> Done:
    receiver = work.case.hand_over_name or work.case.hand_over_email
    tasks, projects = result.tasks, result.projects
    if not tasks and not projects:
        return Done("There was nothing to hand over.", is_skipped=True)
    after: JSON = {
        "workspace_gid": work.here.workspace_gid,
        "to_gid": work.case.hand_over_gid,
        "tasks": sorted(tasks),
        "projects": sorted(projects),
    }
    return Done(
        f"{receiver} now has {len(tasks):,} tasks and {len(projects):,} projects of theirs.",
        change=DoneInAsana("asana.work_handed_over", after=after),
    )


async def remove(work: Work) -> Done:
    gid, workspace = work.case.person_gid, work.here.workspace_gid
    membership = await work.memberships.lately(work, work.here)
    if membership is None or membership.status != Status.ACTIVE:
        if not work.was_sent:
            return Done("They were gone already.", is_skipped=True, outcome=Target.Outcome.ALREADY)
        return Done("Removed. The answer was lost, so it was read from Asana.", change=_removed(work))
    try:
        await work.send(lambda: work.acting.asana.remove_user(workspace, gid))
    except (BadRequest, NotFound) as error:
        # Asana refuses to remove whoever is gone: somebody else was quicker, or an earlier try did it after all.
        if not _is_so(work.case, await work.memberships.read(work, work.here)):
            raise
        if work.tries_of_change == 1:
            return Done("They were gone already.", is_skipped=True, outcome=Target.Outcome.ALREADY)
        return Done(f"Removed by an earlier try. Read from Asana, which said: {error}", change=_removed(work))
    return Done(f"Removed, as {work.acting.who}.", change=_removed(work))


async def downgrade(work: Work) -> Done:
    service = work.hands.service_for(work.here.workspace_gid)
    if service is None:
        raise Failed(
            "Only a service account can change licences, and none of this connection reaches the workspace.",
            "Give the connection a service-account token (Enterprise), or remove the person instead.",
        )
    gid = work.case.person_gid
    membership = await service.asana.membership_in(work.here.workspace_gid, gid)
    if membership is None or membership.licence != Licence.MEMBER:
        if not work.was_sent:
            return Done("They hold no Member licence.", is_skipped=True, outcome=Target.Outcome.ALREADY)
        return Done("View-only. The answer was lost, so it was read from Asana.", change=_downgraded(work))
    user = await service.asana.scim.user(gid)
    if user is None:
        raise Failed(
            "Asana's SCIM server does not know this person.", "Change the licence in Asana's Admin Console."
        )
    await work.send(lambda: service.asana.scim.set_licence(gid, "view only"))
    return Done("View-only now; the seat is free.", change=_downgraded(work))


async def invite(work: Work) -> Done:
    gid, workspace = work.case.person_gid, work.here.workspace_gid
    membership = await work.acting.asana.membership_in(workspace, gid)
    change = DoneInAsana("asana.user_invited", after={"workspace_gid": workspace, "user_gid": gid})
    if membership is not None and membership.status == Status.ACTIVE:
        if not work.was_sent:
            return Done("They were back already.", is_skipped=True, outcome=Target.Outcome.ALREADY)
        return Done("Invited. The answer was lost, so it was read from Asana.", change=change)
    # The address, where it is known: Asana may not know the gid any more.
    await work.send(lambda: work.acting.asana.add_user(workspace, work.case.person_email or gid))
    return Done(f"Invited, as {work.acting.who}.", change=change)


async def verify(work: Work) -> Done:
    """Reads the membership until it is as it should be, for some seconds: Asana may need a moment."""
    if work.here.outcome == Target.Outcome.ALREADY:
        return Done("There was nothing to do here.", is_skipped=True)
    words = ""
    for wait in VERIFY_AFTER_SECONDS:
        await asyncio.sleep(wait)
        membership = await work.acting.asana.membership_in(work.here.workspace_gid, work.case.person_gid)
        is_active = membership is not None and membership.status == Status.ACTIVE
        is_seat = is_active and membership is not None and membership.licence == Licence.MEMBER
        if work.case.kind == Case.Kind.RESTORE:
            is_right, words = is_active, "Asana does not list them as active"
        elif work.case.kind == Case.Kind.DOWNGRADE:
            is_right, words = not is_seat, "Asana still lists a Member licence"
        else:
            is_right, words = not is_active, "Asana still lists them as active"
        if is_right:
            how = "not at all" if membership is None else f"as {membership.status.value.replace('_', ' ')}"
            if work.case.kind == Case.Kind.DOWNGRADE:
                how = "as view-only"
            return Done(f"Verified: Asana lists them {how}.", outcome=Target.Outcome.DONE)
    raise Failed(f"{words}, though it accepted the change.", "Look in Asana's Admin Console, then try again.")


async def notify(work: Work) -> Done:
    told = await sync_to_async(notify_about)(work.case)
    return Done(told.words, is_skipped=not told.was_sent)


def _removed(work: Work) -> DoneInAsana:
    return DoneInAsana(
        "asana.user_removed",
        before=_before(work.here),
        after={
            "workspace_gid": work.here.workspace_gid,
            "user_gid": work.case.person_gid,
            "status": "removed",
        },
    )


def _downgraded(work: Work) -> DoneInAsana:
    return DoneInAsana(
        "asana.licence_changed",
        before=_before(work.here),
        after={
            "workspace_gid": work.here.workspace_gid,
            "user_gid": work.case.person_gid,
            "licence": "view_only",
        },
    )


def _before(target: Target) -> dict[str, JSON]:
    return {"role": str(target.role), "licence": str(target.licence), "status": "active"}


def _role(role: object, licence: object) -> str:
    return f"Role {role}, licence {licence}" if role else "No membership"


STEPS: dict[str, Callable[[Work], Awaitable[Done]]] = {
    Step.Name.RECHECK: recheck,
    Step.Name.RECORD: record,
    Step.Name.HAND_OVER: hand_work_over,
    Step.Name.REMOVE: remove,
    Step.Name.DOWNGRADE: downgrade,
    Step.Name.INVITE: invite,
    Step.Name.VERIFY: verify,
    Step.Name.NOTIFY: notify,
}
