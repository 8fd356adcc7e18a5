"""Who may limit whom to connections, and what a limited admin may do."""

import pytest
from django.test import Client

from tests.support.removal.accounts import account, actor
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.access.models import ApiToken, SignInLink, User
from usher.access.roles import UserRole
from usher.access.scope.change import change_scope
from usher.access.tokens.api_tokens import find_token, make_token
from usher.access.users.accounts import CannotChange, add_user, change_role, deactivate, make_sign_in_link
from usher.access.users.address_changes import change_address
from usher.connections.models import Connection
from usher.ledger.actors import SYSTEM
from usher.ledger.models import Entry
from usher.platform.scope import Scope, seen_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def root() -> User:
    return account(UserRole.ADMIN, "root")


@pytest.fixture
def acme() -> Connection:
    return a_member(a_workspace(a_connection("Acme")), "Ada").person.connection


@pytest.fixture
def beta() -> Connection:
    return a_member(a_workspace(a_connection("Beta")), "Bob").person.connection


def limited_admin(*connections: Connection) -> User:
    user = account(UserRole.ADMIN, "lim")
    User.objects.filter(pk=user.pk).update(scope=[one.pk for one in connections])
    user.refresh_from_db()
    return user


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_limit_is_set_on_a_page_counts_at_once_and_is_recorded(
    root: User, acme: Connection, beta: Connection
) -> None:
    viewer = account(UserRole.VIEWER)
    before = browser_of(viewer)
    assert "Bob" in before.get("/people/").text
    page = browser_of(root).post(
        f"/settings/users/{viewer.pk}/connections/", {"sees": "some", "connections": [acme.pk]}, follow=True
    )
    assert "Viewer now sees: Acme." in page.text
    assert "Ada" in before.get("/people/").text
    assert "Bob" not in before.get("/people/").text
    entry = Entry.objects.get(action="access.scope_changed")
    assert (entry.before, entry.after) == ({"connections": "All connections"}, {"connections": "Acme"})
    a_connection("Founded later")
    assert "Founded later" not in before.get("/integrations/").text
    browser_of(root).post(f"/settings/users/{viewer.pk}/connections/", {"sees": "all"})
    assert "Founded later" in before.get("/integrations/").text


def test_nobody_changes_what_they_see_themselves(root: User, acme: Connection) -> None:
    account(UserRole.ADMIN)
    with pytest.raises(CannotChange, match="what you see yourself"):
        change_scope(root, [acme.pk], actor(root))


def test_somebody_always_sees_everything(root: User, acme: Connection) -> None:
    with pytest.raises(CannotChange, match="only admin who sees all"):
        change_scope(root, [acme.pk], SYSTEM)
    limited_admin(acme)
    for change in (lambda: change_role(root, UserRole.VIEWER, SYSTEM), lambda: deactivate(root, SYSTEM)):
        with pytest.raises(CannotChange, match="only admin who sees all"):
            change()


def test_a_limited_admin_gives_no_more_than_they_see(root: User, acme: Connection, beta: Connection) -> None:
    admin, viewer = limited_admin(acme), account(UserRole.VIEWER)
    with seen_with(admin.seen):
        added = add_user("new@example.com", UserRole.OPERATOR, actor(admin))
        assert added.scope == [acme.pk]
        for wanted in (None, [beta.pk], [acme.pk, beta.pk]):
            with pytest.raises(CannotChange, match="only to connections that you see"):
                change_scope(added, wanted, actor(admin))
        for more in (root, viewer):
            with pytest.raises(CannotChange, match="sees connections that you do not see"):
                make_sign_in_link(more, actor(admin))
            with pytest.raises(CannotChange, match="sees connections that you do not see"):
                change_address(more, "mine@example.com", actor(admin))
            with pytest.raises(CannotChange, match="sees connections that you do not see"):
                change_role(more, UserRole.OPERATOR, actor(admin))
            with pytest.raises(CannotChange, match="sees connections that you do not see"):
                change_scope(more, [acme.pk], actor(admin))
    page = browser_of(admin).post(
        f"/settings/users/{added.pk}/connections/", {"sees": "all", "connections": [acme.pk]}, follow=True
    )
    assert "now sees: Acme" in page.text
    assert (
        browser_of(admin)
        .post(f"/settings/users/{added.pk}/connections/", {"connections": [beta.pk]})
        .status_code
        == 422
    )
    assert not SignInLink.objects.exists()
    with seen_with(admin.seen):
        change_scope(added, [], actor(admin))
    assert browser_of(admin).get(f"/settings/users/{added.pk}/").status_code == 404


