"""Memberships, counted by everything that the figures over them depend on.

A page adds up some hundred cells instead of reading all memberships. `counting` makes and keeps them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import msgspec

from usher.activity.usage import rules
from usher.activity.usage.rules import Arrival, Confidence, Level, Sources, UsageWindow
from usher.connections.models import Connection
from usher.roster.models import Licence, Role

AGES = (1, 7, 30, 60, 90)
"""The last use is counted by the smallest of these windows, in days, that it lies in."""

LONGER_AGO, NOT_SEEN = 91, -1

IDLE_LENGTHS = (30, 60, 90)
"""Idleness is told for so many days."""


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


class Counted(msgspec.Struct, frozen=True):
    """The memberships of one connection. `not_active`: workspace → memberships that have ended.

    `people` have an active membership in at least one workspace in scope.
    """

    cells: list[MembershipCell]
    not_active: dict[int, int]
    people: int = 0


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
    def figures(self) -> tuple[frozenset[MembershipCell], dict[int, int], int]:
        """What can be compared, whatever the order."""
        return frozenset(self.counted.cells), self.counted.not_active, self.counted.people

    def confidence(self, cell: MembershipCell) -> Confidence:
        key = (cell.workspace, cell.since, cell.in_console)
        known = self._confidences.get(key)
        if known is None:
            known = self._confidences[key] = rules.confidence(
                self.sources[cell.workspace],
                self.windows[rules.WINDOW_DAYS],
                cell.since,
                in_console=cell.in_console,
            )
        return known

    def idle_for(self, cell: MembershipCell) -> int:
        """The longest of IDLE_LENGTHS for which they are idle, as `rules.is_idle` says; 0 for none.

        Whoever is idle for 60 days is idle for 30 days too.
        """
        if not cell.is_settled:
            return 0
        key = (cell.workspace, cell.age)
        known = self._idle_for.get(key)
        if known is None:
            unused = (
                IDLE_LENGTHS if cell.age == NOT_SEEN else [days for days in IDLE_LENGTHS if cell.age > days]
            )
            covered = (days for days in unused if self.is_covered(cell.workspace, days))
            known = self._idle_for[key] = max(covered, default=0)
        return known

    def is_covered(self, workspace: int, days: int) -> bool:
        """Whether its sources cover the window as a whole. `days`: one of IDLE_LENGTHS."""
        return (workspace, days) in self._covered

    @cached_property
    def _confidences(self) -> dict[tuple[int, datetime | None, bool], Confidence]:
        """Few cells differ in it."""
        return {}

    @cached_property
    def _idle_for(self) -> dict[tuple[int, int], int]:
        """Nor in this."""
        return {}

    @cached_property
    def _covered(self) -> frozenset[tuple[int, int]]:
        """The windows, in days, that the sources of a workspace cover as a whole."""
        return frozenset(
            (workspace, days)
            for workspace, known in self.sources.items()
            if known.observed
            for days in IDLE_LENGTHS
            if rules.spans_window(known.observed, self.windows[days])
        )
