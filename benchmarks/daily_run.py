"""Measures the daily run of a large company: roster, new events, figures, matching, leavers and guardrails.

    python -m benchmarks.daily_run [--people 200000] [--days 10]

Everybody is known and matched with an employee, one in a hundred of whom has just left. In ten days, 200,000 people
make about a million events of the audit log, which are new to Usher. Asana's limits are enforced, and each answer takes
100 ms. The figure is the time of the sync in `usher worker`, against the time that the limits impose on its requests.
"""

import argparse
import sys
import time

import httpx

from benchmarks.rig import CONNECTION, UNPACED, connect, home, inside, load, process, sandbox, usher
from benchmarks.usage_first_run import SERVICE_TOKEN
from benchmarks.usage_ingest import Watched, cpu_of

PER_MINUTE = 1_500


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=200_000)
    parser.add_argument("--days", type=int, default=10)
    arguments = parser.parse_args()
    company = ("--people", str(arguments.people))
    with sandbox("--per-minute", "0", *company, ready_within=900) as url, home(url) as environment:
        connect(environment)
        inside(environment, "pace", UNPACED)
        print(usher(environment, "sync", CONNECTION).strip(), flush=True)
        print(inside(environment, "employ").strip(), flush=True)
        inside(environment, "service-token", SERVICE_TOKEN, str(arguments.days))
        inside(environment, "pace", str(PER_MINUTE))
        with sandbox("--latency", "0.1", *company, ready_within=900) as limited:
            environment["USHER_ASANA_URL"] = limited
            watched = Watched(environment["USHER_HOME"])
            with process([sys.executable, "-m", "usher", "worker"], environment) as worker:
                time.sleep(5)
                # Until it has done what was due before.
                inside(environment, "idle")
                before = cpu_of(worker.pid)
                watched.start(worker.pid)
                told = inside(environment, "sync").strip()
                watched.stop()
                used = cpu_of(worker.pid) - before
            refused = httpx.get(f"{limited}/-/sandbox/stats").json()["rate_limited"]
            print(
                f"{told}; answers 429: {refused}; CPU {used:.0f} s in usher, {watched.database_cpu:.0f} s in "
                f"PostgreSQL; worker's peak {watched.peak_mb:.0f} MB (target 300) ({load()})",
                flush=True,
            )


if __name__ == "__main__":
    main()
