"""`usher people`: a table for people, JSON and CSV for programs."""

import csv
import io
import json
import subprocess
import sys

import pytest

from tests.support.cli.running import Usher
from usher.sandbox import RunningSandbox

pytestmark = pytest.mark.xdist_group("cli")

KEYS = [
    "connection",
    "workspace_gid",
    "workspace",
    "gid",
    "name",
    "email",
    "role",
    "licence",
    "status",
    "since",
    "until",
]


def test_without_people_each_format_is_whole(usher: Usher) -> None:
    assert "Nobody yet" in usher("people").stdout
    assert json.loads(usher("people", "--format", "json").stdout) == []
    assert usher("people", "--format", "csv").stdout == ",".join(KEYS) + "\n"


def test_json_is_one_array_of_everyone_with_every_key(synced: Usher, box: RunningSandbox) -> None:
    told = json.loads(synced("people", "--format", "json").stdout)
    truth = {
        (workspace["gid"], m["user"]): (
            m["name"],
            m["email"] or "",
            m["role"],
            m["licence"],
            m["status"],
            m["created_at"],
        )
        for workspace in box.truth()["workspaces"]
        for m in workspace["memberships"]
    }
    assert len(told) > 60
    for record in told:
        assert list(record) == KEYS
        assert record["connection"] == "Acme"
        assert truth[record["workspace_gid"], record["gid"]] == tuple(
            record[key] for key in ("name", "email", "role", "licence", "status", "since")
        )
        assert record["until"] is None


def test_csv_says_the_same_as_json(synced: Usher) -> None:
    told = json.loads(synced("people", "acme", "--format", "json").stdout)
    rows = list(csv.DictReader(io.StringIO(synced("people", "acme", "--format", "csv").stdout)))
    assert [{key: (value or "").removeprefix("'") for key, value in record.items()} for record in told] == [
        {key: value.removeprefix("'") for key, value in row.items()} for row in rows
    ]
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]


def test_the_table_names_everyone(synced: Usher) -> None:
    told = synced("people").stdout
    assert "Astrid Halvorsen" in told
    assert told.rstrip().endswith("memberships")


@pytest.mark.parametrize("form", ["json", "csv", "table"])
def test_a_reader_that_goes_away_ends_it_without_a_stack_trace(form: str, synced: Usher) -> None:
    listing = subprocess.Popen(
        [sys.executable, "-m", "usher", "people", "--format", form],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=synced.environment,
    )
    assert listing.stdout and listing.stderr
    listing.stdout.close()
    assert listing.stderr.read() == ""
    listing.stderr.close()
    assert listing.wait(20) in (0, 1)
