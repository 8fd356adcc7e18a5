"""Running rules: who is found is kept, and what the rule says is done. A rule never approves.

A run can be killed at any point. It is taken up where it stood: whoever has an open case gets no second one, and the
cases of the day are counted again.
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from statistics import median

from django.db import transaction
from django.utils import timezone

from usher.activity.usage.figures import local_day
from usher.connections.models import Connection
from usher.directory.models import Source
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.policy.changes import ON, definition_of, locked
from usher.policy.definition import Definition, Does, When, finds_by_directory
from usher.policy.finding.find import Finder, FoundMember
from usher.policy.models import Policy, PolicyFinding, PolicyRun
from usher.policy.unknown import note_unknown
from usher.refusals import Refused
from usher.removal.cases import opening, transitions
from usher.removal.cases.opening import CaseRequest
from usher.removal.leavers.candidates import Candidate, candidates
from usher.removal.models import Case, Guardrails
from usher.roster.models import Person

log = logging.getLogger(__name__)

MANY_MORE = 3
"""A run that finds so many times as many as usual stops and asks."""
FEW = 10
"""Fewer than this many are never "many more than usual"."""
USUAL_OF_RUNS = 14
DIRECTORY_EVERY = timedelta(minutes=10)
"""A rule about a directory that changes all the time runs no more often."""
KEPT = timedelta(days=90)
"""Who was found is kept so long; how many were found, as long as the rule."""


def actor_of(policy: Policy) -> Actor:
    return Actor("policy", f"rule {policy.pk}: {policy.name}"[:320], via="job")


def run(policy: Policy, connection: Connection, now: datetime | None = None) -> PolicyRun | None:
    """Runs the rule once for the day of the connection, or takes up a run that was killed.

    Returns None where it is off, asks, or has run today.
    """
    now = now or timezone.now()
    begun = _begin(policy, connection, local_day(connection, now))
    if begun is None:
        return None
    if finds_by_directory(definition_of(begun.policy).who):
        note_unknown(connection)
    found = _people(Finder(definition_of(begun.policy), connection, now=now).find())
    if _stops_to_ask(begun, len([one for one in found.values() if not _why_left_out(one)])):
        return begun
    _do(begun, found)
    PolicyFinding.objects.filter(run__policy=policy, run__started_at__lt=now - KEPT).delete()
    return begun


@transaction.atomic
def _begin(policy: Policy, connection: Connection, day: date) -> PolicyRun | None:
    policy = locked(policy)
    if policy.state not in ON:
        return None
    runs = policy.runs.filter(connection=connection)
    open_run = runs.filter(state=PolicyRun.State.RUNNING, version=policy.version).first()
    if open_run is not None:
        open_run.policy = policy
        return open_run
    if not _has_to_run(policy, connection, day):
        return None
    is_acting = policy.state == Policy.State.ACTING
    runs.filter(state=PolicyRun.State.RUNNING).update(
        state=PolicyRun.State.SKIPPED, problem="The rule was changed while it ran."
    )
    return PolicyRun.objects.create(
        policy=policy, connection=connection, day=day, version=policy.version, is_acting=is_acting
    )


def _people(found: Iterator[FoundMember]) -> dict[int, list[FoundMember]]:
    """The memberships by person."""
    people: dict[int, list[FoundMember]] = {}
    for one in found:
        people.setdefault(one.listed.person_id, []).append(one)
    return people


def _why_left_out(memberships: Sequence[FoundMember]) -> str:
    """Somebody is left out as soon as one of the memberships is: the exceptions are of people."""
    return next((one.left_out for one in memberships if one.left_out), "")


@transaction.atomic
def _stops_to_ask(begun: PolicyRun, found: int) -> bool:
    policy = locked(begun.policy)
    if not begun.is_acting or definition_of(policy).what.does is Does.LIST:
        return False
    usual = _usual(begun)
    most = max(FEW, MANY_MORE * usual) if usual is not None else None
    if policy.may_find is not None:
        most = max(most or 0, policy.may_find)
    if most is None or found <= most:
        return False
    begun.state, begun.finished_at, begun.found = PolicyRun.State.ASKING, timezone.now(), found
    begun.problem = (
        f"It would find {found:,} people in {begun.connection.name}, where it usually finds {usual:,}."
    )
    begun.save()
    policy.state, policy.state_since, policy.question = Policy.State.ASKING, timezone.now(), begun.problem
    policy.save()
    record(
        actor_of(policy),
        "rule.stopped",
        f"rule {policy.pk}: {policy.name}",
        reason=begun.problem,
        connection=begun.connection_id,
    )
    return True


def _usual(begun: PolicyRun) -> int | None:
    """What the last runs of this version found; None without any."""
    runs = begun.policy.runs.filter(
        connection=begun.connection, version=begun.version, state=PolicyRun.State.DONE
    )
    counts = list(runs.order_by("-pk").values_list("found", flat=True)[:USUAL_OF_RUNS])
    return int(median(counts)) if counts else None


def _do(begun: PolicyRun, found: dict[int, list[FoundMember]]) -> None:
    """Does for each person what the rule says, each in a transaction of its own."""
    policy = begun.policy
    definition = definition_of(policy)
    done_before = set(begun.findings.values_list("person", flat=True))
    wanted = {pk: memberships for pk, memberships in found.items() if pk not in done_before}
    opens = begun.is_acting and definition.what.does is not Does.LIST
    known = {one.person.pk: one for one in candidates(list(wanted))} if opens else {}
    left = definition.what.at_most - _opened_today(begun) if opens else 0
    findings: list[PolicyFinding] = []
    for pk, memberships in wanted.items():
        finding = _finding(begun, memberships)
        if opens and not finding.left_out:
            if left <= 0:
                finding.left_out = (
                    f"More than {definition.what.at_most} in a day: it comes with the next run."
                )
            else:
                _open(finding, known.get(pk), memberships, definition, policy)
                left -= finding.case_id is not None
                finding.save()  # stored with its case, so that a killed run knows it
                continue
        findings.append(finding)
    with transaction.atomic():
        PolicyFinding.objects.bulk_create(findings, batch_size=2_000)
        begun.state, begun.finished_at = PolicyRun.State.DONE, timezone.now()
        begun.left_out = begun.findings.exclude(left_out="").count()
        begun.done = begun.findings.exclude(case=None).count()
        begun.found = begun.findings.count()
        begun.save()
        Policy.objects.filter(pk=policy.pk).update(may_find=None)


def _opened_today(begun: PolicyRun) -> int:
    """Cases that the rule has opened on this day, in all connections."""
    return (
        PolicyFinding.objects.filter(run__policy=begun.policy, run__day=begun.day).exclude(case=None).count()
    )


def _finding(begun: PolicyRun, memberships: Sequence[FoundMember]) -> PolicyFinding:
    listed = memberships[0].listed
    return PolicyFinding(
        run=begun,
        person_id=listed.person_id,
        name=listed.name,
        email=listed.email,
        left_out=_why_left_out(memberships),
    )


def _open(
    finding: PolicyFinding,
    candidate: Candidate | None,
    memberships: Sequence[FoundMember],
    definition: Definition,
    policy: Policy,
) -> None:
    """Opens a case, or says why not."""
    if candidate is None or not candidate.can_be_opened:
        finding.left_out = (candidate.blocked if candidate else "They have just left.")[:500]
        return
    what, actor = definition.what, actor_of(policy)
    # Where no approval is needed, a request would be one: the case would run at once.
    requests = what.does is Does.REQUEST and Guardrails.get().needs_approval
    request = CaseRequest(
        kind=what.kind,
        cause=candidate.cause(Case.Cause.IDLE if definition.who.idle_for else Case.Cause.BY_HAND),
        reason=f"Rule “{policy.name}”. {candidate.says}".strip(),
        hand_over_to=_receiver(candidate) if what.hand_over_to_manager else None,
        # A leaver goes everywhere; whoever is idle in one workspace keeps the others.
        workspaces=() if candidate.is_leaver else [one.listed.workspace.gid for one in memberships],
        behind=policy.switched_on_by,
    )
    try:
        with transaction.atomic():
            case = opening.open_case(candidate.person, request, actor)
            if requests:
                case = transitions.request_approval(case, actor, is_just_opened=True)
    except Refused as refusal:
        finding.left_out = refusal.message[:500]
        return
    finding.case = case
    finding.done = "Approval requested" if requests else "Draft opened"


def _receiver(candidate: Candidate) -> Person | None:
    return candidate.manager.receiver if candidate.manager else None


def due(now: datetime | None = None) -> list[tuple[Policy, Connection]]:
    """Rules and connections that have not run today, although the connection has been synced today."""
    now = now or timezone.now()
    policies = list(Policy.objects.filter(state__in=ON).select_related("connection"))
    if not policies:
        return []
    connected = list(Connection.objects.filter(disconnected_at=None).exclude(last_synced_at=None))
    pairs: list[tuple[Policy, Connection]] = []
    for policy in policies:
        for connection in connected:
            if policy.connection_id not in (None, connection.pk) or connection.last_synced_at is None:
                continue
            day = local_day(connection, now)
            if local_day(connection, connection.last_synced_at) == day and _has_to_run(
                policy, connection, day
            ):
                pairs.append((policy, connection))
    return pairs


def _has_to_run(policy: Policy, connection: Connection, day: date) -> bool:
    """Whether it has not run on the day, or is about a directory that has changed since."""
    runs = policy.runs.filter(connection=connection, version=policy.version)
    if runs.filter(state=PolicyRun.State.RUNNING).exists():
        return True
    # What was found while the rule was only watched is not what it does today.
    is_acting = policy.state == Policy.State.ACTING
    newest = runs.filter(day=day, is_acting=is_acting, state=PolicyRun.State.DONE).first()
    if newest is None:
        return True
    if definition_of(policy).when is not When.DIRECTORY:
        return False
    if timezone.now() - newest.started_at < DIRECTORY_EVERY:
        return False
    return Source.objects.filter(changed_at__gt=newest.started_at).exists()
