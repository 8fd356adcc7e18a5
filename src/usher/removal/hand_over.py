"""Giving open tasks and owned projects to somebody else, before their assignee is removed."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from usher.asana import AsanaError, Forbidden, NotFound, Uncertain
from usher.removal.acting import Acting, Hands
from usher.removal.models import Case, Target
from usher.removal.outcomes import Failed

AT_ONCE = 5
ROUNDS = 3
TRIES = 3


@dataclass(frozen=True)
class Result:
    """The gids of what the receiver has now, whoever's attempt it was."""

    tasks: frozenset[str]
    projects: frozenset[str]


async def hand_over(
    acting: Acting, hands: Hands, case: Case, target: Target, save_calls: Callable[[], Awaitable[None]]
) -> Result:
    """Raises Failed where something could not be given away: nothing is lost unseen."""
    tasks = _recorded(target, "tasks")
    refused: dict[str, AsanaError] = {}
    for _ in range(ROUNDS):
        left = [gid for gid in await _open_tasks(acting, case, target) if gid not in refused]
        if not left:
            break
        tasks |= frozenset(left)
        refused |= await _each(left, lambda gid: _give_task(acting, case, gid))
        await save_calls()
    projects = _recorded(target, "projects") | frozenset(
        project.gid for project in await hands.projects_of(case.person_gid, target.workspace_gid)
    )
    refused |= await _each(sorted(projects), lambda gid: _give_project(acting, case, gid))
    await save_calls()
    if refused:
        first = next(iter(refused.values()))
        raise Failed(
            f"{len(refused):,} of {len(tasks) + len(projects):,} tasks and projects could not be handed over: "
            f"{first}",
            "Hand these over in Asana, then try again; or cancel, and open a case without handing over.",
        )
    return Result(tasks, projects)


def _recorded(target: Target, kind: str) -> frozenset[str]:
    found = target.recorded.get(kind)
    return frozenset(str(one["gid"]) for one in found) if isinstance(found, list) else frozenset()


async def _open_tasks(acting: Acting, case: Case, target: Target) -> list[str]:
    # Read to the end before anything is changed: what is given away drops out of the list.
    return [
        task.gid
        async for page in acting.asana.open_tasks(case.person_gid, target.workspace_gid)
        for task in page.items
    ]


async def _give_task(acting: Acting, case: Case, gid: str) -> None:
    try:
        await acting.asana.reassign_task(gid, case.hand_over_gid)
    except Uncertain:
        task = await acting.asana.task(gid)
        if task.assignee and task.assignee.gid == case.person_gid:
            raise


async def _give_project(acting: Acting, case: Case, gid: str) -> None:
    project = await acting.asana.project(gid)
    if project.owner is None or project.owner.gid != case.person_gid:
        return  # given away before, or somebody else's by now
    try:
        await acting.asana.change_project_owner(gid, case.hand_over_gid)
    except Uncertain:
        project = await acting.asana.project(gid)
        if project.owner and project.owner.gid == case.person_gid:
            raise


async def _each(gids: list[str], give: Callable[[str], Awaitable[None]]) -> dict[str, AsanaError]:
    """What Asana will not let be given away. Any other error ends the step, to be taken up again."""
    turns = asyncio.Semaphore(AT_ONCE)
    refused: dict[str, AsanaError] = {}

    async def one(gid: str) -> None:
        async with turns:
            for attempt in range(1, TRIES + 1):
                try:
                    await give(gid)
                except (Forbidden, NotFound) as error:
                    refused[gid] = error
                except Uncertain:
                    if attempt == TRIES:
                        raise
                    continue
                return

    # All are awaited even if one fails, so that no call goes on behind the step's back.
    ends = await asyncio.gather(*map(one, gids), return_exceptions=True)
    for end in ends:
        if isinstance(end, BaseException):
            raise end
    return refused
