"""Runs benchmarks one after the other, as they are documented, and says at the end what each one did.

    python -m benchmarks all
    python -m benchmarks pages scim
    python -m benchmarks --list

All of them take hours, and write what they keep to /var/tmp/usher-benchmarks. The machine should do nothing else.
"""

import argparse
import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import NamedTuple

from benchmarks.rig import load

COMMANDS: dict[str, list[str]] = {
    "client_cost": [],
    "sync_latency": ["--repeat", "1"],
    "sync_memory": [],
    "rate_limit": [],
    "shared_pace": ["--events", "120000"],
    "pages": [],
    "reconciliation": [],
    "usage_first_run": [],
    "usage_ingest": [],
    "usage_pages": [],
    "disk": ["--people", "1000"],
    "directory_import": [],
    "directory_match": [],
    "scim": [],
    "removals": [],
    "command_start": [],
    "any_export": ["--files", "20000"],
    "reading_lists": [],
    "many_connections": ["--times", "15"],
    "many_syncs": [],
    "daily_run": [],
    "large_company": [],  # which large_pages measures, and would make otherwise
    "large_pages": ["--times", "15"],
    "fuzz": [],
    "event_streams": [],
    "outages": [],
}
"""Each benchmark with the arguments of its figures in README.md."""


class Done(NamedTuple):
    name: str
    began: datetime
    exit_code: int
    seconds: float
    load: str
    """When it began and when it ended."""


def main() -> int:
    """The exit code: 1 if any of them failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("names", nargs="*", metavar="NAME", help="all, or some of those of --list")
    parser.add_argument("--list", action="store_true", help="print the names and commands, and run none")
    given = parser.parse_args()
    names = list(COMMANDS) if given.names == ["all"] else given.names
    if unknown := [name for name in names if name not in COMMANDS]:
        parser.error(f"there is no {', '.join(unknown)}; see --list")
    if given.list:
        print("\n".join(f"{name:18}{command_of(name)}" for name in names or COMMANDS))
        return 0
    if not names:
        parser.error("say which ones, or all")
    done: list[Done] = []
    try:
        done.extend(_run(name) for name in names)  # an interruption keeps those before it
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
    _print_table(done)
    return int(len(done) < len(names) or any(each.exit_code for each in done))


def command_of(name: str) -> str:
    return " ".join(["python -m", f"benchmarks.{name}", *COMMANDS[name]])


def _run(name: str) -> Done:
    """One that fails stops none of those after it. What it prints is seen at once."""
    print(f"\n=== {command_of(name)}", flush=True)
    began, started, load_before = datetime.now(UTC), time.monotonic(), os.getloadavg()[0]
    exit_code = subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *COMMANDS[name]]).returncode
    loads = f"{load_before:.1f}–{os.getloadavg()[0]:.1f}"
    return Done(name, began, exit_code, time.monotonic() - started, loads)


def _print_table(done: list[Done]) -> None:
    print(
        f"\ncommit {_commit()}, {platform.node()}, {platform.machine()}, Python {platform.python_version()}, {load()}"
    )
    print(f"\n{'benchmark':18}{'exit':>5}{'seconds':>10}  {'load':11}{'began (UTC)':18}command")
    for name, began, exit_code, seconds, loads in done:
        print(
            f"{name:18}{exit_code:>5}{seconds:>10.0f}  {loads:11}{began:%Y-%m-%d %H:%M}  {command_of(name)}"
        )


def _commit() -> str:
    """With a + where files differ from it."""
    described = subprocess.run(
        ["git", "describe", "--always", "--exclude=*", "--dirty=+"], capture_output=True, text=True
    )
    return described.stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main())
