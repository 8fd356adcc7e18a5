"""The CSV export: whole, streamed, and safe to open in a spreadsheet."""

import csv
import io

import pytest
from django.test import Client

from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.roster.export import COLUMNS, as_record


@pytest.mark.django_db
def test_the_export_is_utf8_with_a_mark_that_spreadsheets_know(page: Client) -> None:
    workspace = a_workspace(a_connection("=HYPERLINK(1)"), 'The "Side", etc.')
    first = a_member(workspace, "Ångström 王", "a@x.example")
    a_member(workspace, "=cmd|'/c calc'!A1", "+b@x.example", status="not_active")
    answer = page.get("/people/export.csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="usher-people-')
    body = b"".join(answer.streaming_content)
    assert body.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))
    assert tuple(rows[0])[: len(COLUMNS)] == COLUMNS, "what is known of use comes after"
    assert {row["name"] for row in rows} == {"Ångström 王", "'=cmd|'/c calc'!A1"}
    assert {row["connection"] for row in rows} == {"'=HYPERLINK(1)"}
    assert {row["workspace"] for row in rows} == {'The "Side", etc.'}
    assert as_record(first)["since"] == "2025-03-04T12:00:00.000Z"


@pytest.mark.django_db
def test_the_export_begins_before_all_rows_are_read(page: Client) -> None:
    workspace = a_workspace(a_connection())
    for number in range(400):
        a_member(workspace, f"Person {number}")
    stream = iter(page.get("/people/export.csv").streaming_content)
    assert next(stream) == "\ufeff".encode()
    part = next(stream)
    assert part.startswith(b"connection,workspace_gid")
    assert 50 < part.count(b"\n") < 350
    assert (part + b"".join(stream)).count(b"\n") == 401
