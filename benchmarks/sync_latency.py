"""How much longer a sync takes than the answers that it waits for, one after the other.

    python -m benchmarks.sync_latency [--repeat 3]

Wall time from the start of the process `usher sync` until it says that everything is stored, with the embedded
database started by it, against a sandbox that takes 100 ms for each answer. Every sync begins with an empty data
folder.

Four workspaces at 100 ms ask 40 times a second, which is more than the 25 that Asana allows: so they are
measured at Asana's pace, which then decides, and once more without any.
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
    """Of so many first syncs; `per_minute` replaces the pace that Usher keeps."""
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
                    told = syncing.stdout.readline().strip()
                    seconds.append(time.monotonic() - began)
                    assert "is up to date" in told, told
                    syncing.wait()
            print(f"  {people:,} in {workspaces}: {seconds[-1]:.2f} s ({load()}) {told}", flush=True)
    return median(seconds)


if __name__ == "__main__":
    main()
