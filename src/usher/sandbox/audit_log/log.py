"""The audit log of one organization, generated day by day from what people do, and kept in arrays.

A generated day does not change. Later changes by callers are merged in when it is read.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from heapq import merge
from typing import NamedTuple

import msgspec

from usher.sandbox.audit_log.days import MOVES, AuditDay, AuditDays, moves_of
from usher.sandbox.audit_log.event_types import BY_ASANA, CONTEXT_USE, LOGIN_FAILED, SERVICE, Use
from usher.sandbox.company.company import Company, Workspace
from usher.sandbox.company.gids import mix
from usher.sandbox.life.oddities import ASANA
from usher.sandbox.life.work import Work
from usher.sandbox.life.working_life import DAY_MS, WorkingLife

KEPT_DAYS = 90
PLACES = 10_000
"""A position in the log is a moment in milliseconds times this, plus an index among the events of that moment."""
CHANGED_LATER = PLACES // 2
"""Indexes from here on are events of changes by callers."""
LATEST_MS = 50 * 60_000
"""How late an event may appear in the log."""
_ONE_IN = 60
_FILTERS_REMEMBERED = 12


class Filters(msgspec.Struct, frozen=True):
    """Numbers instead of names. None matches everything."""

    event_type: int | None = None
    actor: int | None = None
    users_only: bool = False
    resource: int | None = None
    resource_types: tuple[int, ...] = ()
    """Numbers of the event types whose resource is of the same kind as `resource`."""

    @property
    def is_open(self) -> bool:
        return self == _ALL


_ALL = Filters()


class Event(NamedTuple):
    position: int
    actor: int
    event_type: int
    context: int
    resource: int

    @property
    def at(self) -> int:
        """Milliseconds since 1970."""
        return self.position // PLACES

    @property
    def use(self) -> Use:
        """The kind of use that it shows, if the actor is a person."""
        return Use.NOBODY if self.event_type == LOGIN_FAILED else CONTEXT_USE[self.context]


def _arrives(event: Event) -> int:
    """When the event appears in the log, in milliseconds since 1970. Most appear at once."""
    at = event.at
    drawn = mix(at, at >> 32, event.actor)
    is_prompt = drawn % _ONE_IN or event.position % PLACES >= CHANGED_LATER
    return at if is_prompt else at + 60_000 + drawn // _ONE_IN % (LATEST_MS - 60_000)


class AuditLog:
    def __init__(
        self, company: Company, work: Work, life: WorkingLife, workspace: Workspace, dense: int | None
    ) -> None:
        self._company = company
        self._workspace = workspace
        self._life = life
        self.days = AuditDays(company, work, life, workspace, dense)
        self._found: dict[Filters, dict[int, array[int]]] = {}
        self._later: tuple[int, list[Event], frozenset[int]] = (-1, [], frozenset())

    def events(
        self, after: int, start: int | None, end: int | None, filters: Filters, now: float
    ) -> Iterator[Event]:
        """The events that the log shows at `now` (seconds), oldest first, after a position.

        `start` and `end` are in milliseconds; `end` is excluded.
        """
        now_ms = int(now * 1_000)
        oldest = now_ms - KEPT_DAYS * DAY_MS
        first = max(after + 1, PLACES * (oldest if start is None else max(start, oldest)))
        last = PLACES * (now_ms + 1 if end is None else min(end, now_ms + 1))
        for day in range(first // PLACES // DAY_MS, (last - 1) // PLACES // DAY_MS + 1):
            yield from self._shown(day, first, last, filters, now_ms)

    def _shown(self, day: int, first: int, last: int, filters: Filters, now_ms: int) -> Iterator[Event]:
        later, altered = self._changed_later()
        own: Iterator[Event] = self._made(day, first, filters)
        if later:
            of_day = (e for e in later if e.at // DAY_MS == day and e.position >= first)
            own = merge(own, (e for e in of_day if _lets_through(filters, e)))
        for event in own:
            if event.position >= last:
                return
            if event.at > now_ms - LATEST_MS and _arrives(event) > now_ms:
                continue
            if altered and not self._still_happened(event, altered):
                continue
            yield event

    def _made(self, day: int, first: int, filters: Filters) -> Iterator[Event]:
        made = self.days.day(day)
        moments, actors, whats = made.at, made.actor, made.what
        since = first // PLACES
        start = bisect_left(moments, since)
        numbers: range | array[int]
        if filters.is_open:
            numbers = range(start, len(moments))
        else:
            matching = self._matching(day, made, filters)
            numbers = matching[bisect_left(matching, start) :]
        before, place = -1, 0
        for number in numbers:
            at = moments[number]
            if filters.is_open and at == before:
                place += 1
            else:
                place = number - bisect_left(moments, at)
            before = at
            position = at * PLACES + place
            if position >= first:
                what = whats[number]
                yield Event(position, actors[number], what & 255, what >> 8 & 63, what >> 14)

    def _matching(self, day: int, made: AuditDay, filters: Filters) -> array[int]:
        known = self._found.get(filters)
        if known is None:
            if len(self._found) >= _FILTERS_REMEMBERED:
                del self._found[next(iter(self._found))]
            known = self._found[filters] = {}
        if day not in known:
            known[day] = _numbers(made, filters)
        return known[day]

    # changes by callers

    def _changed_later(self) -> tuple[list[Event], frozenset[int]]:
        """Invitations, removals and what else callers did, and the numbers of the people concerned."""
        company = self._company
        if self._later[0] != company.revision:
            concerned = {
                number: founded
                for number, founded in company.altered.items()
                if company.memberships[number].workspace == self._workspace.number
            }
            events = [
                Event(
                    at * PLACES + CHANGED_LATER + number % CHANGED_LATER,
                    self.days.provisioner,
                    kind,
                    BY_ASANA if self.days.provisioner == ASANA else SERVICE,
                    company.memberships[number].person,
                )
                for number, founded in concerned.items()
                for at, kind in moves_of(number, company.memberships[number].history)
                if (at, kind) not in set(moves_of(number, founded))
            ]
            events += [
                Event(
                    at * 1_000 * PLACES + PLACES - 1 - n % CHANGED_LATER,
                    ASANA,
                    kind,
                    BY_ASANA,
                    person,
                )
                for n, (place, at, kind, person) in enumerate(company.paused)
                if place == self._workspace.number
            ]
            events += [
                Event(at * PLACES + PLACES - 1 - n % CHANGED_LATER, actor, kind, context, resource)
                for n, (place, at, kind, actor, context, resource) in enumerate(
                    company.happened, len(company.paused)
                )
                if place == self._workspace.number
            ]
            people = frozenset(company.memberships[number].person for number in concerned)
            self._later = (company.revision, sorted(events), people)
        return self._later[1], self._later[2]

    def _still_happened(self, event: Event, altered: frozenset[int]) -> bool:
        if event.position % PLACES >= CHANGED_LATER:
            return True
        if event.event_type in MOVES and event.resource in altered:
            membership = self._company.membership_of(self._company.people[event.resource], self._workspace)
            move = (event.at, event.event_type)
            if membership is None or move in moves_of(membership.number, self._company.founded(membership)):
                return membership is not None and move in moves_of(membership.number, membership.history)
        if event.event_type in MOVES and event.context in (SERVICE, BY_ASANA):
            return True
        return event.actor not in altered or self._life.is_active(
            event.actor, self._workspace.number, event.at
        )


def _lets_through(filters: Filters, event: Event) -> bool:
    return (
        (filters.event_type is None or event.event_type == filters.event_type)
        and (filters.actor is None or event.actor == filters.actor)
        and (not filters.users_only or event.actor >= 0)
        and (
            filters.resource is None
            or (event.resource == filters.resource and event.event_type in filters.resource_types)
        )
    )


def _numbers(made: AuditDay, filters: Filters) -> array[int]:
    numbers: array[int] = array("I", range(len(made.at)))
    whats, actors = made.what, made.actor
    if filters.event_type is not None:
        kind = filters.event_type
        numbers = array("I", [n for n in numbers if whats[n] & 255 == kind])
    if filters.actor is not None:
        actor = filters.actor
        numbers = array("I", [n for n in numbers if actors[n] == actor])
    if filters.users_only:
        numbers = array("I", [n for n in numbers if actors[n] >= 0])
    if filters.resource is not None:
        resource, kinds = filters.resource, frozenset(filters.resource_types)
        numbers = array("I", [n for n in numbers if whats[n] >> 14 == resource and whats[n] & 255 in kinds])
    return numbers
