"""Rules in the REST API: reading, making, changing, trying and switching them, and what their runs found."""

from collections.abc import Mapping
from enum import StrEnum

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Router, Schema, Status

from usher.access.roles import Action, actor_of, require, signed_in
from usher.access.tokens.api_auth import PersonalToken
from usher.policy import changes
from usher.policy.definition import CannotBeRule, Definition, as_json, decode
from usher.policy.jobs import start_trial
from usher.policy.models import Policy, PolicyFinding, PolicyRun, PolicyTrial
from usher.policy.sentence import outcome_in_words, sentence_of
from usher.policy.trial import newest_trial, tried_days
from usher.rest.listing import ListedItem, Listing
from usher.rest.pages import PagedItems
from usher.rest.single import single
from usher.web.csv_export import iso
from usher.web.refused.problems import NoSuchThing, UnreadableRequest

router = Router(tags=["Rules"], auth=PersonalToken())


class RuleOut(ListedItem):
    """A rule. `definition`: as docs/rules.md describes it in YAML; `sentence`: the same in words."""

    id: int
    name: str
    connection: str | None
    state: str
    version: int
    sentence: str
    definition: dict[str, object]
    made_by: str
    question: str | None


class RuleIn(Schema):
    """`definition`: as docs/rules.md describes it in YAML, with its name."""

    definition: dict[str, object]


class SwitchTo(StrEnum):
    OFF = "off"
    WATCHING = "watching"
    ACTING = "acting"


class SwitchIn(Schema):
    """`seen`: the number of the trial that was looked at, for a rule that is to act."""

    to: SwitchTo
    seen: int | None = None


class TriedDayOut(Schema):
    day: str
    found: int
    left_out: int
    new: int


class TrialOut(Schema):
    """What a version of the rule would have found on each of the last days; empty while it is being tried."""

    id: int
    version: int
    state: str
    problem: str
    days: list[TriedDayOut]


class RuleRunOut(ListedItem):
    id: int
    connection: str
    day: str
    version: int
    is_acting: bool
    state: str
    started_at: str
    finished_at: str | None
    found: int
    left_out: int
    done: int
    problem: str


class FindingOut(ListedItem):
    """Somebody whom a run found. `outcome`: what was done, or why nothing was."""

    id: int
    person: int
    name: str
    email: str
    outcome: str
    detail: str
    case: int | None


def _rule_record(policy: Policy) -> Mapping[str, object]:
    definition = changes.definition_of(policy)
    return {
        "id": policy.pk,
        "name": policy.name,
        "connection": policy.connection.name if policy.connection else None,
        "state": policy.state,
        "version": policy.version,
        "sentence": sentence_of(definition),
        "definition": as_json(definition),
        "made_by": policy.made_by,
        "question": policy.question or None,
    }


def _run_record(run: PolicyRun) -> Mapping[str, object]:
    return {
        "id": run.pk,
        "connection": run.connection.name,
        "day": run.day.isoformat(),
        "version": run.version,
        "is_acting": run.is_acting,
        "state": run.state,
        "started_at": iso(run.started_at),
        "finished_at": iso(run.finished_at),
        "found": run.found,
        "left_out": run.left_out,
        "done": run.done,
        "problem": run.problem,
    }


def _finding_record(one: PolicyFinding) -> Mapping[str, object]:
    return {
        "id": one.pk,
        "person": one.person_id,
        "name": one.name,
        "email": one.email,
        "outcome": outcome_in_words(one),
        "detail": one.detail,
        "case": one.case_id,
    }


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


RULES = Listing("rules", RuleOut, _rule_record, {"id": "pk", "name": "name"})
RUNS = Listing("rule-runs", RuleRunOut, _run_record)
FINDINGS = Listing("findings", FindingOut, _finding_record, {"id": "pk", "name": "name"})


@router.get("/rules", response=PagedItems[RuleOut], openapi_extra=RULES.described)
def list_rules(request: HttpRequest) -> HttpResponseBase:
    require(signed_in(request), Action.READ)
    return RULES.answer(request, Policy.objects.select_related("connection"))


