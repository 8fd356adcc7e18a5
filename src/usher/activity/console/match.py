"""Whom the rows of a member CSV mean. Pure: no database, no Django."""

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from usher.activity.console.parse import ConsoleRow
from usher.csvfiles.text import folded


class MemberMatch(msgspec.Struct, frozen=True):
    """A person and the row that counts for them: of several the one with the newest activity."""

    user_gid: str
    row: ConsoleRow
    passed_over: tuple[ConsoleRow, ...] = ()


class MemberMatches(msgspec.Struct, frozen=True):
    """All rows of a file. `unmatched` are of people that Usher does not know, or has no e-mail of."""

    matched: list[MemberMatch]
    unmatched: list[ConsoleRow]

    @property
    def duplicates(self) -> list[MemberMatch]:
        return [match for match in self.matched if match.passed_over]


def match(rows: Iterable[ConsoleRow], people: Iterable[tuple[str, str]]) -> MemberMatches:
    """`people` as (gid, e-mail). By gid, else by e-mail; an e-mail that two people share decides nothing."""
    gids: set[str] = set()
    by_email: dict[str, str | None] = {}
    for gid, email in people:
        gids.add(gid)
        if address := folded(email):
            by_email[address] = None if by_email.get(address, gid) != gid else gid
    found: dict[str, list[ConsoleRow]] = {}
    unmatched: list[ConsoleRow] = []
    for row in rows:
        user_gid = row.gid if row.gid in gids else by_email.get(folded(row.email))
        if user_gid is None:
            unmatched.append(row)
        else:
            found.setdefault(user_gid, []).append(row)
    return MemberMatches([_newest(user_gid, each) for user_gid, each in found.items()], unmatched)


def _newest(user_gid: str, rows: Sequence[ConsoleRow]) -> MemberMatch:
    newest = max(rows, key=lambda row: row.last_activity_on or date.min)  # of equals the first
    return MemberMatch(user_gid, newest, tuple(row for row in rows if row is not newest))
