"""What a removal breaks beyond the person's own access: what only they own or keep going.

Read for a preview. Never raises AsanaError: what cannot be read is None, with the reason. Requests are bounded.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import msgspec
from asgiref.sync import sync_to_async

from usher.asana import AsanaError, OwnedThing, Page, PlanTooLow, ProjectMember, Responsibilities
from usher.removal.execution.apps import AuthorisedApps, authorised_apps
from usher.removal.execution.clients import AsanaClients
from usher.removal.execution.inventory import Inventory, InventoryProject

T = TypeVar("T")

PROJECTS_LOOKED_AT = 25
PAGES_LOOKED_AT = 5
LISTED = 20
SECONDS = 8.0
"""Shorter than a person waits for the whole preview, so that this part never fails the rest."""
TOO_SLOW = "Asana did not answer in time."
ONLY_SERVICE = (
    "Asana shows other people's portfolios only to a service account, and this connection acts as a person."
)
MANY = "There are more than Usher looks through for a preview ({count:,}); these are of the first."


class BreakingItem(msgspec.Struct, frozen=True):
    gid: str
    name: str


class BreakingItems(msgspec.Struct, frozen=True):
    """`items` is None if they cannot be read. `note`: why, or what was not looked at; empty if all is known."""

    items: list[BreakingItem] | None
    note: str = ""


class WorkspaceBreakage(msgspec.Struct, frozen=True, kw_only=True):
    """`only_member`, `only_admin`: of the projects that the person owns; others' projects are not looked at.

    `look_in`: the projects whose rules, forms and webhooks nobody but Asana's pages shows.
    """

    workspace_gid: str
    workspace: str
    inherits: str
    only_member: BreakingItems
    only_admin: BreakingItems
    portfolios: BreakingItems
    goals: BreakingItems
    templates: BreakingItems
    look_in: list[BreakingItem]


class Breakage(msgspec.Struct, frozen=True):
    workspaces: list[WorkspaceBreakage]
    apps: AuthorisedApps


async def read_breakage(
    clients: AsanaClients, connection_id: int, person_gid: str, inventories: Sequence[Inventory]
) -> Breakage:
    """Of the workspaces in which the person is active."""
    active = [inventory for inventory in inventories if inventory.is_active]
    return Breakage(
        list(await asyncio.gather(*(_in_workspace(clients, person_gid, one) for one in active))),
        await sync_to_async(authorised_apps)(connection_id, person_gid),
    )


async def _in_workspace(clients: AsanaClients, person_gid: str, inventory: Inventory) -> WorkspaceBreakage:
    acting = clients.for_workspace(inventory.workspace_gid)
    asked, workspace = acting.asana.responsibilities, inventory.workspace_gid

    async def portfolios() -> BreakingItems:
        if not acting.is_service:
            return BreakingItems(None, ONLY_SERVICE)
        page = await asked.portfolios(person_gid, workspace)
        note = "There are more, which Usher has not looked at." if page.next_offset else ""
        return BreakingItems(_owned(page.items, person_gid), note)

    (only_member, only_admin), found_portfolios, goals, templates = await asyncio.gather(
        _alone_in(asked, person_gid, [one for one in inventory.projects if not one.is_archived]),
        _or_why(portfolios),
        _or_why(lambda: _owned_in_list(asked.goals, workspace, person_gid)),
        _or_why(lambda: _owned_in_list(asked.project_templates, workspace, person_gid)),
    )
    return WorkspaceBreakage(
        workspace_gid=workspace,
        workspace=inventory.workspace,
        inherits=inventory.inherits,
        only_member=only_member,
        only_admin=only_admin,
        portfolios=found_portfolios,
        goals=goals,
        templates=templates,
        look_in=[_item(project) for project in inventory.projects],
    )


async def _or_why(read: Callable[[], Awaitable[BreakingItems]]) -> BreakingItems:
    try:
        async with asyncio.timeout(SECONDS):
            return await read()
    except TimeoutError:
        return BreakingItems(None, TOO_SLOW)
    except PlanTooLow:
        return BreakingItems(None, "Asana's API shows them only on higher plans.")
    except AsanaError as error:
        return BreakingItems(None, str(error))


async def _owned_in_list(
    read: Callable[[str, str | None], Awaitable[Page[OwnedThing]]], workspace: str, person_gid: str
) -> BreakingItems:
    """Asana lists those of all owners, so only the first pages are looked through."""
    found: list[BreakingItem] = []
    offset: str | None = None
    seen = 0
    for _ in range(PAGES_LOOKED_AT):
        page = await read(workspace, offset)
        seen += len(page.items)
        found += _owned(page.items, person_gid)
        offset = page.next_offset
        if offset is None:
            return BreakingItems(found)
    return BreakingItems(found, MANY.format(count=seen))


def _owned(things: Sequence[OwnedThing], person_gid: str) -> list[BreakingItem]:
    return [
        BreakingItem(one.gid, one.name or "") for one in things if one.owner and one.owner.gid == person_gid
    ]


async def _alone_in(
    asked: Responsibilities, person_gid: str, projects: Sequence[InventoryProject]
) -> tuple[BreakingItems, BreakingItems]:
    """The projects of which they are the only member, and those of which they are the only admin among others."""
    looked_at = projects[:PROJECTS_LOOKED_AT]
    try:
        async with asyncio.timeout(SECONDS):
            answers = await asyncio.gather(
                *(asked.project_members(project.gid) for project in looked_at), return_exceptions=True
            )
    except TimeoutError:
        return BreakingItems(None, TOO_SLOW), BreakingItems(None, TOO_SLOW)
    only_member, only_admin, unread = [], [], len(projects) - len(looked_at)
    for project, answer in zip(looked_at, answers, strict=True):
        if isinstance(answer, AsanaError):
            unread += 1
        elif isinstance(answer, BaseException):
            raise answer
        elif _is_alone(answer, person_gid):
            only_member.append(_item(project))
        elif _is_only_admin(answer, person_gid):
            only_admin.append(_item(project))
    note = f"Usher has not read the members of {unread:,} more of their projects." if unread else ""
    if projects and unread == len(projects):
        first = next((str(answer) for answer in answers if isinstance(answer, AsanaError)), note)
        return BreakingItems(None, first), BreakingItems(None, first)
    return BreakingItems(only_member, note), BreakingItems(only_admin, note)


def _is_alone(page: Page[ProjectMember], person_gid: str) -> bool:
    return page.next_offset is None and {_gid(one) for one in page.items} == {person_gid}


def _is_only_admin(page: Page[ProjectMember], person_gid: str) -> bool:
    admins = {_gid(one) for one in page.items if one.access_level == "admin"}
    return page.next_offset is None and admins == {person_gid}


def _gid(member: ProjectMember) -> str:
    return member.member.gid if member.member else ""


def _item(project: InventoryProject) -> BreakingItem:
    return BreakingItem(project.gid, project.name)


def breakage_in_words(breakage: Breakage) -> list[str]:
    """One sentence for each kind of which there is something, or which cannot be seen."""
    sentences = []
    for here in breakage.workspaces:
        kinds = (
            ("only member of", here.only_member),
            ("only project admin of", here.only_admin),
            ("portfolios owned", here.portfolios),
            ("goals owned", here.goals),
            ("project templates owned", here.templates),
        )
        sentences += [
            f"{here.workspace}: {kind}: {_in_words(found)}" for kind, found in kinds if _says(found)
        ]
    apps = breakage.apps
    if apps.apps:
        names = [app.name or "an app without a name" for app in apps.apps]
        sentences.append(f"apps given access: {_listed(names)}.")
    elif breakage.workspaces and apps.known_since is None:
        sentences.append("apps given access cannot be seen: this connection reads no audit log.")
    if breakage.workspaces:
        sentences.append("rules, forms and webhooks cannot be seen: Asana's API does not show them.")
    return sentences


def _says(found: BreakingItems) -> bool:
    return bool(found.items or found.note)


def _in_words(found: BreakingItems) -> str:
    if found.items is None:
        return f"cannot be seen. {found.note}"
    names = _listed([item.name or item.gid for item in found.items]) or "none seen"
    return f"{names}. {found.note}".strip()


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - LISTED:,} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more