@router.post("/rules", response={201: RuleOut, 409: None})
def make_rule(request: HttpRequest, body: RuleIn) -> Status[Mapping[str, object]]:
    """A new rule, which is off, and is being tried."""
    require(signed_in(request), Action.SETTINGS)
    policy = changes.make(_definition(body), actor_of(request))
    start_trial(policy)
    return Status(201, _rule_record(policy))


@router.get("/rules/{number}", response={200: RuleOut, 404: None})
def one_rule(request: HttpRequest, number: int) -> Mapping[str, object]:
    require(signed_in(request), Action.READ)
    return _rule_record(_rule(number))


@router.put("/rules/{number}", response={200: RuleOut, 404: None, 409: None})
def change_rule(request: HttpRequest, number: int, body: RuleIn) -> Mapping[str, object]:
    """Another version. A rule that acted goes back to watching, and approvals in advance are taken away."""
    require(signed_in(request), Action.SETTINGS)
    policy = _rule(number)
    changed = changes.change(policy, _definition(body), actor_of(request))
    if changed.version != policy.version:
        start_trial(changed)
    return _rule_record(changed)


@router.delete("/rules/{number}", response={204: None, 404: None, 409: None})
def delete_rule(request: HttpRequest, number: int) -> Status[None]:
    """With its runs. The cases that it opened stay."""
    require(signed_in(request), Action.SETTINGS)
    changes.delete(_rule(number), actor_of(request))
    return Status(204, None)


@router.post("/rules/{number}/switch", response={200: RuleOut, 404: None, 409: None})
def switch_rule(request: HttpRequest, number: int, body: SwitchIn) -> Mapping[str, object]:
    """Off, watching or acting. Admins approve a rule in advance on its page alone."""
    require(signed_in(request), Action.SETTINGS)
    policy, actor = _rule(number), actor_of(request)
    match body.to:
        case SwitchTo.ACTING:
            changes.act(policy, actor, body.seen)
        case SwitchTo.WATCHING:
            changes.watch(policy, actor)
        case SwitchTo.OFF:
            changes.switch_off(policy, actor)
    return _rule_record(_rule(number))


@router.post("/rules/{number}/trial", response={202: TrialOut, 404: None})
def try_rule(request: HttpRequest, number: int) -> Status[dict[str, object]]:
    """Has a worker try it on the last 90 days."""
    require(signed_in(request), Action.OPEN_CASES)
    policy = _rule(number)
    start_trial(policy)
    trial = newest_trial(policy)
    if trial is None:
        raise NoSuchThing("The trial could not be started.", "Send it again.")
    return Status(202, _trial_record(trial))


@router.get("/rules/{number}/trial", response={200: TrialOut, 404: None})
def trial(request: HttpRequest, number: int) -> dict[str, object]:
    """The newest trial."""
    require(signed_in(request), Action.READ)
    newest = newest_trial(_rule(number))
    if newest is None:
        raise NoSuchThing("This rule was never tried.", "POST to the same address tries it.")
    return _trial_record(newest)


@router.get(
    "/rules/{number}/runs", response={200: PagedItems[RuleRunOut], 404: None}, openapi_extra=RUNS.described
)
def list_rule_runs(request: HttpRequest, number: int) -> HttpResponseBase:
    require(signed_in(request), Action.READ)
    return RUNS.answer(request, _rule(number).runs.select_related("connection"))


@router.get(
    "/rules/{number}/runs/{run}/findings",
    response={200: PagedItems[FindingOut], 404: None},
    openapi_extra=FINDINGS.described,
)
def findings(request: HttpRequest, number: int, run: int) -> HttpResponseBase:
    """Whom a run found, and what was done. Kept for 90 days."""
    require(signed_in(request), Action.READ)
    found = PolicyRun.objects.filter(pk=run, policy=_rule(number)).first()
    if found is None:
        raise NoSuchThing(f"The rule has no run {run}.", f"GET /api/v1/rules/{number}/runs lists them.")
    return FINDINGS.answer(request, found.findings.all())


def _rule(number: int) -> Policy:
    return single(Policy.objects.select_related("connection"), number, "rule", "rules")


def _definition(body: RuleIn) -> Definition:
    try:
        return decode(body.definition)
    except CannotBeRule as refused:
        raise UnreadableRequest({"definition": f"{refused.message} {refused.remedy}"}) from refused
