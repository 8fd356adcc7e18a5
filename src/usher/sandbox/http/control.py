"""`/-/sandbox…`, which Asana does not have: reads the truth, sets the clock, causes failures, changes people."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from usher.sandbox.clock import timestamp
from usher.sandbox.company.company import Company, Workspace
from usher.sandbox.company.timeline import Standing, changed, standing, with_status
from usher.sandbox.http.accounts import REVOKED_TOKEN
from usher.sandbox.http.answers import Record, json_response
from usher.sandbox.http.faults import FaultOrder
from usher.sandbox.oauth.endpoints import CLIENT_ID, CLIENT_SECRET, OUT_OF_BAND
from usher.sandbox.sandbox import Sandbox
from usher.sandbox.truth.people import membership_in, person_truth, truth, workspace_of
from usher.sandbox.truth.usage import usage_truth

Change = Literal[
    "leave",
    "vanish",
    "return",
    "guest",
    "admin",
    "member",
    "view_only",
    "invite_again",
    "invite_again_listed_first",
]
"""`invite_again`: ends the membership, and adds a second one that is active, as Asana has done."""


class ClockOrder(msgspec.Struct):
    now: datetime | None


class MembershipOrder(msgspec.Struct):
    """One person's change (`user` by gid or e-mail), or a share of a workspace that vanishes at once."""

    workspace: str
    user: str | None = None
    change: Change | None = None
    vanish_share: float | None = None


def description(sandbox: Sandbox) -> Record:
    company = sandbox.company
    return {
        "now": timestamp(sandbox.clock.now()),
        "anchor": company.anchor.isoformat(),
        "seed": company.seed,
        "oauth": {
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "redirect_uris": [OUT_OF_BAND, "https://*", "http://127.0.0.1:*", "http://localhost:*"],
        },
        "accounts": [
            {
                "user": company.gids.users.gid(account.person),
                "name": company.people[account.person].name,
                "email": company.people[account.person].email,
                "role": account.role,
                "tokens": list(account.tokens),
                "is_service_account": account.is_service_account,
                "may_read_audit_log": account.may_read_audit_log,
                "workspaces": [
                    company.workspaces[company.memberships[n].workspace].gid
                    for n in company.people[account.person].memberships
                ],
            }
            for account in company.accounts
        ],
        "revoked_token": REVOKED_TOKEN,
        "workspaces": [
            {
                "gid": workspace.gid,
                "name": workspace.name,
                "is_organization": workspace.is_organization,
                "email_domains": list(workspace.email_domains),
                "is_free": workspace.is_free,
                "memberships": sum(
                    company.memberships[n].is_listed(sandbox.clock.now()) for n in workspace.members
                ),
            }
            for workspace in company.workspaces
        ],
    }


def change_membership(sandbox: Sandbox, order: MembershipOrder) -> int:
    """Returns how many changed. Raises ValueError for what does not exist or makes no sense."""
    company, now = sandbox.company, sandbox.clock.now()
    if order.vanish_share is not None:
        return _vanish(company, workspace_of(company, order.workspace), order.vanish_share, now)
    if order.user is None or order.change is None:
        raise ValueError("user and change are needed, or vanish_share")
    membership, standing_now = membership_in(company, order.workspace, order.user, now)
    if order.change in ("invite_again", "invite_again_listed_first"):
        ended = with_status(standing_now, "removed")
        company.alter(membership, changed(membership.history, int(now), ended))
        company.invite_again(
            company.people[membership.person],
            company.workspaces[membership.workspace],
            ((int(now), with_status(standing_now, "active")),),
            is_listed_first=order.change == "invite_again_listed_first",
        )
        return 1
    company.alter(membership, changed(membership.history, int(now), _after(standing_now, order.change)))
    return 1


def _after(now: Standing, change: Change) -> Standing:
    match change:
        case "leave":
            return with_status(now, "removed")
        case "vanish":
            return with_status(now, "vanished")
        case "return":
            return with_status(now, "active")
        case "guest":
            return standing("active", "guest", "guest")
        case "view_only":
            return standing("active", "member", "view_only")
        case _:
            return standing("active", change, "member")


