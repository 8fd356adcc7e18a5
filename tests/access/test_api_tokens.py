"""Personal tokens: shown once, stored hashed, and as able as their owner is at that moment."""

import json
import re
from datetime import timedelta

import pytest
from django.contrib.auth.decorators import login_not_required
from django.core import mail
from django.http import HttpRequest
from django.test import Client
from django.urls import path
from django.utils import timezone
from ninja import NinjaAPI
from pytest_django import Settings

from usher.access.acting import actor_of, is_admin
from usher.access.mails.sending import send_waiting_mails
from usher.access.models import ApiToken, User
from usher.access.permissions import PERMISSION_FOR, TokenPermission
from usher.access.roles import Action, NotAllowed, UserRole, require
from usher.access.roles import signed_in as signed_in_user
from usher.access.tokens.api_auth import PersonalToken
from usher.access.tokens.api_tokens import (
    TokenRefused,
    extend_token,
    find_token,
    make_token,
    revoke_token,
    tell_of_ends,
)
from usher.ledger.actors import SYSTEM
from usher.ledger.models import Entry

FORM = {"name": "Nightly export", "permissions": ["read"], "days": "90"}
api = NinjaAPI(auth=PersonalToken(), urls_namespace="of-this-test")


@api.get("/who")
def who(request: HttpRequest) -> dict[str, object]:
    actor = actor_of(request)
    return {"kind": actor.kind, "name": actor.name, "user_id": actor.user_id, "via": actor.via}


@api.get("/may")
def what_it_may(request: HttpRequest) -> list[str]:
    return [action for action in Action if signed_in_user(request).may(action)]


@api.get("/admin")
def whether_admin(request: HttpRequest) -> bool:
    return is_admin(actor_of(request))


urlpatterns = [path("api/", api.urls)]
for pattern in urlpatterns[0].url_patterns:  # type: ignore[union-attr]
    login_not_required(pattern.callback)


@pytest.fixture
def signed_in(ada: User, client: Client) -> Client:
    client.force_login(ada, backend="django.contrib.auth.backends.ModelBackend")
    return client


