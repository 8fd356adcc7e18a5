"""What each step of a case does in Asana.

A step checks Asana before it acts, so that repeating it changes nothing more. It can be interrupted anywhere: its
process may be killed or an answer lost. Whatever is uncertain is read from Asana before anything is repeated.
"""

import asyncio
from collections.abc import Awaitable, Callable

from asgiref.sync import sync_to_async

from usher.asana import (
    AsanaUser,
    BadRequest,
    MembershipLicence,
    MembershipStatus,
    NotFound,
    WorkspaceMembership,
)
from usher.ledger.chain import JSON
from usher.removal.execution import hand_over
from usher.removal.execution.absence import check_absence
from usher.removal.execution.clients import ActingClient
from usher.removal.execution.inventory import inventory_with_membership
from usher.removal.execution.notifications import notify_about
from usher.removal.execution.outcomes import AsanaChange, CaseSuperseded, StepFailed
from usher.removal.execution.recheck import check_before_run, check_not_stopped
from usher.removal.execution.step_context import StepContext, StepResult, is_as_wanted
from usher.removal.models import Case, Step, Target
from usher.web.phrases import counted

VERIFY_AFTER_SECONDS = (0.0, 0.5, 2.0, 5.0, 10.0)


async def recheck(context: StepContext) -> StepResult:
    """Whether the case is still right. Raises CaseSuperseded, CaseMustWait or StepFailed."""
    pending = [target for target in context.targets if target.outcome == Target.Outcome.PENDING]
    left = [
        target
        for target in pending
        if not is_as_wanted(context.case, await context.memberships.read(context, target))
    ]
    if not left:
        if _was_changed(context):
            return StepResult("Every change has already been made.")
        raise CaseSuperseded(_already(context.case))
    account = await _account(context, left[0])
    await sync_to_async(check_before_run)(context.case.pk, account, context.targets, context.now())
    unread = "" if _was_changed(context) else await check_absence(context, left)
    return StepResult(f"All conditions still hold, and Asana lists the membership.{unread}")


async def _account(context: StepContext, target: Target) -> AsanaUser | None:
    """The account as Asana shows it now; None if it was deleted or merged into another, or will be invited."""
    if context.case.kind == Case.Kind.RESTORE:
        return None
    asana = context.clients.for_workspace(target.workspace_gid).asana
    try:
        return await asana.user(context.case.person_gid)
    except NotFound:
        return None


def _was_changed(context: StepContext) -> bool:
    return any(target.sent_at or target.outcome != Target.Outcome.PENDING for target in context.targets)


def _already(case: Case) -> str:
    if case.kind == Case.Kind.RESTORE:
        return "They are already back in Asana."
    if case.kind == Case.Kind.DOWNGRADE:
        return "They no longer have a Member licence."
    return (
        "Asana lists them as already removed: by somebody else, or because the account was merged into another. "
        "Usher removed nobody."
    )


async def record(context: StepContext) -> StepResult:
    """Records the current access, for the evidence and for whoever has to restore it."""
    membership = await context.memberships.recent(context, context.here)
    inventory = await inventory_with_membership(
        membership, context.clients, context.case.person_gid, context.here
    )
    if not inventory.is_active and context.was_sent:
        return StepResult("They are already removed; the earlier record is kept.", is_skipped=True)
    words = (
        f"{_role(inventory.role, inventory.licence)}; {counted(len(inventory.teams), 'team')}, "
        f"{counted(len(inventory.tasks), 'open task')}, {counted(len(inventory.projects), 'project')} owned."
    )
    return StepResult(words, recorded=inventory.without_task_names())


async def hand_work_over(context: StepContext) -> StepResult:
    if context.was_sent:
        return StepResult("The removal had already begun.", is_skipped=True)

    async def check_allowed() -> None:
        await sync_to_async(check_not_stopped)(context.case)

    hand_over_context = hand_over.HandOverContext(
        context.acting, context.clients, context.case, context.here, check_allowed, context.save_calls
    )
    return _handed_over(context, await hand_over.hand_over(hand_over_context))


def _handed_over(context: StepContext, result: hand_over.HandedOver) -> StepResult:
    receiver = context.case.hand_over_name or context.case.hand_over_email
    tasks, projects = result.tasks, result.projects
    if not tasks and not projects:
        return StepResult("There was nothing to hand over.", is_skipped=True)
    after: JSON = {
        "workspace_gid": context.here.workspace_gid,
        "to_gid": context.case.hand_over_gid,
        "tasks": sorted(tasks),
        "projects": sorted(projects),
    }
    return StepResult(
        f"{receiver} has taken over {counted(len(tasks), 'task')} and {counted(len(projects), 'project')}.",
        change=AsanaChange("asana.work_handed_over", after=after),
    )


async def remove(context: StepContext) -> StepResult:
    gid, workspace = context.case.person_gid, context.here.workspace_gid
    membership = await context.memberships.recent(context, context.here)
    if membership is None or membership.status != MembershipStatus.ACTIVE:
        if not context.was_sent:
            return StepResult("They were already removed.", is_skipped=True, outcome=Target.Outcome.ALREADY)
        return StepResult(
            "Removed. The response was lost, so Usher checked in Asana.", change=_removed(context)
        )
    try:
        await context.send(lambda: context.acting.asana.remove_user(workspace, gid))
    except (BadRequest, NotFound) as error:
        # Asana rejects the removal of people who are gone: somebody else removed them, or an earlier try did.
        if not is_as_wanted(context.case, await context.memberships.read(context, context.here)):
            raise
        if context.tries_of_change == 1:
            return StepResult("They were already removed.", is_skipped=True, outcome=Target.Outcome.ALREADY)
        return StepResult(
            f"Removed by an earlier try. Usher checked in Asana, which answered: {error}",
            change=_removed(context),
        )
    return StepResult(f"Removed, as {context.acting.who}.", change=_removed(context))


