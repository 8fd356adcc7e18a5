"""Service accounts on their pages, and by the command line."""

import json
import re

import pytest
from click.testing import CliRunner
from django.test import Client

from tests.support.access.service_accounts import a_service_account
from usher.access.models import ApiToken, ServiceAccount, User
from usher.access.roles import UserRole
from usher.cli import main
from usher.ledger.models import Entry

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def admin() -> User:
    email = "root@example.com"
    return User.objects.create_user(email, email, "correct horse battery", role=UserRole.ADMIN)


@pytest.fixture
def page(admin: User) -> Client:
    client = Client()
    client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    return client


FORM = {
    "name": "Ticket system",
    "purpose": "Opens tickets for leavers",
    "permissions": ["read", "open_cases"],
    "sees": "all",
    "ends_on": "2031-01-31",
}


def test_an_admin_adds_one_makes_a_token_and_it_works(page: Client, admin: User) -> None:
    added = page.post("/settings/service-accounts/add/", {**FORM, "contact": admin.pk})
    service = ServiceAccount.objects.get()
    assert added["Location"] == f"/settings/service-accounts/{service.pk}/"
    assert service.ends_at.isoformat() == "2031-01-31T23:59:59.999999+00:00"
    shown = page.post(f"{added['Location']}token/", {"name": "Production", "days": "90"}).content.decode()
    token = re.search(r"usher_[\w-]{20,}", shown)
    assert token
    answer = Client().get("/api/v1/people", headers={"Authorization": f"Bearer {token[0]}"})
    assert answer.status_code == 200
    for path in (added["Location"], "/settings/tokens/", "/settings/service-accounts/"):
        text = page.get(path).content.decode()
        assert token[0] not in text
        assert "Ticket system" in text or "ticket-system" in text
    one = page.get(f"/settings/tokens/{ApiToken.objects.get().pk}/").content.decode()
    assert "Created by" in one
    assert admin.username in one
    assert page.post(f"/settings/tokens/{ApiToken.objects.get().pk}/revoke/").status_code == 302
    answer = Client().get("/api/v1/people", headers={"Authorization": f"Bearer {token[0]}"})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "…"},
        {"permissions": []},
        {"permissions": ["approve"]},
        {"ends_on": "2020-01-01"},
        {"ends_on": "9999-12-31"},
        {"sees": "some"},
        {"purpose": ""},
    ],
)
def test_what_cannot_be_is_said_in_the_form_and_nothing_is_made(
    page: Client, wrong: dict[str, object]
) -> None:
    answer = page.post("/settings/service-accounts/add/", {**FORM, **wrong})
    assert answer.status_code == 422
    assert not ServiceAccount.objects.exists()


def test_it_is_changed_and_deactivated(page: Client) -> None:
    service = a_service_account()
    path = f"/settings/service-accounts/{service.pk}/"
    page.post(f"{path}token/", {"name": "Production", "days": "90"})
    given = {**FORM, "permissions": ["read"], "purpose": "Reads"}
    assert page.post(f"{path}change/", given).status_code == 302
    service.refresh_from_db()
    assert (service.permissions, service.purpose, service.account.role) == (["read"], "Reads", "viewer")
    assert page.post(f"{path}switch/", {"active": "no"}).status_code == 302
    assert "Deactivated" in page.get(path).content.decode()
    assert "Create token" not in page.get(path).content.decode()
    page.post(f"{path}token/", {"name": "Another", "days": "90"})
    assert ApiToken.objects.filter(revoked_at=None).count() == 0


def test_by_the_command_line(admin: User) -> None:
    def run(*arguments: str) -> str:
        done = CliRunner().invoke(main, ["service-accounts", *arguments])
        assert done.exit_code == 0, done.output
        return done.output

    run("add", "Nightly export", "--for", "Exports", "--may", "read", "--until", "2031-01-31")
    token = run("token", "nightly-export", "Server 3").strip()
    assert Client().get("/api/v1/people", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    [listed] = json.loads(run("list", "--format", "json"))
    assert (listed["name"], listed["may"], listed["state"]) == ("nightly-export", "read", "active")
    shown = json.loads(CliRunner().invoke(main, ["tokens", "list", "--format", "json"]).output)
    assert [(one["owner"], one["permissions"]) for one in shown] == [("nightly-export", "read")]
    run("deactivate", "nightly-export")
    assert Client().get("/api/v1/people", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    run("activate", "nightly-export")
    actions = Entry.objects.filter(action__startswith="access.service_account").values_list(
        "action", flat=True
    )
    assert list(actions.order_by("pk")) == [
        "access.service_account_added",
        "access.service_account_deactivated",
        "access.service_account_reactivated",
    ]
    assert token not in str(list(Entry.objects.values()))
