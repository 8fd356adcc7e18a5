"""Teams, projects and tasks, computed from numbers on demand, so that they need no memory.

Only changes by callers are stored.
"""

from array import array
from collections.abc import Iterator

import msgspec

from usher.sandbox.company.company import Company, Membership, Person, Workspace
from usher.sandbox.company.gids import Gid, mix
from usher.sandbox.company.timeline import DAY
from usher.sandbox.life.titles import PROJECT_WORDS, TASK_WORDS, TEAM_WORDS

PER_WORKSPACE = 100_000
MOST_TEAMS, MOST_PROJECTS = 400, 2_000
TASKS_PER_MEMBERSHIP = 64
FIRST_ADDED_TASK = 500_000_000
MEMBERSHIP_SPAN = 10_000_000


class Team(msgspec.Struct, frozen=True):
    number: int
    workspace: int
    name: str
    visibility: str


class TeamMembership(msgspec.Struct, frozen=True):
    team: Team
    membership: Membership

    @property
    def number(self) -> int:
        return self.team.number * MEMBERSHIP_SPAN + self.membership.number


class Project(msgspec.Struct):
    number: int
    workspace: int
    name: str
    owner: int | None
    created_at: int
    privacy_setting: str = "public_to_workspace"
    team: int | None = None
    is_archived: bool = False


class Task(msgspec.Struct):
    """The current state. `assignee` and `created_by` are numbers of people."""

    number: int
    workspace: int
    name: str
    created_by: int
    created_at: int
    assignee: int | None
    completed: bool
    is_private: bool
    projects: tuple[int, ...]
    due_day: int | None = None
    parent: int | None = None
    """The number of the parent task."""


