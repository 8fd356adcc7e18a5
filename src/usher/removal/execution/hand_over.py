"""Giving open tasks and owned projects to somebody else, before their assignee is removed."""

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
    """The gids of what the receiver has now, whoever's attempt it was."""

    tasks: frozenset[str]
    projects: frozenset[str]


@dataclass(frozen=True)
class HandOverContext:
    """`may_change` is asked before each change and raises what stands in its way; `save_calls` stores the evidence."""

    acting: ActingClient
    hands: AsanaClients
    case: Case
    target: Target
    may_change: Callable[[], Awaitable[None]]
    save_calls: Callable[[], Awaitable[None]]


async def hand_over(giving: HandOverContext) -> HandedOver:
    """Raises Failed where something could not be given away: nothing is lost unseen."""
    acting, case, target = giving.acting, giving.case, giving.target
    tasks = _recorded(target, "tasks")
    refused: dict[str, AsanaError] = {}
    for _ in range(ROUNDS):
        left = [gid for gid in await _open_tasks(acting, case, target) if gid not in refused]
        if not left:
            break
        tasks |= frozenset(left)
        refused |= await _each(giving, left, _give_task)
        await giving.save_calls()
    projects = _recorded(target, "projects") | frozenset(
        project.gid for project in await giving.hands.projects_of(case.person_gid, target.workspace_gid)
    )
    refused |= await _each(giving, sorted(projects), _give_project)
    await giving.save_calls()
    if refused:
        first = next(iter(refused.values()))
        raise StepFailed(
            f"{len(refused):,} of {len(tasks) + len(projects):,} tasks and projects could not be handed over: "
            f"{first}",
            "Hand these over in Asana, then try again; or cancel, and open a case without handing over.",
        )
    return HandedOver(tasks, projects)


def _recorded(target: Target, kind: str) -> frozenset[str]:
    found = target.recorded.get(kind)
    return frozenset(str(one["gid"]) for one in found) if isinstance(found, list) else frozenset()


async def _open_tasks(acting: ActingClient, case: Case, target: Target) -> list[str]:
    # Read to the end before anything is changed: what is given away drops out of the list.
    return [
        task.gid
        async for page in acting.asana.open_tasks(case.person_gid, target.workspace_gid)
        for task in page.items
    ]


async def _give_task(giving: HandOverContext, gid: str) -> None:
    asana, case = giving.acting.asana, giving.case
    await giving.may_change()
    try:
        await asana.reassign_task(gid, case.hand_over_gid)
    except Uncertain:
        task = await asana.task(gid)
        if task.assignee and task.assignee.gid == case.person_gid:
            raise


async def _give_project(giving: HandOverContext, gid: str) -> None:
    asana, case = giving.acting.asana, giving.case
    project = await asana.project(gid)
    if project.owner is None or project.owner.gid != case.person_gid:
        return  # given away before, or somebody else's by now
    await giving.may_change()
    try:
        project = await asana.change_project_owner(gid, case.hand_over_gid)
    except Uncertain:
        project = await asana.project(gid)
        if project.owner and project.owner.gid == case.person_gid:
            raise
    giving.hands.note_project(giving.target.workspace_gid, project)


async def _each(
    giving: HandOverContext, gids: list[str], give: Callable[[HandOverContext, str], Awaitable[None]]
) -> dict[str, AsanaError]:
    """What Asana will not let be given away. Any other error ends the step, to be taken up again."""
    turns = asyncio.Semaphore(AT_ONCE)
    refused: dict[str, AsanaError] = {}
    is_ended = False

    async def tried(gid: str) -> None:
        for attempt in range(1, TRIES + 1):
            try:
                await give(giving, gid)
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

    # All are awaited even if one fails, so that no call goes on behind the step's back.
    ends = await asyncio.gather(*map(one, gids), return_exceptions=True)
    for end in ends:
        if isinstance(end, BaseException):
            raise end
    return refused
