"""Memberships, counted by everything that the figures over them depend on.

A page adds up some hundred cells instead of reading all memberships. `counting` makes and keeps them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from usher.activity.usage import rules
from usher.activity.usage.rules import Arrival, Confidence, Level, Sources, UsageWindow
from usher.connections.models import Connection
from usher.roster.models import Licence, Role

AGES = (1, 7, 30, 60, 90)
"""The last use is counted by the smallest of these windows, in days, that it lies in."""

LONGER_AGO, NOT_SEEN = 91, -1


class MembershipCell(msgspec.Struct, frozen=True, array_like=True):
    """So many active memberships that are the same in all that figures depend on.

    `age`: of the last use, one of AGES, LONGER_AGO or NOT_SEEN. `level`: as far as active days decide it. `since`:
    None, or for those who joined in the last 30 days a moment between which and theirs no coverage begins or ends.
    `is_settled`: they joined before the grace period, and may be called idle.
    """

    workspace: int
    role: Role
    licence: Licence
    age: int
    level: Level
    since: datetime | None
    is_settled: bool
    in_console: bool
    arrival: Arrival
    people: int

    @property
    def is_seat(self) -> bool:
        return self.licence == Licence.MEMBER


class Counted(msgspec.Struct, frozen=True):
    """The memberships of one connection. `not_active`: workspace → memberships that have ended."""

    cells: list[MembershipCell]
    not_active: dict[int, int]


@dataclass(frozen=True)
class ConnectionCells:
    """What is counted of a connection, with all that it takes to read it."""

    connection: Connection
    sources: Mapping[int, Sources]
    """Of the workspaces in scope."""
    windows: Mapping[int, UsageWindow]
    """Those of AGES."""
    counted: Counted

    @property
    def figures(self) -> tuple[frozenset[MembershipCell], dict[int, int]]:
        """What can be compared, whatever the order."""
        return frozenset(self.counted.cells), self.counted.not_active

    def confidence(self, cell: MembershipCell) -> Confidence:
        return rules.confidence(
            self.sources[cell.workspace],
            self.windows[rules.WINDOW_DAYS],
            cell.since,
            in_console=cell.in_console,
        )

    def is_idle(self, cell: MembershipCell, days: int) -> bool:
        """`rules.is_idle`, for 30, 60 or 90 days."""
        is_unused = cell.age == NOT_SEEN or cell.age > days
        return cell.is_settled and is_unused and self.idle_is_known(cell.workspace, days)

    def idle_is_known(self, workspace: int, days: int) -> bool:
        return rules.spans_window(self.sources[workspace].observed, self.windows[days])
