"""Everybody of the comparison: filtered and sorted, some at a time or all of them."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any, NamedTuple

import msgspec
from django.db import connection as database

from usher.activity.models import UnmatchedMember
from usher.csvfiles.text import folded
from usher.insights.reconciliation.exports import NewestExport
from usher.insights.reconciliation.kinds import Activity, Presence
from usher.insights.reconciliation.statement import Reconciling, reconciling
from usher.platform.encryption import decrypt_text

Row = tuple[Any, ...]

AT_ONCE = 2_000
PLACE = re.compile(r"([0-9]{1,18})/(person|unmatched)/([0-9]{1,18})")
COLUMNS = (
    "connection_id, is_unmatched, number, gid, name, email, secret_name, secret_email, presence, activity, console_day,"
    " console_never, joined_on, usher_day, difference, role, since, until"
)
BY_KEY = "connection_id, is_unmatched, number"
BY_NAME = f"name NULLS LAST, {BY_KEY}"
SORTS = {
    "name": "name",
    "presence": f"array_position('{{{','.join(Presence.values)}}}'::text[], presence)",
    "activity": f"array_position('{{{','.join(Activity.values)}}}'::text[], activity)",
    "console_day": "console_day",
    "usher_day": "usher_day",
    "difference": "difference",
    "since": "since",
}
"""Orders by name. Empty values come last in both directions, and whoever is not in Usher last by name."""


class ReconciledPerson(msgspec.Struct, frozen=True):
    """One row. `number`: of the person, or of an UnmatchedMember. `activity` is None where nothing is compared.

    `difference`: in days, positive where Usher saw the later use. `usher_day`: what Usher's own sources saw.
    """

    connection: int
    is_unmatched: bool
    number: int
    gid: str
    name: str
    email: str
    presence: Presence
    activity: Activity | None
    console_day: date | None
    console_never: bool
    joined_on: date | None
    usher_day: date | None
    difference: int | None
    role: str
    since: datetime | None
    until: datetime | None

    @property
    def person(self) -> int | None:
        """None for somebody who is not in Usher."""
        return None if self.is_unmatched else self.number

    @property
    def place(self) -> "PlaceInList":
        return PlaceInList(self.connection, self.is_unmatched, self.number)


class PlaceInList(NamedTuple):
    """Of everybody, connection by connection, whoever is not in Usher last."""

    connection: int
    is_unmatched: bool
    number: int

    def __str__(self) -> str:
        return f"{self.connection}/{'unmatched' if self.is_unmatched else 'person'}/{self.number}"

    @classmethod
    def read(cls, text: str) -> "PlaceInList | None":
        """None if the text is not a place."""
        found = PLACE.fullmatch(text)
        return cls(int(found[1]), found[2] == "unmatched", int(found[3])) if found else None


@dataclass(frozen=True)
class ReconciledPeople:
    """Empty means any. Each of `words` must occur in the name or the e-mail."""

    exports: Sequence[NewestExport]
    now: datetime
    presences: Collection[Presence] = ()
    activity: Activity | None = None
    words: str = ""

    def count(self) -> int:
        return int(self._rows("SELECT count(*)")[0][0]) if self.exports else 0

    def between(self, first: int, end: int, order: str = "name") -> tuple[list[ReconciledPerson], int]:
        """Those of a page, and how many there are in all. `order`: one of SORTS, with “-” for backwards."""
        if not self.exports:
            return [], 0
        limit = f"ORDER BY {_order_by(order)} LIMIT {max(end - first, 0):d} OFFSET {first:d}"
        rows = self._rows(f"SELECT count(*) OVER (), {COLUMNS}", limit)
        return [_person(row[1:]) for row in rows], rows[0][0] if rows else self.count()

    def behind(self, place: PlaceInList | None, size: int) -> list[ReconciledPerson]:
        """The next ones beyond a place, or the first ones."""
        return self._people(f"ORDER BY {BY_KEY} LIMIT {size:d}", place)

    def walk(self) -> Iterator[ReconciledPerson]:
        """All of them by name, without holding them in memory."""
        if not self.exports:
            return
        with database.chunked_cursor() as cursor:
            cursor.execute(*self._statement(f"SELECT {COLUMNS}", f"ORDER BY {_order_by('name')}"))
            while rows := cursor.fetchmany(AT_ONCE):
                yield from map(_person, rows)

    def _people(self, order_and_limit: str, behind: PlaceInList | None = None) -> list[ReconciledPerson]:
        if not self.exports:
            return []
        return [_person(row) for row in self._rows(f"SELECT {COLUMNS}", order_and_limit, behind)]

    def _rows(self, select: str, order_and_limit: str = "", behind: PlaceInList | None = None) -> list[Row]:
        with database.cursor() as cursor:
            cursor.execute(*self._statement(select, order_and_limit, behind))
            rows: list[Row] = cursor.fetchall()
        return rows

    def _statement(
        self, select: str, order_and_limit: str = "", behind: PlaceInList | None = None
    ) -> tuple[str, list[Any]]:
        """Of constants of this package and of Django's SQL; every value is a parameter."""
        conditions, parameters = ["true"], list(self._reconciling.parameters)
        if behind:
            conditions.append(f"({BY_KEY}) > (%s, %s, %s)")
            parameters += behind
        if self.presences:
            conditions.append("presence = ANY (%s)")
            parameters.append(sorted(self.presences))
        if self.activity:
            conditions.append("activity = %s")
            parameters.append(self.activity.value)
        if words := self.words.split():
            in_usher = " AND ".join("position(upper(%s) in searched) > 0" for _ in words)
            conditions.append(f"(is_unmatched AND number = ANY (%s) OR {in_usher})")
            parameters += [self._unmatched, *words]
        where = " AND ".join(conditions)
        return f"{self._reconciling.sql} {select} FROM reconciled WHERE {where} {order_and_limit}", parameters

    @cached_property
    def _reconciling(self) -> Reconciling:
        return reconciling(self.exports, self.now)

    @cached_property
    def _unmatched(self) -> list[int]:
        """Whoever is not in Usher has no name that the database could read."""
        if self.presences and Presence.NOT_IN_USHER not in self.presences:
            return []
        words = folded(self.words).split()
        kept = UnmatchedMember.objects.filter(console_import__in=[each.file.pk for each in self.exports])
        named = kept.values_list("pk", "name", "email").iterator(chunk_size=AT_ONCE)
        return [pk for pk, name, email in named if _has_all(f"{name}\n{email}", words)]


def _has_all(text: str, words: Sequence[str]) -> bool:
    searched = folded(text)
    return all(word in searched for word in words)


def _order_by(order: str) -> str:
    direction = "DESC" if order.startswith("-") else "ASC"
    return f"{SORTS[order.removeprefix('-')]} {direction} NULLS LAST, {BY_NAME}"


def _person(row: Row) -> ReconciledPerson:
    (
        connection,
        is_unmatched,
        number,
        gid,
        name,
        email,
        secret_name,
        secret_email,
        presence,
        activity,
        *rest,
    ) = row
    return ReconciledPerson(
        connection,
        is_unmatched,
        number,
        gid,
        name or _clear(secret_name),
        email or _clear(secret_email),
        Presence(presence),
        Activity(activity) if activity else None,
        *rest,
    )


def _clear(secret: str | None) -> str:
    return decrypt_text(secret) if secret else ""
