"""Measures the import of a large list of employees.

    python -m benchmarks.directory_import [--rows 200000]

Runs `usher directory import` in a process of its own, and reads its peak memory from the kernel: for a first file, the
same file again, and a file in which one percent has changed. The memory of the embedded PostgreSQL is not included.
"""

import argparse
import random
import resource
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.rig import NOBODY, Environment, home, load, usher

MB = 1024
"""Asana is not needed."""
DEPARTMENTS = ("Sales", "Support", "Engineering", "People", "Finance", "Legal", "Operations")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=200_000)
    rows = parser.parse_args().rows
    with home(NOBODY) as environment:
        usher(environment, "directory", "list")  # starts the database and makes its tables
        folder = Path(environment["USHER_HOME"])
        first, later = folder / "first.csv", folder / "later.csv"
        write(first, rows)
        write(later, rows, changed_every=100)
        print(f"{rows:,} rows, {first.stat().st_size / MB / MB:.0f} MB", flush=True)
        _import(environment, "first import", first)
        _import(environment, "the same file again", first)
        _import(environment, "a hundredth changed", later)


def write(path: Path, rows: int, changed_every: int = 0) -> None:
    """In Workday's format. One in twenty has left, one in fifty is leaving."""
    chance = random.Random(7)
    with path.open("w", encoding="utf-8") as file:
        file.write(
            "Employee ID,Worker,Email - Primary Work,Worker Status,Termination Date,Supervisory Organization,"
        )
        file.write("Manager Email,Worker Type\n")
        for n in range(rows):
            status, last_day = "Active", ""
            if n % 20 == 0:
                status, last_day = "Terminated", f"2026-0{chance.randint(1, 9)}-15"
            elif n % 50 == 1:
                last_day = f"2099-0{chance.randint(1, 9)}-15" if n % 100 else "2030-06-30"
            department = DEPARTMENTS[n % 7] if not changed_every or n % changed_every else "Moved"
            file.write(
                f"W{n:07},Given{n % 911} Family{n},given.family{n}@company.example,{status},{last_day},{department},"
                f"given.family{n % 500}@company.example,{'Contingent Worker' if n % 9 == 0 else 'Employee'}\n"
            )


def _import(environment: Environment, what: str, path: Path) -> None:
    began, cpu = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = subprocess.run(
        [sys.executable, "-m", "usher", "directory", "import", str(path), "--source", "HR", "--yes"],
        env=environment,
        capture_output=True,
        text=True,
    )
    seconds = time.monotonic() - began
    assert done.returncode == 0, done.stdout + done.stderr
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        f"{what}: {seconds:.1f} s, of which {used.ru_utime - cpu:.1f} s of CPU in usher, "
        f"peak so far {used.ru_maxrss / MB:.0f} MB ({load()})",
        flush=True,
    )


if __name__ == "__main__":
    main()
