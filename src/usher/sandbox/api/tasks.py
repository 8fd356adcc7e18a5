"""Tasks: what is assigned to a person, and changing the assignee."""

from usher.sandbox.company.company import Workspace
from usher.sandbox.http.answers import AsanaError, Record, bad, forbidden, unknown_object
from usher.sandbox.http.endpoint import Call, endpoint
from usher.sandbox.http.shapes import TASK, TASK_LIST
from usher.sandbox.life.work import Task


def tasks(call: Call) -> Record:
    """By `assignee` together with `workspace`, or by `project` (only tasks created since the sandbox started)."""
    view = call.view
    if project_gid := call.query("project"):
        project = view.work.project_by_gid(project_gid)
        if project is None:
            raise unknown_object("project", project_gid)
        call.workspace(view.company.workspaces[project.workspace].gid)
        tasks = view.work.tasks_in(project, view.now)
    else:
        named = call.query("assignee")
        if named is None or call.query("workspace") is None:
            raise bad(
                "You should specify one of project, tag, section, user_task_list, or assignee + workspace"
            )
        tasks = _assigned(call, named, call.workspace(call.required("workspace")))
    if call.query("completed_since") == "now":
        tasks = [task for task in tasks if not task.completed]
    return call.listed_all(TASK, tasks)


def search_tasks(call: Call) -> Record:
    """Newest first, at most 100, without offsets. The only filters are `assignee.any` and `completed`."""
    where = call.workspace_of_path()
    refuse_search_on_free_plan(where)
    limit = call.limit() or 20
    named = (call.query("assignee.any") or "me").split(",")
    tasks = [task for name in named for task in _assigned(call, name, where)]
    completed = call.query("completed")
    if completed is not None:
        tasks = [task for task in tasks if task.completed == (completed == "true")]
    tasks.sort(key=lambda task: (-task.created_at, task.number))
    return {"data": [TASK.render(call.view, task, call.wanted("compact")) for task in tasks[:limit]]}


def refuse_search_on_free_plan(where: Workspace) -> None:
    if where.is_free:
        raise AsanaError(402, "Search is only available to premium users.")


def task(call: Call) -> Record:
    return call.full(TASK, _seen_task(call))


def update_task(call: Call) -> Record:
    call.refuse_view_only()
    task, data = _seen_task(call), call.body.data
    where = call.view.company.workspaces[task.workspace]
    if "assignee" in data:
        named = data["assignee"]
        to = None if named is None else call.active_member(str(named), where, "assignee")
        is_new = task.assignee != (None if to is None else to.person)
        call.changed("reassignments", TASK.gid(call.view, task), took_effect=is_new)
        call.view.work.change(task, to)
    if "completed" in data:
        task.completed = bool(data["completed"])
        call.view.work.keep(task)
    return call.full(TASK, task)


def user_task_list(call: Call) -> Record:
    where = call.workspace(call.required("workspace"))
    membership = call.active_member(call.path("user_gid"), where)
    return call.full(TASK_LIST, membership)


def _seen_task(call: Call) -> Task:
    gid = call.path("task_gid")
    task = call.view.work.task_by_gid(gid, call.view.now)
    if task is None:
        raise unknown_object("task", gid)
    if task.workspace not in call.view.own_memberships or not _is_visible(call, task):
        raise forbidden("You do not have access to this task.")
    return task


def _assigned(call: Call, named: str, where: Workspace) -> list[Task]:
    membership = call.view.company.membership_of(call.any_person(named), where)
    if membership is None:
        return []
    return [task for task in call.view.work.tasks_of(membership, call.view.now) if _is_visible(call, task)]


def _is_visible(call: Call, task: Task) -> bool:
    """Private tasks are visible to assignee and creator, service accounts and the organization's main admin."""
    view, own = call.view, call.view.caller.person
    return (
        not task.is_private
        or view.caller.is_service_account
        or own.number in (task.assignee, task.created_by)
        or view.company.main_admin(view.company.workspaces[task.workspace], view.now) is own
    )


ROUTES = [
    endpoint("GET", "/tasks", tasks),
    endpoint("GET", "/tasks/{task_gid}", task),
    endpoint("PUT", "/tasks/{task_gid}", update_task),
    endpoint("GET", "/workspaces/{workspace_gid}/tasks/search", search_tasks, is_search=True),
    endpoint("GET", "/users/{user_gid}/user_task_list", user_task_list),
]
