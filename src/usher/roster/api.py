"""Workspaces in the REST API."""

from collections.abc import Mapping

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Router

from usher.access.roles import Action, require, signed_in
from usher.access.tokens.api_auth import PersonalToken
from usher.rest.listing import ListedItem, Listing
from usher.rest.pages import PagedItems
from usher.rest.single import single
from usher.roster.models import Workspace
from usher.web.csv_export import iso

router = Router(tags=["People"], auth=PersonalToken())


class WorkspaceOut(ListedItem):
    """`left_out`: why it is not read; null where it is."""

    id: int
    connection: str
    gid: str
    name: str
    is_organization: bool
    email_domains: list[str]
    last_read_at: str | None
    left_out: str | None


def _record(one: Workspace) -> Mapping[str, object]:
    return {
        "id": one.pk,
        "connection": one.connection.name,
        "gid": one.gid,
        "name": one.name,
        "is_organization": one.is_organization,
        "email_domains": one.email_domains,
        "last_read_at": iso(one.last_walked_at),
        "left_out": one.get_left_out_display() if one.left_out else None,
    }


WORKSPACES = Listing("workspaces", WorkspaceOut, _record, {"id": "pk", "name": "name"})


@router.get("/workspaces", response=PagedItems[WorkspaceOut], openapi_extra=WORKSPACES.described)
def list_workspaces(request: HttpRequest) -> HttpResponseBase:
    """Workspaces and organizations of all connections."""
    require(signed_in(request), Action.READ)
    return WORKSPACES.answer(request, Workspace.objects.select_related("connection"))


@router.get("/workspaces/{number}", response={200: WorkspaceOut, 404: None})
def one_workspace(request: HttpRequest, number: int) -> Mapping[str, object]:
    require(signed_in(request), Action.READ)
    found = single(Workspace.objects.select_related("connection"), number, "workspace", "workspaces")
    return _record(found)
