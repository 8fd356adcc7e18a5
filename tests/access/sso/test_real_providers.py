"""Whole sign-ins with a real provider of OpenID Connect, npm's oidc-provider."""

import time
from urllib.parse import parse_qs, urlsplit

import httpx
from django.http import HttpResponse
from django.test import Client

from tests.access.sso.conftest import who
from tests.support.sso.servers import running_provider
from usher.access.models import IdentityProvider, User
from usher.access.proof.fresh import PROVED_AT


def test_somebody_signs_in_with_oidc_provider_and_their_groups_give_the_role(
    db: None, client: Client
) -> None:
    with running_provider("oidc_provider.mjs", "http://testserver") as issuer:
        IdentityProvider.objects.create(
            slug="acme-id",
            protocol="oidc",
            name="Acme ID",
            issuer=issuer,
            client_id="usher",
            client_secret="a client secret that is long enough",
            extra_scopes="groups",
            domains=["example.com"],
            creates_users=True,
            role_groups={"approver": ["hr"]},
        )
        with httpx.Client(base_url=issuer) as browser:
            assert at_provider(client, browser, "/sign-in/oidc/acme-id/", is_asked=True)["Location"] == "/"
            assert who(client) == "ada@example.com"
            assert User.objects.get().role == "approver"

            at_provider(client, browser, "/sign-in/oidc/acme-id/", is_asked=False)
            session = client.session
            session[PROVED_AT] -= 3600
            session.save()
            proof = "/prove/with/acme-id/?next=/profile/"
            assert at_provider(client, browser, proof, is_asked=True)["Location"] == "/profile/"
            assert client.session[PROVED_AT] > time.time() - 60


def at_provider(client: Client, browser: httpx.Client, page: str, *, is_asked: bool) -> HttpResponse:
    """From a page of Usher to the provider and back. Whom it remembers it asks only if Usher wants it."""
    answer = browser.get(client.get(page)["Location"])
    assert answer.headers["location"].startswith("/interaction/") == is_asked
    if is_asked:
        answer = browser.post(answer.headers["location"], data={"email": "ada@example.com"})
    while not answer.headers["location"].startswith("http://testserver"):
        answer = browser.get(answer.headers["location"])
    back = urlsplit(answer.headers["location"])
    return client.get(back.path, {name: values[0] for name, values in parse_qs(back.query).items()})
