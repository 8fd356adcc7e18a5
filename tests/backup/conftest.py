"""An Usher that has lived: synced, with events, a case, users and entries of the ledger."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.support.cli.running import Usher, migrated_database
from usher.sandbox import running

AWKWARD = "Tab\there, \\N, 'quotes\", \\. and line\nbreak, \r, Zoë 李 \U0001f600"


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="ub-", dir="/tmp"))
    yield home
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with migrated_database("backed_up") as url:
        yield url


@pytest.fixture(scope="module")
def lived(folder: Path, database: str) -> Iterator[Usher]:
    with running(people=60, seed=7, per_minute=0) as box:
        usher = Usher(USHER_HOME=str(folder), USHER_ASANA_URL=box.url, DATABASE_URL=database)
        for command in (
            ["connect", "--name", "Acme", "--token", "sandbox-pat-1", "--mode", "act"],
            ["sync", "Acme"],
            ["users", "add", "bob@example.com", "--role", "admin"],
        ):
            done = usher(*command)
            assert done.returncode == 0, done.stderr
        with psycopg.connect(database) as rows:
            rows.execute(
                "CREATE TABLE activity_auditevent_2026_10 PARTITION OF activity_auditevent"
                " FOR VALUES FROM ('2026-10-01T00:00:00+00:00') TO ('2026-11-01T00:00:00+00:00')"
            )
            rows.execute("UPDATE access_user SET name = %s", [AWKWARD])
        yield usher


@pytest.fixture(scope="module")
def kept(lived: Usher, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup with the keys."""
    file = tmp_path_factory.mktemp("backups") / "usher.backup"
    os.environ.pop("USHER_BACKUP_PASSPHRASE", None)
    done = lived("backup", str(file), "--with-keys", USHER_BACKUP_PASSPHRASE="correct horse battery")
    assert done.returncode == 0, done.stderr
    return file
