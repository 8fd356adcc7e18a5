"""Personal tokens: shown once, stored hashed, and as able as their owner is at that moment."""

import json
import re
from datetime import timedelta

import pytest
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest
from django.test import Client
from django.urls import path
from django.utils import timezone
from ninja import NinjaAPI

from usher.access.models import ApiToken, User
from usher.access.roles import actor_of
from usher.access.tokens.api_auth import PersonalToken
from usher.access.tokens.api_tokens import find_token, make_token, revoke_token
from usher.ledger.actors import SYSTEM
from usher.ledger.models import Entry

api = NinjaAPI(auth=PersonalToken(), urls_namespace="of-this-test")


@api.get("/who")
def who(request: HttpRequest) -> dict[str, object]:
    actor = actor_of(request)
    return {"kind": actor.kind, "name": actor.name, "user_id": actor.user_id, "via": actor.via}


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
    page = signed_in.post("/profile/tokens/", {"name": "Nightly export"}).text
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
    assert signed_in.post("/profile/tokens/", {"name": " "}).status_code == 302
    assert not ApiToken.objects.exists()


def test_it_is_revoked_by_its_owner_alone(signed_in: Client, ada: User) -> None:
    eve = User.objects.create_user("eve@example.com")
    make_token(ada, "mine", SYSTEM)
    make_token(eve, "hers", SYSTEM)
    for token in ApiToken.objects.all():
        signed_in.post(f"/profile/tokens/{token.pk}/revoke/")
    assert list(ApiToken.objects.filter(revoked_at=None).values_list("name", flat=True)) == ["hers"]


def test_making_and_revoking_are_recorded(signed_in: Client) -> None:
    signed_in.post("/profile/tokens/", {"name": "export"})
    token = ApiToken.objects.get()
    for _ in range(2):
        signed_in.post(f"/profile/tokens/{token.pk}/revoke/")
    assert list(Entry.objects.order_by("number").values_list("action", "actor_name", "subject")) == [
        (f"access.token_{what}", "ada@example.com", f"API token {token.pk}: “export” of ada@example.com")
        for what in ("made", "revoked")
    ]
