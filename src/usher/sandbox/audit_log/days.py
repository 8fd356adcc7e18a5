"""Generates the days of an organization's audit log, from people's work and everything else that happens."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from itertools import pairwise
from random import Random

import msgspec

from usher.sandbox.audit_log import event_types as events
from usher.sandbox.audit_log.event_types import EVERYDAY, TYPE_NUMBERS, Use
from usher.sandbox.audit_log.invitations import Invitations
from usher.sandbox.audit_log.resources import Resources
from usher.sandbox.company.company import Company, Workspace
from usher.sandbox.company.gids import mix
from usher.sandbox.company.timeline import History
from usher.sandbox.life.oddities import ASANA, DELETED, odd_events
from usher.sandbox.life.pauses import Paused, founded_pauses
from usher.sandbox.life.work import Work
from usher.sandbox.life.working_life import DAY_MS, NONE, WorkingLife

KEPT_DAYS = 90
MADE_AT_ONCE = 8
MOST_DAYS = 130
"""How many days are kept in memory; the oldest are dropped first."""
WEEKEND_WEIGHT = 0.5
"""In a dense log, the share of a weekday's extra events that a day of the weekend gets."""
WINDOW_WEIGHT = KEPT_DAYS * (5 + 2 * WEEKEND_WEIGHT) / 7
GAP_MS = 30 * 60_000
MOST_IN_A_SPAN = 1_000

Span = tuple[int, int, int]
"""A person, a moment of use, and the milliseconds to the next one within the session."""

Row = tuple[int, int, int]
"""Moment in ms, actor, and type | context << 8 | resource << 14."""

INVITED, DEPROVISIONED, REPROVISIONED = (
    TYPE_NUMBERS[name] for name in ("user_invited", "user_deprovisioned", "user_reprovisioned")
)
MOVES = frozenset((INVITED, DEPROVISIONED, REPROVISIONED))


class AuditDay(msgspec.Struct):
    """The events of one UTC day, sorted by moment."""

    at: array[int]
    actor: array[int]
    what: array[int]


def moves_of(membership: int, history: History) -> list[tuple[int, int]]:
    """When somebody joined, left or returned according to a history: moments in milliseconds, and event types."""
    moves: list[tuple[int, int]] = []
    before: str | None = None
    for at, standing in history:
        kind = move_type(before, standing.status)
        if kind is not None:
            moment = at * 1_000 + mix(membership, at) % 1_000
            if moves and moment <= moves[-1][0]:
                moment = moves[-1][0] + 1  # gone and back within one second
            moves.append((moment, kind))
        before = standing.status
    return moves


def move_type(before: str | None, after: str) -> int | None:
    if before is None:
        return INVITED
    if before == "active" and after != "active":
        return DEPROVISIONED
    return REPROVISIONED if before != "active" and after == "active" else None


