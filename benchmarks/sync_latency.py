"""How much longer a sync takes than the answers that it waits for, one after the other.

    python -m benchmarks.sync_latency [--repeat 3]

Wall time of the whole command `usher sync`, from the start of its process to its end, with the embedded
database started and stopped by it, against a sandbox that takes 100 ms for each answer. Every run begins with
an empty data folder.
"""

import argparse
import math
import time
from statistics import median

from benchmarks.rig import CONNECTION, connect, home, load, sandbox, usher

LATENCY = 0.1
PER_PAGE = 100


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeat", type=int, default=3)
    repeat = parser.parse_args().repeat

    large = _times(people=20_000, workspaces=1, repeat=repeat)
    ideal = math.ceil(20_000 / PER_PAGE) * LATENCY
    ratio = median(large) / ideal
    print(f"20,000 in one workspace: median {median(large):.1f} s = {ratio:.3f} x {ideal:.0f} s (target 1.15)")

    one = _times(people=5_000, workspaces=1, repeat=repeat)
    four = _times(people=20_000, workspaces=4, repeat=repeat)
    ratio = median(four) / median(one)
    print(
        f"4 x 5,000: median {median(four):.1f} s = {ratio:.2f} x the {median(one):.1f} s of 1 x 5,000 (target 1.3)"
    )


def _times(people: int, workspaces: int, repeat: int) -> list[float]:
    """Seconds of each first sync."""
    options = ("--latency", str(LATENCY), "--per-minute", "0", "--people", str(people))
    seconds = []
    with sandbox(*options, "--equal-workspaces", str(workspaces)) as url:
        for _ in range(repeat):
            with home(url) as environment:
                connect(environment)
                began = time.monotonic()
                told = usher(environment, "sync", CONNECTION)
                seconds.append(time.monotonic() - began)
            print(f"  {people:,} in {workspaces}: {seconds[-1]:.2f} s ({load()}) {told.strip()}", flush=True)
    return seconds


if __name__ == "__main__":
    main()
