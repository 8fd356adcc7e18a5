"""Counts memberships into cells, and keeps these until something changes.

What is kept is used only if no listed membership has changed since, and if the same is asked: see `_Question`.
`keep_all` counts in the background; a page that finds nothing valid counts for itself.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import NamedTuple

import msgspec
from django.db import connection as database
from django.db.models import Case, Count, DateTimeField, IntegerField, Q, Value, When
from django.utils import timezone

from usher.activity.models import KeptCells, ListedMembership
from usher.activity.usage import rules
from usher.activity.usage.cells import AGES, LONGER_AGO, NOT_SEEN, ConnectionCells, Counted, MembershipCell
from usher.activity.usage.conditions import arrival_case, level_by_active_days
from usher.activity.usage.figures import known_workspaces, window_of
from usher.activity.usage.rules import Sources, UsageWindow
from usher.connections.models import Connection
from usher.roster.models import Status

AT_ONCE = 20
"""Connections that are counted in one query, by a job."""

SHORTEST = timedelta(microseconds=1)


class _Question(msgspec.Struct, frozen=True):
    """What decides, besides the memberships, into which cell each of them comes."""

    window_begins: list[datetime]
    settled_by: datetime
    boundaries: dict[int, list[datetime]]
    """Of each workspace in scope: where coverage begins or ends within the last 30 days."""
    observed: dict[int, list[tuple[datetime, datetime]]]
    console_holds_from: dict[int, str]
    form: int = 2
    """Another number for what older versions kept in another form."""

    @classmethod
    def of(
        cls, sources: Mapping[int, Sources], windows: Mapping[int, UsageWindow], now: datetime
    ) -> "_Question":
        window = windows[rules.WINDOW_DAYS]
        return cls(
            [windows[days].begins_at for days in AGES],
            window.settled_by(rules.GRACE_DAYS),
            {pk: _boundaries(known, window.begins_at) for pk, known in sources.items()},
            {
                pk: [
                    (span.begins_at, span.ends_at)
                    for span in known.observed
                    if span.ends_at >= now - rules.FRESH
                ]
                for pk, known in sources.items()
            },
            {
                pk: day.isoformat()
                for pk, known in sources.items()
                if (day := rules.console_holds_from(known, now)) is not None
            },
        )

    @property
    def digest(self) -> str:
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()


class _Kept(NamedTuple):
    version: str
    question: str
    cells: str


@dataclass(frozen=True)
class _Asked:
    """A connection whose memberships are to be counted."""

    connection: Connection
    version: str
    sources: Mapping[int, Sources]
    windows: Mapping[int, UsageWindow]
    question: _Question
    kept: _Kept | None

    @cached_property
    def is_kept(self) -> bool:
        return (
            self.kept is not None
            and self.kept.version == self.version
            and self.kept.question == self.question.digest
        )

    def answered(self, counted: Counted) -> ConnectionCells:
        return ConnectionCells(self.connection, self.sources, self.windows, counted)


def count_memberships(
    connections: Sequence[Connection], now: datetime | None = None
) -> list[ConnectionCells]:
    """All memberships in scope of these connections, counted now or as kept: the figures are the same."""
    now = now or timezone.now()
    asked = _ask(connections, now)
    counted = _count([one for one in asked if not one.is_kept], now)
    for one in asked:
        if one.kept and one.is_kept:
            counted[one.connection.pk] = msgspec.json.decode(one.kept.cells, type=Counted)
    return [one.answered(counted[one.connection.pk]) for one in asked]


def count_afresh(connections: Sequence[Connection]) -> list[ConnectionCells]:
    """The same, without what is kept."""
    now = timezone.now()
    asked = _ask(connections, now)
    counted = _count(asked, now)
    return [one.answered(counted[one.connection.pk]) for one in asked]


def keep_all(now: datetime | None = None) -> int:
    """Counts what has changed since it was counted, and keeps it. Returns the number of such connections."""
    now = now or timezone.now()
    asked = [one for one in _ask(list(Connection.objects.all()), now) if not one.is_kept]
    for some in (asked[first : first + AT_ONCE] for first in range(0, len(asked), AT_ONCE)):
        counted = _count(some, now)
        for one in some:
            # The version was read before: whatever changed meanwhile makes this invalid, and it is counted again.
            KeptCells.objects.update_or_create(
                connection=one.connection,
                defaults={
                    "version": one.version,
                    "question": one.question.digest,
                    "cells": msgspec.json.encode(counted[one.connection.pk]).decode(),
                },
            )
    return len(asked)


def _ask(connections: Sequence[Connection], now: datetime) -> list[_Asked]:
    versions = _versions(connections)
    kept = _kept(versions)
    sources: dict[int, dict[int, Sources]] = {connection.pk: {} for connection in connections}
    for workspace in known_workspaces(connections):
        if workspace.is_in_scope:
            sources[workspace.connection][workspace.pk] = workspace.sources
    windows_in: dict[str, dict[int, UsageWindow]] = {}  # of a time zone, which many connections share
    asked = []
    for connection in connections:
        windows = windows_in.get(connection.time_zone)
        if windows is None:
            windows = {days: window_of(connection, days, now=now) for days in AGES}
            windows_in[connection.time_zone] = windows
        question = _Question.of(sources[connection.pk], windows, now)
        asked.append(
            _Asked(
                connection,
                versions[connection.pk],
                sources[connection.pk],
                windows,
                question,
                kept.get(connection.pk),
            )
        )
    return asked


def _kept(connections: Iterable[int]) -> dict[int, _Kept]:
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT connection_id, version, question, cells FROM activity_keptcells WHERE connection_id = ANY (%s)",
            [list(connections)],
        )
        return {row[0]: _Kept(*row[1:]) for row in cursor.fetchall()}


# One row in the place of many, and a new one, so that no version comes twice.
FOLD = """
    WITH newest AS (
        SELECT connection_id, max(id) AS id FROM activity_listingchange GROUP BY connection_id HAVING count(*) > 100
    ), gone AS (
        DELETE FROM activity_listingchange old USING newest
        WHERE old.connection_id = newest.connection_id AND old.id <= newest.id
    )
    INSERT INTO activity_listingchange (connection_id)
    SELECT connection_id FROM newest JOIN connections_connection ON connections_connection.id = connection_id
