"""The steps of a case. Each looks before it acts, so that doing it again changes nothing more.

A step may be cut off anywhere: its process killed, its answer lost. What is uncertain is read from Asana before
anything is repeated.
"""

import asyncio
from collections.abc import Awaitable, Callable

from asgiref.sync import sync_to_async

from usher.asana import BadRequest, MembershipLicence, MembershipStatus, NotFound
from usher.ledger.chain import JSON
from usher.removal.execution import hand_over
from usher.removal.execution.inventory import inventory_with_membership
from usher.removal.execution.notifications import notify_about
from usher.removal.execution.outcomes import AsanaChange, CaseSuperseded, StepFailed
from usher.removal.execution.recheck import check_not_stopped, check_still_valid
from usher.removal.execution.step_context import StepContext, StepResult, is_as_wanted
from usher.removal.models import Case, Step, Target
from usher.web.phrases import counted

VERIFY_AFTER_SECONDS = (0.0, 0.5, 2.0, 5.0, 10.0)


async def recheck(work: StepContext) -> StepResult:
    """Still leaving, still active, not protected, still allowed. Raises Superseded, Waits or Failed."""
    pending = [target for target in work.targets if target.outcome == Target.Outcome.PENDING]
    left = [
        target for target in pending if not is_as_wanted(work.case, await work.memberships.read(work, target))
    ]
    if not left:
        if _was_changed(work):
            return StepResult("All that it was to change is changed already.")
        raise CaseSuperseded(_already(work.case))
    await sync_to_async(check_still_valid)(work.case.pk, work.targets, work.now())
    return StepResult("It is still right: all conditions hold, and Asana lists the membership.")


def _was_changed(work: StepContext) -> bool:
    return any(target.sent_at or target.outcome != Target.Outcome.PENDING for target in work.targets)


def _already(case: Case) -> str:
    if case.kind == Case.Kind.RESTORE:
        return "They are back in Asana already."
    if case.kind == Case.Kind.DOWNGRADE:
        return "They hold no Member licence any more."
    return "Asana lists them as gone already. Usher removed nobody."


async def record(work: StepContext) -> StepResult:
    """The access that they have, for the evidence and for whoever must restore it."""
    membership = await work.memberships.lately(work, work.here)
    seen = await inventory_with_membership(membership, work.hands, work.case.person_gid, work.here)
    if not seen.is_active and work.was_sent:
        return StepResult("They are gone already; what was recorded before stands.", is_skipped=True)
    words = (
        f"{_role(seen.role, seen.licence)}; {counted(len(seen.teams), 'team')}, "
        f"{counted(len(seen.tasks), 'open task')}, {counted(len(seen.projects), 'project')} owned."
    )
    return StepResult(words, recorded=seen.to_keep())


async def hand_work_over(work: StepContext) -> StepResult:
    if work.was_sent:
        return StepResult("They were being removed already.", is_skipped=True)

    async def may_change() -> None:
        await sync_to_async(check_not_stopped)(work.case)

    giving = hand_over.HandOverContext(
        work.acting, work.hands, work.case, work.here, may_change, work.save_calls
    )
    return _handed_over(work, await hand_over.hand_over(giving))


def _handed_over(work: StepContext, result: hand_over.HandedOver) -> StepResult:
    receiver = work.case.hand_over_name or work.case.hand_over_email
    tasks, projects = result.tasks, result.projects
    if not tasks and not projects:
        return StepResult("There was nothing to hand over.", is_skipped=True)
    after: JSON = {
        "workspace_gid": work.here.workspace_gid,
        "to_gid": work.case.hand_over_gid,
        "tasks": sorted(tasks),
        "projects": sorted(projects),
    }
    return StepResult(
        f"{receiver} now has {counted(len(tasks), 'task')} and {counted(len(projects), 'project')} of theirs.",
        change=AsanaChange("asana.work_handed_over", after=after),
    )


