"""Confidence and coverage of each row of the people list."""

from datetime import datetime

from django.utils import timezone

from usher.activity.models import ListedMembership
from usher.activity.usage import rules
from usher.activity.usage.figures import sources_by_workspace, window_of
from usher.activity.usage.rules import (
    Arrival,
    Confidence,
    ConsoleWord,
    ObservedMembership,
    Sources,
    UsageWindow,
)
from usher.connections.models import Connection


class CoverageLookup:
    """What the sources of every workspace cover, read once for each page."""

    def __init__(self, connections: list[Connection], now: datetime) -> None:
        self.now = now
        self._sources = sources_by_workspace(*connections)
        self._windows: dict[int, UsageWindow] = {
            connection.pk: window_of(connection, rules.WINDOW_DAYS, now=now) for connection in connections
        }

    @classmethod
    def of_all(cls) -> "CoverageLookup":
        return cls(list(Connection.objects.all()), timezone.now())

    def observed(self, membership: ListedMembership) -> ObservedMembership:
        return ObservedMembership(
            membership.since,
            membership.last_used_at,
            self._of(membership),
            membership.last_automated_at,
            ConsoleWord(membership.never_logged_in_on, bool(membership.has_logged_in)),
        )

    def arrival(self, membership: ListedMembership) -> Arrival:
        return rules.arrival(self.observed(membership), self.now)

    def confidence(self, membership: ListedMembership) -> Confidence:
        return rules.confidence(
            self._of(membership),
            self._windows[membership.connection_id],
            membership.since,
            in_console=membership.in_console,
        )

    def _of(self, membership: ListedMembership) -> Sources:
        return self._sources.get(membership.workspace_id, Sources())
