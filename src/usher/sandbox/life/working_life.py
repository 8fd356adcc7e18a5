"""What everyone does, day by day, computed from seed, person and day on demand.

It follows the original histories. People whom a caller removes do nothing from then on; people whom a caller
invites never join.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from usher.sandbox.audit_log import event_types as events
from usher.sandbox.audit_log.event_types import EVENT_TYPES, Use
from usher.sandbox.audit_log.stream_kinds import DELETED_TASK, EVERYDAY_KINDS
from usher.sandbox.company.company import Company, Person
from usher.sandbox.company.gids import mix
from usher.sandbox.company.personas import Persona, is_day_off, persona_of
from usher.sandbox.company.timeline import DAY, History, standing_at
from usher.sandbox.life.sessions import AT_WEEKENDS, HOUR, RHYTHMS, Draw, moments

DAY_MS = DAY * 1_000
NONE = -1
AUTHORIZES_EACH_DAYS = 20
"""How often people with an integration give an app access, if they work on that day."""
TYPES_EACH_DAYS = 14
"""The manager of an organization does everything that the audit log can show within this many working days."""


class Action(NamedTuple):
    at: int
    """Milliseconds since 1970. In the stream, automated actions have the same second, but other milliseconds."""
    workspace: int
    use: Use
    stream: int
    """The number of a kind of stream event, or NONE."""
    audit: int
    """The number of a type of audit log event, or NONE. Every action has at least one of the two."""
    context: int


class WorkingLife:
    def __init__(self, company: Company) -> None:
        self.company = company
        self._personas: dict[int, Persona] = {}

    def persona(self, person: Person) -> Persona:
        persona = self._personas.get(person.number)
        if persona is None:
            persona = self._personas[person.number] = persona_of(self.company, person)
        return persona

    def stop(self, person: Person, day: int) -> None:
        """The person does nothing from that day of their calendar on; their apps continue for twenty days.

        Call this before anybody has read the audit log or the stream of that day.
        """
        self._personas[person.number] = msgspec.structs.replace(self.persona(person), stops=day)

    def lived(self, person: Person, day: int) -> list[Action]:
        """What the person really did on a day of their own calendar, ascending. It may end the day after."""
        planned = self.planned(person, day)
        if not any(n in self.company.altered for n in person.memberships):
            return planned
        return [a for a in planned if self.is_active(person.number, a.workspace, a.at)]

    def is_active(self, person: int, workspace: int, at: int) -> bool:
        """Whether the person was an active member, including changes by callers. `at` is in milliseconds."""
        company = self.company
        return any(
            company.memberships[n].workspace == workspace and company.memberships[n].is_active(at / 1_000)
            for n in company.people[person].memberships
        )

    def planned(self, person: Person, day: int) -> list[Action]:
        """As `lived`, but without changes by callers."""
        persona = self.persona(person)
        if day < persona.starts or persona.kind == "stranger":
            return []
        homes = self._homes(person, day)
        if not homes:
            return []
        random = Random(mix(self.company.seed, person.number, day, 104))  # noqa: S311 - invented lives
        draw = random.random
        midnight = day * DAY_MS - _offset_seconds(persona.zone, day) * 1_000
        actions = self._human(person, persona, day, midnight, draw, [number for number, _ in homes])
        if persona.has_integration:
            if (
                mix(self.company.seed, person.number, 107) % AUTHORIZES_EACH_DAYS
                == day % AUTHORIZES_EACH_DAYS
            ):
                actions = _authorizing(actions)
            taken = {action.at // 1_000 for action in actions}
            actions += self._automated(person, persona, day, midnight, draw, homes[0][0], taken)
        if persona.kind in ("stopped", "fails to sign in") and not actions and draw() < 0.04:
            failed = midnight + int((7 + draw() * 14) * HOUR) * 1_000 + int(draw() * 1_000)
            actions.append(Action(failed, homes[0][0], Use.NOBODY, NONE, events.LOGIN_FAILED, _device(draw)))
        actions.sort()
        histories = {number: history for number, history in homes if history is not None}
        if not histories:
            return actions
        return [a for a in actions if a.workspace not in histories or _active(histories[a.workspace], a.at)]

    def _homes(self, person: Person, day: int) -> list[tuple[int, History | None]]:
        """The organizations that the person belongs to around a day, with the history if it changes then."""
        company = self.company
        homes: list[tuple[int, History | None]] = []
        first, last = (day - 1) * DAY, (day + 3) * DAY
        for number in person.memberships:
            membership = company.memberships[number]
            if membership.never_joined or not company.workspaces[membership.workspace].is_organization:
                continue
            history = company.founded(membership)
            if not history or history[0][0] > last:
                continue
            if any(first <= at <= last for at, _ in history):
                homes.append((membership.workspace, history))
            elif _active(history, first * 1_000):
                homes.append((membership.workspace, None))
        return homes

    def _human(
        self, person: Person, persona: Persona, day: int, midnight: int, draw: Draw, homes: list[int]
    ) -> list[Action]:
        actions: list[Action] = []
        weekday = (day + 3) % 7
        rhythm = RHYTHMS.get(persona.kind)
        if rhythm is not None and (persona.stops is None or day < persona.stops):
            is_working_day = weekday < rhythm.weekdays
            share = rhythm.share if is_working_day else rhythm.share * AT_WEEKENDS
            if draw() < share and not is_day_off(self.company, person, day):
                device, home = _device(draw), homes[int(draw() * len(homes))]
                signs_in = draw() < rhythm.signs_in
                for at in moments(rhythm, draw):
                    if len(homes) > 1 and draw() < 0.2:
                        home = homes[int(draw() * len(homes))]
                    if signs_in:
                        actions.append(Action(midnight + at, home, Use.HUMAN, NONE, events.LOGIN, device))
                        signs_in = False
                        continue
                    actions.append(_everyday(midnight + at, home, rhythm.audited, device, draw))
        if weekday < 5:
            for number, workspace in enumerate(persona.keeps):
                start = midnight + (9 * 60 + 41 * number) * 60_000
                keeping = _keeping if self.company.has_oddities else _keeping_orderly
                actions += keeping(day, start, workspace, draw)
        return actions

    def _automated(
        self,
        person: Person,
        persona: Persona,
        day: int,
        midnight: int,
        draw: Draw,
        workspace: int,
        taken: set[int],
    ) -> list[Action]:
        """Actions by apps, tokens and rules between 7:00 and 21:00, never in the same second as human use."""
        if (day + 3) % 7 >= 5 or (persona.stops is not None and day >= persona.stops + 20):
            return []
        actions: list[Action] = []
        for _ in range(1 + int(draw() * (6 if persona.kind == "integration only" else 3))):
            at = midnight + 7 * HOUR * 1_000 + int(draw() * 14 * HOUR * 1_000)
            while at // 1_000 in taken:
                at += 1_000
            if persona.kind == "service account":
                context = events.SERVICE
            else:
                context = (events.LEDGER_APP, events.CALENDAR_APP, events.OWN_TOKEN, events.RULE)[
                    int(draw() * 4)
                ]
            stream = NONE if draw() < 0.15 else _pick(EVERYDAY_KINDS, draw)
            actions.append(
                Action(at, workspace, Use.AUTOMATED, stream, _pick(events.EVERYDAY, draw), context)
            )
        return actions


def _everyday(at: int, workspace: int, audited: float, device: int, draw: Draw) -> Action:
    kind = EVERYDAY_KINDS[int(draw() * len(EVERYDAY_KINDS))]
    if draw() >= audited:
        return Action(at, workspace, Use.HUMAN, kind, NONE, device)
    which = draw()
    context = events.EMAIL if which < 0.04 else events.COOKIE if which < 0.06 else device
    stream = NONE if draw() < 0.4 else kind
    return Action(at, workspace, Use.HUMAN, stream, _pick(events.EVERYDAY, draw), context)


def _keeping(day: int, start: int, workspace: int, draw: Draw) -> list[Action]:
    """What an organization's manager does on a working day; every second week, over a hundred deletions at once."""
    turn = ((day + 3) // 7 * 5 + (day + 3) % 7) % TYPES_EACH_DAYS
    actions: list[Action] = []
    at = start + int(draw() * 600_000)
    for audit in range(turn, len(EVENT_TYPES), TYPES_EACH_DAYS):
        context = (day + audit) % 5
        use = events.use_of(audit, context)
        actions.append(Action(at, workspace, use, NONE, audit, context))
        at += 2_000 + int(draw() * 400_000)
    if turn == 6:
        deletion = events.TYPE_NUMBERS["task_deleted"]
        burst = Action(at, workspace, Use.HUMAN, DELETED_TASK, deletion, events.WEB)
        actions += [burst] * (105 + int(draw() * 40))
    return actions


def _keeping_orderly(day: int, start: int, workspace: int, draw: Draw) -> list[Action]:
    """One action of an ordinary admin per working day."""
    at = start + int(draw() * 600_000)
    return [Action(at, workspace, Use.HUMAN, NONE, events.OF_ADMINS[day % len(events.OF_ADMINS)], events.WEB)]


def _authorizing(actions: list[Action]) -> list[Action]:
    """The first action of the day that the audit log shows and that was made by hand gives an app access instead."""
    for position, action in enumerate(actions):
        by_hand = action.context in (events.WEB, events.DESKTOP, events.MOBILE)
        if by_hand and action.audit in events.EVERYDAY and action.stream == NONE:
            changed = action._replace(audit=events.APP_AUTHORIZED)
            return [*actions[:position], changed, *actions[position + 1 :]]
    return actions


def _device(draw: Draw) -> int:
    which = draw()
    return events.WEB if which < 0.65 else events.DESKTOP if which < 0.86 else events.MOBILE


def _pick(among: tuple[int, ...], draw: Draw) -> int:
    return among[int(draw() * len(among))]


def _active(history: History, at: int) -> bool:
    now = standing_at(history, at / 1_000)
    return now is not None and now.status == "active"


@lru_cache(maxsize=20_000)
def _offset_seconds(zone: str, day: int) -> int:
    """The offset at noon, which is used for the whole day."""
    noon = datetime.fromtimestamp(day * DAY + DAY // 2, UTC).replace(tzinfo=ZoneInfo(zone))
    offset = noon.utcoffset()
    return 0 if offset is None else int(offset.total_seconds())
