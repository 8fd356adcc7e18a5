"""The pages of rules."""

from datetime import date, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from usher.access.acting import actor_of
from usher.access.roles import Action, needs
from usher.policy import changes
from usher.policy.approving import approvals_shown, approve_rule, take_back
from usher.policy.definition import Does, asks_who_is_away
from usher.policy.forms import RuleForm
from usher.policy.jobs import start_trial
from usher.policy.models import Policy, PolicyRun, PolicyTrial
from usher.policy.sentence import outcome_in_words, sentence_of
from usher.policy.starting_points import STARTING_POINTS
from usher.policy.tables import FindingsTable, RunsTable, TriedTable
from usher.policy.trial import TriedDay, day_tried, found_on, newest_trial, tried_days
from usher.refusals import Refused
from usher.web.charts import ChartData, Series
from usher.web.csv_export import csv_download
from usher.web.lists import configure_table, parse_id

NEWEST_RUNS = 10


@needs(Action.READ)
@require_GET
def rules(request: HttpRequest) -> HttpResponse:
    policies = list(Policy.objects.select_related("connection"))
    newest = {
        run.policy_id: run
        for run in PolicyRun.objects.filter(policy__in=policies)
        .order_by("policy_id", "-pk")
        .distinct("policy_id")
    }
    context = {
        "rules": [(one, sentence_of(changes.definition_of(one)), newest.get(one.pk)) for one in policies],
        "starting_points": [
            (key, definition.name, sentence_of(definition)) for key, definition in STARTING_POINTS.items()
        ],
    }
    return render(request, "policy/rules.html", context)


