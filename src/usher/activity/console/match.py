"""Which person each row of a member CSV is about. Pure: no database, no Django."""

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from usher.activity.console.parse import ConsoleRow
from usher.csvfiles.text import folded


class MemberMatch(msgspec.Struct, frozen=True):
    """A person and their row. Of several rows, the one with the newest activity is used."""

    user_gid: str
    row: ConsoleRow
    skipped: tuple[ConsoleRow, ...] = ()


class MemberMatches(msgspec.Struct, frozen=True):
    """All rows of a file. `unmatched` are about people who are not in Usher, or whose e-mail it does not have."""

    matched: list[MemberMatch]
    unmatched: list[ConsoleRow]

    @property
    def duplicates(self) -> list[MemberMatch]:
        return [match for match in self.matched if match.skipped]


def match(rows: Iterable[ConsoleRow], people: Iterable[tuple[str, str]]) -> MemberMatches:
    """By gid, else by e-mail, unless two people share it. `people` as (gid, e-mail)."""
    gids: set[str] = set()
    by_email: dict[str, str | None] = {}
    for gid, email in people:
        gids.add(gid)
        if address := folded(email):
            by_email[address] = None if by_email.get(address, gid) != gid else gid
    by_person: dict[str, list[ConsoleRow]] = {}
    unmatched: list[ConsoleRow] = []
    for row in rows:
        user_gid = row.gid if row.gid in gids else by_email.get(folded(row.email))
        if user_gid is None:
            unmatched.append(row)
        else:
            by_person.setdefault(user_gid, []).append(row)
    return MemberMatches([_newest(user_gid, each) for user_gid, each in by_person.items()], unmatched)


def _newest(user_gid: str, rows: Sequence[ConsoleRow]) -> MemberMatch:
    newest = newest_row(rows)
    return MemberMatch(user_gid, newest, tuple(row for row in rows if row is not newest))


def newest_row(rows: Sequence[ConsoleRow]) -> ConsoleRow:
    """Of somebody: the one with the newest activity; the first of equals."""
    return max(rows, key=lambda row: row.last_activity_on or date.min)
