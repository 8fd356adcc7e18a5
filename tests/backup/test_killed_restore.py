"""A restore that is killed leaves the database as it was, and can be started again."""

import signal
from pathlib import Path

import psycopg
import pytest

from tests.support.cli.running import Usher, wait_until
from tests.support.cli.table_contents import rows_of_tables, structure

pytestmark = pytest.mark.xdist_group("backup")

LOADED = """
    SELECT to_regclass('usher_restore.ledger_entry') IS NOT NULL
"""


def test_a_killed_restore_has_changed_nothing_and_the_next_one_succeeds(lived: Usher, kept: Path) -> None:
    url = lived.environment["DATABASE_URL"]
    assert lived("users", "add", "later@example.com", "--role", "viewer").returncode == 0
    before, made_of = rows_of_tables(url), structure(url)
    with psycopg.connect(url, autocommit=True, application_name="tests") as database:
        with lived.started("restore", str(kept), "--replace", "--yes") as restoring:
            wait_until(lambda: database.execute(LOADED).fetchone() == (True,) or restoring.poll() is not None)
            assert restoring.poll() is None, restoring.stdout and restoring.stdout.read()
            restoring.send_signal(signal.SIGKILL)
            restoring.wait()
        left = database.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'usher_restore'").fetchone()
    assert left, "it was killed in the middle"
    assert rows_of_tables(url) == before
    assert lived("restore", str(kept), "--replace", "--yes").returncode == 0
    assert "later@example.com" not in lived("users", "list").stdout
    assert structure(url) == made_of
    with psycopg.connect(url) as database:
        assert not database.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'usher_restore'").fetchone()