async def remove(work: StepContext) -> StepResult:
    gid, workspace = work.case.person_gid, work.here.workspace_gid
    membership = await work.memberships.lately(work, work.here)
    if membership is None or membership.status != MembershipStatus.ACTIVE:
        if not work.was_sent:
            return StepResult("They were gone already.", is_skipped=True, outcome=Target.Outcome.ALREADY)
        return StepResult("Removed. The answer was lost, so it was read from Asana.", change=_removed(work))
    try:
        await work.send(lambda: work.acting.asana.remove_user(workspace, gid))
    except (BadRequest, NotFound) as error:
        # Asana refuses to remove whoever is gone: somebody else was quicker, or an earlier try did it after all.
        if not is_as_wanted(work.case, await work.memberships.read(work, work.here)):
            raise
        if work.tries_of_change == 1:
            return StepResult("They were gone already.", is_skipped=True, outcome=Target.Outcome.ALREADY)
        return StepResult(
            f"Removed by an earlier try. Read from Asana, which said: {error}", change=_removed(work)
        )
    return StepResult(f"Removed, as {work.acting.who}.", change=_removed(work))


async def downgrade(work: StepContext) -> StepResult:
    service = work.hands.service_for(work.here.workspace_gid)
    if service is None:
        raise StepFailed(
            "Only a service account can change licences, and none of this connection reaches the workspace.",
            "Give the connection a service-account token (Enterprise), or remove the person instead.",
        )
    gid = work.case.person_gid
    membership = await service.asana.membership_in(work.here.workspace_gid, gid)
    if membership is None or membership.licence != MembershipLicence.MEMBER:
        if not work.was_sent:
            return StepResult("They hold no Member licence.", is_skipped=True, outcome=Target.Outcome.ALREADY)
        return StepResult(
            "View-only. The answer was lost, so it was read from Asana.", change=_downgraded(work)
        )
    user = await service.asana.scim.user(gid)
    if user is None:
        raise StepFailed(
            "Asana's SCIM server does not know this person.", "Change the licence in Asana's Admin Console."
        )
    await work.send(lambda: service.asana.scim.set_licence(gid, "view only"))
    return StepResult("View-only now; the seat is free.", change=_downgraded(work))


async def invite(work: StepContext) -> StepResult:
    gid, workspace = work.case.person_gid, work.here.workspace_gid
    membership = await work.acting.asana.membership_in(workspace, gid)
    change = AsanaChange("asana.user_invited", after={"workspace_gid": workspace, "user_gid": gid})
    if membership is not None and membership.status == MembershipStatus.ACTIVE:
        if not work.was_sent:
            return StepResult("They were back already.", is_skipped=True, outcome=Target.Outcome.ALREADY)
        return StepResult("Invited. The answer was lost, so it was read from Asana.", change=change)
    # The address, where it is known: Asana may not know the gid any more.
    await work.send(lambda: work.acting.asana.add_user(workspace, work.case.person_email or gid))
    return StepResult(f"Invited, as {work.acting.who}.", change=change)


async def verify(work: StepContext) -> StepResult:
    """Reads the membership until it is as it should be, for some seconds: Asana may need a moment."""
    if work.here.outcome == Target.Outcome.ALREADY:
        return StepResult("There was nothing to do here.", is_skipped=True)
    words = ""
    for wait in VERIFY_AFTER_SECONDS:
        await asyncio.sleep(wait)
        membership = await work.acting.asana.membership_in(work.here.workspace_gid, work.case.person_gid)
        is_active = membership is not None and membership.status == MembershipStatus.ACTIVE
        is_seat = is_active and membership is not None and membership.licence == MembershipLicence.MEMBER
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
            return StepResult(f"Verified: Asana lists them {how}.", outcome=Target.Outcome.DONE)
    raise StepFailed(
        f"{words}, though it accepted the change.", "Look in Asana's Admin Console, then try again."
    )


async def notify(work: StepContext) -> StepResult:
    told = await sync_to_async(notify_about)(work.case)
    return StepResult(told.words, is_skipped=not told.was_sent)


def _removed(work: StepContext) -> AsanaChange:
    return AsanaChange(
        "asana.user_removed",
        before=_before(work.here),
        after={
            "workspace_gid": work.here.workspace_gid,
            "user_gid": work.case.person_gid,
            "status": "removed",
        },
    )


def _downgraded(work: StepContext) -> AsanaChange:
    return AsanaChange(
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


STEPS: dict[str, Callable[[StepContext], Awaitable[StepResult]]] = {
    Step.Name.RECHECK: recheck,
    Step.Name.RECORD: record,
    Step.Name.HAND_OVER: hand_work_over,
    Step.Name.REMOVE: remove,
    Step.Name.DOWNGRADE: downgrade,
    Step.Name.INVITE: invite,
    Step.Name.VERIFY: verify,
    Step.Name.NOTIFY: notify,
}
