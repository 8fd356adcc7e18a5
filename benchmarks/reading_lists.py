"""Measures how a large list of employees is read, without a database.

    python -m benchmarks.reading_lists [--rows 200000]

In a process of its own: looking through the file (`read_file`), then every row of it (`RowReader`). The peak memory is
the kernel's, and includes the file's content, which another process has written.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "usher.config.settings")
django.setup()

from usher.directory.employees.records import Row  # noqa: E402
from usher.directory.imports.reading import read_file  # noqa: E402
from usher.directory.imports.rows import RowReader  # noqa: E402

HEADER = (
    "Employee ID,Worker,Email - Primary Work,Worker Type,Worker Status,Hire Date,Termination Date,"
    "Supervisory Organization,Manager Email"
)
TODAY = date(2026, 11, 25)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--write", type=Path, help="only write the file")
    options = parser.parse_args()
    if options.write:
        options.write.write_text("\n".join([HEADER, *map(_row, range(options.rows))]))
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "people.csv"
        write = (
            sys.executable,
            "-m",
            "benchmarks.reading_lists",
            "--rows",
            str(options.rows),
            "--write",
            str(file),
        )
        subprocess.run(write, check=True)
        _measure(file.read_bytes(), options.rows)


def _measure(content: bytes, rows: int) -> None:
    before = _peak()
    started = time.process_time()
    reading = read_file(content)
    looked = time.process_time()
    assert not reading.questions, reading.questions
    read = sum(isinstance(row, Row) for row in RowReader(reading, TODAY).rows())
    done = time.process_time()
    assert read == rows
    print(f"{rows:,} rows, {len(content) / 1e6:.0f} MB")
    print(f"  looking through the file: {looked - started:.1f} s of CPU")
    print(f"  reading every row:        {done - looked:.1f} s of CPU")
    print(f"  peak memory:              {_peak():.0f} MB, of which {before:.0f} MB before")


def _row(n: int) -> str:
    day = f"{n % 28 + 1:02}.{n % 12 + 1:02}.2026" if n % 9 == 0 else ""
    status = "Terminated" if day else "On Leave" if n % 50 == 1 else "Active"
    kind = "Contingent Worker" if n % 20 == 3 else "Employee"
    return (
        f"{n:06},Person {n},p{n}@company.example,{kind},{status},{n % 28 + 1:02}.{n % 12 + 1:02}.{2005 + n % 20},{day},"
        f"Team {n % 300},p{n // 10}@company.example"
    )


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
