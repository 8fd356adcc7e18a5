"""Asking Asana whether an account fits what a person filled in."""

from usher.asana import PERSONAL_PROJECTS, Asana, AsanaError, AsanaUser, AsanaWorkspace, NotAuthorized
from usher.connections.client import bearer, not_for_long
from usher.connections.connecting.settings import CannotConnect, ConnectionSettings


def client_for(token: str, field: str) -> Asana:
    """A client for a token from the form input `field`. Raises CannotConnect for text that is no token."""
    try:
        return bearer(token)
    except ValueError as error:
        raise CannotConnect(str(error), "Copy it again, complete and without spaces.", field=field) from error


async def check_account(settings: ConnectionSettings, asana: Asana) -> AsanaUser:
    """The account of this token, once Asana has confirmed the workspace and the service account.

    Raises CannotConnect.
    """
    try:
        async with asana, not_for_long():
            account = await asana.me()
            workspaces = [workspace async for page in asana.workspaces() for workspace in page.items]
    except NotAuthorized as error:
        raise CannotConnect(str(error), error.remedy, field="token") from error
    except AsanaError as error:
        raise CannotConnect(str(error), error.remedy) from error
    _check_workspace(settings.workspace_gid, workspaces, account)
    if settings.service_token:
        service = await check_service_account(settings.service_token)
        own_gids = {workspace.gid for workspace in workspaces}
        service_gids = {workspace.gid for workspace in service.workspaces or []}
        if service_gids and not own_gids & service_gids:
            raise CannotConnect(
                f"The service-account token belongs to another organization than {account.name}.",
                "Make one in the same organization: Admin Console → Apps → Service accounts.",
                field="service_token",
            )
    return account


async def check_service_account(token: str) -> AsanaUser:
    """The service account of this token. Raises CannotConnect."""
    try:
        async with client_for(token, "service_token") as service, not_for_long():
            return await service.me()
    except NotAuthorized as error:
        raise CannotConnect(
            "Asana does not accept the service-account token.",
            "Copy it again, or make a new one: Admin Console → Apps → Service accounts.",
            field="service_token",
        ) from error
    except AsanaError as error:
        raise CannotConnect(str(error), error.remedy, field="service_token") from error


def _check_workspace(gid: str, workspaces: list[AsanaWorkspace], account: AsanaUser) -> None:
    if not gid:
        return
    if gid == PERSONAL_PROJECTS:
        raise CannotConnect(
            "“Personal Projects” is a pseudo-workspace that Asana has deprecated. Usher never syncs it.",
            "Leave the GID empty, or choose another.",
            field="workspace_gid",
        )
    if not any(workspace.gid == gid for workspace in workspaces):
        visible = ", ".join(
            f"{workspace.name} ({workspace.gid})"
            for workspace in workspaces
            if workspace.gid != PERSONAL_PROJECTS
        )
        raise CannotConnect(
            f"{account.name} does not see an organization or workspace with the GID {gid}.",
            f"It sees: {visible or 'none'}.",
            field="workspace_gid",
        )
