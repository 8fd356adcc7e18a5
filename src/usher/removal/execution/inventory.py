"""What a person has in a workspace, read from Asana at this moment."""

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
    """`name` is shown and never stored: no text of tasks is kept."""

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
    """One workspace. Role, licence and status are None where Asana lists no membership."""

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

    def to_keep(self) -> dict[str, object]:
        """As JSON, without the names of tasks."""
        kept = msgspec.structs.replace(
            self, tasks=[msgspec.structs.replace(task, name="") for task in self.tasks]
        )
        found: dict[str, object] = msgspec.to_builtins(kept)
        return found


async def read_inventories(hands: AsanaClients, case: Case, targets: Iterable[Target]) -> list[Inventory]:
    """Everything that the case is about. Any AsanaError ends it: half a preview would hide what is lost."""
    return [await read_inventory(hands, case.person_gid, target) for target in targets]


async def read_inventory(hands: AsanaClients, person_gid: str, target: Target) -> Inventory:
    asana = hands.for_workspace(target.workspace_gid).asana
    membership = await asana.membership_in(target.workspace_gid, person_gid)
    return await inventory_with_membership(membership, hands, person_gid, target)


async def inventory_with_membership(
    membership: WorkspaceMembership | None, hands: AsanaClients, person_gid: str, target: Target
) -> Inventory:
    """What goes with a membership that was read just now."""
    acting = hands.for_workspace(target.workspace_gid)
    teams, tasks, projects = [], [], []
    if membership is not None and membership.status == MembershipStatus.ACTIVE:
        teams = await _teams(acting.asana, person_gid, target.workspace_gid)
        tasks = await _tasks(acting.asana, person_gid, target.workspace_gid)
        projects = [
            InventoryProject(one.gid, one.name or "", bool(one.archived), one.is_private)
            for one in await hands.projects_of(person_gid, target.workspace_gid)
        ]
    return _seen(target, acting, membership, teams, tasks, projects)


def _seen(
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
    except (NotFound, PlanTooLow):  # workspaces that are no organization have no teams
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
