"""Objects as JSON: compact, full, or with just the fields that `opt_fields` names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, Literal, TypeAlias, TypeVar

from usher.sandbox.clock import date_text, timestamp
from usher.sandbox.company.company import Membership, Person, Workspace
from usher.sandbox.company.gids import mix
from usher.sandbox.http.answers import Json, Record
from usher.sandbox.life.work import Project, Task, Team, TeamMembership
from usher.sandbox.sandbox import View

T = TypeVar("T")
N = TypeVar("N")

FieldTree: TypeAlias = "dict[str, FieldTree]"
Wanted: TypeAlias = "FieldTree | Literal['compact', 'full']"
"""Compact and full are Asana's two forms of a record; a tree holds the fields that `opt_fields` names."""
Field: TypeAlias = Callable[[View, T, Wanted], Json]


def field_tree(opt_fields: str) -> FieldTree:
    tree: FieldTree = {}
    for path in opt_fields.split(","):
        here = tree
        for name in path.strip().split("."):
            if name and name != "this":
                here = here.setdefault(name, {})
    return tree


class Shape(Generic[T]):
    """`compact` fields appear in lists and wherever the object is part of another one."""

    def __init__(self, kind: str, gid: Callable[[View, T], str], compact: dict[str, Field[T]]) -> None:
        self.kind = kind
        self.gid = gid
        self._compact = compact
        self._all = dict(compact)

    def more(self, fields: dict[str, Field[T]]) -> None:
        self._all.update(fields)

    def render(self, view: View, thing: T, wanted: Wanted) -> Record:
        record: Record = {"gid": self.gid(view, thing), "resource_type": self.kind}
        if isinstance(wanted, dict):
            for name, below in wanted.items():
                if field := self._all.get(name):
                    record[name] = field(view, thing, below)
        else:
            fields = self._compact if wanted == "compact" else self._all
            for name, field in fields.items():
                record[name] = field(view, thing, "compact")
        return {name: value for name, value in record.items() if value is not _ABSENT}


_ABSENT = "\0absent"
"""A field that the object does not have at all, in contrast to null."""


def plain(get: Callable[[View, T], Json]) -> Field[T]:
    return lambda view, thing, _: get(view, thing)


def one(get: Callable[[View, T], N | None], shape: Callable[[], Shape[N]]) -> Field[T]:
    def render(view: View, thing: T, wanted: Wanted) -> Json:
        related = get(view, thing)
        return None if related is None else shape().render(view, related, wanted)

    return render


def many(get: Callable[[View, T], Iterable[N]], shape: Callable[[], Shape[N]]) -> Field[T]:
    return lambda view, thing, wanted: [shape().render(view, related, wanted) for related in get(view, thing)]


def user_gid(view: View, person: Person) -> str:
    return view.company.gids.users.gid(person.number)


def _person(view: View, number: int | None) -> Person | None:
    return None if number is None else view.company.people[number]


def _workspaces_seen_of(view: View, person: Person) -> list[Workspace]:
    memberships = (view.company.memberships[number] for number in person.memberships)
    return [
        view.company.workspaces[m.workspace]
        for m in memberships
        if m.workspace in view.own_memberships and m.is_active(view.now)
    ]


def _person_of(view: View, membership: Membership) -> Person:
    return view.company.people[membership.person]


def _workspace_of(view: View, thing: Membership | Task | Project | Team) -> Workspace:
    return view.company.workspaces[thing.workspace]


def _is(view: View, membership: Membership, what: str) -> bool:
    now = membership.at(view.now)
    return now is not None and what in (now.status, now.role, now.licence)


WORKSPACE: Shape[Workspace] = Shape(
    "workspace", lambda _, workspace: workspace.gid, {"name": plain(lambda _, workspace: workspace.name)}
)
WORKSPACE.more(
    {
        "is_organization": plain(lambda _, workspace: workspace.is_organization),
        "email_domains": plain(lambda _, workspace: list(workspace.email_domains)),
    }
)

USER: Shape[Person] = Shape("user", user_gid, {"name": plain(lambda _, person: person.name)})
USER.more(
    {
        "email": plain(lambda _, person: person.email or _ABSENT),
        "photo": plain(lambda _, __: None),
        "workspaces": many(_workspaces_seen_of, lambda: WORKSPACE),
        "custom_fields": plain(lambda _, __: []),
    }
)

USER_AFTER_INVITATION: Shape[Person] = Shape("user", user_gid, {"name": plain(lambda _, person: person.name)})
USER_AFTER_INVITATION.more(
    {"email": plain(lambda _, person: person.email or _ABSENT), "photo": plain(lambda _, __: None)}
)

TASK_LIST: Shape[Membership] = Shape(
    "user_task_list",
    lambda view, membership: view.company.gids.task_lists.gid(membership.number),
    {
        "name": plain(lambda view, membership: f"My tasks of {_person_of(view, membership).name}"),
        "owner": one(_person_of, lambda: USER),
        "workspace": one(_workspace_of, lambda: WORKSPACE),
    },
)