def call(token: str) -> tuple[int, dict[str, object]]:
    answer = Client().get("/api/who", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code, json.loads(answer.content)


@pytest.mark.urls(__name__)
def test_what_is_done_with_a_token_is_done_by_its_owner_and_named_after_it(ada: User) -> None:
    token = make_token(ada, "Nightly export", SYSTEM)
    assert call(token) == (
        200,
        {"kind": "token", "name": "ada@example.com: Nightly export", "user_id": ada.pk, "via": "api"},
    )


@pytest.mark.urls(__name__)
def test_a_token_that_is_made_up_revoked_or_of_a_deactivated_account_opens_nothing(ada: User) -> None:
    token = make_token(ada, "export", SYSTEM)
    for wrong in ("", "usher_made-up", token + "x", token.removeprefix("usher_"), token.upper()):
        assert call(wrong)[0] == 401
    User.objects.update(is_active=False)
    assert call(token)[0] == 401
    User.objects.update(is_active=True)
    assert call(token)[0] == 200
    revoke_token(ApiToken.objects.get(), SYSTEM)
    assert call(token)[0] == 401


@pytest.mark.urls(__name__)
def test_the_last_use_is_noted_and_not_with_every_call(ada: User) -> None:
    token = make_token(ada, "export", SYSTEM)
    assert ApiToken.objects.get().last_used_at is None
    call(token)
    first = ApiToken.objects.get().last_used_at
    assert first
    call(token)
    assert ApiToken.objects.get().last_used_at == first
    ApiToken.objects.update(last_used_at=timezone.now() - timedelta(hours=1))
    call(token)
    assert ApiToken.objects.get().last_used_at >= first  # type: ignore[operator]


def test_it_is_made_on_the_profile_page_and_shown_once(signed_in: Client, ada: User) -> None:
    page = signed_in.post("/profile/tokens/", FORM).text
    token = re.search(r"usher_[\w-]{40,}", page)
    assert token
    found = find_token(token[0])
    assert found
    assert found.user == ada
    profile = signed_in.get("/profile/").text
    assert "Nightly export" in profile
    assert token[0] not in profile
    assert token[0] not in str([*ApiToken.objects.values(), *Entry.objects.values()])


def test_without_a_name_none_is_made(signed_in: Client) -> None:
    assert signed_in.post("/profile/tokens/", FORM | {"name": " "}).status_code == 302
    assert not ApiToken.objects.exists()


def test_it_is_revoked_by_its_owner_alone(signed_in: Client, ada: User) -> None:
    eve = User.objects.create_user("eve@example.com")
    make_token(ada, "mine", SYSTEM)
    make_token(eve, "hers", SYSTEM)
    for token in ApiToken.objects.all():
        signed_in.post(f"/profile/tokens/{token.pk}/revoke/")
    assert list(ApiToken.objects.filter(revoked_at=None).values_list("name", flat=True)) == ["hers"]


def test_making_and_revoking_are_recorded(signed_in: Client) -> None:
    signed_in.post("/profile/tokens/", FORM | {"name": "export"})
    token = ApiToken.objects.get()
    for _ in range(2):
        signed_in.post(f"/profile/tokens/{token.pk}/revoke/")
    assert list(Entry.objects.order_by("number").values_list("action", "actor_name", "subject")) == [
        (f"access.token_{what}", "ada@example.com", f"API token {token.pk}: “export” of ada@example.com")
        for what in ("made", "revoked")
    ]


def test_every_action_is_of_one_permission() -> None:
    assert set(PERMISSION_FOR) == set(Action)
    assert set(PERMISSION_FOR.values()) == set(TokenPermission)


def allowed(token: str) -> set[str]:
    answer = Client().get("/api/may", headers={"Authorization": f"Bearer {token}"})
    return set(json.loads(answer.content))


@pytest.mark.urls(__name__)
def test_a_token_may_what_it_permits_and_never_more_than_its_owner_now(ada: User) -> None:
    User.objects.update(role=UserRole.ADMIN)
    reads = make_token(ada, "reads", SYSTEM, permissions=["read"])
    approves = make_token(ada, "approves", SYSTEM, permissions=["read", "approve"])
    everything = make_token(ada, "all", SYSTEM)
    assert allowed(reads) == {"read"}
    assert allowed(approves) == {"read", "approve", "restore"}
    assert allowed(everything) == set(Action)
    User.objects.update(role=UserRole.VIEWER)
    assert allowed(approves) == allowed(everything) == {"read"}


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(("permissions", "counts"), [(["approve"], False), (["approve", "administer"], True)])
def test_no_decision_rests_on_an_admin_whose_token_may_not_administer(
    ada: User, permissions: list[str], counts: bool
) -> None:
    User.objects.update(role=UserRole.ADMIN)
    token = make_token(ada, "script", SYSTEM, permissions=permissions)
    answer = Client().get("/api/admin", headers={"Authorization": f"Bearer {token}"})
    assert json.loads(answer.content) is counts


def test_who_is_refused_learns_whether_the_token_or_the_role_is_the_reason(ada: User) -> None:
    found = find_token(make_token(ada, "script", SYSTEM, permissions=["open_cases"]))
    assert found
    with pytest.raises(NotAllowed, match="This API token does not permit to see this"):
        require(found.user, Action.READ)
    with pytest.raises(NotAllowed, match="Only an admin may"):
        require(found.user, Action.USERS)


@pytest.mark.urls(__name__)
def test_a_token_ends(ada: User) -> None:
    token = make_token(ada, "export", SYSTEM)
    assert call(token)[0] == 200
    assert ApiToken.objects.get().expires_at - timezone.now() > timedelta(days=89)
    ApiToken.objects.update(expires_at=timezone.now())
    assert call(token)[0] == 401


@pytest.mark.parametrize("days", ["366", "3650", "0", "-1", "x", ""])
def test_nobody_makes_a_token_that_lasts_longer_than_a_year(signed_in: Client, ada: User, days: str) -> None:
    signed_in.post("/profile/tokens/", FORM | {"days": days})
    assert not ApiToken.objects.exists()
    with pytest.raises(TokenRefused):
        make_token(ada, "export", SYSTEM, days=366)


@pytest.mark.parametrize("permission", ["administer", "approve", "open_cases", "root", ""])
def test_nobody_makes_a_token_that_permits_more_than_their_role(signed_in: Client, permission: str) -> None:
    signed_in.post("/profile/tokens/", FORM | {"permissions": ["read", permission]})
    assert not ApiToken.objects.exists()


def test_a_token_is_made_after_a_fresh_proof_only(signed_in: Client) -> None:
    session = signed_in.session
    session["proved-at"] = 0
    session.save()
    answer = signed_in.post("/profile/tokens/", FORM)
    assert answer["Location"].startswith("/prove/")
    assert not ApiToken.objects.exists()


@pytest.mark.urls(__name__)
def test_the_address_of_the_last_use_is_kept(ada: User) -> None:
    token = make_token(ada, "export", SYSTEM)
    Client().get("/api/who", headers={"Authorization": f"Bearer {token}"}, REMOTE_ADDR="192.0.2.9")
    assert ApiToken.objects.get().last_used_from == "192.0.2.9"


class TestAdmins:
    @pytest.fixture
    def admin(self, db: None) -> Client:
        client = Client()
        client.force_login(User.objects.create_user("boss@example.com", role=UserRole.ADMIN))
        return client

    @pytest.fixture
    def token(self, ada: User) -> ApiToken:
        make_token(ada, "Nightly export", SYSTEM)
        return ApiToken.objects.get()

    def test_see_all_tokens_and_revoke_them(self, admin: Client, token: ApiToken) -> None:
        assert "Nightly export" in admin.get("/settings/tokens/").text
        assert "ada@example.com" in admin.get(f"/settings/tokens/{token.pk}/").text
        admin.post(f"/settings/tokens/{token.pk}/revoke/")
        token.refresh_from_db()
        assert token.revoked_at
        assert (
            "Nightly export"
            not in admin.get("/settings/tokens/").text.partition("toast")[0].partition("<table")[2]
        )

    def test_let_a_token_last_longer_than_a_year(self, admin: Client, token: ApiToken) -> None:
        until = timezone.now().date() + timedelta(days=800)
        admin.post(f"/settings/tokens/{token.pk}/", {"until": until.isoformat()})
        token.refresh_from_db()
        assert token.expires_at.date() == until
        assert Entry.objects.filter(action="access.token_extended").count() == 1

    @pytest.mark.parametrize(
        "until", ["2020-01-01", "0001-01-01", "yesterday", "9999-12-31", "2099-02-30", ""]
    )
    def test_give_no_end_in_the_past_or_in_another_life(
        self, admin: Client, token: ApiToken, until: str
    ) -> None:
        assert admin.post(f"/settings/tokens/{token.pk}/", {"until": until}).status_code == 422
        assert ApiToken.objects.get().expires_at == token.expires_at

    def test_extend_no_token_that_was_revoked(self, token: ApiToken) -> None:
        revoke_token(token, SYSTEM)
        with pytest.raises(TokenRefused):
            extend_token(token, timezone.now() + timedelta(days=1), SYSTEM)

    def test_alone(self, signed_in: Client, token: ApiToken) -> None:
        """Not even the owner, who is no admin."""
        assert signed_in.get("/settings/tokens/").status_code == 403
        assert signed_in.post(f"/settings/tokens/{token.pk}/", {"until": "2030-01-01"}).status_code == 403


class TestMail:
    @pytest.fixture(autouse=True)
    def _mail(self, settings: Settings) -> None:
        settings.EMAIL_HOST = "mail.example.com"

    def subjects(self) -> list[str]:
        mail.outbox.clear()
        send_waiting_mails()
        return [each.subject for each in mail.outbox]

    def test_a_new_token_is_told(self, signed_in: Client) -> None:
        page = signed_in.post("/profile/tokens/", FORM, REMOTE_ADDR="192.0.2.9").text
        assert self.subjects() == ["A new API token for Usher was created"]
        body = str(mail.outbox[0].body)
        assert "Nightly export" in body
        assert "192.0.2.9" in body
        token = re.search(r"usher_[\w-]{40,}", page)
        assert token
        assert token[0] not in body

    def test_that_a_token_ends_soon_is_told_once_and_shown(self, signed_in: Client, ada: User) -> None:
        make_token(ada, "soon", SYSTEM, days=13)
        make_token(ada, "later", SYSTEM, days=15)
        self.subjects()
        assert tell_of_ends() == 1
        assert self.subjects() == ["An API token for Usher ends soon"]
        assert tell_of_ends() == 0
        assert "“soon” ends" in signed_in.get("/profile/").text
        assert "“later” ends" not in signed_in.get("/profile/").text
