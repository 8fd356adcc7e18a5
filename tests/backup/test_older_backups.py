"""A backup of an earlier version is restored, and brought up to this one."""

import hashlib
import json
import zipfile
from pathlib import Path

import psycopg

from tests.backup.test_restoring import elsewhere, url_of  # noqa: F401  # a fixture
from tests.support.cli.running import Usher
from tests.support.cli.table_contents import structure

ADDED_LATER = ("ledger", "0004_ledger_check")
"""A migration that adds a table, and that no other one needs."""
TABLE = "ledger_ledgercheck"


def as_of_the_version_before(kept: Path, older: Path) -> None:
    """The same backup without that migration: its line in django_migrations, and its table."""
    with zipfile.ZipFile(kept) as old, zipfile.ZipFile(older, "w") as new:
        manifest = json.loads(old.read("manifest.json"))
        manifest["migrations"].remove(list(ADDED_LATER))
        manifest["tables"] = [table for table in manifest["tables"] if table["name"] != TABLE]
        manifest["sequences"] = [each for each in manifest["sequences"] if TABLE not in each["name"]]
        for table in manifest["tables"]:
            rows = old.read(f"tables/{table['name']}.copy")
            if table["name"] == "django_migrations":
                lines = [line for line in rows.splitlines(keepends=True) if b"0004_ledger_check" not in line]
                rows = b"".join(lines)
                table |= {
                    "rows": rows.count(b"\n"),
                    "size": len(rows),
                    "sha256": hashlib.sha256(rows).hexdigest(),
                }
            new.writestr(f"tables/{table['name']}.copy", rows)
        manifest["keys_sha256"] = ""
        new.writestr("manifest.json", json.dumps(manifest))


def test_an_older_backup_ends_with_the_tables_of_this_version(
    lived: Usher,
    elsewhere: Usher,  # noqa: F811
    kept: Path,
    tmp_path: Path,
) -> None:
    with psycopg.connect(url_of(lived)) as database:
        assert database.execute(
            "SELECT 1 FROM django_migrations WHERE (app, name) = (%s, %s)", ADDED_LATER
        ).fetchone()
    as_of_the_version_before(kept, tmp_path / "older.backup")
    checked = elsewhere("restore", "--check", str(tmp_path / "older.backup"))
    assert checked.returncode == 0, checked.stderr
    done = elsewhere("restore", str(tmp_path / "older.backup"))
    assert done.returncode == 0, done.stderr
    assert "none of the keys" in done.stdout
    assert structure(url_of(elsewhere)) == structure(url_of(lived))
    assert "bob@example.com" in elsewhere("users", "list").stdout
