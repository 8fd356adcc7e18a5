"""The figures of the dashboard and the health of Usher, in the REST API."""

from decimal import Decimal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema

from usher.access.roles import Action, require, signed_in
from usher.access.tokens.api_auth import PersonalToken
from usher.activity.usage.cells import IDLE_LENGTHS
from usher.activity.usage.counting import count_memberships
from usher.connections.models import Connection
from usher.insights.health.facts import health_facts
from usher.insights.leavers import LeaverOverview, has_leavers, leaver_figures
from usher.insights.seats import Seats, seats_now
from usher.insights.usage import UsageNow, usage_now
from usher.web.csv_export import iso
from usher.web.refused.problems import NoSuchThing

router = Router(tags=["Dashboard and health"], auth=PersonalToken())


class SeatsOut(Schema):
    """Memberships; `seats` are those that are billed, as far as Asana's API shows."""

    active: int
    not_active: int
    seats: int
    admins: int
    guests: int
    view_only: int


class WorkspaceSeatsOut(SeatsOut):
    workspace: str
    gid: str


class UsageFigures(Schema):
    """`idle_seats`: by days; null where no workspace is covered that long, never zero. `known_percent`: of
    memberships for which any source has usage data.
    """

    memberships: int
    seats: int
    idle_seats: dict[str, int | None]
    by_level: dict[str, int]
    by_confidence: dict[str, int]
    known_percent: float | None
    median_level: str


class LeaverCounts(Schema):
    """`cost`: of their seats a month, by currency."""

    left: int
    leaving: int
    seats: int
    cost: dict[str, str]
    waiting: int
    failed: int
    removed: int
    freed_seats: int


class FiguresOut(Schema):
    """`leavers` is null where no directory says who left."""

    people: int
    all_workspaces: SeatsOut
    workspaces: list[WorkspaceSeatsOut]
    usage: UsageFigures
    leavers: LeaverCounts | None
    as_of: str


class FactOut(Schema):
    key: str
    label: str
    ok: bool
    detail: str
    remedy: str


class HealthOut(Schema):
    ok: bool
    facts: list[FactOut]


@router.get("/figures", response={200: FiguresOut, 404: None})
def figures(request: HttpRequest, connection: int | None = None) -> dict[str, object]:
    """What the dashboard shows, over all connections or over one."""
    require(signed_in(request), Action.READ)
    connections = list(Connection.objects.all())
    chosen = next((one for one in connections if one.pk == connection), None)
    if connection is not None and chosen is None:
        raise NoSuchThing(f"There is no connection {connection}.", "GET /api/v1/connections lists them.")
    counted = count_memberships([chosen] if chosen else connections)
    now, today = seats_now(counted), timezone.localdate()
    return {
        "people": now.people,
        "all_workspaces": _seats(now),
        "workspaces": [
            {"workspace": one.workspace.name, "gid": one.workspace.gid, **_seats(one)}
            for one in now.workspaces
        ],
        "usage": _usage(usage_now(counted)),
        "leavers": _leavers(leaver_figures(chosen, today)) if has_leavers(chosen) else None,
        "as_of": iso(timezone.now()),
    }


@router.get("/health", response=HealthOut)
def health(request: HttpRequest) -> dict[str, object]:
    """Every fact of health, for admins. For a monitor that wants a status, there is /healthz/details."""
    require(signed_in(request), Action.SETTINGS)
    facts = health_facts()
    return {
        "ok": all(fact.is_ok for fact in facts),
        "facts": [
            {
                "key": fact.key,
                "label": fact.label,
                "ok": fact.is_ok,
                "detail": fact.detail,
                "remedy": fact.remedy,
            }
            for fact in facts
        ],
    }


def _seats(seats: Seats) -> dict[str, object]:
    return {
        "active": seats.active,
        "not_active": seats.not_active,
        "seats": seats.seats,
        "admins": seats.admins,
        "guests": seats.guests,
        "view_only": seats.view_only,
    }


def _usage(usage: UsageNow) -> dict[str, object]:
    return {
        "memberships": usage.people,
        "seats": usage.seats,
        "idle_seats": {str(days): usage.idle(days) for days in IDLE_LENGTHS},
        "by_level": {level.value: count for level, count in usage.by_level.items()},
        "by_confidence": {each.value: count for each, count in usage.by_confidence.items()},
        "known_percent": usage.known_share,
        "median_level": usage.median_level.value,
    }


def _leavers(found: LeaverOverview) -> dict[str, object]:
    return {
        "left": found.now.left,
        "leaving": found.now.leaving,
        "seats": found.now.seats,
        "cost": {currency: _amount(amount) for currency, amount in found.now.cost.items()},
        "waiting": found.waiting,
        "failed": found.failed,
        "removed": found.removed,
        "freed_seats": found.freed_seats,
    }


def _amount(amount: Decimal) -> str:
    return f"{amount:.2f}"
