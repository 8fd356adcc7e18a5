"""Trying a rule: whom it would find now, and would have found on each of the last days."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from usher.activity.usage.figures import local_day
from usher.connections.models import Connection
from usher.policy.changes import definition_of
from usher.policy.definition import Definition
from usher.policy.finding.find import Finder
from usher.policy.models import Policy, PolicyTrial, TrialStretch
from usher.web.lists import valid_day

HISTORY = 90
"""Days that a trial looks back, besides today."""
BATCH = 2_000


@dataclass(frozen=True)
class TriedDay:
    """People on one day. `new`: found, and not on the day before; None for the first day, where that is not known."""

    day: date
    found: int
    left_out: int
    new: int | None


def connections_for(definition: Definition) -> list[Connection]:
    """Those that a rule is for, and that are connected."""
    connected = Connection.objects.filter(disconnected_at=None)
    return list(connected.filter(name=definition.connection) if definition.connection else connected)


def request_trial(policy: Policy) -> PolicyTrial:
    """The trial that waits, or a new one. The caller has it made."""
    try:
        with transaction.atomic():
            return PolicyTrial.objects.create(policy=policy, version=policy.version)
    except IntegrityError:
        return PolicyTrial.objects.get(policy=policy, state=PolicyTrial.State.WAITING)


def newest_trial(policy: Policy) -> PolicyTrial | None:
    """Of the version as it is now."""
    return policy.trials.filter(version=policy.version).first()


def perform_trial(trial_id: int, now: datetime | None = None) -> None:
    """Tries the rule as it is now, and puts the result in the place of older ones. Does nothing if it is done."""
    now = now or timezone.now()
    with transaction.atomic():
        waiting = PolicyTrial.objects.select_for_update(of=("self",)).select_related("policy__connection")
        trial = waiting.filter(pk=trial_id, state=PolicyTrial.State.WAITING).first()
        if trial is None:
            return
        policy = trial.policy
        trial.version, trial.days = policy.version, HISTORY + 1
        trial.state, trial.today = PolicyTrial.State.DONE, timezone.localdate(now)
        batch: list[TrialStretch] = []
        definition = definition_of(policy)
        for connection in connections_for(definition):
            trial.today = local_day(connection, now)
            for stretch in _stretches(trial, definition, connection, now):
                batch.append(stretch)
                if len(batch) == BATCH:
                    TrialStretch.objects.bulk_create(batch)
                    batch.clear()
        TrialStretch.objects.bulk_create(batch)
        trial.save()
        policy.trials.exclude(pk=trial.pk).delete()


def _stretches(
    trial: PolicyTrial, definition: Definition, connection: Connection, now: datetime
) -> Iterator[TrialStretch]:
    finder = Finder(definition, connection, HISTORY + 1, now)
    for found in finder.find():
        for first, last in finder.days.stretches(found.days):
            yield TrialStretch(
                trial=trial,
                membership_id=found.listed.pk,
                first=first,
                last=last,
                left_out=found.left_out[:200],
            )


def fail_trial(trial_id: int, error: Exception) -> None:
    PolicyTrial.objects.filter(pk=trial_id, state=PolicyTrial.State.WAITING).update(
        state=PolicyTrial.State.FAILED, problem=f"{type(error).__name__}: {error}"[:1000]
    )


def day_tried(trial: PolicyTrial, asked: str) -> date | None:
    """The day that is asked for; for an empty text the newest. None if the trial does not know it."""
    if trial.today is None:
        return None
    if not asked:
        return trial.today
    text = valid_day(asked)
    day = date.fromisoformat(text) if text else None
    is_known = day is not None and trial.today - timedelta(days=trial.days) < day <= trial.today
    return day if is_known else None


def found_on(trial: PolicyTrial, day: date) -> QuerySet[TrialStretch]:
    return trial.stretches.filter(first__lte=day, last__gte=day)


def people_found_now(trial: PolicyTrial, connection: Connection) -> int | None:
    """Of a connection, on the day of the trial; None if it is not done."""
    if trial.today is None:
        return None
    stretches = found_on(trial, trial.today).filter(membership__workspace__connection=connection)
    return stretches.values("membership__person").distinct().count()


def tried_days(trial: PolicyTrial) -> list[TriedDay]:
    """Oldest first. Counts people, who may have several memberships."""
    if trial.today is None:
        return []
    rows = trial.stretches.values_list("membership__person", "first", "last", "left_out")
    found: dict[date, set[int]] = {}
    left_out: dict[date, set[int]] = {}
    begins = trial.today - timedelta(days=trial.days - 1)
    days = [begins + timedelta(days=n) for n in range(trial.days)]
    for day in days:
        found[day], left_out[day] = set(), set()
    for person, first, last, why in rows:
        day = max(first, begins)
        while day <= min(last, trial.today):
            (left_out if why else found)[day].add(person)
            day += timedelta(days=1)
    return [
        TriedDay(
            day,
            len(found[day]),
            len(left_out[day] - found[day]),
            len(found[day] - found[before]) if before else None,
        )
        for before, day in zip([None, *days], days, strict=False)
    ]
