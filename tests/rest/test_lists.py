"""Lists of the REST API: one manner of paging, sorting, filtering and exporting."""

import csv
import io
import json
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.rest import api_of, items
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.roster.models import Membership, Person, Workspace

pytestmark = pytest.mark.django_db

LIST = "/api/v1/memberships"


@pytest.fixture
def acme() -> Workspace:
    return a_workspace(a_connection(), "Acme", "acme.example")


@pytest.fixture
def program() -> Client:
    return api_of()


def some_people(acme: Workspace, count: int) -> list[str]:
    names = [f"P{number:02}" for number in range(count)]
    for name in names:
        a_member(acme, name, f"{name.lower()}@acme.example")
    return names


def names_in(answer: Any) -> list[str]:  # a response of the test client
    assert answer.status_code == 200, answer.content
    return [each["name"] for each in answer.json()["items"]]


def test_pages_follow_one_another_to_the_end(acme: Workspace, program: Client) -> None:
    names = some_people(acme, 7)
    answer = program.get(LIST, {"limit": 3})
    assert names_in(answer) == names[:3]
    assert answer["Link"].endswith('; rel="next"')
    following = answer["Link"][1:].partition(">")[0].removeprefix("http://testserver")
    assert names_in(program.get(following)) == names[3:6]
    last = program.get(program.get(following)["Link"][1:].partition(">")[0].removeprefix("http://testserver"))
    assert names_in(last) == names[6:]
    assert last.json()["next"] is None
    assert "Link" not in last.headers


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(
        st.sampled_from(["join", "delete before", "delete after", "none"]), min_size=8, max_size=8
    ),
    size=st.integers(1, 4),
)
def test_no_page_skips_or_repeats_anybody_while_people_come_and_go(
    acme: Workspace, program: Client, changes: list[str], size: int
) -> None:
    Membership.objects.all().delete()
    Person.objects.all().delete()
    stay = some_people(acme, 10)[::2]
    seen: list[str] = []
    cursor, number = "", 0
    for change in [*changes, *["none"] * 30]:
        page = program.get(LIST, {"limit": size, **({"cursor": cursor} if cursor else {})})
        seen += names_in(page)
        cursor = page.json()["next"] or ""
        if not cursor:
            break
        gone = Person.objects.filter(name__regex="P0[13579]").order_by("pk")
        match change:
            case "join":
                number += 1
                a_member(acme, f"New {number}", f"new{number}@acme.example")
            case "delete before":
                gone.filter(name__in=seen).delete()
            case "delete after":
                gone.exclude(name__in=seen).delete()
    assert len(seen) == len(set(seen))
    assert [name for name in seen if name in stay] == stay


@pytest.mark.parametrize("sort", ["id", "-id", "name", "-name", "since", "last_used", "-last_used", "email"])
def test_every_order_goes_through_all_of_them_once(acme: Workspace, program: Client, sort: str) -> None:
    """Also where many have the same value, or none."""
    names = some_people(acme, 6)
    found = items(program, "memberships", sort=sort, limit=2)
    assert sorted(each["name"] for each in found) == names
    if sort.endswith("name"):
        assert [each["name"] for each in found] == sorted(names, reverse=sort.startswith("-"))


def test_filters_are_called_as_in_the_address_of_the_page(acme: Workspace, program: Client) -> None:
    some_people(acme, 2)
    a_member(acme, "Ada", "ada@acme.example", role="admin")
    assert names_in(program.get(LIST, {"role": "admin"})) == ["Ada"]
    assert names_in(program.get(LIST, {"role": ["admin", "member"], "q": "p01"})) == ["P01"]
    assert names_in(program.get(LIST, {"workspace": acme.pk, "status": "active"})) == ["P00", "P01", "Ada"]


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("rôle=admin", "rôle"),
        ("role=king", "role"),
        ("workspace=9999", "workspace"),
        ("since_after=yesterday", "since"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=١", "limit"),
        ("sort=height", "sort"),
        ("sort=", "sort"),
        ("fields=name,password", "fields"),
        ("format=xml", "format"),
        ("cursor=hello", "cursor"),
    ],
)
def test_what_cannot_be_read_is_named_and_finds_nobody(
    acme: Workspace, program: Client, query: str, named: str
) -> None:
    answer = program.get(f"{LIST}?{query}")
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert named in [each["field"] for each in problem["errors"]]
    assert problem["type"] == "urn:usher:problem:unreadable-request"
    assert problem["status"] == 422
    assert problem["remedy"]


def test_a_cursor_belongs_to_its_order(acme: Workspace, program: Client) -> None:
    some_people(acme, 3)
    cursor = program.get(LIST, {"limit": 1, "sort": "name"}).json()["next"]
    assert program.get(LIST, {"cursor": cursor}).status_code == 422


def test_fields_are_chosen(acme: Workspace, program: Client) -> None:
    some_people(acme, 1)
    assert program.get(LIST, {"fields": "name,email"}).json()["items"] == [
        {"name": "P00", "email": "p00@acme.example"}
    ]


def test_a_file_has_everything_that_matches(acme: Workspace, program: Client) -> None:
    names = some_people(acme, 5)
    lines = program.get(LIST, {"format": "jsonl", "limit": 2})
    assert lines["Content-Type"] == "application/x-ndjson; charset=utf-8"
    records = [json.loads(line) for line in b"".join(lines).decode().splitlines()]
    assert [each["name"] for each in records] == names
    assert records == program.get(LIST).json()["items"]
    table = program.get(LIST, {"format": "csv", "fields": "name,status", "q": "p03"})
    rows = list(csv.DictReader(io.StringIO(b"".join(table).decode("utf-8-sig"))))
    assert rows == [{"name": "P03", "status": "active"}]


def test_a_formula_in_a_name_stays_text_in_a_csv(acme: Workspace, program: Client) -> None:
    a_member(acme, "=1+1", "x@acme.example")
    table = b"".join(program.get(LIST, {"format": "csv", "fields": "name"})).decode("utf-8-sig")
    assert table.splitlines()[1].lstrip('"').startswith("'=")


def test_who_sees_some_connections_gets_no_others_in_any_form(acme: Workspace) -> None:
    from usher.access.models import User
    from usher.access.roles import UserRole

    some_people(acme, 1)
    other = a_workspace(a_connection("Other"), "Other", "other.example")
    a_member(other, "Hidden", "hidden@other.example")
    limited = User.objects.create_user(
        "l@example.com", "l@example.com", role=UserRole.ADMIN, scope=[acme.connection_id]
    )
    program = api_of(user=limited)
    assert names_in(program.get(LIST)) == ["P00"]
    for form in ("csv", "jsonl"):
        assert b"Hidden" not in b"".join(program.get(LIST, {"format": form}))
    hidden = Person.objects.get(name="Hidden")
    for address in (f"people/{hidden.pk}", f"people/{hidden.pk}/history"):
        assert program.get(f"/api/v1/{address}").status_code == 404
