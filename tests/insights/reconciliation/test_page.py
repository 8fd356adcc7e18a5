"""The page that sets the Admin Console beside Usher, and the lists behind its figures."""

import csv
import io
import re
from datetime import date, timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from tests.support.insights.reconciled import import_rows, row_of
from tests.support.queries import queries_of
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.access.models import User
from usher.access.roles import UserRole
from usher.activity.models import ConsoleImport
from usher.connections.models import Connection
from usher.insights.reconciliation.kinds import Activity, Presence
from usher.insights.reconciliation.words import OF_ACTIVITY, OF_PRESENCE
from usher.roster.models import Membership, Workspace

pytestmark = pytest.mark.django_db

Everyone = dict[str, Membership]
OVERVIEW, LIST, FILE = "/reconciliation/", "/reconciliation/people/", "/reconciliation/people/export.csv"


def text(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def html_of(page: Client, address: str) -> str:
    answer = page.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def names(page: Client, query: str = "") -> list[str]:
    """Who stands in the table, from top to bottom."""
    answer = page.get(f"{LIST}?{query}")
    assert answer.status_code == 200
    return [row.record.name or row.record.email for row in answer.context["table"].paginated_rows]


def records(page: Client, query: str = "") -> list[dict[str, str]]:
    lines = b"".join(page.get(f"{FILE}?{query}").streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(lines)))


def linked_figures(html: str) -> list[tuple[str, int]]:
    """Each link to a list, and the figure that it stands behind."""
    in_tables = re.findall(r'<a href="(/reconciliation/people/[^"]*)">(?:<strong>)?([\d,]+)', html)
    in_stats = re.findall(
        r'href="(/reconciliation/people/[^"]*)">[^<]*</a></div><div class="stat-value">([\d,]+)<', html
    )
    return [(unescape(link), int(figure.replace(",", ""))) for link, figure in [*in_tables, *in_stats]]


def test_each_figure_is_the_number_of_rows_of_its_list(page: Client, everyone: Everyone) -> None:
    found = linked_figures(html_of(page, OVERVIEW))
    kinds = {re.findall(r"(?:show|activity)=(\w+)", link)[0] for link, _ in found}
    assert kinds >= {
        *Presence.values,
        *Activity.values,
        "in_file",
        "matched",
        "active",
        "only_usher",
        "compared",
    }
    for link, people in found:
        assert page.get(link).context["table"].paginator.count == people > 0, link
        assert len(records(page, link.partition("?")[2])) == people, link


def test_each_line_says_why_and_what_to_do(page: Client, everyone: Everyone) -> None:
    words = text(html_of(page, OVERVIEW))
    for each in [*OF_PRESENCE.values(), *OF_ACTIVITY.values()]:
        assert f"{each.label} " in words and each.why in words and each.todo in words


def test_the_list_of_one_kind_says_it_too(page: Client, everyone: Everyone) -> None:
    assert OF_PRESENCE[Presence.GUEST].why in text(html_of(page, f"{LIST}?show=guest"))
    assert OF_ACTIVITY[Activity.CONSOLE_LATER].why in text(html_of(page, f"{LIST}?activity=console_later"))
    assert OF_PRESENCE[Presence.GUEST].why not in text(html_of(page, f"{LIST}?show=active"))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("show=not_active", "Left before, Left long ago, Left since"),
        ("show=not_in_usher", "Zoë Stranger, nobody@elsewhere.example"),
        ("activity=usher_later", "Usher later"),
        ("show=elsewhere&activity=neither", "Elsewhere"),
        ("show=guest&activity=same", ""),
        ("q=zoë", "Zoë Stranger"),
        ("q=ZOE@ELSEWHERE", "Zoë Stranger"),
        ("q=elsewhere.example", "Zoë Stranger, nobody@elsewhere.example"),
        ("q=left+SINCE", "Left since"),
        ("q=left&show=not_in_usher", ""),
        ("q=100%25", ""),
    ],
)
def test_filters_find_whom_they_say(query: str, found: str, page: Client, everyone: Everyone) -> None:
    assert ", ".join(names(page, query)) == found
    assert "A filter cannot be read" not in html_of(page, f"{LIST}?{query}")
    assert sorted(row["name"] or row["email"] for row in records(page, query)) == sorted(names(page, query))


