"""When a rule has to run: once a day, when the directory changes, or before a renewal."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime, timedelta
from functools import cached_property

from django.db.models import Max, Q
from django.utils import timezone

from usher.activity.usage.figures import local_day
from usher.connections.models import Connection
from usher.connections.working_days.counting import is_working_time
from usher.contracts.models import Contract
from usher.contracts.renewals import Renewal, renewals_to_come
from usher.directory.models import Source
from usher.policy.changes import ON, definition_of
from usher.policy.definition import WRITES_TO_PEOPLE, When
from usher.policy.models import Policy, PolicyRun
from usher.removal.models import Guardrails

DIRECTORY_EVERY = timedelta(minutes=10)
"""A rule about a directory that changes all the time runs no more often."""


class PastRuns:
    """What rules did lately, read once for all of them and all connections."""

    def __init__(self, policies: Collection[Policy], today: date) -> None:
        self._today = today
        self._runs: dict[tuple[int, int], list[PolicyRun]] = defaultdict(list)
        lately = Q(state=PolicyRun.State.RUNNING) | Q(day__gte=today - timedelta(days=1))
        for run in PolicyRun.objects.filter(lately, policy__in=policies).order_by("-pk"):
            self._runs[run.policy_id, run.connection_id].append(run)

    def of(self, policy: Policy, connection: Connection) -> list[PolicyRun]:
        """Of this version of the rule, the newest first: those that run, and those of the last days."""
        runs = self._runs[policy.pk, connection.pk]
        return [run for run in runs if run.version == policy.version]

    @cached_property
    def directory_changed_at(self) -> datetime | None:
        newest: datetime | None = Source.objects.aggregate(newest=Max("changed_at"))["newest"]
        return newest

    @cached_property
    def _renewals(self) -> dict[int, list[Renewal]]:
        found: dict[int, list[Renewal]] = defaultdict(list)
        for renewal in renewals_to_come(Contract.objects.select_related("connection"), self._today):
            found[renewal.contract.connection_id].append(renewal)
        return found

    def first_day_before_notice(self, connection: Connection, days: int) -> date | None:
        """The first day of the time before a notice day in which today lies; None if it lies in none."""
        for renewal in self._renewals.get(connection.pk, ()):
            begins = renewal.notice_on - timedelta(days=days)
            if begins <= self._today <= renewal.notice_on:
                return begins
        return None


def due(now: datetime | None = None) -> list[tuple[Policy, Connection]]:
    """Rules and connections that have to run, where the connection has been synced today.

    After a restore nothing runs before an admin has looked: what a rule did since the backup is forgotten.
    """
    now = now or timezone.now()
    policies = list(Policy.objects.filter(state__in=ON).select_related("connection"))
    if not policies or Guardrails.get().restored_at is not None:
        return []
    synced = [
        (connection, local_day(connection, now))
        for connection in Connection.objects.filter(disconnected_at=None).exclude(last_synced_at=None)
        if connection.last_synced_at
        and local_day(connection, connection.last_synced_at) == local_day(connection, now)
    ]
    past = PastRuns(policies, timezone.localdate(now))
    pairs: list[tuple[Policy, Connection]] = []
    for policy in policies:
        writes = policy.state == Policy.State.ACTING and definition_of(policy).what.does in WRITES_TO_PEOPLE
        for connection, day in synced:
            if policy.connection_id not in (None, connection.pk):
                continue
            if writes and not is_working_time(connection, now):
                continue
            if has_to_run(policy, connection, day, past):
                pairs.append((policy, connection))
    return pairs


def has_to_run(policy: Policy, connection: Connection, day: date, past: PastRuns) -> bool:
    """Whether it has not run on the day, or is about a directory that has changed since."""
    runs = past.of(policy, connection)
    if any(run.state == PolicyRun.State.RUNNING for run in runs):
        return True
    # What was found while the rule was only watched is not what it does today.
    is_acting = policy.state == Policy.State.ACTING
    done = [run for run in runs if run.is_acting == is_acting and run.state == PolicyRun.State.DONE]
    definition = definition_of(policy)
    if definition.when is When.RENEWAL:
        begins = past.first_day_before_notice(connection, definition.days_before_notice)
        return begins is not None and not _has_run_since(policy, connection, begins, is_acting)
    newest = next((run for run in done if run.day == day), None)
    if newest is None:
        return True
    if definition.when is not When.DIRECTORY or timezone.now() - newest.started_at < DIRECTORY_EVERY:
        return False
    return past.directory_changed_at is not None and past.directory_changed_at > newest.started_at


def _has_run_since(policy: Policy, connection: Connection, begins: date, is_acting: bool) -> bool:
    runs = policy.runs.filter(connection=connection, version=policy.version, is_acting=is_acting)
    return runs.filter(state=PolicyRun.State.DONE, day__gte=begins).exists()
