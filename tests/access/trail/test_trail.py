import logging
from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django import Settings

from tests.access.conftest import PASSWORD
from usher.access.models import SignInLink, TrailEntry, User
from usher.access.roles import UserRole
from usher.access.trail.kinds import Seen
from usher.access.trail.note import MASKED, note
from usher.access.trail.retention import delete_old_entries
from usher.ledger.actors import SYSTEM


def sign_in(client: Client, password: str = PASSWORD, name: str = "ada@example.com") -> None:
    client.post("/sign-in/", {"username": name, "password": password}, REMOTE_ADDR="192.0.2.1")


def kinds() -> list[str]:
    return list(TrailEntry.objects.order_by("id").values_list("kind", flat=True))


def only() -> TrailEntry:
    return TrailEntry.objects.get()


@pytest.fixture
def admin(ada: User) -> User:
    ada.role = UserRole.ADMIN
    ada.save()
    return ada


def test_signing_in_and_out_is_noted_with_account_and_address(ada: User, client: Client) -> None:
    sign_in(client)
    client.post("/sign-out/")
    first, second = TrailEntry.objects.order_by("id")
    assert (first.kind, first.user, first.who, first.address) == (
        "signed_in",
        ada,
        "ada@example.com",
        "192.0.2.1",
    )
    assert (second.kind, second.user) == ("signed_out", ada)


def test_a_sign_in_by_a_link_names_who_made_the_link(ada: User, client: Client) -> None:
    client.post(f"/welcome/{SignInLink.issue(ada, made_by=SYSTEM)}/")
    assert "made by Usher" in only().about


def test_a_wrong_password_is_noted_and_logged(
    ada: User, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="usher"):
        sign_in(client, "wrong", "ADA@example.com")
    assert (only().kind, only().user, only().who) == ("sign_in_failed", ada, "ada@example.com")
    assert "Sign-in failed for ada@example.com from 192.0.2.1" in caplog.text


def test_an_address_without_an_account_is_noted(ada: User, client: Client) -> None:
    sign_in(client, "wrong", "eve@example.com")
    assert (only().user, only().who) == (None, "eve@example.com")


@pytest.mark.parametrize("typed", ["correct horse battery", "hunter2", "p@ss", "ünï\u202ecode"])
def test_a_password_in_the_field_of_the_name_is_neither_stored_nor_logged(
    ada: User, client: Client, caplog: pytest.LogCaptureFixture, typed: str
) -> None:
    with caplog.at_level(logging.DEBUG):
        sign_in(client, "x", typed)
    assert only().who == MASKED
    assert typed not in str(list(TrailEntry.objects.values()))
    assert typed not in caplog.text


def test_a_refused_action_is_noted(ada: User, client: Client) -> None:
    client.force_login(ada)
    TrailEntry.objects.all().delete()
    client.post("/settings/users/add/", {"email": "eve@example.com"})
    assert (only().kind, only().user, only().about) == ("refused", ada, "POST /settings/users/add/")


def test_an_export_is_noted_with_what_was_asked_for(ada: User, client: Client) -> None:
    client.force_login(ada)
    TrailEntry.objects.all().delete()
    client.get("/ledger/export.jsonl?who=eve")
    assert (only().kind, only().about) == ("exported", "/ledger/export.jsonl?who=eve")


def test_a_link_that_is_over_is_noted_without_its_secret(db: None, client: Client) -> None:
    client.get("/welcome/a-secret-token/")
    assert only().kind == "link_refused"
    assert "a-secret-token" not in str(list(TrailEntry.objects.values()))


def test_the_same_again_and_again_is_noted_once_a_minute(db: None, client: Client) -> None:
    for _ in range(3):
        client.get("/welcome/over/")
    assert kinds() == ["link_refused"]
    TrailEntry.objects.update(at=timezone.now() - timedelta(seconds=61))
    client.get("/welcome/over/")
    assert kinds() == ["link_refused"] * 2


def test_what_is_noted_goes_on_when_the_trail_cannot_be_written(
    ada: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise DatabaseError("disk full")

    monkeypatch.setattr(TrailEntry, "save", fail)
    sign_in(client)
    assert client.get("/profile/").status_code == 200


@pytest.mark.parametrize("agent", ["x" * 5000, "nul\x00 and \x1b[31m escape"])
def test_any_browser_name_is_stored(db: None, agent: str) -> None:
    request = RequestFactory().get("/", HTTP_USER_AGENT=agent)
    note(request, Seen.EXPORTED, "y" * 5000)
    assert only().agent.isprintable()


def test_only_admins_read_the_trail(admin: User, client: Client) -> None:
    client.force_login(User.objects.create_user("eve@example.com", role=UserRole.APPROVER))
    assert client.get("/settings/trail/").status_code == 403
    assert client.get("/settings/trail/export.csv").status_code == 403


def test_admins_filter_the_trail_and_export_what_they_see(admin: User, client: Client) -> None:
    sign_in(client, "wrong", "eve@example.com")
    sign_in(client)
    for query in ("who=eve", "kind=sign_in_failed", "who=192.0.2&kind=sign_in_failed"):
        page = client.get(f"/settings/trail/?{query}").text
        assert "eve@example.com" in page
        assert "1 entry" in page
        lines = b"".join(client.get(f"/settings/trail/export.csv?{query}")).decode().splitlines()  # type: ignore[arg-type]
        assert len(lines) == 2
        assert "eve@example.com" in lines[1]
    assert "1 entry" not in client.get("/settings/trail/?until=9999-12-31&since=0001-01-01").text
    assert "No entries match" in client.get("/settings/trail/?who=nobody").text


def test_entries_are_deleted_when_they_are_old(db: None, settings: Settings) -> None:
    settings.USHER_KEEP_TRAIL_DAYS = 30
    old, young = (TrailEntry.objects.create(kind=Seen.EXPORTED) for _ in range(2))
    TrailEntry.objects.filter(pk=old.pk).update(at=timezone.now() - timedelta(days=31))
    assert delete_old_entries() == 1
    assert only() == young
