"""What `usher export` writes, as DuckDB reads it."""

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet
import pytest

from tests.support.paths import ROOT
from tests.support.roster.people import SINCE, a_connection, a_member, a_workspace
from usher.activity.models import ActiveDay, PersonUsage
from usher.connections.models import Connection
from usher.removal.models import Case
from usher.warehouse import parquet
from usher.warehouse.parquet import NoFolder, NoPyarrow, export_tables
from usher.warehouse.schema import SCHEMA_VERSION, TABLES

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme(db: None) -> Connection:
    connection = a_connection("Acme")
    org = a_workspace(connection, "Acme Inc", "acme.example")
    ada = a_member(org, "Ada", "ada@acme.example").person
    a_member(org, "Gus", "gus@else.example", licence="guest", role="guest")
    today = date(2026, 6, 10)
    PersonUsage.objects.create(
        connection=connection,
        user_gid=ada.gid,
        as_of=today,
        active_days=3,
        last_used_at=SINCE,
        last_used_source="audit",
    )
    ActiveDay.objects.create(
        connection=connection, user_gid=ada.gid, day=today, human=5, automated=0, sessions=2, usage_seconds=90
    )
    Case.objects.create(
        connection=connection,
        connection_name="Acme",
        person=ada,
        person_gid=ada.gid,
        opened_by="bob",
        opened_at=SINCE,
    )
    return connection


def read(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as database:
        database.execute("SET TimeZone = 'UTC'")
        for table in TABLES:
            database.execute(f"CREATE VIEW {table.name} AS FROM '{folder / table.name}.parquet'")
        return database.execute(sql).fetchall()


def test_duckdb_joins_people_with_their_memberships_and_days(acme: Connection, tmp_path: Path) -> None:
    written = dict(export_tables(tmp_path, [acme.pk]))
    assert {path.name: rows for path, rows in written.items()} == {
        "people.parquet": 2,
        "memberships.parquet": 2,
        "days_of_use.parquet": 1,
        "cases.parquet": 1,
    }
    rows = read(
        tmp_path,
        """
        SELECT name, role, is_seat, active_days, last_used_at, day, days_of_use.usage_seconds
        FROM people JOIN memberships USING (connection_id, person_gid)
        LEFT JOIN days_of_use USING (connection_id, person_gid) ORDER BY name
        """,
    )
    assert rows == [
        ("Ada", "member", True, 3, SINCE, date(2026, 6, 10), 90),
        ("Gus", "guest", False, None, None, None, None),
    ]
    assert read(tmp_path, "SELECT opened_by, state, finished_at FROM cases") == [("bob", "draft", None)]


def test_nothing_of_another_connection_is_in_it(acme: Connection, tmp_path: Path) -> None:
    a_member(a_workspace(a_connection("Beta")), "Bea")
    list(export_tables(tmp_path, [acme.pk]))
    assert read(tmp_path, "SELECT DISTINCT connection FROM people") == [("Acme",)]


def test_a_file_says_which_version_of_the_schema_it_has(acme: Connection, tmp_path: Path) -> None:
    list(export_tables(tmp_path, [acme.pk]))
    for table in TABLES:
        schema = pyarrow.parquet.read_schema(tmp_path / f"{table.name}.parquet")
        assert schema.metadata[b"usher.schema_version"] == str(SCHEMA_VERSION).encode()
        assert schema.metadata[b"usher.table"] == table.name.encode()
        assert [str(field.type) for field in schema] == [column.type.value for column in table.columns]


def test_it_is_the_schema_that_is_documented() -> None:
    documented = (ROOT / "docs" / "siem.md").read_text()
    for table in TABLES:
        for column in table.columns:
            assert (
                f"| `{table.name}` | `{column.name}` | {column.type.value} | {column.meaning} |" in documented
            )


def test_rows_come_in_groups_so_that_memory_stays_small(
    acme: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "ROW_GROUP", 10)
    org = acme.workspaces.get()
    for number in range(23):
        a_member(org, f"P{number}")
    list(export_tables(tmp_path, [acme.pk]))
    assert pyarrow.parquet.ParquetFile(tmp_path / "people.parquet").num_row_groups == 3
    assert read(tmp_path, "SELECT count(*) FROM people") == [(25,)]


def test_an_empty_table_has_its_columns(db: None, tmp_path: Path) -> None:
    list(export_tables(tmp_path, []))
    assert read(tmp_path, "SELECT count(*) FROM days_of_use") == [(0,)]


def test_without_pyarrow_it_says_what_to_install(
    db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr(parquet, "import_module", missing)
    with pytest.raises(NoPyarrow, match="not installed"):
        list(export_tables(tmp_path, []))


def test_a_folder_that_cannot_be_made_is_named(db: None, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NoFolder, match="cannot be written"):
        list(export_tables(tmp_path / "file", []))


def test_a_write_that_breaks_off_leaves_the_file_of_before(
    acme: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    list(export_tables(tmp_path, [acme.pk]))
    before = (tmp_path / "people.parquet").read_bytes()
    monkeypatch.setattr(parquet, "_write", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        list(export_tables(tmp_path, [acme.pk]))
    assert (tmp_path / "people.parquet").read_bytes() == before
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
