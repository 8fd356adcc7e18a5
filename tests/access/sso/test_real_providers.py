"""Whole sign-ins with a real provider of OpenID Connect, npm's oidc-provider."""

from urllib.parse import parse_qs, urlsplit

import httpx
from django.test import Client

from tests.access.sso.conftest import who
from tests.support.sso.servers import running_provider
from usher.access.models import IdentityProvider, User


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
        address = client.get("/sign-in/oidc/acme-id/")["Location"]
        with httpx.Client(base_url=issuer) as browser:
            login = browser.get(address)
            answer = browser.post(login.headers["location"], data={"email": "ada@example.com"})
            while not answer.headers["location"].startswith("http://testserver"):
                answer = browser.get(answer.headers["location"])
        back = urlsplit(answer.headers["location"])
        asked = {name: values[0] for name, values in parse_qs(back.query).items()}
        assert client.get(back.path, asked)["Location"] == "/"
    assert who(client) == "ada@example.com"
    assert User.objects.get().role == "approver"
