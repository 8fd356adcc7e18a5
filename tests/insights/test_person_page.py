"""The page of one person."""

import pytest
from django.test import Client
from django.utils import timezone

from tests.support.queries import assert_costs_the_same
from tests.support.roster.people import SINCE, a_connection, a_member, a_workspace
from usher.roster.models import Change, Membership, Workspace

pytestmark = pytest.mark.django_db


def change(membership: Membership, kind: str, before: str = "", after: str = "") -> None:
    Change.objects.create(
        membership=membership,
        kind=kind,
        before=before,
        after=after,
        happened_at=SINCE,
        seen_at=timezone.now(),
    )


@pytest.fixture
def ada() -> Membership:
    org = a_workspace(a_connection(), "Acme Inc", "acme.example")
    return a_member(org, "Ada <b>Lovelace</b>", "ada@acme.example")


def test_a_person_is_shown_with_memberships_and_history(page: Client, ada: Membership) -> None:
    side = a_workspace(ada.workspace.connection, "Side")
    again = a_member(side, ada.person.name, status="not_active")
    change(ada, "joined")
    change(ada, "role", "member", "admin")
    change(ada, "licence", "view_only", "member")
    change(again, "left")
    change(again, "returned")
    shown = page.get(f"/people/{ada.person.pk}/").content.decode()
    for text in (
        "Ada &lt;b&gt;",
        "ada@acme.example",
        "Acme Inc",
        "Side",
        "Joined",
        "Role changed",
        "Came back",
    ):
        assert text in shown
    assert "Before the first sync" in shown
    assert "<b>Lovelace" not in shown


def test_a_workspace_that_is_filtered_out_is_not_in_a_persons_history_either(
    page: Client, ada: Membership
) -> None:
    hidden = a_workspace(ada.workspace.connection, "Secret Side", left_out=Workspace.LeftOut.FILTER)
    change(a_member(hidden, ada.person.name), "joined")
    assert "Secret Side" not in page.get(f"/people/{ada.person.pk}/").content.decode()


@pytest.mark.parametrize("pk", ["0", "99999", "99999999999999999999999"])
def test_who_is_not_there_is_answered_with_404(pk: str, page: Client) -> None:
    assert page.get(f"/people/{pk}/").status_code == 404


def test_a_person_costs_the_same_queries_however_long_the_history(page: Client, ada: Membership) -> None:
    def add(rows: int) -> None:
        for _ in range(rows):
            change(ada, "role", "member", "admin")

    assert_costs_the_same(page, f"/people/{ada.person.pk}/", add)
