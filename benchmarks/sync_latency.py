"""Measures how much longer a sync takes than the responses that it waits for, one after the other.

    python -m benchmarks.sync_latency [--repeat 3]

Wall time from the start of `usher sync` until it reports that everything is stored. It starts the embedded database.
The sandbox responds after 100 ms. Every sync starts with an empty data folder.

Four workspaces at 100 ms make 40 requests per second, and Asana allows 25. So they are measured twice: at Asana's
limit, and without a limit.
"""

import argparse
import math
import sys
import time
from statistics import median

from benchmarks.rig import CONNECTION, UNPACED, connect, home, inside, load, process, sandbox

LATENCY = 0.1
PER_PAGE = 100


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeat", type=int, default=3)
    repeat = parser.parse_args().repeat

    large = _median_seconds(20_000, workspaces=1, repeat=repeat)
    ideal = math.ceil(20_000 / PER_PAGE) * LATENCY
    print(f"20,000 in one workspace: {large:.1f} s, {large / ideal:.3f} x {ideal:.0f} s (target 1.15)")

    one = _median_seconds(5_000, workspaces=1, repeat=repeat)
    unpaced = _median_seconds(20_000, workspaces=4, repeat=repeat, per_minute=UNPACED)
    print(f"4 x 5,000, no pace: {unpaced:.1f} s, {unpaced / one:.2f} x the {one:.1f} s of one (target 1.3)")
    paced = _median_seconds(20_000, workspaces=4, repeat=repeat)
    print(f"4 x 5,000 at 1,500 a minute: {paced:.1f} s, {paced / one:.2f} x the {one:.1f} s of one")


def _median_seconds(people: int, *, workspaces: int, repeat: int, per_minute: str | None = None) -> float:
    """The median of `repeat` first syncs. `per_minute` replaces the request limit."""
    options = ("--latency", str(LATENCY), "--per-minute", "0", "--people", str(people))
    seconds = []
    with sandbox(*options, "--equal-workspaces", str(workspaces)) as url:
        for _ in range(repeat):
            with home(url) as environment:
                connect(environment)
                if per_minute:
                    inside(environment, "pace", per_minute)
                began = time.monotonic()
                with process([sys.executable, "-m", "usher", "sync", CONNECTION], environment) as syncing:
                    assert syncing.stdout
                    line = syncing.stdout.readline().strip()
                    seconds.append(time.monotonic() - began)
                    assert "is up to date" in line, line
                    syncing.wait()
            print(f"  {people:,} in {workspaces}: {seconds[-1]:.2f} s ({load()}) {line}", flush=True)
    return median(seconds)


if __name__ == "__main__":
    main()
