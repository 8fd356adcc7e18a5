"""The resources of audit log events: numbers of people, tasks, projects and other objects, and their gids."""

from __future__ import annotations

from usher.sandbox.audit_log.event_types import EVENT_TYPES, LOGIN, LOGIN_FAILED, LOGOUT, OF_APPS
from usher.sandbox.company.company import Company, Workspace
from usher.sandbox.company.gids import Gid, GidRange
from usher.sandbox.http.answers import Record
from usher.sandbox.life.titles import TASK_WORDS
from usher.sandbox.life.work import PER_WORKSPACE, TASKS_PER_MEMBERSHIP, Work

_OTHERS_EACH = 1 << 20
"""How many attachments, goals and the like an organization has at most."""
_ABOUT_THE_ACTOR = frozenset((LOGIN, LOGIN_FAILED, LOGOUT, *OF_APPS))
_OTHER_KINDS = tuple(
    sorted({t.resource_type for t in EVENT_TYPES} - {"user", "workspace", "task", "project", "team"})
)
_NAMES = {"attachment": "Plan {}.pdf", "story": None, "goal": "Goal {}", "portfolio": "Portfolio {}"}


class Resources:
    def __init__(self, company: Company, work: Work, workspace: Workspace) -> None:
        self._company = company
        self._work = work
        self._workspace = workspace
        # People whom callers invite come after the others, and no event is about them.
        invited = sum(company.altered.get(number) == () for number in workspace.members)
        self._members = len(workspace.members) - invited
        self._spans: list[tuple[int, int]] | None = None
        """By type: the first number, and how many there are; 0 for people."""

    def of(self, event_type: int, at: int, actor: int) -> int:
        """The number of the resource, of the kind that the type requires."""
        if self._spans is None:
            self._spans = [self._span(kind.resource_type) for kind in EVENT_TYPES]
        base, count = self._spans[event_type]
        drawn = (at * 2_654_435_761 + actor * 40_503) >> 7 & 0xFFFFFFF
        if count:
            return base + drawn % count
        if event_type in _ABOUT_THE_ACTOR and actor >= 0:
            return actor
        members = self._workspace.members
        return self._company.memberships[members[drawn % self._members]].person

    def _span(self, kind: str) -> tuple[int, int]:
        own_number, members = self._workspace.number, self._workspace.members
        match kind:
            case "user":
                return 0, 0
            case "workspace":
                return own_number, 1
            case "team":
                return own_number * PER_WORKSPACE, len(self._work.teams(self._workspace))
            case "project":
                return own_number * PER_WORKSPACE, len(self._work.projects(self._workspace))
            case "task":
                return members[0] * TASKS_PER_MEMBERSHIP, self._members * TASKS_PER_MEMBERSHIP
            case _:
                kinds = len(_OTHER_KINDS)
                return (own_number * kinds + _OTHER_KINDS.index(kind)) * _OTHERS_EACH, _OTHERS_EACH


def resource_record(company: Company, work: Work, kind: str, number: int) -> Record:
    record: Record = {"resource_type": kind, "gid": _gids(company, kind).gid(number), "name": None}
    match kind:
        case "user":
            return {**record, **_person(company, number)}
        case "workspace":
            workspace = company.workspaces[number]
            return {**record, "gid": workspace.gid, "name": workspace.name}
        case "team":
            teams = work.teams(company.workspaces[number // PER_WORKSPACE])
            return {**record, "name": teams[number % PER_WORKSPACE].name}
        case "project":
            project = work.project(number)
            return {**record, "name": project.name if project else None}
        case "task":
            name = TASK_WORDS[number % len(TASK_WORDS)]
            return {**record, "name": f"{name} ({number})", "resource_subtype": "default_task"}
        case _:
            pattern = _NAMES.get(kind, "{}")
            return {**record, "name": pattern and pattern.format(number % 1_000)}


def _person(company: Company, number: int) -> Record:
    person = company.people[number]
    return {"name": person.name, "email": person.email} if person.email else {"name": person.name}


def numbers_by_gid(company: Company, gid: Gid) -> tuple[int, frozenset[str]] | None:
    """The number that a gid stands for, and the kinds of resource that it may be."""
    for workspace in company.workspaces:
        if workspace.gid == gid:
            return workspace.number, frozenset(("workspace",))
    for kind in ("user", "team", "project", "task", *_OTHER_KINDS):
        number = _gids(company, kind).number(gid)
        if number is not None and (kind not in _OTHER_KINDS or _kind_of(number) == kind):
            return number, frozenset((kind,))
    return None


def _kind_of(number: int) -> str:
    return _OTHER_KINDS[number // _OTHERS_EACH % len(_OTHER_KINDS)]


def _gids(company: Company, kind: str) -> GidRange:
    gids = company.gids
    return {
        "user": gids.users,
        "workspace": gids.workspaces,
        "team": gids.teams,
        "project": gids.projects,
        "task": gids.tasks,
        "attachment": gids.attachments,
    }.get(kind, gids.others)
