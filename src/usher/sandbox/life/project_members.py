"""Who is in a project, computed from its number on demand."""

import msgspec

from usher.sandbox.company.company import Company, Workspace
from usher.sandbox.company.gids import mix
from usher.sandbox.life.work import Project

MOST_IN_A_PROJECT = 8


class ProjectMember(msgspec.Struct, frozen=True):
    number: int
    project: int
    person: int
    access_level: str


def project_members(company: Company, project: Project, now: float) -> list[ProjectMember]:
    """The owner, and in two of three projects up to four others, of whom the first may be an admin too."""
    workspace = company.workspaces[project.workspace]
    members, drawn = workspace.members, mix(company.seed, project.number, 10)
    others = [mix(company.seed, project.number, n, 11) for n in range(drawn // 3 % 4 + 1 if drawn % 3 else 0)]
    people: dict[int, str] = {} if project.owner is None else {project.owner: "admin"}
    for n, other in enumerate(others):
        level = "admin" if n == 0 and drawn % 2 else "editor"
        people.setdefault(company.memberships[members[other % len(members)]].person, level)
    return [
        ProjectMember(project.number * MOST_IN_A_PROJECT + n, project.number, person, level)
        for n, (person, level) in enumerate(people.items())
        if _is_active(company, person, workspace, now)
    ]


def _is_active(company: Company, person: int, workspace: Workspace, now: float) -> bool:
    membership = company.membership_of(company.people[person], workspace)
    return membership is not None and membership.is_active(now)
