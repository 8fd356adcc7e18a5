"""Measures the peak memory of `usher worker` during a sync.

    python -m benchmarks.sync_memory [20000 200000]

It is the kernel's high-water mark (VmHWM) of the worker's process after the sync. The sandbox responds at once and
Usher has no request limit, so that the worker has to store as fast as it can.
"""

import argparse
import re
import sys
from pathlib import Path

from benchmarks.rig import UNPACED, connect, home, inside, load, process, sandbox


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("memberships", type=int, nargs="*", default=[20_000, 200_000])
    for memberships in parser.parse_args().memberships:
        megabytes, summary = _peak(memberships)
        print(
            f"{memberships:,} memberships: worker's peak {megabytes:.0f} MB (target 200); {summary} ({load()})",
            flush=True,
        )


def _peak(memberships: int) -> tuple[float, str]:
    options = ("--per-minute", "0", "--people", str(memberships), "--equal-workspaces", "1")
    with sandbox(*options) as url, home(url) as environment:
        connect(environment)
        inside(environment, "pace", UNPACED)
        with process([sys.executable, "-m", "usher", "worker"], environment) as worker:
            summary = inside(environment, "sync").strip()
            status = Path(f"/proc/{worker.pid}/status").read_text()
            match = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
            assert match
            return int(match[1]) * 1024 / 1_000_000, summary


if __name__ == "__main__":
    main()
