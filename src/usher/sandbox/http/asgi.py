"""The sandbox as an ASGI app."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from usher.sandbox.api import (
    absences,
    audit,
    memberships,
    plans,
    projects,
    scim,
    scim_discovery,
    tasks,
    teams,
    users,
    workspaces,
)
from usher.sandbox.clock import Clock
from usher.sandbox.company.company import Company
from usher.sandbox.http import control
from usher.sandbox.http.answers import json_response, no_route
from usher.sandbox.http.endpoint import API
from usher.sandbox.http.limits import Limits
from usher.sandbox.http.paging import OFFSET_SECONDS
from usher.sandbox.oauth import endpoints
from usher.sandbox.oauth.tokens import ACCESS_TOKEN_SECONDS
from usher.sandbox.sandbox import Sandbox


def app(
    company: Company,
    *,
    limits: Limits | None = None,
    latency_seconds: float = 0.0,
    clock: Clock | None = None,
    access_token_seconds: float = ACCESS_TOKEN_SECONDS,
    offset_seconds: float = OFFSET_SECONDS,
    audit_events: int | None = None,
) -> Starlette:
    """Serves the company. `limits` default to Asana's on a paid plan, `clock` to real time.

    `audit_events`: about how many events the audit logs of the first account's organizations have together.
    Generating them takes time.
    """
    areas = (
        *(memberships, users, workspaces, teams, tasks, projects, audit, scim, scim_discovery),
        *(absences, plans),
    )
    routes = [route for area in areas for route in area.ROUTES]
    starlette = Starlette(
        routes=[*routes, *endpoints.ROUTES, *control.ROUTES],
        exception_handlers={HTTPException: _unknown_route},
    )
    starlette.router.redirect_slashes = False
    starlette.state.sandbox = Sandbox(
        company,
        limits=limits or Limits(),
        latency_seconds=latency_seconds,
        clock=clock,
        access_token_seconds=access_token_seconds,
        offset_seconds=offset_seconds,
        audit_events=audit_events,
    )
    return starlette


async def _unknown_route(request: Request, error: Exception) -> Response:
    """Asana answers 404, even without a token, and also to a wrong method on a known path."""
    if request.url.path.startswith(API):
        sandbox: Sandbox = request.app.state.sandbox
        sandbox.stats.answered("unknown route", 404)
        return json_response(no_route().body(), 404)
    status = error.status_code if isinstance(error, HTTPException) else 500
    return PlainTextResponse(f"{error}\n", status)
