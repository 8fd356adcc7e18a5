"""Projects: who owns them, and changing the owner."""

from usher.sandbox.api.tasks import refuse_search_on_free_plan
from usher.sandbox.company.company import Workspace
from usher.sandbox.http.answers import Record, forbidden, unknown_object
from usher.sandbox.http.endpoint import Call, endpoint
from usher.sandbox.http.shapes import PROJECT
from usher.sandbox.http.shapes_of_plans import PROJECT_MEMBER
from usher.sandbox.life.project_members import project_members
from usher.sandbox.life.work import Project


def projects(call: Call) -> Record:
    return call.listed_all(PROJECT, _seen(call, call.workspace(call.required("workspace"))))


def projects_of_workspace(call: Call) -> Record:
    return call.listed_all(PROJECT, _seen(call, call.workspace_of_path()))


def search_projects(call: Call) -> Record:
    """`owner.any` is the only filter; no offsets, at most 100."""
    where = call.workspace_of_path()
    refuse_search_on_free_plan(where)
    projects = _seen(call, where)
    if owners := call.query("owner.any"):
        numbers = {call.any_person(named).number for named in owners.split(",")}
        projects = [project for project in projects if project.owner in numbers]
    limit = call.limit() or 20
    return {"data": [PROJECT.render(call.view, p, call.wanted("compact")) for p in projects[:limit]]}


def project(call: Call) -> Record:
    return call.full(PROJECT, _seen_project(call))


def project_memberships(call: Call) -> Record:
    project = _seen_project(call)
    members = project_members(call.view.company, project, call.view.now)
    if named := call.query("user"):
        number = call.any_person(named).number
        members = [member for member in members if member.person == number]
    return call.listed_all(PROJECT_MEMBER, members)


def update_project(call: Call) -> Record:
    call.refuse_view_only()
    project, data = _seen_project(call), call.body.data
    if "owner" in data:
        named = data["owner"]
        where = call.view.company.workspaces[project.workspace]
        owner = None if named is None else call.active_member(str(named), where, "owner").person
        call.changed("owner_changes", PROJECT.gid(call.view, project), took_effect=project.owner != owner)
        project.owner = owner
    return call.full(PROJECT, project)


def _seen_project(call: Call) -> Project:
    gid = call.path("project_gid")
    project = call.view.work.project_by_gid(gid)
    if project is None:
        raise unknown_object("project", gid)
    if project.workspace not in call.view.own_memberships or not _is_visible(call, project):
        raise forbidden("You do not have access to this project.")
    return project


def _seen(call: Call, where: Workspace) -> list[Project]:
    """Archived projects are included unless `archived` filters for one kind."""
    archived = call.query("archived")
    return [
        project
        for project in call.view.work.projects(where)
        if project.created_at <= call.view.now
        and _is_visible(call, project)
        and (archived is None or project.is_archived == (archived == "true"))
    ]


def _is_visible(call: Call, project: Project) -> bool:
    """Private projects are visible to their owner, service accounts and the organization's main admin."""
    view = call.view
    return (
        project.privacy_setting != "private"
        or view.caller.is_service_account
        or project.owner == view.caller.person.number
        or view.company.main_admin(view.company.workspaces[project.workspace], view.now) is view.caller.person
    )


ROUTES = [
    endpoint("GET", "/projects", projects),
    endpoint("GET", "/projects/{project_gid}", project),
    endpoint("PUT", "/projects/{project_gid}", update_project),
    endpoint("GET", "/projects/{project_gid}/project_memberships", project_memberships),
    endpoint("GET", "/workspaces/{workspace_gid}/projects", projects_of_workspace),
    endpoint("GET", "/workspaces/{workspace_gid}/projects/search", search_projects, is_search=True),
]
