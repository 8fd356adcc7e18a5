"""Runs the steps of one case, from wherever a dead process left it, and stores what each step did.

What a step does in Asana is in `steps`; this module keeps the record of it.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

from asgiref.sync import sync_to_async
from django.db import transaction
from django.utils import timezone

from usher.asana import Exchange, Uncertain, recording
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.platform.locks import check_locks
from usher.platform.outages import is_outage
from usher.removal.cases import transitions
from usher.removal.execution.clients import AsanaClients
from usher.removal.execution.outcomes import CaseMustWait, CaseSuperseded
from usher.removal.execution.recheck import check_not_stopped
from usher.removal.execution.step_context import MembershipCache, StepContext, StepResult
from usher.removal.execution.steps import STEPS
from usher.removal.models import Call, Case, Step, Target
from usher.roster.models import Membership
from usher.roster.own_changes import record_left, record_returned, record_view_only

TRIES_PER_STEP = 4
AFTER_THE_CHANGE = (Step.Name.VERIFY, Step.Name.NOTIFY, Step.Name.CLOSE)
AS_JOB = Actor("system", "Usher", via="job")


async def run_steps(case: Case, clients: AsanaClients, now: Callable[[], datetime]) -> Case:
    """The case when it is done. Raises what ended it otherwise: see `outcomes`; AsanaError."""
    targets = [target async for target in case.targets.select_related("workspace")]
    by_pk = {target.pk: target for target in targets}
    memberships = MembershipCache()
    async for step in case.steps.all():
        if step.state in (Step.State.DONE, Step.State.SKIPPED) and step.name != Step.Name.RECHECK:
            continue
        if step.name == Step.Name.CLOSE:
            break
        target = by_pk[step.target_id] if step.target_id else None
        await _run_step(case, step, target, targets, clients, now, memberships)
    return await sync_to_async(_close)(case, targets)


async def _run_step(
    case: Case,
    step: Step,
    target: Target | None,
    targets: list[Target],
    clients: AsanaClients,
    now: Callable[[], datetime],
    memberships: MembershipCache,
) -> None:
    await sync_to_async(_begin_step)(case, step, now())
    exchanges: list[Exchange] = []
    acts_as = clients.for_workspace(target.workspace_gid if target else targets[0].workspace_gid).who

    async def save_calls() -> None:
        unsaved = list(exchanges)
        exchanges.clear()
        await Call.objects.abulk_create(_call(step, acts_as, exchange) for exchange in unsaved)

    context = StepContext(case, step, target, clients, now, targets, save_calls, memberships)
    try:
        with recording(exchanges.append):
            result = await _with_retries(context)
    except BaseException as error:
        if isinstance(error, Exception) and not is_outage(error):
            await save_calls()
            is_failure = not isinstance(error, CaseMustWait | CaseSuperseded)
            step.state = Step.State.FAILED if is_failure else Step.State.PENDING
            step.found = str(error)[:1000]
            await step.asave(update_fields=["state", "found"])
        raise
    calls = [_call(step, acts_as, exchange) for exchange in exchanges]
    await sync_to_async(_complete_step)(case, step, target, result, calls, now())


def _begin_step(case: Case, step: Step, at: datetime) -> None:
    if step.name not in AFTER_THE_CHANGE:
        check_not_stopped(case)
    step.state, step.attempts, step.started_at = Step.State.RUNNING, step.attempts + 1, step.started_at or at
    step.save(update_fields=["state", "attempts", "started_at"])


async def _with_retries(context: StepContext) -> StepResult:
    """Repeats a step whose answer was lost. Each step checks Asana before it acts, so nothing is done twice."""
    for attempt in range(1, TRIES_PER_STEP + 1):
        try:
            return await STEPS[context.step.name](context)
        except Uncertain:
            if attempt == TRIES_PER_STEP:
                raise
            await context.save_calls()
            await asyncio.sleep(0.5 * attempt)
    raise AssertionError("unreachable")


def _complete_step(
    case: Case, step: Step, target: Target | None, result: StepResult, calls: list[Call], at: datetime
) -> None:
    """Stores the step, its calls, its target, the roster and the ledger in one transaction."""
    with transaction.atomic():
        check_locks()
        Call.objects.bulk_create(calls)
        step.state = Step.State.SKIPPED if result.is_skipped else Step.State.DONE
        step.finished_at, step.found = at, result.summary[:1000]
        step.save(update_fields=["state", "finished_at", "found"])
        if target is not None:
            if result.recorded is not None:
                target.recorded = result.recorded
            if result.outcome is not None:
                target.outcome, target.verified_at = result.outcome, at
                _update_roster(case, target, at)
            if result.recorded is not None or result.outcome is not None:
                target.save(update_fields=["recorded", "outcome", "verified_at"])
        if result.change is not None:
            record(
                AS_JOB,
                result.change.action,
                str(case),
                reason=case.reason,
                before=result.change.before,
                after=result.change.after,
                connection=case.connection_id,
            )


def _update_roster(case: Case, target: Target, at: datetime) -> None:
    """For every connection that reaches the workspace, because it decides who the last admin is."""
    memberships = Membership.objects.filter(
        workspace__gid=target.workspace_gid,
        person__gid=case.person_gid,
        person__connection__disconnected_at=None,
    )
    note = {
        Case.Kind.REMOVE.value: record_left,
        Case.Kind.DOWNGRADE.value: record_view_only,
        Case.Kind.RESTORE.value: record_returned,
    }[case.kind]
    for membership in memberships:
        note(membership, at)


def _close(case: Case, targets: list[Target]) -> Case:
    outcome = _outcome_in_words(case, targets)
    with transaction.atomic():
        check_locks()
        case.steps.filter(name=Step.Name.CLOSE).update(
            state=Step.State.DONE, started_at=timezone.now(), finished_at=timezone.now(), found=outcome[:1000]
        )
        return transitions.finish(case, outcome)


def _outcome_in_words(case: Case, targets: list[Target]) -> str:
    changed, unchanged = {
        Case.Kind.REMOVE.value: ("Removed from", "Already removed from"),
        Case.Kind.DOWNGRADE.value: ("Now view-only in", "Already view-only in"),
        Case.Kind.RESTORE.value: ("Invited to", "Already active in"),
    }[case.kind]
    done = [one.workspace_name for one in targets if one.outcome == Target.Outcome.DONE]
    already = [one.workspace_name for one in targets if one.outcome == Target.Outcome.ALREADY]
    if not done:
        return "There was nothing to do."
    outcome = f"{changed} {', '.join(done)}; verified in Asana."
    return f"{outcome} {unchanged} {', '.join(already)}." if already else outcome


def _call(step: Step, acts_as: str, exchange: Exchange) -> Call:
    query = "&".join(f"{name}={value}" for name, value in exchange.query.items())
    return Call(
        case_id=step.case_id,
        step=step,
        at=exchange.at,
        method=exchange.method,
        path=(exchange.path + (f"?{query}" if query else ""))[:500],
        body=exchange.body or "",
        acts_as=acts_as,
        status=exchange.status,
        request_id=(exchange.request_id or "")[:100],
        error=(exchange.error or "")[:1000],
        milliseconds=exchange.milliseconds,
    )
