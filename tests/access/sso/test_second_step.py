"""After the provider comes the second factor, where somebody has one."""

import pytest
from allauth.account.utils import user_pk_to_url_str
from django.test import Client

from tests.access.sso.conftest import come_back_by_saml, sign_in, who
from tests.support.access.second_factors import code, give_app
from tests.support.sso.assertions import Answer
from tests.support.sso.forging_provider import ForgingProvider
from usher.access.models import IdentityProvider, User

STEP = "/sign-in/second-factor/"


@pytest.fixture(autouse=True)
def _with_app(ada: User) -> None:
    give_app(ada)


def test_a_code_signs_in_and_leads_to_the_page_that_was_asked_for(
    acme: IdentityProvider, client: Client, forger: ForgingProvider
) -> None:
    IdentityProvider.objects.create(  # another of the same protocol, where Usher has the same client ID
        slug="other", protocol="oidc", name="Other", issuer=forger.issuer, client_id=acme.client_id
    )
    assert sign_in(client, forger, next_page="/profile/")["Location"] == STEP
    assert "ada@example.com" in client.get(STEP).text
    assert who(client) is None
    assert client.post(STEP, {"code": code()})["Location"] == "/profile/"
    assert who(client) == "ada@example.com"


def test_the_session_that_waits_holds_neither_the_password_nor_a_token_of_the_provider(
    acme: IdentityProvider, client: Client, forger: ForgingProvider, ada: User
) -> None:
    sign_in(client, forger)
    waits = client.session["account_login"]
    assert waits["user_pk"] == user_pk_to_url_str(ada)
    assert ada.password not in str(waits)
    assert "token" not in waits["signal_kwargs"]["sociallogin"]


def test_a_code_signs_in_after_an_assertion(open_corp: IdentityProvider, client: Client) -> None:
    assert come_back_by_saml(client, Answer().signed())["Location"] == STEP
    assert client.post(STEP, {"code": code()})["Location"] == "/"
    assert who(client) == "ada@example.com"


def test_when_the_provider_is_switched_off_meanwhile_the_sign_in_is_over(
    acme: IdentityProvider, client: Client, forger: ForgingProvider
) -> None:
    assert sign_in(client, forger)["Location"] == STEP
    acme.is_enabled = False
    acme.save(update_fields=["is_enabled"])
    for answer in (client.get(STEP), client.post(STEP, {"code": code()})):
        assert answer["Location"] == "/sign-in/"
    assert client.get("/sign-in/").status_code == 200
    assert who(client) is None
