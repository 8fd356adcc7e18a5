"""Trying rules: how many they would have found on each day, and whom."""

from collections.abc import Mapping

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Router, Schema, Status

from usher.access.roles import Action, require, signed_in
from usher.access.tokens.api_auth import PersonalToken
from usher.policy.api.rules import rule_of
from usher.policy.jobs import start_trial
from usher.policy.models import Policy, PolicyTrial, TrialStretch
from usher.policy.trial import day_tried, found_on, newest_trial, tried_days
from usher.rest.listing import ListedItem, Listing
from usher.rest.pages import PagedItems
from usher.rest.parameters import parameter
from usher.web.csv_export import iso
from usher.web.refused.problems import NoSuchThing, UnreadableRequest

router = Router(tags=["Rules"], auth=PersonalToken())


class TriedDayOut(Schema):
    day: str
    found: int
    left_out: int
    new: int | None


class TrialOut(Schema):
    """What a version of the rule would have found on each of the last days; empty while it is being tried."""

    id: int
    version: int
    state: str
    problem: str
    days: list[TriedDayOut]


class TriedPersonOut(ListedItem):
    """Somebody whom a trial finds, in one workspace. `left_out`: why the rule leaves them out; empty if it does not."""

    id: int
    person: int
    name: str
    email: str
    workspace: str
    workspace_gid: str
    role: str
    found_since: str
    last_used: str | None
    left_out: str


def _trial_record(trial: PolicyTrial) -> dict[str, object]:
    is_done = trial.state == PolicyTrial.State.DONE
    return {
        "id": trial.pk,
        "version": trial.version,
        "state": trial.state,
        "problem": trial.problem,
        "days": [
            {"day": one.day.isoformat(), "found": one.found, "left_out": one.left_out, "new": one.new}
            for one in (tried_days(trial) if is_done else [])
        ],
    }


def _tried_record(one: TrialStretch) -> Mapping[str, object]:
    listed, workspace = one.membership.listed, one.membership.workspace
    return {
        "id": one.pk,
        "person": listed.person_id,
        "name": listed.name,
        "email": listed.email,
        "workspace": workspace.name,
        "workspace_gid": workspace.gid,
        "role": listed.role,
        "found_since": one.first.isoformat(),
        "last_used": iso(listed.last_used_at),
        "left_out": one.left_out,
    }


FOUND = Listing(
    "found",
    TriedPersonOut,
    _tried_record,
    {"id": "pk", "name": "membership__listed__name"},
    more=[parameter("day", {"type": "string", "format": "date"}, "One of the days tried; else the last.")],
)


@router.post("/rules/{number}/trial", response={202: TrialOut, 404: None})
def try_rule(request: HttpRequest, number: int) -> Status[dict[str, object]]:
    """Has a worker try it on the last 90 days."""
    require(signed_in(request), Action.OPEN_CASES)
    policy = rule_of(number)
    start_trial(policy)
    trial = newest_trial(policy)
    if trial is None:
        raise NoSuchThing("The trial could not be started.", "Send it again.")
    return Status(202, _trial_record(trial))


@router.get("/rules/{number}/trial", response={200: TrialOut, 404: None})
def trial(request: HttpRequest, number: int) -> dict[str, object]:
    """The newest trial."""
    require(signed_in(request), Action.READ)
    return _trial_record(_newest(rule_of(number)))


@router.get(
    "/rules/{number}/trial/found",
    response={200: PagedItems[TriedPersonOut], 404: None},
    openapi_extra=FOUND.described,
)
def found_by_trial(request: HttpRequest, number: int) -> HttpResponseBase:
    """Whom the newest trial finds on a day: to look at before the rule acts, or is approved."""
    require(signed_in(request), Action.READ)
    newest = _newest(rule_of(number))
    day = day_tried(newest, request.GET.get("day", ""))
    if day is None and request.GET.get("day"):
        raise UnreadableRequest({"day": "One of the days that the trial has, as YYYY-MM-DD."})
    found = found_on(newest, day) if day else TrialStretch.objects.none()
    return FOUND.answer(request, found.select_related("membership__listed", "membership__workspace"))


def _newest(policy: Policy) -> PolicyTrial:
    newest = newest_trial(policy)
    if newest is None:
        raise NoSuchThing(
            "This version of the rule was never tried.",
            f"POST /api/v1/rules/{policy.pk}/trial tries it.",
        )
    return newest
