"""What was asked of the sandbox and what it did, for tests and benchmarks to look at."""

from collections import Counter
from typing import Literal

import msgspec

from usher.sandbox.http.answers import Record

Change = Literal["removals", "adds", "licence_changes", "reassignments", "owner_changes"]
"""The first three are told by `<workspace gid>/<user gid>`, the others by the gid of the task or project."""


class Made(msgspec.Struct):
    """How often one change was asked for. `nothing_to_do`: all was so already, as with a person long gone."""

    took_effect: int = 0
    nothing_to_do: int = 0


class Stats:
    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._answers: dict[str, Counter[str]] = {}
        self._writes: Counter[str] = Counter()
        self.changes: dict[Change, dict[str, Made]] = {
            "removals": {},
            "adds": {},
            "licence_changes": {},
            "reassignments": {},
            "owner_changes": {},
        }

    def answered(self, route: str, status: int | str) -> None:
        """`status` is a number, or `reset` and the like where none was sent whole."""
        self._answers.setdefault(route, Counter())[str(status)] += 1

    def wrote(self, user_gid: str) -> None:
        self._writes[user_gid] += 1

    def changed(self, change: Change, what: str, *, took_effect: bool) -> None:
        """Counts by what became of the object, whether or not the caller ever hears of it."""
        made = self.changes[change].setdefault(what, Made())
        if took_effect:
            made.took_effect += 1
        else:
            made.nothing_to_do += 1

    def report(self, *, most_at_once: int, rate_limited: int) -> Record:
        """`rate_limited` are refusals by the limits; 429 by status holds those caused by faults too."""
        total: Counter[str] = Counter()
        for counts in self._answers.values():
            total.update(counts)
        return {
            "requests": total.total(),
            "by_status": dict(sorted(total.items())),
            "rate_limited": rate_limited,
            "by_route": {route: dict(counts) for route, counts in sorted(self._answers.items())},
            "writes_by_user": dict(self._writes),
            "changes": msgspec.to_builtins(self.changes),
            "most_at_once": most_at_once,
        }
