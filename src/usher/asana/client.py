"""Asana's API, as far as Usher needs it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from usher.asana.audit_log import audit_log_pages, query_of
from usher.asana.changes import AnnouncedChange
from usher.asana.credentials import TokenSource
from usher.asana.errors import NotFound, PlanTooLow
from usher.asana.events import AuditLogEvent, RawStreamPage, StreamPage, WorkspaceEvent
from usher.asana.limiter import Pace, RateLimits
from usher.asana.readable import readable
from usher.asana.recording import OnCall
from usher.asana.records import (
    Answer,
    AsanaUser,
    AsanaWorkspace,
    ListAnswer,
    Page,
    Project,
    Record,
    Task,
    Team,
    TeamMembership,
    WorkspaceMembership,
    prevailing,
)
from usher.asana.responsibilities import Responsibilities
from usher.asana.retry import Retries
from usher.asana.scim import Scim
from usher.asana.walks import walk
from usher.asana.wire import RequestCounts, Wire

R = TypeVar("R", bound=Record)

PAGE_SIZE = 100

_MEMBERSHIP_FIELDS = (
    "created_at,is_active,is_admin,is_guest,is_view_only,user,user.name,user.email,workspace,workspace.name"
)
_USER_FIELDS = "name,email,workspaces,workspaces.name"
_WORKSPACE_FIELDS = "name,is_organization,email_domains"
_TASK_FIELDS = (
    "name,due_on,completed,projects,projects.name,assignee,assignee.name,assignee.email,parent,parent.name"
)
_PROJECT_FIELDS = "name,archived,privacy_setting,owner,owner.name,owner.email"

_user = msgspec.json.Decoder(Answer[AsanaUser])
_users = msgspec.json.Decoder(ListAnswer[AsanaUser])
_workspace = msgspec.json.Decoder(Answer[AsanaWorkspace])
_workspaces = msgspec.json.Decoder(ListAnswer[AsanaWorkspace])
_membership = msgspec.json.Decoder(Answer[WorkspaceMembership])
_memberships = msgspec.json.Decoder(ListAnswer[WorkspaceMembership])
_teams = msgspec.json.Decoder(ListAnswer[Team])
_team_memberships = msgspec.json.Decoder(ListAnswer[TeamMembership])
_task = msgspec.json.Decoder(Answer[Task])
_tasks = msgspec.json.Decoder(ListAnswer[Task])
_project = msgspec.json.Decoder(Answer[Project])
_projects = msgspec.json.Decoder(ListAnswer[Project])
_events = msgspec.json.Decoder(ListAnswer[msgspec.Raw])
_stream = msgspec.json.Decoder(RawStreamPage)
_stream_event = msgspec.json.Decoder(WorkspaceEvent)
_done = msgspec.json.Decoder(Answer[msgspec.Raw])


class Asana:
    """A client of Asana with one token. Use it as `async with Asana(credentials) as asana`.

    Users are named by gid, e-mail address or `me`, unless a method says otherwise. Lists are iterators of pages.
    Those with an `offset` continue from a page's `next_offset`. Every call may raise any AsanaError.
    """

    def __init__(
        self,
        credentials: TokenSource,
        url: str = "https://app.asana.com",
        limits: RateLimits = RateLimits(),  # noqa: B008  # frozen
        *,
        retries: Retries = Retries(),  # noqa: B008  # frozen
        transport: httpx.AsyncBaseTransport | None = None,
        pace: Pace | None = None,
        on_call: OnCall | None = None,
    ) -> None:
        self._wire = Wire(credentials, url, limits, retries, transport, pace, on_call)
        self.scim = Scim(self._wire)
        self.responsibilities = Responsibilities(self._wire)

    async def __aenter__(self) -> Self:
        await self._wire.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._wire.__aexit__(kind, error, trace)

    @property
    def tally(self) -> RequestCounts:
        return self._wire.tally

    @property
    def requests_made(self) -> int:
        return self._wire.tally.requests

    @property
    def changes_announced(self) -> tuple[AnnouncedChange, ...]:
        """What Asana announced in its `Asana-Change` headers to this client."""
        return tuple(self._wire.changes)

    # People and workspaces

    async def me(self) -> AsanaUser:
        """The account of the token, with its workspaces."""
        return (await self._wire.get("/users/me", {"opt_fields": _USER_FIELDS}, _user)).data

    async def user(self, gid: str) -> AsanaUser:
        return (await self._wire.get(f"/users/{_part(gid)}", {"opt_fields": "name,email"}, _user)).data

    def users(self, workspace: str) -> AsyncIterator[Page[AsanaUser]]:
        return self._pages("/users", {"workspace": workspace, "opt_fields": "name,email"}, _users)

    def workspaces(self) -> AsyncIterator[Page[AsanaWorkspace]]:
        return self._pages("/workspaces", {"opt_fields": _WORKSPACE_FIELDS}, _workspaces)

    async def workspace(self, gid: str) -> AsanaWorkspace:
        path = f"/workspaces/{_part(gid)}"
        return (await self._wire.get(path, {"opt_fields": _WORKSPACE_FIELDS}, _workspace)).data

    # Memberships

    def workspace_memberships(
        self, workspace: str, *, offset: str | None = None
    ) -> AsyncIterator[Page[WorkspaceMembership]]:
        """Everyone in the workspace, with role, licence and status."""
        path = f"/workspaces/{_part(workspace)}/workspace_memberships"
        return self._pages(path, {"opt_fields": _MEMBERSHIP_FIELDS}, _memberships, offset)

    def workspace_memberships_of(self, user: str) -> AsyncIterator[Page[WorkspaceMembership]]:
        """Every workspace of the person that the token can see."""
        path = f"/users/{_part(user)}/workspace_memberships"
        return self._pages(path, {"opt_fields": _MEMBERSHIP_FIELDS}, _memberships)

    async def workspace_membership(self, gid: str) -> WorkspaceMembership:
        path = f"/workspace_memberships/{_part(gid)}"
        return (await self._wire.get(path, {"opt_fields": _MEMBERSHIP_FIELDS}, _membership)).data

    async def membership_in(self, workspace: str, user: str) -> WorkspaceMembership | None:
        """The membership of one person that counts (see `prevailing`), of all that Asana lists; None without any.

        So if it is not active, none is.
        """
        path = f"/workspaces/{_part(workspace)}/workspace_memberships"
        query = {"user": user, "opt_fields": _MEMBERSHIP_FIELDS}
        try:
            return prevailing(
                [item async for page in self._pages(path, query, _memberships) for item in page.items]
            )
        except NotFound as error:
            if not error.asana_message.startswith("user:"):  # Asana does not know the workspace
                raise
        return None

    async def add_user(self, workspace: str, user: str) -> AsanaUser:
        """Invites a person, or brings them back. Raises Uncertain when the outcome is unknown."""
        path = f"/workspaces/{_part(workspace)}/addUser"
        return (await self._wire.write("POST", path, {"data": {"user": user}}, _user)).data

    async def remove_user(self, workspace: str, user: str) -> None:
        """Removes a person from the workspace. Raises Uncertain when the outcome is unknown.

        With the token of a service account, Asana gives what the person owned to the admin named in its
        settings, otherwise to the owner of the token.
        """
        path = f"/workspaces/{_part(workspace)}/removeUser"
        await self._wire.write("POST", path, {"data": {"user": user}}, _done)

    # Teams and work

    def teams(self, workspace: str) -> AsyncIterator[Page[Team]]:
        return self._pages(f"/workspaces/{_part(workspace)}/teams", {"opt_fields": "name"}, _teams)

    def team_memberships(self, user: str, workspace: str) -> AsyncIterator[Page[TeamMembership]]:
        fields = "user,user.name,team,team.name,is_guest,is_limited_access,is_admin"
        query = {"workspace": workspace, "opt_fields": fields}
        return self._pages(f"/users/{_part(user)}/team_memberships", query, _team_memberships)

    def open_tasks(self, assignee: str, workspace: str) -> AsyncIterator[Page[Task]]:
        """Incomplete tasks assigned to a person that the token can see."""
        query = {
            "assignee": assignee,
            "workspace": workspace,
            "completed_since": "now",
            "opt_fields": _TASK_FIELDS,
        }
        return self._pages("/tasks", query, _tasks)

    async def task(self, gid: str) -> Task:
        return (await self._wire.get(f"/tasks/{_part(gid)}", {"opt_fields": _TASK_FIELDS}, _task)).data

    async def reassign_task(self, gid: str, assignee: str | None) -> Task:
        """Assigns a task to a person, or to nobody. Raises Uncertain when the outcome is unknown."""
        body, query = {"data": {"assignee": assignee}}, {"opt_fields": _TASK_FIELDS}
        return (await self._wire.write("PUT", f"/tasks/{_part(gid)}", body, _task, query)).data

    def projects(self, workspace: str) -> AsyncIterator[Page[Project]]:
        """All projects that the token can see, including archived ones."""
        path = f"/workspaces/{_part(workspace)}/projects"
        return self._pages(path, {"opt_fields": _PROJECT_FIELDS}, _projects)

    async def project(self, gid: str) -> Project:
        path = f"/projects/{_part(gid)}"
        return (await self._wire.get(path, {"opt_fields": _PROJECT_FIELDS}, _project)).data

    async def change_project_owner(self, gid: str, owner: str | None) -> Project:
        """Raises Uncertain when the outcome is unknown."""
        body, query = {"data": {"owner": owner}}, {"opt_fields": _PROJECT_FIELDS}
        return (await self._wire.write("PUT", f"/projects/{_part(gid)}", body, _project, query)).data

    async def projects_owned(self, owner: str, workspace: str) -> AsyncIterator[Page[Project]]:
        """Projects of one owner (a gid). Reads all projects of the workspace, because only paid plans can search."""
        async for page in self.projects(workspace):
            owned = [project for project in page.items if project.owner and project.owner.gid == owner]
            yield Page(items=owned, next_offset=page.next_offset)

    async def search_is_available(self, workspace: str) -> bool:
        """Whether the plan is a paid one: free plans have no search."""
        query: dict[str, str | int] = {"limit": 1, "completed": "false", "opt_fields": "gid"}
        try:
            await self._wire.get(f"/workspaces/{_part(workspace)}/tasks/search", query, _done)
        except PlanTooLow:
            return False
        return True

    # Audit log (only with the token of a service account)

    def audit_log_events(
        self,
        workspace: str,
        start: datetime,
        end: datetime,
        *,
        offset: str | None = None,
        limit: int = PAGE_SIZE,
    ) -> AsyncIterator[Page[AuditLogEvent]]:
        """Pages of events with start <= created_at < end, oldest first. See `audit_log.audit_log_pages`."""
        path = f"/workspaces/{_part(workspace)}/audit_log_events"

        async def fetch(since: datetime, at: str | None) -> ListAnswer[AuditLogEvent]:
            while True:
                answer = await self._wire.get(path, query_of(since, end, at, limit), _events)
                events = readable(answer.data, AuditLogEvent.from_json)
                if events or not answer.data or answer.next_offset in (None, at):
                    return ListAnswer(events, answer.next_page)
                at = answer.next_offset  # none of these events is readable, but the log continues

        return audit_log_pages(fetch, start, offset)

    async def workspace_events(self, workspace: str, sync: str | None) -> StreamPage:
        """Events since the sync token, up to 1,000; `has_more` says whether there are more.

        Raises SyncTokenExpired, which carries a new token, for None and for tokens older than 24 hours. Asana
        does not give the events in between (developers.asana.com/docs/workspace-events).
        """
        query = {} if sync is None else {"sync": sync}
        answer = await self._wire.get(f"/workspaces/{_part(workspace)}/events", query, _stream)
        return StreamPage(readable(answer.data, _stream_event.decode), answer.sync, answer.has_more)

    async def can_read_audit_log(self, workspace: str) -> None:
        """Raises Forbidden, PlanTooLow or NotAuthorized when the token cannot read it."""
        path = f"/workspaces/{_part(workspace)}/audit_log_events"
        now = datetime.now(UTC)
        await self._wire.get(path, query_of(now, now, None, 1), _events)

    def _pages(
        self,
        path: str,
        query: dict[str, str],
        decoder: msgspec.json.Decoder[ListAnswer[R]],
        offset: str | None = None,
    ) -> AsyncIterator[Page[R]]:
        async def fetch(at: str | None) -> ListAnswer[R]:
            paging: dict[str, str | int] = {**query, "limit": PAGE_SIZE}
            if at is not None:
                paging["offset"] = at
            return await self._wire.get(path, paging, decoder)

        return walk(fetch, offset)


def _part(gid: str) -> str:
    """An id as one part of a path. Raises ValueError for text that would change the path."""
    if gid.strip(".") == "":
        raise ValueError(f"not an id of Asana: {gid!r}")
    return quote(gid, safe="@")