@pytest.mark.parametrize("query", ["show=nobody", "activity=x", "connection=999999"])
def test_a_filter_that_cannot_be_read_is_named(query: str, page: Client, everyone: Everyone) -> None:
    assert "A filter cannot be read" in html_of(page, f"{LIST}?{query}")


def test_columns_sort_both_ways_and_what_is_not_known_comes_last(page: Client, everyone: Everyone) -> None:
    order = ["Not covered", "Console later", "Same", "Since export", "Usher later"]
    assert names(page, "sort=difference")[:5] == order
    assert names(page, "sort=-difference")[:5] == order[::-1]
    assert names(page)[-2:] == ["Zoë Stranger", "nobody@elsewhere.example"], "in the order of the file"
    assert names(page, "sort=-name")[-2:] == ["Zoë Stranger", "nobody@elsewhere.example"]
    assert names(page, "sort=presence")[:1] == ["Console later"]


def test_pages_of_the_list_follow_one_another(page: Client, everyone: Everyone, org: Workspace) -> None:
    for number in range(9):
        a_member(org, f"More {number}")
    everybody = names(page, "per_page=50")
    assert names(page, "per_page=25") + names(page, "per_page=25&page=2") == everybody
    assert len(everybody) == len(set(everybody)) == 34


def test_whoever_is_not_in_usher_has_no_page(page: Client, everyone: Everyone) -> None:
    html = html_of(page, f"{LIST}?show=not_in_usher")
    assert 'class="person-name" href' not in html
    assert "zoe@elsewhere.example" in html
    assert f'href="/people/{everyone["Same"].person_id}/"' in html_of(page, f"{LIST}?activity=same")


def test_the_file_has_what_the_page_shows(page: Client, everyone: Everyone, exported_on: date) -> None:
    (row,) = records(page, "activity=console_later")
    assert row == {
        "connection": "Acme",
        "gid": everyone["Console later"].person.gid,
        "name": "Console later",
        "email": "console.later@acme.example",
        "presence": "both",
        "activity": "console_later",
        "console_last_activity": str(exported_on - timedelta(days=7)),
        "console_says_never": "False",
        "console_joined": "",
        "usher_last_use": str(exported_on - timedelta(days=10)),
        "difference_days": "-3",
        "role": "member",
        "since": "2025-03-04T12:00:00.000Z",
        "until": "",
    }


def test_without_a_file_the_page_says_what_to_do(page: Client, org: Workspace) -> None:
    html = html_of(page, OVERVIEW)
    assert "No member CSV yet" in html
    assert f'href="/console/?connection={org.connection_id}"' in html
    assert "No member CSV yet" in html_of(page, LIST)
    assert records(page) == []


def test_whoever_may_not_import_is_told_who_may(client: Client, org: Workspace) -> None:
    viewer = User.objects.create_user("v@example.com", "v@example.com", name="V", role=UserRole.VIEWER)
    client.force_login(viewer)
    html = html_of(client, OVERVIEW)
    assert "No member CSV yet" in html and "/console/" not in html
    assert re.search(r"[Oo]perator", text(html))


def test_without_a_connection_it_offers_to_connect(page: Client) -> None:
    assert "Connect Asana to begin" in html_of(page, OVERVIEW)
    assert "Connect Asana to begin" in html_of(page, LIST)


