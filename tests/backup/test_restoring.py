"""What a restore brings back, and what it refuses."""

import json
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.support.cli.running import Usher, own_database, wait_until
from tests.support.cli.table_contents import rows_of_tables, sequences, structure

pytestmark = pytest.mark.xdist_group("backup")

MARKED = {
    "access_signinlink",
    "connections_tokenpace",
    "django_session",
    "ledger_entry",
    "ledger_head",
    "ledger_missinghead",
    "removal_guardrails",
}
"""What a restore itself changes."""
TOLD = {"notify_notice", "procrastinate_jobs", "procrastinate_events"}
"""Where it adds a row, so that people are told that removals are stopped."""


@pytest.fixture
def elsewhere() -> Iterator[Usher]:
    """Another machine, with an empty database and a data folder that knows nothing."""
    home = tempfile.mkdtemp(prefix="ue-", dir="/tmp")
    with own_database("restored_to") as url:
        yield Usher(USHER_HOME=home, DATABASE_URL=url)
    shutil.rmtree(home, ignore_errors=True)


def url_of(usher: Usher) -> str:
    return usher.environment["DATABASE_URL"]


def head_of(url: str) -> tuple[int, str]:
    with psycopg.connect(url) as database:
        row = database.execute("SELECT number, hash FROM ledger_head").fetchone()
        assert row
        return row


def test_another_machine_gets_every_row_of_every_table_and_the_keys(
    lived: Usher, elsewhere: Usher, kept: Path
) -> None:
    before = rows_of_tables(url_of(lived))
    done = elsewhere("restore", str(kept), "--with-keys", USHER_BACKUP_PASSPHRASE="correct horse battery")
    assert done.returncode == 0, done.stderr
    assert "All removals are stopped" in done.stdout
    after = rows_of_tables(url_of(elsewhere))
    assert len(before) > 60
    assert sum(map(len, before.values())) > 500
    assert before["activity_auditevent_2026_10"] == []
    # Nobody waits for a pause that Asana asked for before the backup was made.
    assert before["connections_tokenpace"]
    assert not after["connections_tokenpace"]
    assert {name: after.get(name) for name in before.keys() - MARKED - TOLD} == {
        name: before[name] for name in before.keys() - MARKED - TOLD
    }
    for name in TOLD:
        assert set(before[name]) < set(after[name]), name
    assert set(before["ledger_entry"]) < set(after["ledger_entry"])
    assert len(after["ledger_entry"]) == len(before["ledger_entry"]) + 2
    assert structure(url_of(elsewhere)) == structure(url_of(lived))
    first, then = sequences(url_of(lived)), sequences(url_of(elsewhere))
    assert then.pop("ledger_missinghead_id_seq") == 1
    for name in TOLD:
        assert then.pop(f"{name}_id_seq") > 0
    assert then == {name: first[name] for name in then}
    for usher in (lived, elsewhere):
        checked = usher("ledger", "verify")
        assert checked.returncode == 0, checked.stdout
    assert "All can be decrypted" in elsewhere("doctor").stdout
    assert rows_of_tables(url_of(lived)).keys() == before.keys()


def test_the_file_is_private_and_says_what_it_is(lived: Usher, kept: Path) -> None:
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    checked = lived("restore", "--check", str(kept))
    assert checked.returncode == 0, checked.stderr
    assert "is whole" in checked.stdout
    assert f"Ledger head: {head_of(url_of(lived))[0]}:" in checked.stdout
    manifest = json.loads(zipfile.ZipFile(kept).read("manifest.json"))
    assert {table["name"] for table in manifest["tables"]} >= {"access_user", "procrastinate_jobs"}
    key = (Path(lived.environment["USHER_HOME"]) / "encryption_keys").read_text().strip()
    content = b"".join(zipfile.ZipFile(kept).read(name) for name in zipfile.ZipFile(kept).namelist())
    assert key.encode() not in content
    assert zipfile.ZipFile(kept).read("keys.age").startswith(b"age-encryption.org/v1")
    wrong = lived(
        "restore", "--check", str(kept), "--with-keys", USHER_BACKUP_PASSPHRASE="wrong horse battery"
    )
    assert wrong.returncode == 1
    assert "passphrase" in wrong.stderr


def test_a_database_in_use_is_replaced_only_when_asked_and_what_it_loses_is_listed(
    lived: Usher, kept: Path
) -> None:
    later = lived("users", "add", "eve@example.com", "--role", "viewer")
    assert later.returncode == 0
    before = rows_of_tables(url_of(lived))
    refused = lived("restore", str(kept))
    assert (refused.returncode, "not empty" in refused.stderr) == (1, True)
    assert lived("restore", str(kept), "--replace").returncode == 2, "nobody is there to confirm it"
    assert rows_of_tables(url_of(lived)) == before
    number, digest = head_of(url_of(lived))
    done = lived("restore", str(kept), "--replace", "--yes")
    assert done.returncode == 0, done.stderr
    assert "eve@example.com" not in lived("users", "list").stdout
    with psycopg.connect(url_of(lived)) as database:
        (row,) = database.execute("SELECT number, hash, missing FROM ledger_missinghead").fetchall()
    assert row[:2] == (number, digest)
    assert [each["action"] for each in row[2]] == [
        "access.user_added",
        "access.sign_in_link_made",
    ]
    assert "eve@example.com" in lived("resume-removals").stdout
    assert lived("resume-removals", "--after-restore").returncode == 0
    assert "not stopped" in lived("resume-removals").stdout


@pytest.mark.parametrize("what", ["cut", "changed", "no manifest", "newer", "other"])
def test_a_file_that_is_not_whole_changes_nothing(
    elsewhere: Usher, kept: Path, tmp_path: Path, what: str
) -> None:
    broken = tmp_path / "broken.backup"
    broken.write_bytes(damaged(kept, tmp_path, what))
    done = elsewhere("restore", str(broken))
    assert done.returncode == 1, done.stdout
    assert done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stderr
    assert rows_of_tables(url_of(elsewhere)) == {}


def damaged(kept: Path, folder: Path, what: str) -> bytes:
    if what == "cut":
        return kept.read_bytes()[:-2000]
    if what == "other":
        return b"PK nothing"
    changed = folder / "changed"
    with zipfile.ZipFile(kept) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if what == "changed" and name == "tables/access_user.copy":
                content = content.replace(b"bob@", b"eve@")
            if what == "newer" and name == "manifest.json":
                content = content.replace(b'"0001_initial"', b'"9999_future"', 1)
            if what != "no manifest" or name != "manifest.json":
                new.writestr(name, content)
    return changed.read_bytes()


def test_while_a_worker_runs_nothing_is_replaced_and_it_is_named(lived: Usher, kept: Path) -> None:
    with lived.started("worker") as worker:
        with psycopg.connect(url_of(lived), autocommit=True) as database:
            wait_until(
                lambda: database.execute(
                    "SELECT 1 FROM pg_stat_activity WHERE application_name = 'usher worker'"
                ).fetchone()
            )
        done = lived("restore", str(kept), "--replace", "--yes")
        assert worker.poll() is None
    assert done.returncode == 1
    assert "`usher worker` on this machine" in done.stderr
