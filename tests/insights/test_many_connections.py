"""The pages of somebody with many connections."""

import pytest
from django.test import Client

from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.connections.models import Connection

pytestmark = pytest.mark.django_db

MANY = 60


@pytest.fixture(autouse=True)
def many(db: None) -> None:
    for number in range(MANY):
        workspace = a_workspace(a_connection(f"Customer {number:02}"), f"Org {number:02}", "acme.example")
        for name in ["Ada", "Bo"][: 1 + number % 2]:
            a_member(workspace, name)


def test_integrations_are_listed_page_by_page(page: Client) -> None:
    first, second = page.get("/integrations/"), page.get("/integrations/?page=2")
    assert "Page 1 of 2" in first.content.decode()
    named = [connection.name for shown in (first, second) for connection in shown.context["page"].object_list]
    assert named == [f"Customer {number:02}" for number in range(MANY)]


def test_a_connection_is_found_by_its_name(page: Client) -> None:
    assert 'name="q"' in page.get("/integrations/").content.decode()
    shown = page.get("/integrations/?q=CUSTOMER+42").context["page"]
    assert [connection.name for connection in shown] == ["Customer 42"]
    assert "No connection has such a name" in page.get("/integrations/?q=globex").content.decode()


def test_how_usage_is_measured_too(page: Client) -> None:
    shown = page.get("/usage/measuring/?page=3").content.decode()
    assert "Page 3 of 3" in shown
    assert "Customer 59" in shown
    assert "Customer 49" not in shown


def test_the_dashboard_shows_the_largest_workspaces_and_says_so(page: Client) -> None:
    shown = page.get("/")
    text = " ".join(shown.content.decode().split())
    assert "The 50 largest of 60 workspaces" in text
    assert shown.context["now"].active == MANY + MANY // 2, "the figures are of all of them"
    assert [counted.active for counted, _ in shown.context["workspaces"]] == [2] * 30 + [1] * 20


def test_the_dashboard_of_one_connection_shows_all_of_its_workspaces(page: Client) -> None:
    shown = page.get(f"/?connection={Connection.objects.get(name='Customer 59').pk}")
    assert [str(counted.workspace) for counted, _ in shown.context["workspaces"]] == ["Org 59"]
    assert "largest of" not in shown.content.decode()
