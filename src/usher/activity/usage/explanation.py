"""What the figures of use rest on: words for it, and each account's own numbers."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import LiteralString

import msgspec
from django.db import connection as database

from usher.activity.events.event_types import CATEGORIES, KNOWN
from usher.activity.models import ConsoleImport, ConsoleSighting, EventTypeSeen, UsageState
from usher.activity.usage.figures import (
    WorkspaceCoverage,
    coverage,
    sources_by_workspace,
    trust_in,
    window_of,
)
from usher.activity.usage.rules import Confidence
from usher.connections.models import Connection
from usher.roster.models import Membership, Status
from usher.roster.query import memberships

WINDOW_DAYS = 30
MOST_COUNTED = 1_000_000


class Trust(msgspec.Struct, frozen=True):
    """A confidence in words."""

    title: str
    sentence: str
    icon: str
    tone: str


TRUST: dict[Confidence, Trust] = {
    Confidence.HIGH: Trust(
        "High",
        "Everyday work was watched for all of the time, with the workspace event stream.",
        icon="circle-check",
        tone="success",
    ),
    Confidence.MEDIUM: Trust(
        "Medium",
        "Only the audit log covers all of the time: sign-ins and administrative acts are seen, everyday work is "
        "not, and a long session hides use.",
        icon="alert-triangle",
        tone="warning",
    ),
    Confidence.CONSOLE: Trust(
        "Console",
        "Only an export of the Admin Console tells of use, as of its day.",
        icon="table",
        tone="info",
    ),
    Confidence.NONE: Trust(
        "None",
        "No source tells of use, so nothing is said about it.",
        icon="help-circle",
        tone="neutral",
    ),
}


class ConfidenceShare(msgspec.Struct, frozen=True):
    """How many people's use is known how well."""

    trust: Trust
    people: int
    percent: int


@dataclass(frozen=True)
class Account:
    """One connection, and what is read of it."""

    connection: Connection
    coverage: list[WorkspaceCoverage]
    shares: list[ConfidenceShare]
    people: int
    audit_events: int
    stream_events: int
    event_types: int
    new_types: list[str]
    console: ConsoleImport | None
    problem: str

    @property
    def has_more_stream_events(self) -> bool:
        """Whether counting stopped before the last one."""
        return self.stream_events >= MOST_COUNTED


def accounts() -> list[Account]:
    """Every connection, by name."""
    problems = dict(UsageState.objects.exclude(problem="").values_list("connection", "problem"))
    seen: dict[int, list[EventTypeSeen]] = defaultdict(list)
    for row in EventTypeSeen.objects.order_by("event_type"):
        seen[row.connection_id].append(row)
    return [_account(one, seen[one.pk], problems.get(one.pk, "")) for one in Connection.objects.all()]


def _account(connection: Connection, seen: list[EventTypeSeen], problem: str) -> Account:
    trusts = _trusts(connection)
    people = trusts.total()
    return Account(
        connection=connection,
        coverage=list(coverage(connection)),
        shares=[
            ConfidenceShare(TRUST[trust], trusts[trust], round(100 * trusts[trust] / people) if people else 0)
            for trust in Confidence
        ],
        people=people,
        audit_events=sum(row.events for row in seen),
        stream_events=_stream_events(connection),
        event_types=len({row.event_type for row in seen}),
        new_types=sorted(
            {row.event_type for row in seen if row.event_type not in KNOWN or row.category not in CATEGORIES}
        ),
        console=connection.console_imports.first(),
        problem=problem,
    )


def _trusts(connection: Connection) -> Counter[Confidence]:
    """Of everyone with an active membership, over the last 30 days."""
    window = window_of(connection, WINDOW_DAYS)
    sources = sources_by_workspace(connection)
    exported = set(
        ConsoleSighting.objects.filter(console_import__connection=connection).values_list(
            "user_gid", flat=True
        )
    )
    owned: dict[str, list[Membership]] = defaultdict(list)
    for membership in memberships(connection).filter(status=Status.ACTIVE).order_by():
        owned[membership.person.gid].append(membership)
    return Counter(
        trust_in(theirs, sources, window, in_console=gid in exported) for gid, theirs in owned.items()
    )


STREAM_EVENTS: LiteralString = """
    SELECT count(*) FROM (SELECT FROM activity_streamevent WHERE connection_id = %s LIMIT %s) found
"""


def _stream_events(connection: Connection) -> int:
    """Counted to a million, no further."""
    with database.cursor() as cursor:
        cursor.execute(STREAM_EVENTS, [connection.pk, MOST_COUNTED])
        return int(cursor.fetchone()[0])