async def downgrade(context: StepContext) -> StepResult:
    service = context.clients.service_for(context.here.workspace_gid)
    if service is None:
        raise StepFailed(
            "Only a service account can change licences, and this connection has none that reaches the workspace.",
            "Add a service-account token to the connection (Enterprise), or remove the person instead.",
        )
    gid = context.case.person_gid
    membership = await service.asana.membership_in(context.here.workspace_gid, gid)
    if membership is None or membership.licence != MembershipLicence.MEMBER:
        if not context.was_sent:
            return StepResult("They have no Member licence.", is_skipped=True, outcome=Target.Outcome.ALREADY)
        return StepResult(
            "View-only. The response was lost, so Usher checked in Asana.", change=_downgraded(context)
        )
    user = await service.asana.scim.user(gid)
    if user is None:
        raise StepFailed(
            "Asana's SCIM server does not know this person.", "Change the licence in Asana's Admin Console."
        )
    await context.send(lambda: service.asana.scim.set_licence(gid, "view only"))
    # Asana may answer 200 to a change that changes nothing.
    await _read_until(
        context, service, lambda listed: not _is_seat(listed), "Asana still lists a Member licence"
    )
    return StepResult("View-only now; the seat is free.", change=_downgraded(context))


async def invite(context: StepContext) -> StepResult:
    gid, workspace = context.case.person_gid, context.here.workspace_gid
    membership = await context.acting.asana.membership_in(workspace, gid)
    change = AsanaChange("asana.user_invited", after={"workspace_gid": workspace, "user_gid": gid})
    if membership is not None and membership.status == MembershipStatus.ACTIVE:
        if not context.was_sent:
            return StepResult("They were already back.", is_skipped=True, outcome=Target.Outcome.ALREADY)
        return StepResult("Invited. The response was lost, so Usher checked in Asana.", change=change)
    # By address if it is known: Asana may no longer know the gid.
    await context.send(lambda: context.acting.asana.add_user(workspace, context.case.person_email or gid))
    return StepResult(f"Invited, as {context.acting.who}.", change=change)


async def verify(context: StepContext) -> StepResult:
    """Reads the membership until it is as requested, for some seconds: Asana may need a moment."""
    if context.here.outcome == Target.Outcome.ALREADY:
        return StepResult("There was nothing to do here.", is_skipped=True)
    is_right, words = _EXPECTED[context.case.kind]
    membership = await _read_until(context, context.acting, is_right, words)
    return StepResult(f"Verified: Asana {_as_listed(context.case, membership)}.", outcome=Target.Outcome.DONE)


async def _read_until(
    context: StepContext,
    reader: ActingClient,
    is_right: Callable[[WorkspaceMembership | None], bool],
    otherwise: str,
) -> WorkspaceMembership | None:
    """The membership that counts, once it is right. Raises StepFailed if it is not after some seconds."""
    for wait in VERIFY_AFTER_SECONDS:
        await asyncio.sleep(wait)
        membership = await reader.asana.membership_in(context.here.workspace_gid, context.case.person_gid)
        if is_right(membership):
            return membership
    raise StepFailed(
        f"{otherwise}, although it accepted the change.", "Check in Asana's Admin Console, then try again."
    )


def _is_active(membership: WorkspaceMembership | None) -> bool:
    return membership is not None and membership.status == MembershipStatus.ACTIVE


def _is_seat(membership: WorkspaceMembership | None) -> bool:
    return (
        _is_active(membership) and membership is not None and membership.licence == MembershipLicence.MEMBER
    )


_EXPECTED: dict[str, tuple[Callable[[WorkspaceMembership | None], bool], str]] = {
    Case.Kind.REMOVE: (lambda listed: not _is_active(listed), "Asana still lists them as active"),
    Case.Kind.DOWNGRADE: (lambda listed: not _is_seat(listed), "Asana still lists a Member licence"),
    Case.Kind.RESTORE: (_is_active, "Asana does not list them as active"),
}
"""What the membership has to be, and what to say where it is not."""


def _as_listed(case: Case, membership: WorkspaceMembership | None) -> str:
    if case.kind == Case.Kind.DOWNGRADE:
        return "lists them as view-only"
    if membership is None:
        return "no longer lists them"
    return f"lists them as {membership.status.value.replace('_', ' ')}"


async def notify(context: StepContext) -> StepResult:
    notification = await sync_to_async(notify_about)(context.case)
    return StepResult(notification.summary, is_skipped=not notification.was_sent)


def _removed(context: StepContext) -> AsanaChange:
    return AsanaChange(
        "asana.user_removed",
        before=_before(context.here),
        after={
            "workspace_gid": context.here.workspace_gid,
            "user_gid": context.case.person_gid,
            "status": "removed",
        },
    )


def _downgraded(context: StepContext) -> AsanaChange:
    return AsanaChange(
        "asana.licence_changed",
        before=_before(context.here),
        after={
            "workspace_gid": context.here.workspace_gid,
            "user_gid": context.case.person_gid,
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
