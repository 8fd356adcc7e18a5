"""How long commands that read take from start to end, on a small company, while the embedded server runs.

`python -m benchmarks.command_start [--people 200] [--repeat 7]`
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time

from benchmarks import rig
from usher.platform.embedded import database_url

READING = [
    "cases",
    "coverage",
    "directory list",
    "doctor",
    "events",
    "idle",
    "jobs list",
    "leavers",
    "ledger verify",
    "people",
    "tokens list",
    "usage",
    "users list",
]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--repeat", type=int, default=7)
    given = parser.parse_args()
    with rig.sandbox("--people", str(given.people)) as url, rig.home(url) as environment:
        os.environ |= {name: environment[name] for name in ("USHER_HOME", "XDG_RUNTIME_DIR")}
        with database_url():
            rig.connect(environment)
            rig.usher(environment, "sync", rig.CONNECTION)
            taken: dict[str, list[tuple[float, float]]] = {command: [] for command in READING}
            for _ in range(given.repeat):
                for command, times in taken.items():
                    times.append(_measured(environment, command))
    print(f"{'usher …':16} {'CPU, median':>12} {'wall, median':>13} {'wall, best':>11}")
    for command, times in taken.items():
        cpu, wall = zip(*times, strict=True)
        print(
            f"{command:16} {statistics.median(cpu):10.2f} s {statistics.median(wall):11.2f} s {min(wall):9.2f} s"
        )
    print(f"{given.repeat} runs of each, {given.people} people, {rig.load()}")


def _measured(environment: rig.Environment, command: str) -> tuple[float, float]:
    """Seconds of CPU of the process and its children, and seconds from its start to its end."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "usher", *command.split()], env=environment, capture_output=True, text=True
    )
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode and command != "doctor":  # which fails as long as no worker runs
        raise RuntimeError(f"usher {command} failed:\n{done.stderr}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


if __name__ == "__main__":
    main()
