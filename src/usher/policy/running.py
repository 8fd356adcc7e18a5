"""Running rules: who is found is kept, and what the rule says is done. A rule never approves.

A run can be killed at any point. It is taken up where it stood: whoever has an open case gets no second one, and the
cases of the day are counted again.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from statistics import median

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from usher.activity.usage.figures import local_day
from usher.connections.models import Connection
from usher.ledger.record import record
from usher.notify.telling import tell
from usher.policy.acting import ActOnPeople, tell_of_approved, tell_of_new, why_left_out
from usher.policy.changes import ON, actor_of_rule, definition_of, locked
from usher.policy.definition import ACTS_ON_PEOPLE, Definition, Does, asks_who_is_away, finds_by_directory
from usher.policy.finding.absences import NOT_SHOWN
from usher.policy.finding.find import Finder, FoundMember
from usher.policy.finding.joins import JoinsOfPeople
from usher.policy.leaving.acting import acting_for
from usher.policy.models import Policy, PolicyFinding, PolicyRun
from usher.policy.schedule import PastRuns, has_to_run
from usher.policy.trial import newest_trial, people_found_now
from usher.policy.unknown import note_unknown

MANY_MORE = 3
"""A run that finds so many times as many as usual stops and asks."""
FEW = 10
"""Fewer than this many are never "many more than usual"."""
USUAL_OF_RUNS = 14
KEPT = timedelta(days=90)
"""Who was found is kept so long; how many were found, as long as the rule."""


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
    if _stops_to_ask(begun, len(found)):
        return begun
    _do(begun, found, now)
    PolicyFinding.objects.filter(run__policy=policy, run__started_at__lt=now - KEPT).delete()
    return begun


@transaction.atomic
def _begin(policy: Policy, connection: Connection, day: date) -> PolicyRun | None:
    policy = locked(policy)
    if policy.state not in ON:
        return None
    is_acting = policy.state == Policy.State.ACTING
    runs = policy.runs.filter(connection=connection)
    open_runs = runs.filter(state=PolicyRun.State.RUNNING)
    # A run that acted is not taken up by a rule that is only watched by now.
    open_run = open_runs.filter(version=policy.version, is_acting=is_acting).first()
    if open_run is not None:
        open_run.policy = policy
        return open_run
    if not has_to_run(policy, connection, day, PastRuns([policy], day)):
        return None
    open_runs.update(state=PolicyRun.State.SKIPPED, problem="The rule was changed while it ran.")
    return PolicyRun.objects.create(
        policy=policy, connection=connection, day=day, version=policy.version, is_acting=is_acting
    )


def _people(found: Iterator[FoundMember]) -> dict[int, list[FoundMember]]:
    """The memberships by person."""
    people: dict[int, list[FoundMember]] = {}
    for one in found:
        people.setdefault(one.listed.person_id, []).append(one)
    return people


@transaction.atomic
def _stops_to_ask(begun: PolicyRun, found: int) -> bool:
    policy = locked(begun.policy)
    if not begun.is_acting or definition_of(policy).what.does is Does.LIST:
        return False
    usual = _usual(begun)
    if usual is None or found <= max(FEW, MANY_MORE * usual, _right_number(begun)):
        return False
    begun.state, begun.finished_at, begun.found = PolicyRun.State.ASKING, timezone.now(), found
    begun.problem = (
        f"It would find {found:,} people in {begun.connection.name}, where it usually finds {usual:,}."
    )
    begun.save()
    policy.state, policy.state_since, policy.question = Policy.State.ASKING, timezone.now(), begun.problem
    policy.save()
    record(
        actor_of_rule(policy),
        "rule.stopped",
        f"rule {policy.pk}: {policy.name}",
        reason=begun.problem,
        connection=begun.connection_id,
    )
    tell(
        "rule_stopped",
        f"run {begun.pk}",
        {"rule": policy.name, "problem": begun.problem},
        connection=begun.connection,
        path=reverse("policy:rule", args=[policy.pk]),
    )
    return True


def _right_number(begun: PolicyRun) -> int:
    """How many the run before found, in this connection, if it asked and a person answered that they are right."""
    before = begun.policy.runs.filter(connection=begun.connection, version=begun.version).exclude(pk=begun.pk)
    newest = before.order_by("-pk").first()
    return newest.found if newest is not None and newest.are_right else 0


def _usual(begun: PolicyRun) -> int | None:
    """What the last runs of this version found, or before them the trial that somebody saw; None without any."""
    runs = begun.policy.runs.filter(
        connection=begun.connection, version=begun.version, state=PolicyRun.State.DONE
    )
    counts = list(runs.order_by("-pk").values_list("found", flat=True)[:USUAL_OF_RUNS])
    if counts:
        return int(median(counts))
    trial = newest_trial(begun.policy)
    return None if trial is None else people_found_now(trial, begun.connection)


def _do(begun: PolicyRun, found: dict[int, list[FoundMember]], now: datetime) -> None:
    """Does for each person what the rule says, each in a transaction of its own."""
    definition = definition_of(begun.policy)
    done_before = set(begun.findings.values_list("person", flat=True))
    wanted = {pk: memberships for pk, memberships in found.items() if pk not in done_before}
    acts = begun.is_acting and definition.what.does in ACTS_ON_PEOPLE
    people = [pk for pk, memberships in wanted.items() if not why_left_out(memberships)]
    act = acting_for(begun, definition, people, now) if acts else None
    details = _details(begun, definition, wanted)
    findings: list[PolicyFinding] = []
    for memberships in wanted.values():
        finding = _finding(begun, memberships)
        finding.detail = " ".join(filter(None, (finding.detail, details.get(finding.person_id))))[:500]
        if act is not None and not finding.left_out:
            _act(act, finding, memberships)
        else:
            findings.append(finding)
    with transaction.atomic():
        PolicyFinding.objects.bulk_create(findings, batch_size=2_000, ignore_conflicts=True)
        begun.state, begun.finished_at = PolicyRun.State.DONE, timezone.now()
        begun.left_out = begun.findings.exclude(left_out="").count()
        begun.done = begun.findings.exclude(done="").count()
        begun.found = begun.findings.count()
        begun.note = _note(begun, definition)
        begun.save()
        if begun.is_acting and definition.what.does is Does.TELL:
            tell_of_new(begun)
        tell_of_approved(begun)


def _act(act: ActOnPeople, finding: PolicyFinding, memberships: Sequence[FoundMember]) -> None:
    """Another process may do the same run, where the first was only believed dead. Each person is acted on once."""
    try:
        act.on(finding, memberships)
    except IntegrityError:
        if not PolicyFinding.objects.filter(run=finding.run_id, person=finding.person_id).exists():
            raise
        act.was_done_elsewhere()


def _details(
    begun: PolicyRun, definition: Definition, found: Mapping[int, Sequence[FoundMember]]
) -> dict[int, str]:
    """By person, what else there is to say: of people in no directory, how they came into Asana."""
    if definition.who.unknown_for is None:
        return {}
    memberships = {person: [one.listed for one in each] for person, each in found.items()}
    return dict(JoinsOfPeople(begun.connection).in_words(memberships))


def _note(begun: PolicyRun, definition: Definition) -> str:
    """What whoever reads the list has to know of it as a whole."""
    if not asks_who_is_away(definition):
        return ""
    if not begun.is_acting:
        return (
            "Nothing was done, so Asana was not asked who is out of office. Some of these would be left out."
        )
    unseen = begun.findings.filter(detail__endswith=NOT_SHOWN).count()
    if not unseen:
        return ""
    people = "1 person is" if unseen == 1 else f"{unseen:,} people are"
    return f"Whether {people} out of office was not looked at: Asana does not show it to this connection."


def _finding(begun: PolicyRun, memberships: Sequence[FoundMember]) -> PolicyFinding:
    listed = memberships[0].listed
    return PolicyFinding(
        run=begun,
        person_id=listed.person_id,
        name=listed.name,
        email=listed.email,
        left_out=why_left_out(memberships),
        detail=" ".join(dict.fromkeys(one.says for one in memberships if one.says))[:500],
    )