class AuditDays:
    def __init__(
        self, company: Company, work: Work, life: WorkingLife, workspace: Workspace, dense: int | None
    ) -> None:
        self._company = company
        self._life = life
        self._workspace = workspace
        self._dense = dense
        self._resources = Resources(company, work, workspace)
        self._days: dict[int, AuditDay] = {}
        self._pauses: dict[int, list[Paused]] | None = None
        self.provisioner = self._provisioner()
        self.invitations = Invitations(company, life, workspace, self.provisioner, GAP_MS)

    def day(self, day: int) -> AuditDay:
        """The events of a day (number since 1970, UTC). A new day is generated together with its neighbours."""
        if day not in self._days:
            first = day - day % MADE_AT_ONCE
            self.make(first, first + MADE_AT_ONCE - 1, around=day)
        return self._days[day]

    def make(self, first: int, last: int, around: int | None = None) -> None:
        """Generates all missing days from first to last."""
        missing = [day for day in range(first, last + 1) if day not in self._days]
        for day in list(self._days):
            if abs(day - (last if around is None else around)) > MOST_DAYS:
                del self._days[day]
        if not missing:
            return
        first, last = missing[0], missing[-1]
        open_days: dict[int, list[Row]] = {first: []}
        moves = self._moves(first, last)
        # A day of somebody's calendar may reach into the UTC days before and after.
        for day in range(first - 1, last + 2):
            open_days.setdefault(day + 1, [])
            for row in self._happened(day):
                if (rows := open_days.get(row[0] // DAY_MS)) is not None:
                    rows.append(row)
            if first <= day - 1 <= last:
                rows = open_days.pop(day - 1)
                rows += moves.get(day - 1, ())
                if day - 1 not in self._days:
                    self._days[day - 1] = _sealed(rows)

    def _happened(self, day: int) -> list[Row]:
        company, life, resource = self._company, self._life, self._resources.of
        here = self._workspace.number
        rows: list[Row] = []
        spans: list[Span] = []
        for number in self._workspace.members:
            person = company.people[company.memberships[number].person]
            used: list[int] = []
            actor = person.number
            for at, workspace, use, _, audit, context in life.planned(person, day):
                if workspace != here:
                    continue
                if audit != NONE:
                    rows.append((at, actor, audit | context << 8 | resource(audit, at, actor) << 14))
                if use == Use.HUMAN:
                    used.append(at)
            if self._dense is not None:
                spans += [(actor, a, b - a) for a, b in pairwise(used) if 0 < b - a <= GAP_MS]
        for at, actor, audit, context in odd_events(company, self._workspace, day):
            rows.append((at, actor, audit | context << 8 | resource(audit, at, actor) << 14))
        if self._pauses is None:
            self._pauses = founded_pauses(company, self._workspace)
        for at, kind, paused in self._pauses.get(day, ()):
            rows.append((at, ASANA, kind | events.BY_ASANA << 8 | paused << 14))
        if self._dense is not None:
            weight = WEEKEND_WEIGHT if (day + 3) % 7 >= 5 else 1.0
            wanted = round(self._dense * weight / WINDOW_WEIGHT) - len(rows)
            rows += self._filling(day, wanted, spans)
        return rows

    def _filling(self, day: int, count: int, spans: list[Span]) -> Iterator[Row]:
        """Extra events within sessions, so that nobody's days, sessions and last use change.

        On days with little use, the actors are people who were deleted since.
        """
        if len(spans) * MOST_IN_A_SPAN < count:
            spans = [*spans, *((DELETED, day * DAY_MS + at, GAP_MS) for at in range(0, DAY_MS, GAP_MS))]
        draw = Random(mix(self._company.seed, self._workspace.number, day, 301)).random  # noqa: S311
        resource, places, kinds = self._resources.of, len(spans), len(EVERYDAY)
        for _ in range(max(0, count)):
            actor, at, gap = spans[int(draw() * places)]
            at += int(draw() * gap)
            audit = EVERYDAY[int(draw() * kinds)]
            yield at, actor, audit | (actor % 3) << 8 | resource(audit, at, actor) << 14

    def _moves(self, first: int, last: int) -> dict[int, list[Row]]:
        rows_by_day: dict[int, list[Row]] = {}
        context = events.BY_ASANA if self.provisioner == ASANA else events.SERVICE
        for number in self._workspace.members:
            membership = self._company.memberships[number]
            history = self._company.founded(membership)
            if not history or history[-1][0] * 1_000 < first * DAY_MS:
                continue
            for at, kind in moves_of(number, history):
                if first <= at // DAY_MS <= last:
                    by, how = self.provisioner, context
                    if kind == INVITED:
                        by, how = self.invitations.by(membership, at)
                    row = (at, by, kind | how << 8 | membership.person << 14)
                    rows_by_day.setdefault(at // DAY_MS, []).append(row)
        return rows_by_day

    def _provisioner(self) -> int:
        """Who invites and removes people: a service account, or Asana if there is none."""
        for number in self._workspace.members:
            person = self._company.people[self._company.memberships[number].person]
            if person.is_service_account:
                return person.number
        return ASANA


def _sealed(rows: list[Row]) -> AuditDay:
    rows.sort()
    return AuditDay(
        at=array("q", [row[0] for row in rows]),
        actor=array("i", [row[1] for row in rows]),
        what=array("Q", [row[2] for row in rows]),
    )
