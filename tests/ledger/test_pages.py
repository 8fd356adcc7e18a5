"""The ledger's page: found, sorted, paged and exported on the server, and changed by nobody."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from tests.support.queries import assert_costs_the_same
from usher.access.models import User
from usher.ledger.actors import SYSTEM, Actor
from usher.ledger.models import Entry
from usher.ledger.record import record

PAGES = ["/ledger/", "/ledger/export.jsonl", "/ledger/1/"]


@pytest.fixture
def viewer(db: None, client: Client) -> Client:
    client.force_login(User.objects.create_user("vi@example.com"))
    return client


@pytest.fixture
def written(db: None) -> None:
    record(
        Actor("person", "ada@example.com", 1, "page"), "case.approved", "case 12: Greta Sanz", reason="left"
    )
    record(SYSTEM, "asana.user_removed", "case 12: Greta Sanz", after={"workspaces": ["1", "2"]})
    record(
        Actor("command", "root", via="command line (root)"),
        "access.role_changed",
        "user 2: <b>eve</b>",
        before={"role": "viewer"},
        after={"role": "admin"},
    )


def shown(answer_text: str) -> set[int]:
    return {number for number in (1, 2, 3) if f'href="/ledger/{number}/"' in answer_text}


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_is_sent_to_sign_in(client: Client, written: None, page: str) -> None:
    assert client.get(page).status_code == 302


@pytest.mark.parametrize("page", PAGES)
def test_every_role_may_read_it(viewer: Client, written: None, page: str) -> None:
    assert viewer.get(page).status_code == 200


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_no_page_takes_a_change(viewer: Client, written: None, page: str, method: str) -> None:
    User.objects.update(role="admin")
    assert getattr(viewer, method)(page).status_code == 403
    assert Entry.objects.count() == 3


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {1, 2, 3}),
        ("action=case.approved", {1}),
        ("action=asana.", {2}),
        ("who=ADA", {1}),
        ("who=root", {3}),
        ("about=greta", {1, 2}),
        ("about=LEFT", {1}),
        ("since=2000-01-01&until=2000-01-02", set()),
        ("since=nonsense", {1, 2, 3}),
        ("action=never.seen", set()),
    ],
)
def test_it_is_narrowed_down(viewer: Client, written: None, query: str, expected: set[int]) -> None:
    assert shown(viewer.get(f"/ledger/?{query}").text) == expected


def test_a_filter_that_makes_no_sense_is_said_so(viewer: Client, written: None) -> None:
    assert "A filter cannot be read" in viewer.get("/ledger/?since=nonsense").text


def test_the_newest_stands_first_unless_asked_otherwise(viewer: Client, written: None) -> None:
    def order(query: str) -> list[int]:
        text = viewer.get(f"/ledger/?{query}").text
        return sorted((1, 2, 3), key=lambda number: text.index(f'href="/ledger/{number}/"'))

    assert order("") == [3, 2, 1]
    assert order("sort=number") == [1, 2, 3]
    assert order("sort=actor_name") == [2, 1, 3]


def test_an_entry_tells_who_why_and_what_was_before(viewer: Client, written: None) -> None:
    text = viewer.get("/ledger/3/").text
    assert "Access: role changed" in text
    assert "command line (root)" in text
    assert "viewer" in text
    assert "&lt;b&gt;eve&lt;/b&gt;" in text
    assert Entry.objects.get(pk=3).hash in text


def test_an_entry_that_does_not_exist_is_a_404(viewer: Client, written: None) -> None:
    assert viewer.get("/ledger/4/").status_code == 404


def test_the_export_has_what_is_filtered_oldest_first_with_the_hashes(viewer: Client, written: None) -> None:
    answer = viewer.get("/ledger/export.jsonl?about=greta")
    lines = [json.loads(line) for line in b"".join(answer.streaming_content).decode().splitlines()]  # type: ignore[attr-defined]
    assert [line["number"] for line in lines] == [1, 2]
    assert lines[1]["previous_hash"] == lines[0]["hash"]
    assert answer["Content-Disposition"].endswith('.jsonl"')


def test_a_page_is_as_long_as_asked_and_the_last_one_is_shown_for_one_too_far(
    viewer: Client, db: None
) -> None:
    for _ in range(30):
        record(SYSTEM, "case.approved", "case")
    assert "1–25 of 30" in viewer.get("/ledger/?per_page=25").text
    assert "26–30 of 30" in viewer.get("/ledger/?per_page=25&page=99").text


def test_an_empty_ledger_says_what_will_stand_there(viewer: Client) -> None:
    assert "No entries yet" in viewer.get(reverse("ledger:list")).text


def test_the_navigation_leads_to_it(viewer: Client) -> None:
    assert 'href="/ledger/"' in viewer.get("/profile/").text


def test_the_list_costs_the_same_for_two_and_for_twenty(viewer: Client) -> None:
    def add(count: int) -> None:
        for number in range(count):
            record(SYSTEM, f"case.step_{number}", f"case {number}", reason="left")

    assert_costs_the_same(viewer, "/ledger/", add)