class Work:
    """All work of a company, including the changes since the sandbox started."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self._seed = company.seed
        self._teams: dict[int, list[Team]] = {}
        self._team_members: dict[int, list[array[int]]] = {}
        self._projects: dict[int, list[Project]] = {}
        self._changed_tasks: dict[int, Task] = {}
        self._received: dict[int, list[int]] = {}
        self._added_tasks = 0

    # teams

    def teams(self, workspace: Workspace) -> list[Team]:
        if workspace.number not in self._teams:
            count = max(2, min(MOST_TEAMS, len(workspace.members) // 12)) if workspace.is_organization else 1
            self._teams[workspace.number] = [
                Team(
                    number=workspace.number * PER_WORKSPACE + n,
                    workspace=workspace.number,
                    name=f"{TEAM_WORDS[n % len(TEAM_WORDS)]} {n // len(TEAM_WORDS) + 1}".removesuffix(" 1"),
                    visibility=("public", "request_to_join", "secret")[mix(self._seed, n, 77) % 3],
                )
                for n in range(0 if workspace.is_pseudo else count)
            ]
        return self._teams[workspace.number]

    def team_by_gid(self, gid: Gid) -> Team | None:
        number = self._company.gids.teams.number(gid)
        return None if number is None else self._team(number)

    def _team(self, number: int) -> Team | None:
        workspace, n = divmod(number, PER_WORKSPACE)
        if workspace >= len(self._company.workspaces):
            return None
        teams = self.teams(self._company.workspaces[workspace])
        return teams[n] if n < len(teams) else None

    def teams_of(self, membership: Membership, now: float) -> list[Team]:
        if not (membership.is_active(now) and membership.never_left(now)):
            return []
        teams = self.teams(self._company.workspaces[membership.workspace])
        return [teams[n] for n in self._team_positions(membership, len(teams))]

    def _team_positions(self, membership: Membership, count: int) -> list[int]:
        if count == 0 or self._company.people[membership.person].is_service_account:
            return []
        first = mix(self._seed, membership.number, 1) % count
        second = mix(self._seed, membership.number, 2) % count
        return [first] if second == first or second % 2 else sorted((first, second))

    def team_memberships(self, team: Team, now: float) -> Iterator[TeamMembership]:
        workspace = self._company.workspaces[team.workspace]
        if team.workspace not in self._team_members:
            count = len(self.teams(workspace))
            members = [array("L") for _ in range(count)]
            for number in workspace.members:
                for n in self._team_positions(self._company.memberships[number], count):
                    members[n].append(number)
            self._team_members[team.workspace] = members
        for number in self._team_members[team.workspace][team.number % PER_WORKSPACE]:
            membership = self._company.memberships[number]
            if membership.is_active(now) and membership.never_left(now):
                yield TeamMembership(team, membership)

    def team_membership_by_gid(self, gid: Gid, now: float) -> TeamMembership | None:
        number = self._company.gids.team_memberships.number(gid)
        if number is None:
            return None
        team_number, membership_number = divmod(number, MEMBERSHIP_SPAN)
        team = self._team(team_number)
        if team is None or membership_number >= len(self._company.memberships):
            return None
        membership = self._company.memberships[membership_number]
        return TeamMembership(team, membership) if team in self.teams_of(membership, now) else None

    def is_team_admin(self, member: TeamMembership) -> bool:
        return mix(self._seed, member.membership.number, member.team.number) % 9 == 0

    def has_limited_access(self, member: TeamMembership) -> bool:
        return mix(self._seed, member.membership.number, member.team.number, 3) % 11 == 0

    # projects

    def projects(self, workspace: Workspace) -> list[Project]:
        if workspace.number not in self._projects:
            members = workspace.members
            count = 0 if workspace.is_pseudo else max(2, min(MOST_PROJECTS, len(members) // 8))
            teams = self.teams(workspace)
            made: list[Project] = []
            for n in range(count):
                drawn = mix(self._seed, workspace.number, n, 8)
                owner = self._company.memberships[members[drawn % len(members)]]
                made.append(
                    Project(
                        number=workspace.number * PER_WORKSPACE + n,
                        workspace=workspace.number,
                        name=f"{PROJECT_WORDS[n % len(PROJECT_WORDS)]} {n // len(PROJECT_WORDS) + 1}",
                        owner=owner.person,
                        created_at=owner.created_at + DAY,
                        privacy_setting="private" if drawn % 7 == 0 else "public_to_workspace",
                        team=teams[drawn % len(teams)].number if workspace.is_organization else None,
                        is_archived=drawn % 13 == 0,
                    )
                )
            self._projects[workspace.number] = made
        return self._projects[workspace.number]

    def project(self, number: int) -> Project | None:
        workspace, n = divmod(number, PER_WORKSPACE)
        if workspace >= len(self._company.workspaces):
            return None
        projects = self.projects(self._company.workspaces[workspace])
        return projects[n] if n < len(projects) else None

    def project_by_gid(self, gid: Gid) -> Project | None:
        number = self._company.gids.projects.number(gid)
        return None if number is None else self.project(number)

    def add_project(self, workspace: Workspace, name: str, owner: Person, now: float) -> Project:
        projects = self.projects(workspace)
        number = workspace.number * PER_WORKSPACE + len(projects)
        project = Project(number, workspace.number, name, owner.number, int(now), "private")
        projects.append(project)
        return project

    # tasks

    def _first_tasks(self, membership: Membership) -> range:
        workspace = self._company.workspaces[membership.workspace]
        if workspace.is_pseudo or self._company.people[membership.person].is_service_account:
            return range(0)
        drawn = mix(self._seed, membership.number, 5)
        count = TASKS_PER_MEMBERSHIP if drawn % 97 == 0 else drawn % 9
        start = membership.number * TASKS_PER_MEMBERSHIP
        return range(start, start + count)

    def task(self, number: int, now: float) -> Task | None:
        if number in self._changed_tasks:
            return self._changed_tasks[number]
        position = number // TASKS_PER_MEMBERSHIP
        if position >= len(self._company.memberships):
            return None
        membership = self._company.memberships[position]
        if number not in self._first_tasks(membership):
            return None
        drawn = mix(self._seed, number, 6)
        projects = self.projects(self._company.workspaces[membership.workspace])
        created = membership.created_at + drawn % (60 * DAY)
        return Task(
            number=number,
            workspace=membership.workspace,
            name=f"{TASK_WORDS[drawn % len(TASK_WORDS)]} ({number % TASKS_PER_MEMBERSHIP + 1})",
            created_by=membership.person,
            created_at=created,
            assignee=membership.person if self._keeps_tasks(membership, now) else None,
            completed=drawn % 4 == 0,
            is_private=drawn % 5 == 0,
            projects=() if drawn % 5 == 0 else (projects[drawn % len(projects)].number,),
            due_day=None if drawn % 3 else created // DAY + drawn % 90,
            parent=number - 1 if drawn % 11 == 0 and number % TASKS_PER_MEMBERSHIP else None,
        )

    def _keeps_tasks(self, membership: Membership, now: float) -> bool:
        return membership.is_active(now) and membership.never_left(now)

    def task_by_gid(self, gid: Gid, now: float) -> Task | None:
        number = self._company.gids.tasks.number(gid)
        return None if number is None else self.task(number, now)

    def tasks_of(self, membership: Membership, now: float) -> list[Task]:
        """The tasks that are assigned to a person in a workspace, including completed ones."""
        numbers = [*self._first_tasks(membership), *self._received.get(membership.number, ())]
        tasks = (self.task(number, now) for number in dict.fromkeys(numbers))
        return [task for task in tasks if task is not None and task.assignee == membership.person]

    def tasks_in(self, project: Project, now: float) -> list[Task]:
        """Only tasks that were added since the sandbox started; the others are not indexed by project."""
        return [task for task in self._changed_tasks.values() if project.number in task.projects]

    def change(self, task: Task, to: Membership | None) -> None:
        """Changes the assignee; None removes it."""
        task.assignee = None if to is None else to.person
        self._changed_tasks[task.number] = task
        if to is not None:
            self._received.setdefault(to.number, []).append(task.number)

    def keep(self, task: Task) -> None:
        self._changed_tasks[task.number] = task

    def add_task(self, project: Project, name: str, creator: int, to: Membership, now: float) -> Task:
        number = FIRST_ADDED_TASK + self._added_tasks
        self._added_tasks += 1
        task = Task(
            number=number,
            workspace=project.workspace,
            name=name,
            created_by=creator,
            created_at=int(now),
            assignee=None,
            completed=False,
            is_private=True,
            projects=(project.number,),
        )
        self.change(task, to)
        return task
