"""Hands open tasks and owned projects over to another person before their owner is removed."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from usher.asana import AsanaError, Forbidden, NotFound, Uncertain
from usher.removal.execution.clients import ActingClient, AsanaClients
from usher.removal.execution.outcomes import StepFailed
from usher.removal.models import Case, Target

AT_ONCE = 5
ROUNDS = 3
TRIES = 3


@dataclass(frozen=True)
class HandedOver:
    """The gids of everything the receiver has taken over, in this attempt or an earlier one."""

    tasks: frozenset[str]
    projects: frozenset[str]


@dataclass(frozen=True)
class HandOverContext:
    """`check_allowed` is called before each change and raises whatever blocks it; `save_calls` stores the evidence."""

    acting: ActingClient
    clients: AsanaClients
    case: Case
    target: Target
    check_allowed: Callable[[], Awaitable[None]]
    save_calls: Callable[[], Awaitable[None]]


async def hand_over(context: HandOverContext) -> HandedOver:
    """Raises StepFailed if anything cannot be handed over, so that nothing is lost unnoticed."""
    acting, case, target = context.acting, context.case, context.target
    tasks = _recorded(target, "tasks")
    refused: dict[str, AsanaError] = {}
    for _ in range(ROUNDS):
        left = [gid for gid in await _open_tasks(acting, case, target) if gid not in refused]
        if not left:
            break
        tasks |= frozenset(left)
        refused |= await _each(context, left, _hand_over_task)
        await context.save_calls()
    projects = _recorded(target, "projects") | frozenset(
        project.gid for project in await context.clients.projects_of(case.person_gid, target.workspace_gid)
    )
    refused |= await _each(context, sorted(projects), _hand_over_project)
    await context.save_calls()
    if refused:
        first = next(iter(refused.values()))
        raise StepFailed(
            f"{len(refused):,} of {len(tasks) + len(projects):,} tasks and projects could not be handed over: "
            f"{first}",
            "Hand them over in Asana, then try again; or cancel the case and open one without a hand-over.",
        )
    return HandedOver(tasks, projects)


def _recorded(target: Target, kind: str) -> frozenset[str]:
    items = target.recorded.get(kind)
    return frozenset(str(one["gid"]) for one in items) if isinstance(items, list) else frozenset()


async def _open_tasks(acting: ActingClient, case: Case, target: Target) -> list[str]:
    # Read completely before anything changes: tasks that are handed over drop out of the list.
    return [
        task.gid
        async for page in acting.asana.open_tasks(case.person_gid, target.workspace_gid)
        for task in page.items
    ]


async def _hand_over_task(context: HandOverContext, gid: str) -> None:
    asana, case = context.acting.asana, context.case
    await context.check_allowed()
    try:
        await asana.reassign_task(gid, case.hand_over_gid)
    except Uncertain:
        task = await asana.task(gid)
        if task.assignee and task.assignee.gid == case.person_gid:
            raise


async def _hand_over_project(context: HandOverContext, gid: str) -> None:
    asana, case = context.acting.asana, context.case
    project = await asana.project(gid)
    if project.owner is None or project.owner.gid != case.person_gid:
        return  # handed over before, or owned by somebody else by now
    await context.check_allowed()
    try:
        project = await asana.change_project_owner(gid, case.hand_over_gid)
    except Uncertain:
        project = await asana.project(gid)
        if project.owner and project.owner.gid == case.person_gid:
            raise
    context.clients.note_project(context.target.workspace_gid, project)


async def _each(
    context: HandOverContext, gids: list[str], change: Callable[[HandOverContext, str], Awaitable[None]]
) -> dict[str, AsanaError]:
    """What Asana does not allow to be handed over. Any other error ends the step, which can be resumed."""
    turns = asyncio.Semaphore(AT_ONCE)
    refused: dict[str, AsanaError] = {}
    is_ended = False

    async def tried(gid: str) -> None:
        for attempt in range(1, TRIES + 1):
            try:
                await change(context, gid)
            except (Forbidden, NotFound) as error:
                refused[gid] = error
            except Uncertain:
                if attempt == TRIES:
                    raise
                continue
            return

    async def one(gid: str) -> None:
        nonlocal is_ended
        async with turns:
            if is_ended:
                return
            try:
                await tried(gid)
            except BaseException:
                is_ended = True
                raise

    # All are awaited even if one fails, so that no request outlives the step.
    ends = await asyncio.gather(*map(one, gids), return_exceptions=True)
    for end in ends:
        if isinstance(end, BaseException):
            raise end
    return refused
