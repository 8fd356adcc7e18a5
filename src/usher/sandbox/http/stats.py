"""Counts requests, responses and changes, for tests and benchmarks."""

from collections import Counter
from typing import Literal

import msgspec

from usher.sandbox.http.answers import Record

Change = Literal["removals", "adds", "licence_changes", "reassignments", "owner_changes"]
"""The first three are counted by `<workspace gid>/<user gid>`, the others by the gid of the task or project."""


class Made(msgspec.Struct):
    """How often one change was requested. `nothing_to_do`: it changed nothing."""

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
        """`status` is a number, or a word such as `reset` if no complete response was sent."""
        self._answers.setdefault(route, Counter())[str(status)] += 1

    def wrote(self, user_gid: str) -> None:
        self._writes[user_gid] += 1

    def changed(self, change: Change, what: str, *, took_effect: bool) -> None:
        """Counts what happened to the object, whether or not the caller receives a response."""
        made = self.changes[change].setdefault(what, Made())
        if took_effect:
            made.took_effect += 1
        else:
            made.nothing_to_do += 1

    def report(self, *, most_at_once: int, rate_limited: int) -> Record:
        """`rate_limited` counts rejections by the limits; 429 under `by_status` includes those caused by faults."""
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