def test_of_several_connections_one_is_chosen(page: Client, everyone: Everyone, exported_on: date) -> None:
    assert 'name="connection"' not in html_of(page, OVERVIEW), "nothing to choose"
    first = a_connection("A first", time_zone="UTC")
    html = html_of(page, OVERVIEW)
    assert re.search(r"selected[^>]*>Acme<", html), "the one that has a file"
    assert "No member CSV yet" in html_of(page, f"{OVERVIEW}?connection={first.pk}")
    theirs = a_member(a_workspace(first, "First Inc", "first.example"), "Xi", "xi@first.example")
    import_rows(first, exported_on + timedelta(days=1), [row_of(theirs)])
    assert re.search(r"selected[^>]*>A first<", html_of(page, OVERVIEW)), "the one with the newest file"
    assert names(page, f"connection={first.pk}") == ["Xi"]
    acme = everyone["Same"].person.connection_id
    for link, people in linked_figures(html_of(page, f"{OVERVIEW}?connection={acme}")):
        assert page.get(link).context["table"].paginator.count == people, link


def test_whoever_sees_one_connection_compares_that_one_alone(client: Client, everyone: Everyone) -> None:
    beta = a_connection("Beta", time_zone="UTC")
    theirs = a_member(a_workspace(beta, "Beta Inc", "beta.example"), "Xi", "xi@beta.example")
    import_rows(beta, timezone.localdate() - timedelta(days=20), [row_of(theirs)])
    limited = User.objects.create_user(
        "l@example.com", "l@example.com", name="L", role=UserRole.ADMIN, scope=[beta.pk]
    )
    client.force_login(limited)
    assert names(client) == ["Xi"]
    acme = everyone["Same"].person.connection_id
    assert names(client, f"connection={acme}") == ["Xi"]
    assert [row["name"] for row in records(client, f"connection={acme}")] == ["Xi"]
    assert "Acme" not in html_of(client, f"{OVERVIEW}?connection={acme}")


def test_an_old_file_is_called_old(page: Client, org: Workspace, acme: Connection) -> None:
    member = a_member(org, "Ana")
    import_rows(acme, timezone.localdate() - timedelta(days=29), [row_of(member)])
    assert "The older it is" not in html_of(page, OVERVIEW)
    ConsoleImport.objects.update(exported_on=timezone.localdate() - timedelta(days=32))
    assert "The older it is" in html_of(page, OVERVIEW)


def test_what_an_older_version_did_not_keep_is_not_called_zero(page: Client, everyone: Everyone) -> None:
    ConsoleImport.objects.update(keeps_unmatched=False)
    html = html_of(page, OVERVIEW)
    assert "Not known" in html and "Import the file again." in html
    assert not [link for link, _ in linked_figures(html) if "in_file" in link or "not_in_usher" in link]


def test_the_card_of_the_dashboard_keeps_its_figures_and_links_here(page: Client, everyone: Everyone) -> None:
    html = html_of(page, "/")
    assert "Seats, as the API lists them" in html
    assert 'href="/reconciliation/"' in html


def test_names_are_text(page: Client, org: Workspace, acme: Connection, exported_on: date) -> None:
    member = a_member(org, "<b>Bo</b>", "bo@acme.example")
    evil = ["", "<script>x</script>", "x@acme.example", "", "", ""]
    import_rows(acme, exported_on, [row_of(member), evil])
    html = html_of(page, LIST)
    assert "<b>Bo" not in html and "<script>x" not in html and "&lt;script&gt;x" in html


def test_the_number_of_queries_does_not_depend_on_the_people(
    page: Client, org: Workspace, acme: Connection, exported_on: date
) -> None:
    few = [a_member(org, f"P{n}", f"p{n}@acme.example") for n in range(2)]
    import_rows(acme, exported_on, [row_of(member) for member in few])
    addresses = (OVERVIEW, LIST, f"{LIST}?q=p", f"{LIST}?sort=-difference", FILE)
    before = {address: len(queries_of(page, address)) for address in addresses}
    many = [a_member(org, f"Q{n}", f"q{n}@acme.example") for n in range(30)]
    a_member(a_workspace(acme, "Side"), "Side")
    rows = [row_of(member) for member in (*few, *many[:20])]
    strangers = [["", f"S{n}", f"s{n}@acme.example", "", "", ""] for n in range(20)]
    import_rows(acme, exported_on, [*rows, *strangers])
    assert {address: len(queries_of(page, address)) for address in addresses} == before
    assert max(before.values()) <= 20
