"""The history of a membership: joining, leaving, returning, changes of role or licence."""

from collections.abc import Callable
from functools import cache
from random import Random
from typing import Literal

import msgspec

Status = Literal["active", "removed", "vanished"]
"""removed: still listed, with is_active false. vanished: no longer listed."""
Role = Literal["admin", "member", "guest"]
Licence = Literal["member", "guest", "view_only"]

DAY = 86_400
HISTORY_DAYS = 548
"""How many days of history there are before the company's anchor day."""
FUTURE_DAYS = 200
"""How many days after the anchor day are simulated, so that the company is alive months after it."""

MONTHLY_LEAVERS = 0.014
MONTHLY_JOINERS = 0.02
SHARE_OF_OLD_HANDS = 1 - MONTHLY_JOINERS * HISTORY_DAYS / 30


class Standing(msgspec.Struct, frozen=True, gc=False):
    status: Status
    role: Role
    licence: Licence


@cache
def standing(status: Status, role: Role, licence: Licence) -> Standing:
    """One object per combination, because 200,000 people share a dozen of them."""
    return Standing(status, role, licence)


MEMBER = standing("active", "member", "member")
GUEST = standing("active", "guest", "guest")
ADMIN = standing("active", "admin", "member")
VIEW_ONLY = standing("active", "member", "view_only")

Change = tuple[int, Standing]
History = tuple[Change, ...]
"""Oldest first; times in seconds since 1970. The first entry is the joining."""


def standing_at(history: History, moment: float) -> Standing | None:
    """None before the joining."""
    for at, then in reversed(history):
        if at <= moment:
            return then
    return None


def changed(history: History, at: int, to: Standing) -> History:
    """The history with one more change. Later changes are dropped; those of the same second are kept."""
    return (*(change for change in history if change[0] <= at), (at, to))


def with_status(now: Standing, status: Status) -> Standing:
    return standing(status, now.role, now.licence)


def working_moment(random: Random, day: int) -> int:
    """A moment in working hours (UTC) on or shortly after this day number since 1970, never on a weekend."""
    weekday = (day + 3) % 7
    if weekday >= 5:
        day += 7 - weekday
    return day * DAY + 7 * 3_600 + int(random.random() * 10 * 3_600)


class Lives:
    """Draws the histories of memberships around an anchor day (a day number since 1970)."""

    def __init__(self, random: Random, anchor_day: int) -> None:
        self._random = random
        self._anchor = anchor_day
        self._start = anchor_day - HISTORY_DAYS
        self._end = anchor_day + FUTURE_DAYS

    def joined_day(self) -> int:
        """Most people joined before the history starts; the others joined evenly since."""
        draw = self._random.random
        if draw() < SHARE_OF_OLD_HANDS:
            return self._start - 1 - int(draw() ** 2 * 1_500)
        return self._start + int(draw() * HISTORY_DAYS)

    def later_joined_day(self) -> int:
        return self._anchor + 1 + int(self._random.random() * (FUTURE_DAYS - 1))

    def steady(self, first: Standing) -> History:
        """Joined long ago, without changes: accounts and service accounts."""
        return ((working_moment(self._random, self._start - 400), first),)

    def history(self, first: Standing, joined_day: int, vary: Callable[[Standing], Standing]) -> History:
        """The history since joining. `vary` returns the role or licence that may follow."""
        random, draw = self._random, self._random.random
        at = working_moment(random, joined_day)
        changes: list[Change] = [(at, first)]
        now = first
        if draw() < 0.05 and (other := vary(now)) is not now:
            day = max(joined_day, self._start) + 10 + int(draw() * HISTORY_DAYS)
            changes.append((working_moment(random, day), other))
            now = other
        stays_days = int(random.expovariate(MONTHLY_LEAVERS / 30)) + 5
        leaves = max(joined_day, self._start) + stays_days
        if leaves < self._end:
            leaving = working_moment(random, leaves)
            changes = [change for change in changes if change[0] < leaving]
            now = changes[-1][1]
            gone: Status = "vanished" if draw() < 0.15 else "removed"
            changes.append((leaving, with_status(now, gone)))
            if draw() < 0.12:
                changes.append((working_moment(random, leaves + 20 + int(draw() * 100)), now))
        return tuple(changes)
