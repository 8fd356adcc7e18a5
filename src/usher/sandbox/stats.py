"""What was asked of the sandbox, for tests and benchmarks to look at."""

from collections import Counter

from usher.sandbox.answers import Record


class Stats:
    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._answers: dict[str, Counter[str]] = {}
        self._writes: Counter[str] = Counter()

    def answered(self, route: str, status: int | str) -> None:
        """`status` is a number, or `reset` and the like where none was sent whole."""
        self._answers.setdefault(route, Counter())[str(status)] += 1

    def wrote(self, user_gid: str) -> None:
        self._writes[user_gid] += 1

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
            "most_at_once": most_at_once,
        }
