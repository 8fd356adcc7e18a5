"""Asana's OAuth under `/-/`: the consent page, token, revoke. There is one app, with Full permissions."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

import msgspec
from starlette.datastructures import FormData, ImmutableMultiDict
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from usher.sandbox.http.answers import json_response
from usher.sandbox.oauth.consent_page import code_page, consent_page, refused_page
from usher.sandbox.oauth.tokens import OAuthRefusedError
from usher.sandbox.sandbox import Sandbox

CLIENT_ID, CLIENT_SECRET = "sandbox-client", "sandbox-secret"
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
GRANULAR_SCOPES = frozenset(
    f"{thing}:{right}"
    for thing, rights in {
        "attachments": "read write delete",
        "custom_fields": "read write",
        "custom_types": "read",
        "goals": "read write",
        "jobs": "read",
        "ooo_entries": "read write delete",
        "portfolios": "read write",
        "project_portfolio_settings": "read write",
        "project_templates": "read",
        "projects": "read write delete",
        "roles": "read write delete",
        "stories": "read write delete",
        "tags": "read write",
        "task_custom_types": "read",
        "task_templates": "read",
        "tasks": "read write delete",
        "team_memberships": "read",
        "teams": "read",
        "time_tracking_categories": "read write delete",
        "time_tracking_entries": "read",
        "timesheet_approval_statuses": "read write",
        "users": "read",
        "webhooks": "read write delete",
        "workspaces": "read",
        "workspaces.typeahead": "read",
    }.items()
    for right in rights.split()
)
OPENID_SCOPES = frozenset({"default", "openid", "email", "profile"})
ERROR_URI = "https://asana.com/developers/documentation/getting-started/authentication"


class AuthorizationRequest(msgspec.Struct, frozen=True):
    client_id: str = ""
    redirect_uri: str = ""
    response_type: str = ""
    state: str = ""
    scope: str = ""
    code_challenge: str = ""
    code_challenge_method: str = ""

    @classmethod
    def of(cls, given: ImmutableMultiDict[str, str] | FormData) -> AuthorizationRequest:
        return cls(**{name: str(given.get(name, "")) for name in cls.__struct_fields__})

    def hopeless(self) -> str | None:
        """Why the response may not be sent to the redirect address."""
        if self.client_id != CLIENT_ID:
            return "invalid_request: The client_id provided does not match a known application."
        if not redirect_allowed(self.redirect_uri):
            return (
                "invalid_request: The redirect_uri parameter does not match a valid url for the application."
            )
        return None

    def refusal(self) -> OAuthRefusedError | None:
        if self.response_type != "code":
            return OAuthRefusedError("unsupported_response_type", "The response_type must be `code`.")
        if self.code_challenge and self.code_challenge_method != "S256":
            return OAuthRefusedError("invalid_request", "The code_challenge_method must be `S256`.")
        names = set(self.scope.split())
        if unknown := names - GRANULAR_SCOPES - OPENID_SCOPES:
            return OAuthRefusedError("invalid_scope", f"Unknown scopes: {' '.join(sorted(unknown))}.")
        if granular := names & GRANULAR_SCOPES:
            what = " ".join(sorted(granular))
            return OAuthRefusedError(
                "forbidden_scopes", f"Your app is not allowed to request user authorization for {what}."
            )
        return None

    def back(self, **answer: str) -> Response:
        if self.redirect_uri == OUT_OF_BAND:
            if "code" in answer:
                return HTMLResponse(code_page(answer["code"]))
            return HTMLResponse(refused_page(answer["error"], answer.get("error_description", "")))
        if self.state:
            answer["state"] = self.state
        joint = "&" if urlsplit(self.redirect_uri).query else "?"
        return RedirectResponse(f"{self.redirect_uri}{joint}{urlencode(answer)}", 302)


def redirect_allowed(uri: str) -> bool:
    parts = urlsplit(uri)
    on_this_machine = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
    return uri == OUT_OF_BAND or (parts.scheme == "https" and bool(parts.hostname)) or on_this_machine


async def authorize(request: Request) -> Response:
    authorization = AuthorizationRequest.of(request.query_params)
    if refused := _refused(authorization):
        return refused
    sandbox: Sandbox = request.app.state.sandbox
    fields = [(name, str(getattr(authorization, name))) for name in authorization.__struct_fields__]
    return HTMLResponse(consent_page(sandbox.company, fields))


async def decide(request: Request) -> Response:
    form = await request.form()
    authorization = AuthorizationRequest.of(form)
    if refused := _refused(authorization):
        return refused
    if form.get("decision") != "allow":
        return authorization.back(error="access_denied", error_description="The user denied the request.")
    sandbox: Sandbox = request.app.state.sandbox
    chosen = str(form.get("account", ""))
    account = next((a for a in sandbox.company.accounts if str(a.person) == chosen), None)
    if account is None or account.is_service_account:
        return PlainTextResponse("Choose an account to sign in as.", 400)
    code = sandbox.oauth.code(
        account.person,
        authorization.client_id,
        authorization.redirect_uri,
        authorization.code_challenge or None,
    )
    return authorization.back(code=code)


def _refused(authorization: AuthorizationRequest) -> Response | None:
    if why := authorization.hopeless():
        return PlainTextResponse(why, 400)
    if refusal := authorization.refusal():
        return authorization.back(error=refusal.error, error_description=refusal.description)
    return None


async def token(request: Request) -> Response:
    form = await request.form()
    sandbox: Sandbox = request.app.state.sandbox
    oauth, company = sandbox.oauth, sandbox.company
    refresh_token: str | None = None
    try:
        client_id = _authenticated(form)
        match form.get("grant_type"):
            case "authorization_code":
                verifier = form.get("code_verifier")
                person, access_token, refresh_token = oauth.exchange(
                    _text(form, "code"),
                    client_id,
                    _text(form, "redirect_uri"),
                    None if verifier is None else str(verifier),
                )
            case "refresh_token":
                person, access_token = oauth.refresh(_text(form, "refresh_token"))
            case _:
                raise OAuthRefusedError("unsupported_grant_type", "The `grant_type` provided was invalid.")
        owner = company.people[person]
    except OAuthRefusedError as refusal:
        return _refusal_response(refusal)
    gid = company.gids.users.gid(owner.number)
    answer: dict[str, str | int | dict[str, str]] = {
        "access_token": access_token,
        "token_type": "bearer",
        "expires_in": int(oauth.access_token_seconds),
        "data": {"id": gid, "gid": gid, "name": owner.name, "email": owner.email or ""},
    }
    if refresh_token is not None:
        answer["refresh_token"] = refresh_token
    return json_response(answer)


async def revoke(request: Request) -> Response:
    form = await request.form()
    sandbox: Sandbox = request.app.state.sandbox
    try:
        _authenticated(form)
        sandbox.oauth.revoke(_text(form, "token"))
    except OAuthRefusedError as refusal:
        return _refusal_response(refusal)
    return json_response({})


def _authenticated(form: FormData) -> str:
    if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
        raise OAuthRefusedError(
            "invalid_client", "The `client_id` or `client_secret` provided was invalid.", 401
        )
    return CLIENT_ID


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    if not isinstance(value, str) or not value:
        raise OAuthRefusedError("invalid_request", f"The `{name}` parameter is missing.")
    return value


def _refusal_response(refusal: OAuthRefusedError) -> Response:
    return json_response(
        {"error": refusal.error, "error_uri": ERROR_URI, "error_description": refusal.description},
        refusal.status,
    )


ROUTES = [
    Route("/-/oauth_authorize", authorize, methods=["GET"]),
    Route("/-/oauth_authorize", decide, methods=["POST"]),
    Route("/-/oauth_token", token, methods=["POST"]),
    Route("/-/oauth_revoke", revoke, methods=["POST"]),
]