def test_a_limited_admin_does_not_see_users_of_other_connections(acme: Connection, beta: Connection) -> None:
    admin, other = limited_admin(acme), account(UserRole.VIEWER, "other")
    User.objects.filter(pk=other.pk).update(scope=[beta.pk])
    make_token(other, "Theirs", SYSTEM)
    assert "other@example.com" not in browser_of(admin).get("/settings/users/").text
    assert browser_of(admin).get(f"/settings/users/{other.pk}/").status_code == 404
    make_token(account(UserRole.ADMIN, "root"), "Of somebody who sees all", SYSTEM)
    assert "Of somebody" not in browser_of(admin).get("/settings/tokens/").text
    assert browser_of(admin).get("/ledger/").status_code == 200
    with seen_with(admin.seen):
        assert not ApiToken.objects.exists()


def test_settings_of_the_whole_installation_are_not_for_limited_admins(acme: Connection) -> None:
    browser = browser_of(limited_admin(acme))
    for address in (
        "/integrations/app/",
        "/integrations/connect/",
        "/settings/trail/",
        "/directory/sources/add/",
    ):
        answer = browser.get(address)
        assert (answer.status_code, "limited to some" in answer.text) == (403, True), address
    for address in ("/settings/guardrails/", "/removals/resume/", "/settings/prices/"):
        assert browser.post(address).status_code == 403, address
    assert browser.post("/removals/stop/", {"reason": "Look"}).status_code == 302
    assert browser.get(f"/integrations/{acme.pk}/change/").status_code == 200


def test_a_token_never_sees_more_than_its_owner(acme: Connection, beta: Connection) -> None:
    user = account(UserRole.VIEWER)
    tokens = [make_token(user, "a", SYSTEM), make_token(user, "b", SYSTEM, None, [beta.pk])]
    User.objects.filter(pk=user.pk).update(scope=[acme.pk])
    found = [find_token(token) for token in tokens]
    assert [one and one.seen for one in found] == [Scope.of([acme.pk], user.pk), Scope.of([], user.pk)]


def test_a_token_is_limited_when_it_is_made(acme: Connection, beta: Connection) -> None:
    user = account(UserRole.ADMIN)
    browser = browser_of(user)
    assert "All connections that you see" in browser.get("/profile/").text
    page = browser.post(
        "/profile/tokens/",
        {
            "name": "Reports",
            "permissions": ["read", "administer"],
            "days": "30",
            "sees": "some",
            "connections": [acme.pk],
        },
    )
    assert ApiToken.objects.get().scope == [acme.pk]
    token = page.context["token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert Client().get("/api/v1/leavers?connection=Beta", headers=headers).status_code == 404
    assert Client().get("/api/v1/leavers?connection=Acme", headers=headers).status_code == 200
    resumed = Client().post(
        "/api/v1/removals/resume", {"note": ""}, content_type="application/json", headers=headers
    )
    assert resumed.status_code == 403


def test_when_its_last_connection_is_deleted_a_limit_shows_nothing(
    acme: Connection, beta: Connection
) -> None:
    admin = limited_admin(acme)
    acme.delete()
    assert "Bob" not in browser_of(admin).get("/people/").text
