"""Reading, making, changing, approving and switching rules, and what their runs found."""

from collections.abc import Mapping
from enum import StrEnum

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Router, Schema, Status

from usher.access.acting import actor_of
from usher.access.roles import Action, require, signed_in
from usher.access.tokens.api_auth import PersonalToken
from usher.policy import changes
from usher.policy.approving import RuleApprovals, approvals_of, approve_rule, take_back
from usher.policy.definition import CannotBeRule, Definition, as_json, decode
from usher.policy.jobs import start_trial
from usher.policy.models import Policy, PolicyFinding, PolicyRun
from usher.policy.sentence import outcome_in_words, sentence_of
from usher.rest.listing import ListedItem, Listing
from usher.rest.pages import PagedItems
from usher.rest.single import single
from usher.web.csv_export import iso
from usher.web.refused.problems import NoSuchThing, UnreadableRequest

router = Router(tags=["Rules"], auth=PersonalToken())


class RuleApprovalOut(Schema):
    """Of one admin, of the version as it is now."""

    by: str
    via: str
    at: str


class RuleOut(ListedItem):
    """A rule. `definition`: as docs/rules.md describes it in YAML; `sentence`: the same in words. `approvals`: of
    admins, in advance. `approves`: whether the rule stands for the approval of its cases.
    """

    id: int
    name: str
    connection: str | None
    state: str
    version: int
    sentence: str
    definition: dict[str, object]
    made_by: str
    question: str | None
    approvals: list[RuleApprovalOut]
    approves: bool


class RuleIn(Schema):
    """`definition`: as docs/rules.md describes it in YAML, with its name."""

    definition: dict[str, object]


class SwitchTo(StrEnum):
    OFF = "off"
    WATCHING = "watching"
    ACTING = "acting"


class SeenIn(Schema):
    """`seen`: the number of the trial that was looked at. Without one of this version, it is refused."""

    seen: int | None = None


class SwitchIn(SeenIn):
    """`seen`: the number of the trial that was looked at, for a rule that is to act."""

    to: SwitchTo


class AnswerIn(Schema):
    are_right: bool


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


def _rule_record(policy: Policy, approvals: RuleApprovals) -> Mapping[str, object]:
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
        "approvals": [{"by": one.by, "via": one.via, "at": iso(one.at)} for one in approvals.given],
        "approves": approvals.count_now,
    }


def _single_record(number: int) -> Mapping[str, object]:
    """As it is now."""
    policy = rule_of(number)
    return _rule_record(policy, approvals_of([policy])[policy.pk])


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


RULES = Listing("rules", RuleOut, sorts={"id": "pk", "name": "name"})
RUNS = Listing("rule-runs", RuleRunOut, _run_record)
FINDINGS = Listing("findings", FindingOut, _finding_record, {"id": "pk", "name": "name"})


@router.get("/rules", response=PagedItems[RuleOut], openapi_extra=RULES.described)
def list_rules(request: HttpRequest) -> HttpResponseBase:
    require(signed_in(request), Action.READ)
    approvals: dict[int, RuleApprovals] = {}
    return RULES.answer(
        request,
        Policy.objects.select_related("connection"),
        prepare=lambda policies: approvals.update(approvals_of(policies)),
        record=lambda policy: _rule_record(policy, approvals[policy.pk]),
    )


@router.post("/rules", response={201: RuleOut, 409: None})
def make_rule(request: HttpRequest, body: RuleIn) -> Status[Mapping[str, object]]:
    """A new rule, which is off, and is being tried."""
    require(signed_in(request), Action.SETTINGS)
    policy = changes.make(_definition(body), actor_of(request))
    start_trial(policy)
    return Status(201, _single_record(policy.pk))


@router.get("/rules/{number}", response={200: RuleOut, 404: None})
def one_rule(request: HttpRequest, number: int) -> Mapping[str, object]:
    require(signed_in(request), Action.READ)
    return _single_record(number)


