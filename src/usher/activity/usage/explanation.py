"""The page "How usage is measured": confidence in words, and what is known of each connection."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString

import msgspec
from django.db import connection as database

from usher.activity.events.event_types import CATEGORIES, KNOWN
from usher.activity.models import ConsoleImport, EventTypeSeen, UsageState
from usher.activity.usage.counting import count_memberships
from usher.activity.usage.figures import (
    WorkspaceCoverage,
    coverage,
)
from usher.activity.usage.rules import Confidence
from usher.connections.models import Connection

MOST_COUNTED = 1_000_000
"""Events of the stream are counted up to this number for each connection."""


class ConfidenceExplained(msgspec.Struct, frozen=True):
    """A confidence in words."""

    title: str
    sentence: str
    icon: str
    tone: str


CONFIDENCE_EXPLAINED: dict[Confidence, ConfidenceExplained] = {
    Confidence.HIGH: ConfidenceExplained(
        "High",
        "The event stream, which shows everyday work, covers the whole period.",
        icon="circle-check",
        tone="success",
    ),
    Confidence.MEDIUM: ConfidenceExplained(
        "Medium",
        "Only the audit log covers the whole period. It shows sign-ins and administrative actions, but not "
        "everyday work, and a long session hides use.",
        icon="alert-triangle",
        tone="warning",
    ),
    Confidence.CONSOLE: ConfidenceExplained(
        "Console",
        "Only a CSV export from the Admin Console shows the last activity, as of the day of the export.",
        icon="table",
        tone="info",
    ),
    Confidence.NONE: ConfidenceExplained(
        "None",
        "No source has usage data for this person, so Usher makes no statement.",
        icon="help-circle",
        tone="neutral",
    ),
}


class ConfidenceShare(msgspec.Struct, frozen=True):
    """For how many memberships usage is known with this confidence."""

    confidence: ConfidenceExplained
    members: int
    percent: int


@dataclass(frozen=True)
class ConnectionCoverage:
    """What is read of one connection, and how well the usage of its members is known."""

    connection: Connection
    coverage: list[WorkspaceCoverage]
    shares: list[ConfidenceShare]
    members: int
    audit_events: int
    stream_events: int
    event_types: int
    new_types: list[str]
    console: ConsoleImport | None
    problem: str

    @property
    def has_more_stream_events(self) -> bool:
        """Whether counting stopped before the last event."""
        return self.stream_events >= MOST_COUNTED


def connection_coverage() -> list[ConnectionCoverage]:
    """Every connection, by name. The number of queries does not depend on how many there are."""
    connections = list(Connection.objects.all())
    problems = dict(UsageState.objects.exclude(problem="").values_list("connection", "problem"))
    types: dict[int, list[EventTypeSeen]] = defaultdict(list)
    for row in EventTypeSeen.objects.order_by("event_type"):
        types[row.connection_id].append(row)
    covered: dict[int, list[WorkspaceCoverage]] = defaultdict(list)
    for source in coverage(*connections):
        covered[source.workspace.connection_id].append(source)
    newest_exports = ConsoleImport.objects.order_by("connection_id", "-exported_on").distinct("connection_id")
    exports = {export.connection_id: export for export in newest_exports}
    stream_events = _stream_events(connections)
    confidences = _members_by_confidence(connections)
    return [
        ConnectionCoverage(
            connection=connection,
            coverage=covered[connection.pk],
            shares=_shares(confidences[connection.pk]),
            members=confidences[connection.pk].total(),
            audit_events=sum(row.events for row in types[connection.pk]),
            stream_events=stream_events.get(connection.pk, 0),
            event_types=len({row.event_type for row in types[connection.pk]}),
            new_types=sorted(
                {
                    row.event_type
                    for row in types[connection.pk]
                    if row.event_type not in KNOWN or row.category not in CATEGORIES
                }
            ),
            console=exports.get(connection.pk),
            problem=problems.get(connection.pk, ""),
        )
        for connection in connections
    ]


def _shares(members: Counter[Confidence]) -> list[ConfidenceShare]:
    total = members.total()
    return [
        ConfidenceShare(
            CONFIDENCE_EXPLAINED[confidence],
            members[confidence],
            round(100 * members[confidence] / total) if total else 0,
        )
        for confidence in Confidence
    ]


def _members_by_confidence(connections: Sequence[Connection]) -> dict[int, Counter[Confidence]]:
    """Active memberships, by connection and by confidence over the last 30 days, as the dashboard counts them."""
    members: dict[int, Counter[Confidence]] = {}
    for of_connection in count_memberships(connections):
        members[of_connection.connection.pk] = Counter()
        for cell in of_connection.counted.cells:
            members[of_connection.connection.pk][of_connection.confidence(cell)] += cell.people
    return members


STREAM_EVENTS: LiteralString = """
    SELECT connection.id, (
        SELECT count(*) FROM (
            SELECT FROM activity_streamevent WHERE connection_id = connection.id LIMIT %s
        ) counted
    )
    FROM unnest(%s::bigint[]) AS connection (id)
"""


def _stream_events(connections: Sequence[Connection]) -> dict[int, int]:
    with database.cursor() as cursor:
        cursor.execute(STREAM_EVENTS, [MOST_COUNTED, [connection.pk for connection in connections]])
        return dict(cursor.fetchall())
