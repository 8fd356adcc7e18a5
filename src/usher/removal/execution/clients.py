"""The Asana clients of a connection: whose token acts in which workspace, and what follows from that."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from usher.asana import Asana, AsanaError, Forbidden, NotAuthorized, PlanTooLow, Project
from usher.connections.client import open_asana, open_service
from usher.connections.models import Connection
from usher.connections.pace.budget import Urgency


@dataclass(frozen=True)
class ActingClient:
    """A client, whose token it uses, and who inherits the work of a removed person."""

    asana: Asana
    who: str
    inherits: str
    is_service: bool


@dataclass
class AsanaClients:
    """The clients of one connection. Reads the projects of a workspace once: Asana cannot list them by owner."""

    person: ActingClient
    service: ActingClient | None
    _reached_by_service: frozenset[str]
    refused: AsanaError | None = None
    """Set when Asana stops accepting the token: no other case need try."""
    _projects: dict[str, dict[str, Project]] = field(default_factory=dict)
    _reading: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    def for_workspace(self, gid: str) -> ActingClient:
        """The service account if it reaches the workspace, otherwise the connecting person."""
        if self.service is not None and gid in self._reached_by_service:
            return self.service
        return self.person

    def service_for(self, gid: str) -> ActingClient | None:
        """For SCIM, which only service accounts may use; None if it does not reach the workspace."""
        return self.service if gid in self._reached_by_service else None

    async def projects_of(self, owner_gid: str, workspace_gid: str) -> list[Project]:
        async with self._reading[workspace_gid]:
            if workspace_gid not in self._projects:
                asana = self.for_workspace(workspace_gid).asana
                self._projects[workspace_gid] = {
                    project.gid: project
                    async for page in asana.projects(workspace_gid)
                    for project in page.items
                }
        projects = self._projects[workspace_gid].values()
        return [project for project in projects if project.owner and project.owner.gid == owner_gid]

    def note_project(self, workspace_gid: str, project: Project) -> None:
        """Keeps a changed project: its new owner may be the next to leave."""
        self._projects.get(workspace_gid, {})[project.gid] = project


@asynccontextmanager
async def asana_clients(
    connection: Connection, urgency: Urgency = Urgency.REMOVAL
) -> AsyncIterator[AsanaClients]:
    """Raises AsanaError, such as NotAuthorized, if the connection cannot be used at all."""
    async with AsyncExitStack() as stack:
        person = await stack.enter_async_context(await open_asana(connection, urgency))
        service = await open_service(connection, urgency)
        reached: frozenset[str] = frozenset()
        if service is not None:
            await stack.enter_async_context(service)
            reached = await _reached_by(service)
        yield AsanaClients(
            person=_as_person(connection, person),
            service=_as_service(service) if service is not None else None,
            _reached_by_service=reached,
        )


async def _reached_by(service: Asana) -> frozenset[str]:
    try:
        return frozenset([workspace.gid async for page in service.workspaces() for workspace in page.items])
    except (NotAuthorized, Forbidden, PlanTooLow):
        return frozenset()  # the connecting person acts; the next sync reports what is wrong with the token


def _as_person(connection: Connection, asana: Asana) -> ActingClient:
    name = connection.asana_user_name
    if connection.authorization == Connection.Authorization.OAUTH:
        inherits = (
            f"{name}, who connected Usher. (Asana documents this for personal access tokens; OAuth most likely "
            "works the same way.)"
        )
        return ActingClient(asana, f"{name}, by OAuth", inherits, is_service=False)
    inherits = f"{name}, whose personal access token Usher uses."
    return ActingClient(asana, f"{name}, by personal access token", inherits, is_service=False)


def _as_service(asana: Asana) -> ActingClient:
    return ActingClient(
        asana,
        "the service account",
        "the admin who is named for removed members in Asana's Admin Console, or any super admin if none is "
        "named.",
        is_service=True,
    )
