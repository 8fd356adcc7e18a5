"""The switch that stops all removals, on its pages."""

import pytest
from django.test import Client

from tests.support.removal.accounts import signed_in
from tests.support.removal.leaving import approved_case, leaves, ordinary_people, run_now
from usher.access.roles import UserRole
from usher.connections.models import Connection
from usher.ledger.models import Entry
from usher.removal.models import Guardrails

pytestmark = pytest.mark.django_db(transaction=True)


def shown(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_operator_stops_and_an_admin_lets_them_go_on(acme: Connection, guardrails: Guardrails) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = approved_case(person)
    operator, admin = signed_in(UserRole.OPERATOR), signed_in(UserRole.ADMIN)
    assert "1 scheduled case stays scheduled" in shown(operator, "/removals/stop/")
    operator.post("/removals/stop/", {"reason": "Odd numbers"})
    assert run_now(acme).held == 1
    for address in ("/settings/guardrails/", f"/cases/{case.pk}/"):
        page = shown(operator, address)
        assert "All removals are stopped" in page
        assert "by operator@example.com" in page
        assert "Odd numbers" in page
        assert "/removals/resume/" not in page
    assert person.name in shown(admin, "/removals/resume/")
    admin.post("/removals/resume/", {"reason": "They were right"})
    assert run_now(acme).done == 1
    entries = Entry.objects.filter(action__startswith="removals.").order_by("number")
    assert [(entry.action, entry.actor_name, entry.reason) for entry in entries] == [
        ("removals.stopped", "operator@example.com", "Odd numbers"),
        ("removals.resumed", "admin@example.com", "They were right"),
    ]


def test_a_viewer_sees_the_banner_but_no_button() -> None:
    viewer = signed_in(UserRole.VIEWER)
    assert "/removals/stop/" not in shown(viewer, "/settings/guardrails/")
    assert viewer.get("/removals/stop/").status_code == 403
    assert viewer.post("/removals/stop/").status_code == 403
    signed_in(UserRole.OPERATOR).post("/removals/stop/", {"reason": ""})
    page = shown(viewer, "/settings/guardrails/")
    assert "All removals are stopped" in page
    assert "An admin can resume removals." in page


@pytest.mark.parametrize("role", [UserRole.VIEWER, UserRole.OPERATOR, UserRole.APPROVER])
def test_nobody_but_an_admin_lets_removals_go_on(role: UserRole) -> None:
    signed_in(UserRole.OPERATOR).post("/removals/stop/", {"reason": ""})
    assert signed_in(role).post("/removals/resume/").status_code == 403
    assert Guardrails.get().stopped_at is not None


def test_stopping_asks_first_and_does_nothing_by_being_looked_at() -> None:
    shown(signed_in(UserRole.OPERATOR), "/removals/stop/")
    assert Guardrails.get().stopped_at is None


def test_the_second_who_stops_is_told_and_the_first_reason_stays() -> None:
    signed_in(UserRole.OPERATOR).post("/removals/stop/", {"reason": "First"})
    answer = signed_in(UserRole.ADMIN).post("/removals/stop/", {"reason": "Second"}, follow=True)
    assert "All removals had already been stopped." in answer.content.decode()
    assert Guardrails.get().stop_reason == "First"
