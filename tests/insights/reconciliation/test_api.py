"""The comparison with the Admin Console, for programs."""

import csv
import io
import json
from datetime import date
from typing import Any

import pytest
from django.test import Client

from tests.support.insights.reconciled import import_rows, row_of
from tests.support.rest import api_of, items
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.activity.models import ConsoleImport
from usher.connections.models import Connection
from usher.insights.reconciliation.kinds import Activity, Presence
from usher.rest.cursors import Place, write
from usher.roster.models import Membership

pytestmark = pytest.mark.django_db

Everyone = dict[str, Membership]
FIGURES, PEOPLE = "/api/v1/reconciliation", "/api/v1/reconciliation/people"


@pytest.fixture
def program(db: None) -> Client:
    return api_of()


def figures(program: Client, **query: object) -> list[dict[str, Any]]:
    answer = program.get(FIGURES, query)
    assert answer.status_code == 200, answer.content
    return list(answer.json()["connections"])


def test_the_figures_are_told_for_each_connection(
    program: Client, everyone: Everyone, exported_on: date
) -> None:
    a_connection("Without a file")
    acme, without = figures(program)
    assert without == {"connection": "Without a file", "file": None, "figures": None}
    assert acme["connection"] == "Acme"
    assert acme["file"]["exported_on"] == str(exported_on)
    assert (acme["file"]["rows"], acme["file"]["repeated_rows"]) == (18, 2)
    assert acme["file"]["workspace"] == "Acme Inc"
    told = acme["figures"]
    assert (told["in_file"], told["matched"], told["compared"], told["not_active"]) == (16, 14, 10, 3)
    assert told["in_file"] + told["only_usher"] == sum(told["by_presence"].values())
    assert told["compared"] == sum(told["by_activity"].values())
    assert set(told["by_presence"]) == set(Presence.values)
    assert set(told["by_activity"]) == set(Activity.values)
    assert (told["median_days"], told["median_days_by_activity"]["console_later"]) == (4, 3)


def test_each_figure_is_the_length_of_its_list(program: Client, everyone: Everyone) -> None:
    (acme,) = figures(program)
    told = acme["figures"]
    for name in ("in_file", "matched", "active", "compared", "not_active", "only_usher"):
        assert len(items(program, "reconciliation/people", show=name)) == told[name], name
    for name, people in told["by_presence"].items():
        assert len(items(program, "reconciliation/people", show=name)) == people, name
    for name, people in told["by_activity"].items():
        assert len(items(program, "reconciliation/people", activity=name)) == people, name


def test_what_is_not_known_is_null(program: Client, everyone: Everyone) -> None:
    ConsoleImport.objects.update(keeps_unmatched=False)
    (acme,) = figures(program)
    assert acme["figures"]["in_file"] is None
    assert acme["figures"]["by_presence"]["not_in_usher"] is None
    assert acme["file"]["repeated_rows"] is None


def test_one_connection_is_asked_for(program: Client, everyone: Everyone, acme: Connection) -> None:
    other = a_connection("Other")
    assert [one["connection"] for one in figures(program, connection=other.pk)] == ["Other"]
    assert [one["connection"] for one in figures(program, connection=acme.pk)] == ["Acme"]
    assert program.get(FIGURES, {"connection": 10**17}).status_code == 404


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_pages_of_all_connections_have_everybody_once(
    limit: int, program: Client, everyone: Everyone, exported_on: date
) -> None:
    other = a_workspace(a_connection("Other", time_zone="UTC"), "Other Inc", "other.example")
    members = [a_member(other, name, f"{name}@other.example") for name in ("Xi", "Yan")]
    import_rows(other.connection, exported_on, [row_of(members[0])])
    found = items(program, "reconciliation/people", limit=limit)
    assert len(found) == 27 == len({(one["connection"], one["gid"], one["email"]) for one in found})
    assert [one["name"] for one in found[-2:]] == ["Xi", "Yan"], "connection by connection"
    lines = b"".join(program.get(PEOPLE, {"format": "jsonl"})).decode().splitlines()
    in_file = [json.loads(line) for line in lines]
    assert sorted(map(str, in_file)) == sorted(map(str, found))
    table = b"".join(program.get(PEOPLE, {"format": "csv", "fields": "name,presence"})).decode("utf-8-sig")
    assert len(list(csv.DictReader(io.StringIO(table)))) == 27


def test_filters_are_those_of_the_page(program: Client, everyone: Everyone, acme: Connection) -> None:
    asked = {"connection": acme.pk, "q": "since", "show": "in_file"}
    assert [one["name"] for one in items(program, "reconciliation/people", **asked)] == [
        "Since export",
        "Left since",
    ]


@pytest.mark.parametrize(
    "query", ["show=x", "activity=x", "connection=999999", "sort=name", "order=1", "cursor=abc"]
)
def test_what_cannot_be_read_is_refused(query: str, program: Client, everyone: Everyone) -> None:
    answer = program.get(f"{PEOPLE}?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]


@pytest.mark.parametrize("key", ["1", "x/person/1", "1/person/1\x00", f"{10**20}/person/1"])
def test_a_cursor_that_is_none_of_this_list_is_refused(key: str, program: Client, everyone: Everyone) -> None:
    cursor = write(Place("", None, key))
    assert program.get(PEOPLE, {"cursor": cursor}).status_code == 422


def test_without_any_file_the_list_is_empty(program: Client, acme: Connection) -> None:
    assert items(program, "reconciliation/people") == []
    assert figures(program) == [{"connection": "Acme", "file": None, "figures": None}]
