"""What kind of user a person is, drawn from the seed."""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from usher.sandbox.company.company import Company, Person
from usher.sandbox.company.gids import mix
from usher.sandbox.company.timeline import HISTORY_DAYS

Kind = Literal[
    "office worker",
    "long session",
    "part-timer",
    "light user",
    "night worker",
    "stopped",
    "signs in only",
    "integration only",
    "fails to sign in",
    "heavy admin",
    "guest",
    "stranger",
    "service account",
]
"""Long session: works daily, but rarely signs in. A stranger never uses Asana."""

# Members get their kind from this cycle, so that any 40 people in a row include every kind.
_CYCLE: tuple[Kind, ...] = (
    *("office worker",) * 14,
    *("long session",) * 5,
    *("part-timer",) * 4,
    *("light user",) * 4,
    *("night worker",) * 3,
    *("stopped",) * 4,
    *("signs in only",) * 2,
    *("integration only",) * 2,
    *("fails to sign in",) * 1,
    *("stranger",) * 1,
)
ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Europe/London",
    "America/Los_Angeles",
    "Australia/Adelaide",
    "Asia/Kathmandu",
    "America/St_Johns",
    "Asia/Tokyo",
    "Pacific/Chatham",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
)
_HOLIDAYS = {(1, 1), (5, 1), (12, 24), (12, 25), (12, 26), (12, 31)}
_STOPS_WITHIN_DAYS, _LAST_STOP = 300, 184
"""People stop within a period of this many days, which ends this many days after the company's anchor day."""


class Persona(msgspec.Struct, frozen=True, gc=False):
    kind: Kind
    zone: str
    has_integration: bool
    starts: int
    """Day number since 1970. No work is simulated before the company's history."""
    stops: int | None
    keeps: tuple[int, ...] = ()
    """Numbers of the organizations whose settings this person manages."""


def persona_of(company: Company, person: Person) -> Persona:
    drawn = mix(company.seed, person.number, 101)
    keeps = kept_by(company, person)
    kind = _kind(company, person) if not keeps else "heavy admin"
    anchor = (company.anchor - date(1970, 1, 1)).days
    return Persona(
        kind=kind,
        zone=ZONES[drawn // 64 % len(ZONES)],
        has_integration=bool(keeps)
        or kind in ("integration only", "service account")
        or (kind in ("office worker", "stopped") and drawn // 1_024 % 7 == 0),
        starts=anchor - HISTORY_DAYS,
        stops=anchor + _LAST_STOP - drawn // 4_096 % _STOPS_WITHIN_DAYS if kind == "stopped" else None,
        keeps=keeps,
    )


def kept_by(company: Company, person: Person) -> tuple[int, ...]:
    """The organizations that a person manages: those of the first account, a super admin who never leaves."""
    first = {"sandbox-pat-1", "sandbox-pat-2"}
    if not any(a.person == person.number and first & set(a.tokens) for a in company.accounts):
        return ()
    memberships = (company.memberships[n] for n in person.memberships)
    numbers = (m.workspace for m in memberships if company.founded(m))
    return tuple(n for n in numbers if company.workspaces[n].is_organization)


def _kind(company: Company, person: Person) -> Kind:
    if person.is_service_account:
        return "service account"
    memberships = [company.memberships[n] for n in person.memberships]
    founded = (company.founded(m) for m in memberships if not m.never_joined)
    roles = {history[-1][1].role for history in founded if history}
    if not roles:
        return "stranger"
    drawn = mix(company.seed, person.number, 102)
    if "admin" in roles:
        return "heavy admin" if drawn % 4 else "stranger"
    if roles == {"guest"}:
        return "guest" if drawn % 5 else "stranger"
    return _CYCLE[(person.number * 17 + company.seed) % len(_CYCLE)]


def is_day_off(company: Company, person: Person, day: int) -> bool:
    """A public holiday or a day of vacation, of which there are about two and a half weeks a year."""
    week = (day + 3) // 7
    if mix(company.seed, person.number, week, 103) % 20 == 0:
        return True
    then = date.fromordinal(day + 719_163)
    return (then.month, then.day) in _HOLIDAYS