"""
FORGET = """
    DELETE FROM activity_listingchange
    WHERE NOT EXISTS (SELECT FROM connections_connection WHERE connections_connection.id = connection_id)
"""


def fold_changes() -> None:
    """Keeps the list of changes short."""
    with database.cursor() as cursor:
        cursor.execute(FOLD)
        cursor.execute(FORGET)


def _versions(connections: Iterable[Connection]) -> dict[int, str]:
    """Of each connection's listed memberships, as this transaction sees them.

    The number of changes counts too: one with a lower number may be committed later.
    """
    keys = [connection.pk for connection in connections]
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT connection_id, max(id) || '/' || count(*) FROM activity_listingchange"
            " WHERE connection_id = ANY (%s) GROUP BY connection_id",
            [keys],
        )
        return dict.fromkeys(keys, "") | dict(cursor.fetchall())


def _boundaries(known: Sources, since: datetime) -> list[datetime]:
    """Between two of them it does not matter when somebody joined: the same spans cover the time from then on."""
    spans = [*known.stream, *known.audit]
    moments = {span.begins_at for span in spans} | {span.ends_at + SHORTEST for span in spans}
    return sorted(moment.astimezone(UTC) for moment in moments if moment > since)


def _count(asked: Sequence[_Asked], now: datetime) -> dict[int, Counted]:
    """Reads the memberships of connections once. Those in the same time zone are read together."""
    alike: dict[datetime, list[_Asked]] = defaultdict(list)
    for one in asked:
        alike[one.question.settled_by].append(one)
    return {key: counted for those in alike.values() for key, counted in _count_alike(those, now).items()}


def _count_alike(asked: Sequence[_Asked], now: datetime) -> dict[int, Counted]:
    question = asked[0].question
    sources = {pk: known for one in asked for pk, known in one.sources.items()}
    memberships = ListedMembership.objects.filter(workspace__in=sources).order_by()
    joined = (
        When(Q(workspace=pk, since__gte=moment), then=Value(moment))
        for one in asked
        for pk, moments in one.question.boundaries.items()
        for moment in reversed(moments)
    )
    rows = (
        memberships.filter(status=Status.ACTIVE)
        .annotate(
            age=Case(
                When(last_used_at=None, then=Value(NOT_SEEN)),
                *(
                    When(last_used_at__gte=begins_at, then=Value(days))
                    for days, begins_at in zip(AGES, question.window_begins, strict=True)
                ),
                default=Value(LONGER_AGO),
                output_field=IntegerField(),
            ),
            level=level_by_active_days(),
            joined=Case(*joined, default=None, output_field=DateTimeField(null=True)),
            is_settled=Q(since__lte=question.settled_by),
            arrival=arrival_case(sources, now),
        )
        .values_list(
            "workspace", "role", "licence", "age", "level", "joined", "is_settled", "in_console", "arrival"
        )
        .annotate(Count("pk"))
    )
    ended = memberships.filter(status=Status.NOT_ACTIVE).values_list("workspace").annotate(Count("pk"))
    connection_of = {pk: one.connection.pk for one in asked for pk in one.sources}
    cells: dict[int, list[MembershipCell]] = {one.connection.pk: [] for one in asked}
    not_active: dict[int, dict[int, int]] = {one.connection.pk: {} for one in asked}
    for cell in msgspec.convert(list(rows), list[MembershipCell]):
        cells[connection_of[cell.workspace]].append(cell)
    for workspace, memberships_ended in ended.values_list("workspace", "pk__count"):
        not_active[connection_of[workspace]][workspace] = memberships_ended
    people = _people(asked)
    return {
        key: Counted(its, not_active[key], people.get(key, sum(cell.people for cell in its)))
        for key, its in cells.items()
    }


PEOPLE = """
    SELECT connection_id, count(*) FROM (
        SELECT DISTINCT connection_id, person_id FROM activity_listedmembership
        WHERE workspace_id = ANY (%s) AND status = 'active'
    ) AS person GROUP BY connection_id
"""


def _people(asked: Sequence[_Asked]) -> dict[int, int]:
    """By connection, where they may have more than one membership."""
    in_several = [one for one in asked if len(one.sources) > 1]
    if not in_several:
        return {}
    with database.cursor() as cursor:
        cursor.execute(PEOPLE, [[pk for one in in_several for pk in one.sources]])
        return {one.connection.pk: 0 for one in in_several} | dict(cursor.fetchall())
