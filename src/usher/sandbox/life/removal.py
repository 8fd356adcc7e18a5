"""What happens to a person's tasks and projects when they are removed from a workspace."""

from usher.sandbox.company.company import Membership, Person, Workspace
from usher.sandbox.company.gids import mix
from usher.sandbox.company.timeline import changed, standing
from usher.sandbox.life.work import Task
from usher.sandbox.sandbox import View

VANISHING = 7
"""One in this many removed people is no longer listed. The others stay with is_active false."""
HEAP = "{name}'s previously assigned tasks"
"""The project with the open tasks of a removed person."""


def remove_member(view: View, membership: Membership) -> None:
    """Open tasks lose their assignee and move to a new project of the token's owner; projects keep their owner.

    With a service account's token, the main admin gets the project.
    """
    company, work, now = view.company, view.work, view.now
    workspace = company.workspaces[membership.workspace]
    person = company.people[membership.person]
    left_behind = [task for task in work.tasks_of(membership, now) if not task.completed]
    before = membership.at(now)
    if before is not None:
        status = "vanished" if mix(company.seed, membership.number, 9) % VANISHING == 0 else "removed"
        gone = standing(status, before.role, before.licence)
        company.alter(membership, changed(membership.history, int(now), gone))
    for task in left_behind:
        work.change(task, None)
    heir = _heir(view, workspace, person)
    if heir is None or not left_behind:
        return
    name = HEAP.format(name=person.name)
    project = work.add_project(workspace, name, heir, now)
    for task in left_behind:
        if _is_visible_to(view, heir, workspace, task):
            task.projects = (*task.projects, project.number)
    heirs = company.membership_of(heir, workspace)
    if heirs is not None:
        work.add_task(project, f"Review {name}", heir.number, heirs, now)


def _heir(view: View, workspace: Workspace, leaver: Person) -> Person | None:
    """Called after the removal, so that nobody inherits from themselves."""
    if view.caller.is_service_account:
        return view.company.main_admin(workspace, view.now)
    return view.caller.person if view.caller.person is not leaver else None


def _is_visible_to(view: View, heir: Person, workspace: Workspace, task: Task) -> bool:
    """Super admins see everything; other admins see what is not private."""
    return not task.is_private or view.company.main_admin(workspace, view.now) is heir