def _vanish(company: Company, workspace: Workspace, share: float, now: float) -> int:
    """Every n-th listed person vanishes, except the accounts."""
    if not 0 < share <= 1:
        raise ValueError("vanish_share is above 0 and at most 1")
    accounts = {account.person for account in company.accounts}
    listed = [m for m in (company.memberships[n] for n in workspace.members) if m.is_listed(now)]
    going = [m for m in listed if m.person not in accounts]
    count = min(len(going), round(len(listed) * share))
    for position in range(count):
        membership = going[position * len(going) // count]
        standing_now = membership.at(now)
        if standing_now is not None:
            gone = with_status(standing_now, "vanished")
            company.alter(membership, changed(membership.history, int(now), gone))
    return count


def order_faults(sandbox: Sandbox, order: FaultOrder) -> None:
    """Raises ValueError for an unknown fault."""
    sandbox.faults.order(order)
    if order.revoked_app is not None:
        sandbox.oauth.app_is_revoked = order.revoked_app
    if order.expire_offsets:
        sandbox.offsets.expire_all()
    if order.expire_tokens:
        sandbox.oauth.expire_access_tokens()
    if order.leave_out_addresses_of is not None:
        people = map(sandbox.company.person_by_gid, order.leave_out_addresses_of)
        sandbox.addresses_left_out.clear()
        sandbox.addresses_left_out.update(person.number for person in people if person is not None)
    if order.scim_oddities is not None:
        sandbox.scim_oddities = set(order.scim_oddities)
    if order.expire_streams:
        sandbox.activity.sync_tokens.expire_all()


def _sandbox(request: Request) -> Sandbox:
    sandbox: Sandbox = request.app.state.sandbox
    return sandbox


def _wrong(error: Exception) -> Response:
    return json_response({"error": str(error)}, 400)


async def describe(request: Request) -> Response:
    return json_response(description(_sandbox(request)))


async def read_truth(request: Request) -> Response:
    sandbox = _sandbox(request)
    only = request.query_params.get("workspace")
    return json_response(truth(sandbox.company, sandbox.clock.now(), only))


async def read_person(request: Request) -> Response:
    """Of `user` (gid or e-mail) in `workspace`."""
    query = request.query_params
    try:
        return json_response(person_truth(_sandbox(request), query["workspace"], query["user"]))
    except KeyError as missing:
        return json_response({"error": f"{missing.args[0]} is needed"}, 400)
    except ValueError as error:
        return _wrong(error)


async def read_usage(request: Request) -> Response:
    """`days` (30), `until` (today) and `time_zone` (UTC) as in `usage_truth`."""
    sandbox, query = _sandbox(request), request.query_params
    try:
        until = date.fromisoformat(query["until"]) if query.get("until") else None
        days, zone = int(query.get("days") or 30), query.get("time_zone") or "UTC"
        return json_response(usage_truth(sandbox.activity, sandbox.clock.now(), days, until, zone))
    except ValueError as error:
        return _wrong(error)


async def set_clock(request: Request) -> Response:
    sandbox = _sandbox(request)
    try:
        sandbox.clock.set(msgspec.json.decode(await request.body(), type=ClockOrder).now)
    except msgspec.DecodeError as error:
        return _wrong(error)
    return json_response({"now": timestamp(sandbox.clock.now())})


async def set_faults(request: Request) -> Response:
    try:
        order_faults(_sandbox(request), msgspec.json.decode(await request.body(), type=FaultOrder))
    except (msgspec.DecodeError, ValueError) as error:
        return _wrong(error)
    return json_response({})


async def change_memberships(request: Request) -> Response:
    try:
        order = msgspec.json.decode(await request.body(), type=MembershipOrder)
        return json_response({"changed": change_membership(_sandbox(request), order)})
    except (msgspec.DecodeError, ValueError) as error:
        return _wrong(error)


async def stats(request: Request) -> Response:
    return json_response(_sandbox(request).report())


async def reset_stats(request: Request) -> Response:
    _sandbox(request).reset_counters()
    return json_response({})


async def home(_: Request) -> Response:
    return PlainTextResponse("A sandbox that answers like Asana. What it holds: /-/sandbox\n")


ROUTES = [
    Route("/", home, methods=["GET"]),
    Route("/-/sandbox", describe, methods=["GET"]),
    Route("/-/sandbox/truth", read_truth, methods=["GET"]),
    Route("/-/sandbox/truth/person", read_person, methods=["GET"]),
    Route("/-/sandbox/truth/usage", read_usage, methods=["GET"]),
    Route("/-/sandbox/clock", set_clock, methods=["POST"]),
    Route("/-/sandbox/faults", set_faults, methods=["POST"]),
    Route("/-/sandbox/memberships", change_memberships, methods=["POST"]),
    Route("/-/sandbox/stats", stats, methods=["GET"]),
    Route("/-/sandbox/reset-stats", reset_stats, methods=["POST"]),
]
