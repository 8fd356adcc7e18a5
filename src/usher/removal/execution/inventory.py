"""What a person has in a workspace, read from Asana right now."""

from collections.abc import Iterable
from datetime import UTC, date, datetime

import msgspec

from usher.asana import (
    Asana,
    MembershipLicence,
    MembershipRole,
    MembershipStatus,
    NotFound,
    PlanTooLow,
    WorkspaceMembership,
)
from usher.removal.execution.clients import ActingClient, AsanaClients
from usher.removal.models import Case, Target


class InventoryTeam(msgspec.Struct, frozen=True):
    gid: str
    name: str
    is_admin: bool = False


class InventoryTask(msgspec.Struct, frozen=True):
    """`name` is shown but never stored: Usher keeps no task text."""

    gid: str
    name: str
    due_on: date | None
    projects: list[str]
    stands_alone: bool = False


class InventoryProject(msgspec.Struct, frozen=True):
    gid: str
    name: str
    is_archived: bool = False
    is_private: bool | None = None


class Inventory(msgspec.Struct, frozen=True, kw_only=True):
    """What a person has in one workspace. Role, licence and status are None without a membership."""

    workspace_gid: str
    workspace: str
    at: datetime
    acts_as: str
    inherits: str
    role: MembershipRole | None
    licence: MembershipLicence | None
    status: MembershipStatus | None
    teams: list[InventoryTeam]
    tasks: list[InventoryTask]
    projects: list[InventoryProject]

    @property
    def is_active(self) -> bool:
        return self.status == MembershipStatus.ACTIVE

    @property
    def is_view_only(self) -> bool:
        return self.licence == MembershipLicence.VIEW_ONLY

    def without_task_names(self) -> dict[str, object]:
        """As JSON, to be stored."""
        kept = msgspec.structs.replace(
            self, tasks=[msgspec.structs.replace(task, name="") for task in self.tasks]
        )
        stored: dict[str, object] = msgspec.to_builtins(kept)
        return stored


async def read_inventories(clients: AsanaClients, case: Case, targets: Iterable[Target]) -> list[Inventory]:
    """One inventory a workspace. Raises AsanaError rather than return a part: it would hide what is lost."""
    return [await read_inventory(clients, case.person_gid, target) for target in targets]


async def read_inventory(clients: AsanaClients, person_gid: str, target: Target) -> Inventory:
    asana = clients.for_workspace(target.workspace_gid).asana
    membership = await asana.membership_in(target.workspace_gid, person_gid)
    return await inventory_with_membership(membership, clients, person_gid, target)


async def inventory_with_membership(
    membership: WorkspaceMembership | None, clients: AsanaClients, person_gid: str, target: Target
) -> Inventory:
    """The inventory for a membership that has just been read."""
    acting = clients.for_workspace(target.workspace_gid)
    teams, tasks, projects = [], [], []
    if membership is not None and membership.status == MembershipStatus.ACTIVE:
        teams = await _teams(acting.asana, person_gid, target.workspace_gid)
        tasks = await _tasks(acting.asana, person_gid, target.workspace_gid)
        projects = [
            InventoryProject(one.gid, one.name or "", bool(one.archived), one.is_private)
            for one in await clients.projects_of(person_gid, target.workspace_gid)
        ]
    return _inventory(target, acting, membership, teams, tasks, projects)


def _inventory(
    target: Target,
    acting: ActingClient,
    membership: WorkspaceMembership | None,
    teams: list[InventoryTeam],
    tasks: list[InventoryTask],
    projects: list[InventoryProject],
) -> Inventory:
    return Inventory(
        workspace_gid=target.workspace_gid,
        workspace=target.workspace_name,
        at=datetime.now(UTC),
        acts_as=acting.who,
        inherits=acting.inherits,
        role=membership.role if membership else None,
        licence=membership.licence if membership else None,
        status=membership.status if membership else None,
        teams=teams,
        tasks=tasks,
        projects=projects,
    )


async def _teams(asana: Asana, person_gid: str, workspace_gid: str) -> list[InventoryTeam]:
    try:
        return [
            InventoryTeam(one.team.gid, one.team.name or "", bool(one.is_admin))
            async for page in asana.team_memberships(person_gid, workspace_gid)
            for one in page.items
            if one.team
        ]
    except (NotFound, PlanTooLow):  # only organizations have teams
        return []


async def _tasks(asana: Asana, person_gid: str, workspace_gid: str) -> list[InventoryTask]:
    return [
        InventoryTask(
            one.gid,
            one.name or "",
            one.due_on,
            [project.name or "" for project in one.projects or ()],
            one.stands_alone,
        )
        async for page in asana.open_tasks(person_gid, workspace_gid)
        for one in page.items
    ]
