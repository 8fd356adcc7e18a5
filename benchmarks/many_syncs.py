"""Measures a day's syncs of many customers by one, two and four workers.

    python -m benchmarks.many_syncs [--connections 500] [--people 200]

Each customer has an organization, an account and a token of their own. All are due at the same moment, which is the
worst case: Usher spreads their starts over the day. Asana's limits are enforced, and each answer takes 100 ms. Ten
connections fail since their tokens were revoked. The first day stores everybody; each further day finds nearly nothing
new, which is what most nights look like.
"""

import argparse
import sys
import time
from contextlib import ExitStack

from benchmarks.rig import Environment, home, inside, load, process, sandbox
from benchmarks.usage_ingest import Watched, cpu_of

FAILING = 10


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--connections", type=int, default=500)
    parser.add_argument("--people", type=int, default=200)
    arguments = parser.parse_args()
    customers = arguments.connections
    options = ("--people", str(customers * arguments.people), "--equal-workspaces", str(customers))
    with sandbox("--latency", "0.1", *options) as url, home(url) as environment:
        _connect(environment, customers)
        for day, workers in (("first day", 1), ("a day", 1), ("a day", 2), ("a day", 4)):
            _sync_all(environment, day, workers)


def _connect(environment: Environment, customers: int) -> None:
    """Without the connection test, which no sync needs."""
    inside(environment, "customers", str(customers), str(FAILING))


def _sync_all(environment: Environment, day: str, workers: int) -> None:
    watched = Watched(environment["USHER_HOME"])
    with ExitStack() as running:
        pids = [
            running.enter_context(process([sys.executable, "-m", "usher", "worker"], environment)).pid
            for _ in range(workers)
        ]
        time.sleep(5)  # their start
        before = cpu_of_all(pids)
        watched.start(pids[0])
        began = time.monotonic()
        told = inside(environment, "sync-all").strip()
        seconds = time.monotonic() - began
        watched.stop()
        used = cpu_of_all(pids) - before
    print(
        f"{day}, {workers} workers: {seconds:.0f} s; CPU {used:.0f} s in usher and {watched.database_cpu:.0f} s in "
        f"PostgreSQL; peak of the first {watched.peak_mb:.0f} MB; {told} ({load()})",
        flush=True,
    )


def cpu_of_all(pids: list[int]) -> float:
    return sum(cpu_of(pid) for pid in pids)


if __name__ == "__main__":
    main()
