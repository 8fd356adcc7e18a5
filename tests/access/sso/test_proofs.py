"""Who has neither a password nor a second factor proves again who they are by signing in at their provider."""

import time
from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import HttpResponse
from django.test import Client

from tests.access.sso.conftest import come_back, come_back_by_saml, id_of, saml_request, sign_in, who
from tests.support.access.second_factors import code, give_app
from tests.support.sso.assertions import Answer, moment
from tests.support.sso.forging_provider import ForgingProvider
from usher.access.models import IdentityProvider, SignInPolicy, User
from usher.access.proof.fresh import PROVED_AT

HOUR = 3600
LATER = "/profile/"


@pytest.fixture
def ada(ada: User) -> User:
    ada.set_unusable_password()
    ada.save()
    return ada


@pytest.fixture
def signed_in(client: Client, acme: IdentityProvider, ada: User, forger: ForgingProvider) -> Client:
    """Ada, whose sign-in is an hour old."""
    sign_in(client, forger, auth_time=int(time.time()) - HOUR)
    assert who(client) == "ada@example.com"
    return client


def proved(client: Client) -> bool:
    return bool(client.session[PROVED_AT] > time.time() - 60)


def asked_at_acme(client: Client) -> dict[str, str]:
    """Follows the button on the page that asks. Returns what the browser asks the provider."""
    assert 'href="/prove/with/acme/?next=%2Fprofile%2F"' in client.get("/prove/", {"next": LATER}).text
    answer = client.get("/prove/with/acme/", {"next": LATER})
    return {name: values[0] for name, values in parse_qs(urlsplit(answer["Location"]).query).items()}


def prove(client: Client, forger: ForgingProvider, **changed: object) -> HttpResponse:
    asked = asked_at_acme(client)
    forger.token = forger.id_token(asked["nonce"], **changed)
    return come_back(client, asked)


def test_the_provider_is_asked_for_a_new_sign_in_and_that_is_a_proof(
    signed_in: Client, forger: ForgingProvider
) -> None:
    assert not proved(signed_in)
    session = signed_in.session.session_key
    asked = asked_at_acme(signed_in)
    assert (asked["prompt"], asked["max_age"]) == ("login", "0")
    forger.token = forger.id_token(asked["nonce"], auth_time=int(time.time()))
    assert come_back(signed_in, asked)["Location"] == LATER
    assert proved(signed_in)
    assert signed_in.session.session_key == session, "it is the same session"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"auth_time": int(time.time()) - HOUR}, "have just signed in"),
        ({"auth_time": None}, "have just signed in"),
        ({"auth_time": True}, "have just signed in"),
        ({"auth_time": "now"}, "have just signed in"),
        ({"auth_time": int(time.time()), "sub": "sub-2", "email": "bo@example.com"}, "as somebody else"),
        ({"auth_time": int(time.time()), "sub": "sub-2"}, "as somebody else"),
    ],
)
def test_what_is_no_proof_is_refused_in_words(
    signed_in: Client, forger: ForgingProvider, changed: dict[str, object], said: str
) -> None:
    answer = prove(signed_in, forger, **changed)
    assert (answer.status_code, said in answer.text) == (403, True), answer.text
    assert not proved(signed_in)
    assert who(signed_in) == "ada@example.com"
    assert list(User.objects.values_list("username", flat=True)) == ["ada@example.com"]


def test_after_the_session_has_ended_there_is_nothing_to_prove(
    signed_in: Client, forger: ForgingProvider
) -> None:
    asked = asked_at_acme(signed_in)
    forger.token = forger.id_token(asked["nonce"], auth_time=int(time.time()))
    signed_in.post("/sign-out/")
    assert come_back(signed_in, asked).status_code in (302, 403)
    assert who(signed_in) is None


def test_a_sign_in_without_a_question_is_as_old_a_proof_as_the_one_at_the_provider(
    client: Client, acme: IdentityProvider, ada: User, forger: ForgingProvider
) -> None:
    sign_in(client, forger, auth_time=int(time.time()) - HOUR)
    assert not proved(client)
    sign_in(client, forger, auth_time=int(time.time()) - 10)
    assert proved(client)
    sign_in(client, forger, auth_time=int(time.time()) + HOUR)
    assert client.session[PROVED_AT] <= time.time(), "never newer than now"
    sign_in(client, forger)
    assert proved(client), "for a provider that does not say, the sign-in counts"


