"""The truth about people: their memberships, and what they have in a workspace."""

from __future__ import annotations

from usher.sandbox.clock import timestamp
from usher.sandbox.company.company import Company, Membership, Workspace
from usher.sandbox.company.gids import mix
from usher.sandbox.company.timeline import Standing
from usher.sandbox.http.answers import Json, Record
from usher.sandbox.life.removal import HEAP
from usher.sandbox.life.work import Project, Task
from usher.sandbox.sandbox import Sandbox


def truth(company: Company, now: float, only: str | None = None) -> Record:
    """Every membership at a moment. Vanished memberships are listed separately."""
    return {
        "now": timestamp(now),
        "workspaces": [
            _truth_of(company, workspace, now)
            for workspace in company.workspaces
            if only is None or only == workspace.gid
        ],
    }


def _truth_of(company: Company, workspace: Workspace, now: float) -> Record:
    listed: list[Json] = []
    vanished: list[Json] = []
    for number in workspace.members:
        membership = company.memberships[number]
        standing_now = membership.at(now)
        if standing_now is None:
            continue
        record = membership_truth(company, membership, standing_now)
        (vanished if standing_now.status == "vanished" else listed).append(record)
    return {"gid": workspace.gid, "name": workspace.name, "memberships": listed, "vanished": vanished}


def membership_truth(company: Company, membership: Membership, now: Standing) -> Record:
    person = company.people[membership.person]
    return {
        "gid": company.gids.memberships.gid(membership.number),
        "user": company.gids.users.gid(person.number),
        "name": person.name,
        "email": person.email,
        "role": now.role,
        "licence": now.licence,
        "status": "active" if now.status == "active" else "not_active",
        "created_at": timestamp(membership.created_at, mix(membership.number) % 1_000),
        "changed_at": timestamp(max(at for at, then in membership.history if then is now)),
        "never_joined": membership.never_joined,
        "is_service_account": person.is_service_account,
    }


def person_truth(sandbox: Sandbox, workspace_gid: str, named: str) -> Record:
    """A person's membership, teams, open tasks and owned projects, also after a removal.

    `left_behind`: the projects with the person's previously assigned tasks. Raises ValueError if there is no such
    person.
    """
    company, work, now = sandbox.company, sandbox.work, sandbox.clock.now()
    membership, standing_now = membership_in(company, workspace_gid, named, now)
    workspace, person = company.workspaces[membership.workspace], company.people[membership.person]
    projects = [project for project in work.projects(workspace) if project.created_at <= now]
    heaps = [project for project in projects if project.name == HEAP.format(name=person.name)]
    return {
        "membership": membership_truth(company, membership, standing_now),
        "teams": [
            {"gid": company.gids.teams.gid(team.number), "name": team.name}
            for team in work.teams_of(membership, now)
        ],
        "open_tasks": [
            _task_truth(company, task) for task in work.tasks_of(membership, now) if not task.completed
        ],
        "owned_projects": [
            _project_truth(company, project) for project in projects if project.owner == person.number
        ],
        "left_behind": [
            {
                **_project_truth(company, heap),
                "tasks": [_task_truth(company, task) for task in work.tasks_in(heap, now)],
            }
            for heap in heaps
        ],
    }


def _task_truth(company: Company, task: Task) -> Record:
    gids = company.gids
    return {
        "gid": gids.tasks.gid(task.number),
        "name": task.name,
        "assignee": None if task.assignee is None else gids.users.gid(task.assignee),
        "is_private": task.is_private,
        "parent": None if task.parent is None else gids.tasks.gid(task.parent),
        "projects": [gids.projects.gid(number) for number in task.projects],
    }


def _project_truth(company: Company, project: Project) -> Record:
    return {
        "gid": company.gids.projects.gid(project.number),
        "name": project.name,
        "owner": None if project.owner is None else company.gids.users.gid(project.owner),
        "is_private": project.privacy_setting == "private",
        "is_archived": project.is_archived,
    }


def workspace_of(company: Company, gid: str) -> Workspace:
    """Raises ValueError if there is none."""
    workspace = company.workspace_by_gid(gid)
    if workspace is None:
        raise ValueError(f"no workspace {gid}")
    return workspace


def membership_in(
    company: Company, workspace_gid: str, named: str, now: float
) -> tuple[Membership, Standing]:
    """A person by gid or e-mail address, even if they left. Raises ValueError for people who were never members."""
    workspace = workspace_of(company, workspace_gid)
    person = company.person_by_email(named) if "@" in named else company.person_by_gid(named)
    membership = None if person is None else company.membership_of(person, workspace)
    standing_now = None if membership is None else membership.at(now)
    if membership is None or standing_now is None:
        raise ValueError(f"{named} is not in workspace {workspace_gid}")
    return membership, standing_now