@needs(Action.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    given = STARTING_POINTS.get(request.GET.get("from", ""), STARTING_POINTS["idle"])
    form = RuleForm(request.POST or None, given)
    if request.method == "POST" and form.is_valid():
        try:
            policy = changes.make(form.definition, actor_of(request))
        except Refused as refusal:
            form.add_error(None, f"{refusal.message} {refusal.remedy}")
        else:
            start_trial(policy)
            messages.success(request, "The rule is made. It is off, and is being tried on the last 90 days.")
            return redirect("policy:rule", policy.pk)
    return render(request, "policy/edit.html", {"form": form}, status=422 if form.errors else 200)


@needs(Action.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def change_rule(request: HttpRequest, pk: int) -> HttpResponse:
    policy = _policy(pk)
    form = RuleForm(request.POST or None, changes.definition_of(policy))
    if request.method == "POST" and form.is_valid():
        try:
            changed = changes.change(policy, form.definition, actor_of(request))
        except Refused as refusal:
            form.add_error(None, f"{refusal.message} {refusal.remedy}")
        else:
            if changed.version == policy.version:
                messages.info(request, "Nothing was changed.")
            else:
                start_trial(changed)
                messages.success(
                    request, "The rule has been changed, and is being tried on the last 90 days."
                )
            return redirect("policy:rule", pk)
    context = {"form": form, "rule": policy}
    return render(request, "policy/edit.html", context, status=422 if form.errors else 200)


@needs(Action.READ)
@require_GET
def rule(request: HttpRequest, pk: int) -> HttpResponse:
    policy = _policy(pk)
    context = {
        "rule": policy,
        "sentence": sentence_of(changes.definition_of(policy)),
        "asks": policy.definition.get("what", {}).get("does") == Does.ASK,  # type: ignore[attr-defined]
        "at_most": changes.definition_of(policy).what.at_most,
        "approvals": approvals_shown(policy, actor_of(request)),
        "newest_runs": policy.runs.select_related("connection")[:NEWEST_RUNS],
        **_trial_context(request, policy),
    }
    return render(request, "policy/rule.html", context)


@needs(Action.READ)
@require_GET
def trial(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that waits for a trial, and then has the page loaded anew."""
    policy = _policy(pk)
    tried = newest_trial(policy)
    response = render(request, "policy/_trial.html", {"rule": policy, "trial": tried, "is_over": True})
    if tried is None or tried.state != PolicyTrial.State.WAITING:
        response["HX-Refresh"] = "true"
    return response


@needs(Action.OPEN_CASES)
@require_POST
def try_out(request: HttpRequest, pk: int) -> HttpResponse:
    start_trial(_policy(pk))
    return redirect("policy:rule", pk)


@needs(Action.SETTINGS)
@require_POST
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    policy, actor = _policy(pk), actor_of(request)
    try:
        match request.POST.get("to"):
            case "watching":
                changes.watch(policy, actor)
                done = "The rule is being watched: each run keeps whom it finds, and does nothing."
            case "acting":
                changes.act(policy, actor, parse_id(request.POST.get("seen")))
                done = "The rule acts from its next run on."
            case "approved":
                approve_rule(policy, actor, parse_id(request.POST.get("seen")))
                done = "You have approved the rule in advance."
            case "taken_back":
                take_back(policy, actor)
                done = "Your approval is taken back. What the rule approved and has not begun waits for a person."
            case "right" | "wrong" as said:
                changes.answer(policy, actor, are_right=said == "right")
                done = (
                    "The rule goes on." if said == "right" else "The rule is only being watched from now on."
                )
            case _:
                changes.switch_off(policy, actor)
                done = "The rule is off."
    except Refused as refusal:
        messages.error(request, f"{refusal.message} {refusal.remedy}")
    else:
        messages.success(request, done)
    return redirect("policy:rule", pk)


@needs(Action.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def delete_rule(request: HttpRequest, pk: int) -> HttpResponse:
    policy = _policy(pk)
    if request.method == "POST":
        changes.delete(policy, actor_of(request))
        messages.success(request, f"The rule “{policy.name}” is deleted. Its cases stay.")
        return redirect("policy:rules")
    return render(request, "policy/delete.html", {"rule": policy, "runs": policy.runs.count()})


@needs(Action.READ)
@require_GET
def runs(request: HttpRequest, pk: int) -> HttpResponse:
    policy = _policy(pk)
    table = RunsTable(policy.runs.select_related("connection"))
    configure_table(request, table)
    return render(request, "policy/runs.html", {"rule": policy, "table": table})


@needs(Action.READ)
@require_GET
def run_page(request: HttpRequest, pk: int, run: int) -> HttpResponse:
    chosen = get_object_or_404(PolicyRun.objects.select_related("policy", "connection"), pk=run, policy=pk)
    table = FindingsTable(chosen.findings.select_related("case"))
    configure_table(request, table)
    return render(request, "policy/run.html", {"run": chosen, "rule": chosen.policy, "table": table})


@needs(Action.READ)
@require_GET
def run_csv(request: HttpRequest, pk: int, run: int) -> StreamingHttpResponse:
    chosen = get_object_or_404(PolicyRun, pk=run, policy=pk)
    records = (
        {
            "name": one.name,
            "email": one.email,
            "outcome": outcome_in_words(one),
            "case": one.case_id,
        }
        for one in chosen.findings.order_by("name", "pk").iterator(chunk_size=2_000)
    )
    return csv_download(f"rule-{pk}-run-{run}", ["Name", "E-mail", "Outcome", "Case"], records)


@needs(Action.READ)
@require_GET
def found_csv(request: HttpRequest, pk: int) -> HttpResponse | StreamingHttpResponse:
    """Whom the newest trial finds on a day, the last one by default."""
    policy = _policy(pk)
    tried = newest_trial(policy)
    if tried is None or tried.today is None:
        return redirect("policy:rule", pk)
    stretches = found_on(tried, _day(request, tried)).select_related(
        "membership__listed", "membership__workspace"
    )
    records = (
        {
            "name": one.membership.listed.name,
            "email": one.membership.listed.email,
            "workspace": one.membership.workspace.name,
            "since": one.first.isoformat(),
            "left_out": one.left_out,
        }
        for one in stretches.order_by("membership__listed__name", "pk").iterator(chunk_size=2_000)
    )
    return csv_download(f"rule-{pk}", ["Name", "E-mail", "Workspace", "Found since", "Left out"], records)


def _policy(pk: int) -> Policy:
    return get_object_or_404(Policy.objects.select_related("connection"), pk=pk)


def _trial_context(request: HttpRequest, policy: Policy) -> dict[str, object]:
    tried = newest_trial(policy)
    if tried is None or tried.state != PolicyTrial.State.DONE or tried.today is None:
        return {"trial": tried}
    day, days = _day(request, tried), tried_days(tried)
    table = TriedTable(found_on(tried, day).select_related("membership__listed", "membership__workspace"))
    configure_table(request, table)
    return {
        "trial": tried,
        "day": day,
        "first_day": tried.today - timedelta(days=tried.days - 1),
        "found_table": table,
        "is_blind_to_absences": asks_who_is_away(changes.definition_of(policy)),
        "chart": _chart(days),
        "today": next((one for one in days if one.day == day), None),
    }


def _day(request: HttpRequest, tried: PolicyTrial) -> date:
    """The day that the address asks for, if the trial knows it; else the newest."""
    assert tried.today is not None
    return day_tried(tried, request.GET.get("day", "")) or tried.today


def _chart(days: list[TriedDay]) -> ChartData:
    return ChartData(
        [one.day.isoformat() for one in days],
        [
            Series("Found", [one.found for one in days], color="blue"),
            Series("New on that day", [one.new for one in days], color="orange"),
        ],
    )