def test_with_a_second_factor_the_code_is_the_proof(
    client: Client, acme: IdentityProvider, ada: User, forger: ForgingProvider
) -> None:
    give_app(ada)
    sign_in(client, forger, auth_time=int(time.time()) - HOUR)
    client.post("/sign-in/second-factor/", {"code": code()})
    assert proved(client)
    assert "Confirm with Acme ID" not in client.get("/prove/").text


def test_a_password_is_no_proof_where_passwords_sign_nobody_in(
    client: Client, acme: IdentityProvider, root: User, ada: User
) -> None:
    ada.set_password("seven lamps at the pier")
    ada.save()
    client.force_login(ada)
    assert 'name="password"' in client.get("/prove/").text
    SignInPolicy(pk=1, sso_only=True, break_glass=root).save()
    assert 'name="password"' not in client.get("/prove/").text


def test_a_provider_that_is_gone_or_not_ones_own_is_not_offered(
    signed_in: Client, acme: IdentityProvider
) -> None:
    IdentityProvider.objects.create(
        slug="other", protocol="oidc", name="Other ID", issuer="https://other.example"
    )
    assert "Other ID" not in signed_in.get("/prove/").text
    acme.is_enabled = False
    acme.save(update_fields=["is_enabled"])
    assert "Acme ID" not in signed_in.get("/prove/").text
    assert "Sign out, then sign in again" in signed_in.get("/prove/").text, "no page without a way on"
    assert signed_in.get("/prove/with/acme/").status_code == 404


def test_who_is_not_signed_in_proves_nothing(client: Client, acme: IdentityProvider) -> None:
    assert client.get("/prove/with/acme/")["Location"].startswith("/sign-in/")


def test_groups_count_anew_with_a_proof(
    signed_in: Client, acme: IdentityProvider, ada: User, root: User, forger: ForgingProvider
) -> None:
    User.objects.filter(pk=ada.pk).update(role="approver")
    acme.role_groups = {"operator": ["ops"], "approver": ["hr"]}
    acme.default_role = "viewer"
    acme.save()
    prove(signed_in, forger, auth_time=int(time.time()), groups=["ops"])
    ada.refresh_from_db()
    assert ada.role == "operator"


def test_saml_asks_for_a_new_sign_in_and_reads_its_time(
    client: Client, open_corp: IdentityProvider, ada: User
) -> None:
    come_back_by_saml(client, Answer(signed_in=-HOUR).signed())
    assert who(client) == "ada@example.com"
    assert not proved(client)

    refused = come_back_by_saml(client, Answer(asked_at_corp(client), signed_in=-HOUR).signed())
    assert "have just signed in" in refused.text
    assert not proved(client)
    assert come_back_by_saml(client, Answer(asked_at_corp(client)).signed())["Location"] == LATER
    assert proved(client)


def test_a_time_that_was_put_beside_the_signed_assertion_is_no_proof(
    client: Client, open_corp: IdentityProvider, ada: User
) -> None:
    come_back_by_saml(client, Answer(signed_in=-HOUR).signed())
    answer = Answer(asked_at_corp(client), signed_in=-HOUR).signed()
    statement, end = "<saml:AuthnStatement", "</saml:AuthnStatement>"
    beside = (
        statement + answer.partition(statement)[2].partition(end)[0].replace(moment(-HOUR), moment(0)) + end
    )
    forged = answer.replace("<samlp:Status>", f"<samlp:Extensions>{beside}</samlp:Extensions><samlp:Status>")
    assert forged != answer
    assert "have just signed in" in come_back_by_saml(client, forged).text
    assert not proved(client)


def asked_at_corp(client: Client) -> str:
    """Returns the ID of the request."""
    request = saml_request(client.get("/prove/with/corp/", {"next": LATER}))
    assert 'ForceAuthn="true"' in request
    return id_of(request)
