"""The page of people: search, filters, sorting, paging and columns, all from the address."""

import itertools
import re
from datetime import UTC, datetime
from html import unescape

import pytest
from django.test import Client

from tests.support.queries import assert_costs_the_same, queries_of
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.insights.people import filters
from usher.insights.people.tables import PeopleTable
from usher.roster.models import Workspace

pytestmark = pytest.mark.django_db


def names(page: Client, query: str = "") -> list[str]:
    """Who stands in the table, from top to bottom."""
    answer = page.get(f"/people/?{query}")
    assert answer.status_code == 200
    return [row.record.person.name for row in answer.context["table"].paginated_rows]


def years(number: int) -> datetime:
    return datetime(number, 5, 6, 12, tzinfo=UTC)


@pytest.fixture
def everyone() -> dict[str, Workspace]:
    acme = a_connection("Acme")
    org = a_workspace(acme, "Acme Inc", "acme.example", "acme.co.example")
    side = a_workspace(acme, "Side")
    other = a_workspace(a_connection("Other"), "Other Org", "other.example")
    a_member(org, "Ada Lovelace", "ada@acme.example", role="admin", since=years(2020))
    a_member(org, "Bo Guest", "bo@studio.example", role="guest", licence="guest", since=years(2021))
    a_member(org, "Cy Viewer", "CY@ACME.co.example", licence="view_only", since=years(2022))
    a_member(org, "Di Gone", "di@acme.example", status="not_active", since=years(2023), until=years(2024))
    a_member(org, "Em Nomail", since=years(2024))
    a_member(side, "Ada Lovelace", since=years(2025))
    a_member(other, "Åsa Öst", "asa@other.example", since=years(2019))
    return {"org": org, "side": side, "other": other}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "Ada Ada Bo Cy Di Em Åsa"),
        ("q=lovelace", "Ada Ada"),
        ("q=ADA acme", "Ada Ada"),
        ("q=öst", "Åsa"),
        ("q=studio.example", "Bo"),
        ("q=%25", ""),
        ("q=_", ""),
        ("q=nobody", ""),
        ("status=active", "Ada Ada Bo Cy Em Åsa"),
        ("status=not_active", "Di"),
        ("role=admin", "Ada"),
        ("role=admin&role=guest", "Ada Bo"),
        ("licence=view_only", "Cy"),
        ("licence=view_only&licence=guest", "Bo Cy"),
        ("domain=acme.example", "Ada Ada Di"),
        ("domain=@ACME.co.example ", "Cy"),
        ("affiliation=internal", "Ada Cy Di Åsa"),
        ("affiliation=external", "Bo"),
        ("since_after=2022-05-06", "Ada Cy Di Em"),
        ("since_before=2020-05-06", "Ada Åsa"),
        ("since_after=2021-01-01&since_before=2022-12-31", "Bo Cy"),
        ("since_after=2030-01-01", ""),
        ("status=active&role=member&licence=member&q=em", "Em"),
        ("role=admin&licence=guest", ""),
    ],
)
def test_each_filter_and_some_together_find(
    query: str, found: str, page: Client, everyone: dict[str, Workspace]
) -> None:
    assert [name.split()[0] for name in sorted(names(page, query))] == found.split()


def test_by_workspace_and_by_connection(page: Client, everyone: dict[str, Workspace]) -> None:
    assert names(page, f"workspace={everyone['side'].pk}") == ["Ada Lovelace"]
    assert names(page, f"connection={everyone['other'].connection_id}") == ["Åsa Öst"]
    assert names(page, f"workspace={everyone['side'].pk}&connection={everyone['other'].connection_id}") == []


def test_a_workspace_that_is_filtered_out_is_neither_listed_nor_offered(
    page: Client, everyone: dict[str, Workspace]
) -> None:
    hidden = everyone["side"]
    hidden.left_out = Workspace.LeftOut.FILTER
    hidden.save()
    assert names(page, "q=ada") == ["Ada Lovelace"]
    answer = page.get(f"/people/?workspace={hidden.pk}")
    assert answer.status_code == 200
    assert hidden not in answer.context["filter"].form.fields["workspace"].queryset


@pytest.mark.parametrize(
    "query",
    [
        "page=abc",
        "page=-1",
        "page=0",
        "page=99999999999999999999",
        "per_page=1e9",
        "per_page=1000000",
        "per_page=-5",
        "per_page=²",
        "sort=__proto__",
        "sort=-",
        "sort=person__connection__credentials__access_token",
        "sort=name&sort=-name",
        "sort=-since,name",
        "sort=connection",
        "columns=__class__",
        "columns=name",
        "role=owner",
        "role=",
        "status[]=active",
        "licence=admin&licence=guest",
        "workspace=abc",
        "workspace=-1",
        "workspace=99999999999999999999999",
        "connection=0",
        "affiliation=both",
        "since_after=yesterday",
        "since_after=0001-01-01",
        "since_before=9999-12-31",
        "since_after=2025-02-30",
        "since_after=2026-01-01&since_before=2020-01-01",
        "q=%F0%9F%92%A9%ED%A0%80",
        "q=" + "x " * 300,
        "domain=@@",
        "q='; DROP TABLE roster_person; --",
    ],
)
def test_nonsense_in_the_address_is_answered_with_a_page(
    query: str, page: Client, everyone: dict[str, Workspace]
) -> None:
    for zone in ("UTC", "Pacific/Kiritimati", "America/Adak"):
        page.cookies["timezone"] = zone
        assert page.get(f"/people/?{query}").status_code == 200
        assert b"".join(page.get(f"/people/export.csv?{query}").streaming_content)


