"""The workspace event stream of one organization, and the tokens that hold how far a client has read."""

from __future__ import annotations

import base64
import hmac
from bisect import bisect_right
from itertools import chain
from typing import NamedTuple

import msgspec

from usher.sandbox.audit_log.event_types import Use
from usher.sandbox.audit_log.stream_kinds import STREAM_KINDS
from usher.sandbox.clock import timestamp
from usher.sandbox.company.company import Company, Workspace
from usher.sandbox.company.gids import GidRange, mix
from usher.sandbox.company.timeline import DAY
from usher.sandbox.http.answers import Record
from usher.sandbox.life.oddities import system_changes
from usher.sandbox.life.work import PER_WORKSPACE, TASKS_PER_MEMBERSHIP
from usher.sandbox.life.working_life import DAY_MS, NONE, WorkingLife

MOST_EVENTS = 1_000
TOKEN_SECONDS = DAY
SLOWEST_MS = 60_000
"""Events reach the stream within a minute."""
_DAYS_KEPT = 5
SYSTEM = -1
_SIGNATURE = 8


class StreamEvent(NamedTuple):
    arrives: int
    at: int
    """Both in milliseconds since 1970."""
    person: int
    """SYSTEM if Asana itself acted."""
    kind: int


class Mark(msgspec.Struct, array_like=True, frozen=True):
    """What a sync token holds: when it was issued (seconds), and up to which event of which day it has read."""

    workspace: int
    issued: int
    day: int
    number: int
    generation: int = 0


class SyncTokens:
    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._generation = 0

    def expire_all(self) -> None:
        self._generation += 1

    def token(self, mark: Mark) -> str:
        raw = msgspec.msgpack.encode(msgspec.structs.replace(mark, generation=self._generation))
        return (self._sign(raw) + raw).hex()

    def mark(self, token: str | None, workspace: Workspace, now: int) -> Mark | None:
        """None if the token is missing, forged, of another workspace, or too old."""
        try:
            raw = base64.b16decode((token or "").upper())
        except ValueError:
            return None
        signature, raw = raw[:_SIGNATURE], raw[_SIGNATURE:]
        if not hmac.compare_digest(signature, self._sign(raw)):
            return None
        mark = msgspec.msgpack.decode(raw, type=Mark)
        is_good = mark.workspace == workspace.number and mark.generation == self._generation
        return mark if is_good and now - mark.issued <= TOKEN_SECONDS else None

    def _sign(self, raw: bytes) -> bytes:
        return hmac.digest(self._secret, b"sync" + raw, "sha256")[:_SIGNATURE]


