"""How many requests a fuzz test makes: few and always the same in the suite, many and new ones in `benchmarks.fuzz`."""

import os
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

T = TypeVar("T")

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "0"))
"""0: the few of the suite."""
SEED = int(os.environ.get("FUZZ_SEED", "0"))
AT_ONCE = 200
"""Of one seed: hypothesis varies what it has tried, and a new seed begins elsewhere."""


def fuzz(
    requests: st.SearchStrategy[T],
    few: int,
    send: Callable[[T], int],
    described: frozenset[int] = frozenset(),
) -> None:
    """Sends requests until one is answered with 5xx. `send` returns the status of the answer.

    `described`: such answers that a standard demands.
    """
    statuses: Counter[int] = Counter()
    total = REQUESTS or few
    for batch in range(0, total, AT_ONCE):

        @seed(SEED + batch)
        @settings(
            max_examples=min(AT_ONCE, total - batch),
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(requests)
        def no_answer_is_a_failure(request: T) -> None:
            status = send(request)
            statuses[status] += 1
            assert status < 500 or status in described, request

        no_answer_is_a_failure()
    answers = ", ".join(f"{status}: {count:,}" for status, count in sorted(statuses.items()))
    print(f"{statuses.total():,} requests, no failure ({answers})")