@router.put("/rules/{number}", response={200: RuleOut, 404: None, 409: None})
def change_rule(request: HttpRequest, number: int, body: RuleIn) -> Mapping[str, object]:
    """Another version. A rule that acted goes back to watching, and approvals in advance are taken away."""
    require(signed_in(request), Action.SETTINGS)
    policy = rule_of(number)
    changed = changes.change(policy, _definition(body), actor_of(request))
    if changed.version != policy.version:
        start_trial(changed)
    return _single_record(number)


@router.delete("/rules/{number}", response={204: None, 404: None, 409: None})
def delete_rule(request: HttpRequest, number: int) -> Status[None]:
    """With its runs. The cases that it opened stay."""
    require(signed_in(request), Action.SETTINGS)
    changes.delete(rule_of(number), actor_of(request))
    return Status(204, None)


@router.post("/rules/{number}/switch", response={200: RuleOut, 404: None, 409: None})
def switch_rule(request: HttpRequest, number: int, body: SwitchIn) -> Mapping[str, object]:
    """Off, watching or acting."""
    require(signed_in(request), Action.SETTINGS)
    policy, actor = rule_of(number), actor_of(request)
    match body.to:
        case SwitchTo.ACTING:
            changes.act(policy, actor, body.seen)
        case SwitchTo.WATCHING:
            changes.watch(policy, actor)
        case SwitchTo.OFF:
            changes.switch_off(policy, actor)
    return _single_record(number)


@router.post("/rules/{number}/approve", response={200: RuleOut, 404: None, 409: None})
def approve_rule_in_advance(request: HttpRequest, number: int, body: SeenIn) -> Mapping[str, object]:
    """Approves this version in advance, whomever it finds. Two admins are needed, neither of whom wrote it."""
    require(signed_in(request), Action.SETTINGS)
    approve_rule(rule_of(number), actor_of(request), body.seen)
    return _single_record(number)


@router.post("/rules/{number}/take-back", response={200: RuleOut, 404: None, 409: None})
def take_approval_back(request: HttpRequest, number: int) -> Mapping[str, object]:
    """Takes back one's own approval. Cases that the rule approved and that have not begun wait for a person."""
    require(signed_in(request), Action.SETTINGS)
    take_back(rule_of(number), actor_of(request))
    return _single_record(number)


@router.post("/rules/{number}/answer", response={200: RuleOut, 404: None, 409: None})
def answer_rule(request: HttpRequest, number: int, body: AnswerIn) -> Mapping[str, object]:
    """Answers the `question` of a rule that stopped. If so many are right, it goes on; if not, it only watches."""
    require(signed_in(request), Action.SETTINGS)
    changes.answer(rule_of(number), actor_of(request), are_right=body.are_right)
    return _single_record(number)


@router.get(
    "/rules/{number}/runs", response={200: PagedItems[RuleRunOut], 404: None}, openapi_extra=RUNS.described
)
def list_rule_runs(request: HttpRequest, number: int) -> HttpResponseBase:
    require(signed_in(request), Action.READ)
    return RUNS.answer(request, rule_of(number).runs.select_related("connection"))


@router.get(
    "/rules/{number}/runs/{run}/findings",
    response={200: PagedItems[FindingOut], 404: None},
    openapi_extra=FINDINGS.described,
)
def findings(request: HttpRequest, number: int, run: int) -> HttpResponseBase:
    """Whom a run found, and what was done. Kept for 90 days."""
    require(signed_in(request), Action.READ)
    found = PolicyRun.objects.filter(pk=run, policy=rule_of(number)).first()
    if found is None:
        raise NoSuchThing(f"The rule has no run {run}.", f"GET /api/v1/rules/{number}/runs lists them.")
    return FINDINGS.answer(request, found.findings.all())


def rule_of(number: int) -> Policy:
    """Raises NoSuchThing."""
    return single(Policy.objects.select_related("connection"), number, "rule", "rules")


def _definition(body: RuleIn) -> Definition:
    try:
        return decode(body.definition)
    except CannotBeRule as refused:
        raise UnreadableRequest({"definition": f"{refused.message} {refused.remedy}"}) from refused