USER_OF_MEMBERSHIP: Shape[Person] = Shape("user", user_gid, {"name": plain(lambda _, person: person.name)})
USER_OF_MEMBERSHIP.more(
    {
        "email": plain(
            lambda view, person: (person.number not in view.addresses_left_out and person.email) or _ABSENT
        )
    }
)

MEMBERSHIP: Shape[Membership] = Shape(
    "workspace_membership",
    lambda view, membership: view.company.gids.memberships.gid(membership.number),
    {"user": one(_person_of, lambda: USER_OF_MEMBERSHIP), "workspace": one(_workspace_of, lambda: WORKSPACE)},
)
MEMBERSHIP.more(
    {
        "is_active": plain(lambda view, membership: _is(view, membership, "active")),
        "is_admin": plain(lambda view, membership: _is(view, membership, "admin")),
        "is_guest": plain(lambda view, membership: _is(view, membership, "guest")),
        "is_view_only": plain(lambda view, membership: _is(view, membership, "view_only")),
        "created_at": plain(
            lambda _, membership: timestamp(membership.created_at, mix(membership.number) % 1_000)
        ),
        "user_task_list": one(lambda _, membership: membership, lambda: TASK_LIST),
        "vacation_dates": plain(lambda _, __: None),
    }
)

TEAM: Shape[Team] = Shape(
    "team", lambda view, team: view.company.gids.teams.gid(team.number), {"name": plain(lambda _, t: t.name)}
)
TEAM.more(
    {
        "description": plain(lambda _, __: ""),
        "organization": one(_workspace_of, lambda: WORKSPACE),
        "permalink_url": plain(lambda view, team: f"https://app.asana.com/0/team/{TEAM.gid(view, team)}"),
        "visibility": plain(lambda _, team: team.visibility),
    }
)

TEAM_MEMBERSHIP: Shape[TeamMembership] = Shape(
    "team_membership",
    lambda view, member: view.company.gids.team_memberships.gid(member.number),
    {
        "user": one(lambda view, member: _person_of(view, member.membership), lambda: USER),
        "team": one(lambda _, member: member.team, lambda: TEAM),
        "is_guest": plain(lambda view, member: _is(view, member.membership, "guest")),
        "is_limited_access": plain(
            lambda view, member: _is(view, member.membership, "guest") or view.work.has_limited_access(member)
        ),
        "is_admin": plain(
            lambda view, member: view.work.is_team_admin(member) and not _is(view, member.membership, "guest")
        ),
    },
)

PROJECT: Shape[Project] = Shape(
    "project",
    lambda view, project: view.company.gids.projects.gid(project.number),
    {"name": plain(lambda _, project: project.name)},
)
PROJECT.more(
    {
        "archived": plain(lambda _, project: project.is_archived),
        "completed": plain(lambda _, __: False),
        "created_at": plain(lambda _, project: timestamp(project.created_at)),
        "modified_at": plain(lambda _, project: timestamp(project.created_at)),
        "notes": plain(lambda _, __: ""),
        "owner": one(lambda view, project: _person(view, project.owner), lambda: USER),
        "privacy_setting": plain(lambda _, project: project.privacy_setting),
        "public": plain(lambda _, project: project.privacy_setting == "public_to_workspace"),
        "workspace": one(_workspace_of, lambda: WORKSPACE),
        "permalink_url": plain(lambda view, project: f"https://app.asana.com/0/{PROJECT.gid(view, project)}"),
    }
)


def _creator(view: View, task: Task, wanted: Wanted) -> Json:
    person = view.company.people[task.created_by]
    return USER.render(view, person, {} if wanted == "compact" else wanted)


def _projects(view: View, task: Task) -> list[Project]:
    projects = (view.work.project(number) for number in task.projects)
    return [project for project in projects if project is not None]


def _parent(view: View, task: Task) -> Task | None:
    return None if task.parent is None else view.work.task(task.parent, view.now)


TASK: Shape[Task] = Shape(
    "task",
    lambda view, task: view.company.gids.tasks.gid(task.number),
    {
        "name": plain(lambda _, task: task.name),
        "resource_subtype": plain(lambda _, __: "default_task"),
        "created_by": _creator,
    },
)
TASK.more(
    {
        "assignee": one(lambda view, task: _person(view, task.assignee), lambda: USER),
        "completed": plain(lambda _, task: task.completed),
        "completed_at": plain(lambda _, task: timestamp(task.created_at) if task.completed else None),
        "created_at": plain(lambda _, task: timestamp(task.created_at)),
        "modified_at": plain(lambda _, task: timestamp(task.created_at)),
        "due_on": plain(lambda _, task: None if task.due_day is None else date_text(task.due_day)),
        "due_at": plain(lambda _, __: None),
        "notes": plain(lambda _, __: ""),
        "projects": many(_projects, lambda: PROJECT),
        "tags": plain(lambda _, __: []),
        "followers": plain(lambda _, __: []),
        "parent": one(_parent, lambda: TASK),
        "workspace": one(_workspace_of, lambda: WORKSPACE),
        "permalink_url": plain(lambda view, task: f"https://app.asana.com/0/0/{TASK.gid(view, task)}"),
    }
)
