"""Running cases: step by step, from wherever a dead process left them."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from asgiref.sync import sync_to_async
from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from usher.asana import AsanaError, Exchange, NotAuthorized, RateLimited, Unavailable, Uncertain, recording
from usher.connections.models import Connection
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.platform.locks import Lock, lock_async
from usher.removal.cases import transitions
from usher.removal.cases.directory_changes import apply_directory_changes
from usher.removal.execution.clients import AsanaClients, asana_clients
from usher.removal.execution.outcomes import CaseMustWait, CaseSuperseded, StepFailed
from usher.removal.execution.recheck import check_not_stopped
from usher.removal.execution.step_context import MembershipCache, StepContext, StepResult
from usher.removal.execution.steps import STEPS
from usher.removal.models import Call, Case, Step, Target
from usher.removal.states import CaseState, WrongState
from usher.roster.models import Membership
from usher.roster.noting import note_left, note_returned, note_view_only

log = logging.getLogger(__name__)

AT_ONCE = 16
TRIES_A_STEP = 4
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=2), timedelta(minutes=30)
"""Before a case that Asana did not let through goes on by itself."""
AFTER_THE_CHANGE = (Step.Name.VERIFY, Step.Name.NOTIFY, Step.Name.CLOSE)
JOB = Actor("system", "Usher", via="job")


class AlreadyRunning(Exception):
    """Another process runs the cases of this connection right now."""


@dataclass(frozen=True)
class RunReport:
    """How the cases that could run ended, by state; `held` did not begin or were halted."""

    done: int = 0
    failed: int = 0
    superseded: int = 0
    held: int = 0


async def run_due(
    connection_id: int,
    *,
    only: Iterable[int] | None = None,
    now: Callable[[], datetime] = timezone.now,
    on_end: Callable[[Case], None] | None = None,
    wait: bool = False,
) -> RunReport:
    """Every case of the connection that is due or was cut off, many side by side; each once.

    Raises AlreadyRunning.
    """
    async with lock_async(Lock.REMOVALS.of(connection_id), wait=wait) as ours:
        if not ours:
            raise AlreadyRunning
        await sync_to_async(apply_directory_changes)(now(), connection_id)
        due = [pk async for pk in _due(connection_id, only, now()).values_list("pk", flat=True)]
        if not due:
            return RunReport()
        ends = await _run(connection_id, due, now, on_end)
    return RunReport(
        done=ends.count(CaseState.DONE),
        failed=ends.count(CaseState.FAILED),
        superseded=ends.count(CaseState.SUPERSEDED),
        held=len(due) - len(ends) + ends.count(CaseState.SCHEDULED),
    )


async def _run(
    connection_id: int,
    due: list[int],
    now: Callable[[], datetime],
    on_end: Callable[[Case], None] | None,
) -> list[CaseState]:
    """The states in which those ended that could begin."""
    ends: list[CaseState] = []
    queue = iter(due)
    first = await sync_to_async(_first_ready)(queue, now)
    if first is None:
        return ends
    try:
        async with asana_clients(await Connection.objects.aget(pk=connection_id)) as hands:
            waiting = chain([first], queue)

            async def runner() -> None:
                for pk in waiting:
                    # Only now, so that it could be cancelled until now.
                    if not await sync_to_async(_is_begun)(pk, now()):
                        continue
                    case = await _perform(pk, hands, now)
                    ends.append(CaseState(case.state))
                    if on_end:
                        on_end(case)
                    if hands.refused is not None:
                        await sync_to_async(_hold)([*waiting], hands.refused)

            async with asyncio.TaskGroup() as group:
                for _ in range(min(AT_ONCE, len(due))):
                    group.create_task(runner())
    except AsanaError as error:
        # No token, or one that Asana refuses: none of them can begin.
        await sync_to_async(_hold)([first, *queue], error)
    return ends


def _hold(keys: list[int], error: AsanaError) -> None:
    transitions.hold(Case.objects.filter(pk__in=keys), str(error), error.remedy)


def _first_ready(queue: Iterator[int], now: Callable[[], datetime]) -> int | None:
    """Looked for before Asana is asked anything."""
    return next((pk for pk in queue if _is_ready(pk, now())), None)


def _is_ready(pk: int, now: datetime) -> bool:
    case = Case.objects.get(pk=pk)
    return case.state == CaseState.RUNNING or transitions.may_begin(case, now)


def _due(connection_id: int, only: Iterable[int] | None, now: datetime) -> QuerySet[Case]:
    found = Case.objects.filter(
        Q(state=CaseState.RUNNING) | Q(state=CaseState.SCHEDULED, scheduled_for__lte=now),
        connection=connection_id,
    )
    return (found if only is None else found.filter(pk__in=list(only))).order_by("scheduled_for", "pk")


def _is_begun(pk: int, now: datetime) -> bool:
    """False where a guardrail holds it, or it was cancelled meanwhile."""
    case = Case.objects.only("state").get(pk=pk)
    if case.state == CaseState.SCHEDULED:
        try:
            _, refused = transitions.begin(case, now)
        except WrongState:  # cancelled a moment ago; the others go on
            return False
        return not refused
    return transitions.may_continue(case, now)  # cut off earlier


async def _perform(pk: int, hands: AsanaClients, now: Callable[[], datetime]) -> Case:
    case = await Case.objects.select_related("connection", "person__connection").aget(pk=pk)
    try:
        return await _steps(case, hands, now)
    except CaseSuperseded as why:
        return await sync_to_async(transitions.supersede)(case, str(why), JOB)
    except CaseMustWait as why:
        return await sync_to_async(transitions.halt)(case, str(why), why.remedy)
    except StepFailed as why:
        return await sync_to_async(transitions.fail)(case, str(why), why.remedy)
    except (Unavailable, RateLimited, Uncertain, NotAuthorized) as error:
        if isinstance(error, NotAuthorized):
            hands.refused = error
        return await sync_to_async(_pause)(case, error, now())
    except AsanaError as error:
        return await sync_to_async(transitions.fail)(case, str(error), error.remedy)
    except Exception as error:
        log.exception("Case %s failed", pk)
        words = f"Usher itself failed: {type(error).__name__}: {error}"
        return await sync_to_async(transitions.fail)(
            case, words, "Look into the log of `usher worker`, then try again."
        )


def _pause(case: Case, error: AsanaError, now: datetime) -> Case:
    """Longer each time, up to half an hour."""
    runs = case.steps.aggregate(runs=Max("attempts"))["runs"] or 1
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(runs - 1, 8))
    return transitions.halt(
        case, str(error), f"Usher tries again by itself. {error.remedy}", until=now + pause
    )


async def _steps(case: Case, hands: AsanaClients, now: Callable[[], datetime]) -> Case:
    targets = [target async for target in case.targets.select_related("workspace")]
    by_pk = {target.pk: target for target in targets}
    memberships = MembershipCache()
    async for step in case.steps.all():
        if step.state in (Step.State.DONE, Step.State.SKIPPED) and step.name != Step.Name.RECHECK:
            continue
        if step.name == Step.Name.CLOSE:
            break
        target = by_pk[step.target_id] if step.target_id else None
        await _step(case, step, target, targets, hands, now, memberships)
    return await sync_to_async(_close)(case, targets)


async def _step(
    case: Case,
    step: Step,
    target: Target | None,
    targets: list[Target],
    hands: AsanaClients,
    now: Callable[[], datetime],
    memberships: MembershipCache,
) -> None:
    await sync_to_async(_begin_step)(case, step, now())
    exchanges: list[Exchange] = []
    acts_as = hands.for_workspace(target.workspace_gid if target else targets[0].workspace_gid).who

    async def save_calls() -> None:
        told = list(exchanges)
        exchanges.clear()
        await Call.objects.abulk_create(_call(step, acts_as, exchange) for exchange in told)

    work = StepContext(case, step, target, hands, now, targets, save_calls, memberships)
    try:
        with recording(exchanges.append):
            done = await _tried(work)
    except BaseException as error:
        if isinstance(error, Exception):
            await save_calls()
            step.state = (
                Step.State.FAILED
                if not isinstance(error, CaseMustWait | CaseSuperseded)
                else Step.State.PENDING
            )
            step.found = str(error)[:1000]
            await step.asave(update_fields=["state", "found"])
        raise
    calls = [_call(step, acts_as, exchange) for exchange in exchanges]
    await sync_to_async(_complete)(case, step, target, done, calls, now())


def _begin_step(case: Case, step: Step, at: datetime) -> None:
    if step.name not in AFTER_THE_CHANGE:
        check_not_stopped(case)
    step.state, step.attempts, step.started_at = Step.State.RUNNING, step.attempts + 1, step.started_at or at
    step.save(update_fields=["state", "attempts", "started_at"])


async def _tried(work: StepContext) -> StepResult:
    """Again where the answer was lost: a step looks before it acts, so nothing is done twice."""
    for tried in range(1, TRIES_A_STEP + 1):
        try:
            return await STEPS[work.step.name](work)
        except Uncertain:
            if tried == TRIES_A_STEP:
                raise
            await work.save_calls()
            await asyncio.sleep(0.5 * tried)
    raise AssertionError("unreachable")


def _complete(
    case: Case, step: Step, target: Target | None, done: StepResult, calls: list[Call], at: datetime
) -> None:
    """The step, its calls, its target, the roster and the ledger: all of it or nothing."""
    with transaction.atomic():
        Call.objects.bulk_create(calls)
        step.state = Step.State.SKIPPED if done.is_skipped else Step.State.DONE
        step.finished_at, step.found = at, done.found[:1000]
        step.save(update_fields=["state", "finished_at", "found"])
        if target is not None:
            if done.recorded is not None:
                target.recorded = done.recorded
            if done.outcome is not None:
                target.outcome, target.verified_at = done.outcome, at
                _note_in_roster(case, target, at)
            if done.recorded is not None or done.outcome is not None:
                target.save(update_fields=["recorded", "outcome", "verified_at"])
        if done.change is not None:
            record(
                JOB,
                done.change.action,
                str(case),
                reason=case.reason,
                before=done.change.before,
                after=done.change.after,
            )


def _note_in_roster(case: Case, target: Target, at: datetime) -> None:
    """In that of every connection that reaches the workspace: who the last admin is depends on it."""
    same = Membership.objects.filter(
        workspace__gid=target.workspace_gid,
        person__gid=case.person_gid,
        person__connection__disconnected_at=None,
    )
    note = {
        Case.Kind.REMOVE.value: note_left,
        Case.Kind.DOWNGRADE.value: note_view_only,
        Case.Kind.RESTORE.value: note_returned,
    }[case.kind]
    for membership in same:
        note(membership, at)


def _close(case: Case, targets: list[Target]) -> Case:
    words = {
        Case.Kind.REMOVE.value: "Removed from",
        Case.Kind.DOWNGRADE.value: "View-only in",
        Case.Kind.RESTORE.value: "Invited to",
    }[case.kind]
    changed = [one.workspace_name for one in targets if one.outcome == Target.Outcome.DONE]
    already = [one.workspace_name for one in targets if one.outcome == Target.Outcome.ALREADY]
    outcome = f"{words} {', '.join(changed)}; verified in Asana." if changed else "Nothing had to be done."
    if already and changed:
        outcome += f" It was so already in {', '.join(already)}."
    with transaction.atomic():
        case.steps.filter(name=Step.Name.CLOSE).update(
            state=Step.State.DONE, started_at=timezone.now(), finished_at=timezone.now(), found=outcome[:1000]
        )
        return transitions.finish(case, outcome)


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
