"""When people are out of office, as they say so in Asana: what was founded, and what a test or a person adds."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec

from usher.sandbox.company.company import Company, Person, Workspace
from usher.sandbox.company.gids import mix

LONG_ABSENT = "sandbox-pat-5"
"""The token of the one who is out of office for the whole half-year after the anchor."""
HALF_YEAR = timedelta(days=183)
_ONE_IN = 9
_PLACES = 8


class Absence(msgspec.Struct, frozen=True):
    """An out-of-office entry. Both days are included; without an end it is open."""

    number: int
    person: int
    workspace: int
    first: date
    last: date | None


class Absences:
    """Everybody else's founded entries end before the anchor, so that who is away does not depend on today."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self._added: list[Absence] = []

    def of(self, person: Person, workspace: Workspace) -> list[Absence]:
        founded = self._founded(person, workspace)
        here = (person.number, workspace.number)
        return [*founded, *(one for one in self._added if (one.person, one.workspace) == here)]

    def add(self, person: Person, workspace: Workspace, first: date, last: date | None) -> None:
        number = (len(self._company.people) + len(self._added) + 1_000_000) * _PLACES
        self._added.append(Absence(number, person.number, workspace.number, first, last))

    def clear(self, person: Person) -> None:
        """Removes what was added for the person."""
        self._added = [one for one in self._added if one.person != person.number]

    def _founded(self, person: Person, workspace: Workspace) -> list[Absence]:
        anchor, number = self._company.anchor, person.number * _PLACES + workspace.number % _PLACES
        account = self._company.account_by_token(LONG_ABSENT)
        if account is not None and account.person == person.number:
            return [Absence(number, person.number, workspace.number, anchor, anchor + HALF_YEAR)]
        drawn = mix(self._company.seed, person.number, 105)
        if person.is_service_account or drawn % _ONE_IN:
            return []
        last = anchor - timedelta(days=1 + drawn // _ONE_IN % 90)
        first = last - timedelta(days=2 + drawn // 1_024 % 12)
        return [Absence(number, person.number, workspace.number, first, last)]
