"""Runs the cases of a connection that are due, many at once, and ends each in the state that it has earned."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from asgiref.sync import sync_to_async
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from usher.asana import AsanaError, NotAuthorized, RateLimited, Unavailable, Uncertain
from usher.connections.models import Connection
from usher.platform.locks import Lock, check_locks, lock_async
from usher.platform.outages import is_outage
from usher.refusals import Refused
from usher.removal.cases import transitions
from usher.removal.cases.directory_changes import apply_directory_changes
from usher.removal.execution.clients import AsanaClients, asana_clients
from usher.removal.execution.outcomes import CaseMustWait, CaseSuperseded, StepFailed
from usher.removal.execution.step_runner import AS_JOB, run_steps
from usher.removal.guardrails.restored import stop_if_restored
from usher.removal.models import Case
from usher.removal.states import CaseState, WrongState

log = logging.getLogger(__name__)

AT_ONCE = 16
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=2), timedelta(minutes=30)
"""How long a case that Asana did not let through waits before it continues by itself."""


class AlreadyRunning(Refused):
    """Another process is running the cases of this connection."""

    def __init__(self) -> None:
        super().__init__(
            "Another process is running the cases of this connection.", "Wait until it has finished."
        )


@dataclass(frozen=True)
class RunReport:
    """How many cases ended in which state; `held` did not begin or were halted."""

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
    """Runs every case of the connection that is due or was interrupted, each once.

    Raises AlreadyRunning.
    """
    async with lock_async(Lock.REMOVALS.of(connection_id), wait=wait) as is_ours:
        if not is_ours:
            raise AlreadyRunning
        await sync_to_async(stop_if_restored)()
        await sync_to_async(apply_directory_changes)(now(), connection_id)
        due = [pk async for pk in _due(connection_id, only, now()).values_list("pk", flat=True)]
        if not due:
            return RunReport()
        ends = await _run_all(connection_id, due, now, on_end)
    return RunReport(
        done=ends.count(CaseState.DONE),
        failed=ends.count(CaseState.FAILED),
        superseded=ends.count(CaseState.SUPERSEDED),
        held=len(due) - len(ends) + ends.count(CaseState.SCHEDULED),
    )


def _due(connection_id: int, only: Iterable[int] | None, now: datetime) -> QuerySet[Case]:
    cases = Case.objects.filter(
        Q(state=CaseState.RUNNING) | Q(state=CaseState.SCHEDULED, scheduled_for__lte=now),
        connection=connection_id,
    )
    return (cases if only is None else cases.filter(pk__in=list(only))).order_by("scheduled_for", "pk")


async def _run_all(
    connection_id: int,
    due: list[int],
    now: Callable[[], datetime],
    on_end: Callable[[Case], None] | None,
) -> list[CaseState]:
    """The states in which the cases ended that could begin."""
    ends: list[CaseState] = []
    queue = iter(due)
    first = await sync_to_async(_first_ready)(queue, now)
    if first is None:
        return ends
    try:
        async with asana_clients(await Connection.objects.aget(pk=connection_id)) as clients:
            waiting = chain([first], queue)

            async def run_from_queue() -> None:
                for pk in waiting:
                    # Begun only now, so that it could be cancelled until now.
                    if not await sync_to_async(_begin)(pk, now()):
                        continue
                    case = await _run_case(pk, clients, now)
                    ends.append(CaseState(case.state))
                    if on_end:
                        on_end(case)
                    if clients.refused is not None:
                        await sync_to_async(_hold)([*waiting], clients.refused)

            async with asyncio.TaskGroup() as group:
                for _ in range(min(AT_ONCE, len(due))):
                    group.create_task(run_from_queue())
    except AsanaError as error:
        # There is no token, or Asana rejects it: no case can begin.
        await sync_to_async(_hold)([first, *queue], error)
    return ends


def _hold(keys: list[int], error: AsanaError) -> None:
    transitions.hold(Case.objects.filter(pk__in=keys), str(error), error.remedy)


def _first_ready(queue: Iterator[int], now: Callable[[], datetime]) -> int | None:
    """Found before the first request to Asana, so that none is made if no case may begin."""
    return next((pk for pk in queue if _is_ready(pk, now())), None)


def _is_ready(pk: int, now: datetime) -> bool:
    case = Case.objects.get(pk=pk)
    return case.state == CaseState.RUNNING or transitions.may_begin(case, now)


def _begin(pk: int, now: datetime) -> bool:
    """False if a guardrail holds the case, or somebody has cancelled it."""
    check_locks()
    case = Case.objects.only("state").get(pk=pk)
    if case.state == CaseState.SCHEDULED:
        try:
            _, blockers = transitions.begin(case, now)
        except WrongState:  # cancelled a moment ago; the other cases continue
            return False
        return not blockers
    return transitions.may_continue(case, now)  # interrupted earlier


async def _run_case(pk: int, clients: AsanaClients, now: Callable[[], datetime]) -> Case:
    case = await Case.objects.select_related("connection", "person__connection").aget(pk=pk)
    try:
        return await run_steps(case, clients, now)
    except CaseSuperseded as why:
        return await sync_to_async(transitions.supersede)(case, why.message, AS_JOB)
    except CaseMustWait as why:
        return await sync_to_async(transitions.halt)(
            case, why.message, why.remedy, until=why.until, rule=why.rule
        )
    except StepFailed as why:
        return await sync_to_async(transitions.fail)(case, why.message, why.remedy)
    except (Unavailable, RateLimited, Uncertain, NotAuthorized) as error:
        if isinstance(error, NotAuthorized):
            clients.refused = error
        return await sync_to_async(_pause)(case, error, now())
    except AsanaError as error:
        return await sync_to_async(transitions.fail)(case, str(error), error.remedy)
    except Exception as error:
        if is_outage(error):
            raise  # the case goes on where it stands after the outage
        log.exception("Case %s failed", pk)
        words = f"Usher itself failed: {type(error).__name__}: {error}"
        return await sync_to_async(transitions.fail)(
            case, words, "Check the log of `usher worker`, then try again."
        )


def _pause(case: Case, error: AsanaError, now: datetime) -> Case:
    """Each pause is twice as long as the last, up to half an hour."""
    runs = case.steps.aggregate(runs=Max("attempts"))["runs"] or 1
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(runs - 1, 8))
    return transitions.halt(
        case, str(error), f"Usher will try again automatically. {error.remedy}", until=now + pause
    )