class Stream:
    def __init__(self, company: Company, life: WorkingLife, workspace: Workspace) -> None:
        self._company = company
        self._life = life
        self._workspace = workspace
        self._days: dict[int, list[StreamEvent]] = {}
        self._emitted: dict[int, list[StreamEvent]] = {}

    def start(self, now: float) -> Mark:
        """The mark of a client that has read everything until now."""
        day = int(now) // DAY
        number = bisect_right(self._day(day), int(now * 1_000), key=_arrival)
        return Mark(self._workspace.number, int(now), day, number)

    def after(self, mark: Mark, now: float) -> tuple[list[StreamEvent], Mark, bool]:
        """Up to 1,000 events that arrived since the mark, the next mark, and whether there are more."""
        now_ms, day, number = int(now * 1_000), mark.day, mark.number
        arrived: list[StreamEvent] = []
        while True:
            events = self._day(day)
            while number < len(events) and events[number].arrives <= now_ms:
                if self._happened(events[number]):
                    if len(arrived) == MOST_EVENTS:
                        return arrived, Mark(mark.workspace, int(now), day, number), True
                    arrived.append(events[number])
                number += 1
            if number < len(events) or day >= now_ms // DAY_MS:
                return arrived, Mark(mark.workspace, int(now), day, number), False
            day, number = day + 1, 0

    def _happened(self, event: StreamEvent) -> bool:
        """False for events of people whom a caller has removed before."""
        company = self._company
        if event.person == SYSTEM or not company.altered:
            return True
        if not any(n in company.altered for n in company.people[event.person].memberships):
            return True
        return self._life.is_active(event.person, self._workspace.number, event.at)

    def _day(self, day: int) -> list[StreamEvent]:
        """The events that arrive on a UTC day, in the order of arrival."""
        if day not in self._days:
            _drop_oldest(self._days)
            emitted = chain.from_iterable(map(self._emitted_on, (day - 1, day, day + 1)))
            self._days[day] = sorted(event for event in emitted if event.arrives // DAY_MS == day)
        return self._days[day]

    def _emitted_on(self, calendar_day: int) -> list[StreamEvent]:
        """The events of a day in everyone's own time zone. Three UTC days need each of them."""
        if calendar_day not in self._emitted:
            _drop_oldest(self._emitted)
            self._emitted[calendar_day] = self._emit(calendar_day)
        return self._emitted[calendar_day]

    def _emit(self, day: int) -> list[StreamEvent]:
        company, here = self._company, self._workspace.number
        emitted: list[StreamEvent] = []
        for number in self._workspace.members:
            person = company.people[company.memberships[number].person]
            for action in self._life.planned(person, day):
                if action.stream != NONE and action.workspace == here:
                    at = action.at if action.use == Use.HUMAN else _same_second(action.at)
                    emitted.append(StreamEvent(_arrives(at, person.number), at, person.number, action.stream))
        moments = system_changes(company, self._workspace, day)
        return emitted + [StreamEvent(_arrives(at, 0), at, SYSTEM, at % 3) for at in moments]


def _drop_oldest(days: dict[int, list[StreamEvent]]) -> None:
    while len(days) >= _DAYS_KEPT:
        del days[next(iter(days))]


def _arrival(event: StreamEvent) -> int:
    return event.arrives


def _arrives(at: int, person: int) -> int:
    drawn = mix(at, at >> 32, person, 5)
    return at + drawn % SLOWEST_MS if drawn % 8 == 0 else at + drawn % 3_000


def _same_second(at: int) -> int:
    return at - at % 1_000 + mix(at, 6) % 1_000


def stream_record(company: Company, workspace: Workspace, event: StreamEvent) -> Record:
    kind = STREAM_KINDS[event.kind]
    drawn = mix(event.at, event.at >> 32, event.person & 0xFFFFFFFF)

    def thing(resource_type: str, salt: int) -> Record:
        return _thing(company, workspace, resource_type, mix(drawn, salt))

    record: Record = {
        "user": None if event.person == SYSTEM else _user(company, event.person),
        "created_at": timestamp(event.at // 1_000, event.at % 1_000),
        "type": kind.resource_type,
        "action": kind.action,
        "resource": thing(kind.resource_type, 1),
        "parent": thing(kind.parent_type, 2) if kind.parent_type else None,
    }
    if kind.field:
        change: Record = {"field": kind.field, "action": kind.field_action}
        if kind.value_type:
            value = "new_value" if kind.field_action == "changed" else f"{kind.field_action}_value"
            change[value] = thing(kind.value_type, 3)
        record["change"] = change
    return record


def _user(company: Company, person: int) -> Record:
    gid, name = company.gids.users.gid(person), company.people[person].name
    return {"gid": gid, "resource_type": "user", "name": name}


def _thing(company: Company, workspace: Workspace, kind: str, drawn: int) -> Record:
    gids, members = company.gids, workspace.members
    if kind == "user":
        return _user(company, company.memberships[members[drawn % len(members)]].person)
    ranges: dict[str, GidRange] = {
        "task": gids.tasks,
        "project": gids.projects,
        "team": gids.teams,
        "attachment": gids.attachments,
    }
    number = drawn % 1_000_000
    if kind == "task":
        number = members[drawn % len(members)] * TASKS_PER_MEMBERSHIP + drawn % TASKS_PER_MEMBERSHIP
    elif kind in ("project", "team"):
        number = workspace.number * PER_WORKSPACE + drawn % max(2, len(members) // 12)
    return {
        "gid": ranges.get(kind, gids.others).gid(number),
        "resource_type": kind,
        "name": f"{kind.title()} {number % 1_000}",
    }