def test_what_could_not_be_understood_is_said_and_filters_nothing(
    page: Client, everyone: dict[str, Workspace]
) -> None:
    answer = page.get("/people/?role=owner&status=active")
    assert "A filter cannot be read" in answer.content.decode()
    assert len(names(page, "role=owner&status=active")) == 6


def test_text_from_asana_and_from_the_address_is_never_markup(page: Client) -> None:
    a_member(a_workspace(a_connection("<b>C</b>"), "<b>W</b>"), "<script>x</script>", "<i>@x")
    shown = page.get(
        "/people/?q=<script>&domain=<b>D</b>&columns=connection&columns=workspace"
    ).content.decode()
    assert "<script>x" not in shown
    assert not re.search(r"<b>[CWD]</b>", shown)
    assert "<i>@x" not in shown


@pytest.mark.parametrize("column", PeopleTable.Meta.fields)
def test_each_column_sorts_both_ways(column: str, page: Client, everyone: dict[str, Workspace]) -> None:
    columns = "&".join(f"columns={name}" for name in PeopleTable.OPTIONAL)
    answer = page.get(f"/people/?sort={column}&{columns}")
    up = [row.record for row in answer.context["table"].paginated_rows]
    answer = page.get(f"/people/?sort=-{column}&{columns}")
    down = [row.record for row in answer.context["table"].paginated_rows]
    assert len(up) == len(down) == 7

    def key(record: object) -> object:
        accessor = PeopleTable.base_columns[column].accessor or column
        value: object = record
        for part in str(accessor).split("__"):
            value = getattr(value, part)
        return value

    distinct_up, distinct_down = (
        list(dict.fromkeys(key(record) for record in records)) for records in (up, down)
    )
    assert len(distinct_up) > 1
    assert distinct_up == distinct_down[::-1]


def test_a_search_that_finds_many_shows_whom_it_finds_by_the_page(
    page: Client, everyone: dict[str, Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    few = [
        names(page, query)
        for query in ("q=acme", "q=ada acme&role=admin", "q=example&sort=-since", "q=nobody")
    ]
    monkeypatch.setattr(filters, "FEW", 0)
    many = [
        names(page, query)
        for query in ("q=acme", "q=ada acme&role=admin", "q=example&sort=-since", "q=nobody")
    ]
    assert many == few
    assert len(few[0]) == 4
    workspace = everyone["side"]
    for number in range(60):
        a_member(workspace, f"Zoe {number:02}")
    assert names(page, "q=zoe&per_page=25&page=3") == [f"Zoe {number}" for number in range(50, 60)]
    assert "26–50 of 60" in page.get("/people/?q=zoe&per_page=25&page=2").text


def test_pages_hold_only_the_sizes_on_offer_and_show_everyone_once(page: Client) -> None:
    workspace = a_workspace(a_connection())
    for number in range(260):
        a_member(workspace, f"Person {number:03}")
    assert len(names(page)) == 50
    shown = page.get("/people/?per_page=25").content.decode()
    offered = [int(size) for size in re.findall(r"<option[^>]*>(\d+)</option>", shown)]
    assert offered
    for size in offered:
        assert len(names(page, f"per_page={size}")) == size, "what is offered is given"
    assert len(names(page, "per_page=26")) == 50
    everyone = [name for number in range(1, 7) for name in names(page, f"page={number}&sort=status")]
    assert sorted(everyone) == [f"Person {number:03}" for number in range(260)]


def test_columns_are_chosen_by_the_address(page: Client, everyone: dict[str, Workspace]) -> None:
    answer = page.get("/people/?columns=domain&columns=until")
    shown = [column.name for column in answer.context["table"].columns]
    assert shown == ["chosen", "name", "domain", "until"]
    assert "connection" in [column.name for column in page.get("/people/").context["table"].columns]


def test_the_export_link_carries_the_filter_and_exports_what_is_shown(
    page: Client, everyone: dict[str, Workspace]
) -> None:
    shown = page.get("/people/?q=a&role=member&role=admin&status=active&sort=since&page=1&per_page=25")
    link = re.search(r'id="export" href="([^"]+)"', shown.content.decode())
    assert link
    url = unescape(link[1])
    assert "page" not in url
    assert "sort" not in url
    lines = b"".join(page.get(url).streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) - 1 == len(shown.context["table"].rows) == 5


@pytest.mark.parametrize(
    "url", ["/people/", "/people/?affiliation=internal&q=a&sort=-connection", "/people/export.csv"]
)
def test_it_costs_the_same_queries_however_many_people(
    url: str, page: Client, everyone: dict[str, Workspace]
) -> None:
    numbers = itertools.count()

    def add(rows: int) -> None:
        for number in itertools.islice(numbers, rows):
            workspace = a_workspace(a_connection(f"C{number}"), "W", "acme.example")
            for other in range(3):
                a_member(workspace, f"A{number}{other}", f"a{number}{other}@acme.example")

    assert_costs_the_same(page, url, add)
    assert len(queries_of(page, url)) <= 20


def test_without_connections_or_people_the_page_says_what_comes_next(page: Client) -> None:
    assert "Connect Asana to see its people" in page.get("/people/").content.decode()
    a_connection()
    assert "Nobody is here yet" in page.get("/people/").content.decode()


def test_a_filter_that_finds_nobody_offers_to_clear_it(page: Client, everyone: dict[str, Workspace]) -> None:
    shown = page.get("/people/?q=zzz").content.decode()
    assert "Nobody matches these filters" in shown
    assert "Clear filters" in shown


@pytest.mark.parametrize("url", ["/people/", "/people/export.csv", "/people/1/", "/integrations/1/runs/1/"])
def test_nobody_sees_people_without_signing_in(url: str, client: Client) -> None:
    answer = client.get(url)
    assert answer.status_code == 302
    assert "/sign-in" in answer["Location"]
