"""Single sign-on as people meet it, with a second factor, at real identity providers: npm's oidc-provider and samlp."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tests.support import chromium
from tests.support.access.second_factors import code
from tests.support.sso.assertions import signer
from tests.support.sso.servers import running_provider
from usher.access.models import IdentityProvider, SecurityPolicy, User

pytestmark = [
    pytest.mark.skipif(chromium.EXECUTABLE is None, reason="needs Chromium"),
    pytest.mark.xdist_group("e2e"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture(scope="module", autouse=True)
def _queries_beside_playwright() -> Iterator[None]:
    """Playwright keeps an event loop in this thread; Django would take that for async code and refuse queries."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@pytest.fixture(autouse=True)
def _no_connection_left_behind() -> None:
    """In place of the one of all tests, which cannot run beside that loop."""


@pytest.fixture
def usher(live_server: LiveServer, settings: Settings) -> LiveServer:
    """In this process, which starts sooner than `usher up`. To browsers, `localhost` is another site than 127.0.0.1."""
    settings.USHER_BASE_URL = live_server.url
    return live_server


def test_somebody_signs_in_by_openid_connect_with_a_second_factor(
    page: Page, usher: LiveServer, user: User, client: Client
) -> None:
    with running_provider("oidc_provider.mjs", usher.url) as issuer:
        as_admin(page, usher, client, user)
        page.goto("/settings/single-sign-on/add/oidc/")
        page.get_by_label("Issuer").fill(issuer)
        page.get_by_label("Client ID").fill("usher")
        page.get_by_label("Client secret").fill("a client secret that is long enough")
        page.get_by_label("Further scopes").fill("groups")
        add_provider(page, "Acme ID")
        expect(page.get_by_text("The provider takes them.")).to_be_visible()
        page.context.clear_cookies()

        page.goto("/people/")
        page.get_by_role("link", name="Sign in with Acme ID").click()
        expect(page.get_by_text(re.compile("Usher wants to read: .*groups"))).to_be_visible()
        page.get_by_label("Who are you?").fill("ines@example.com")
        page.get_by_role("button", name="Allow").click()
        key = set_up_the_app_that_is_required(page)
        assert User.objects.get(username="ines@example.com").role == "approver"

        sign_out(page)
        expect(page.get_by_text("You are still signed in to Acme ID.")).to_be_visible()
        page.get_by_role("link", name="Back to sign-in").click()
        page.get_by_role("link", name="Sign in with Acme ID").click()  # the provider does not ask again
        take_the_second_step(page, key, "ines@example.com")

        sign_out(page)
        page.get_by_role("link", name="Sign out of Acme ID").click()
        page.get_by_role("button", name="Yes").click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        page.get_by_role("link", name="Sign in with Acme ID").click()
        expect(page.get_by_label("Who are you?")).to_be_visible()


def test_somebody_signs_in_by_saml_with_a_second_factor(
    page: Page, usher: LiveServer, user: User, client: Client, tmp_path: Path
) -> None:
    files = {
        tmp_path / "key.pem": signer("corp").key,
        tmp_path / "certificate.pem": signer("corp").certificate,
    }
    for file, text in files.items():
        file.write_text(text)
    with running_provider("saml_provider.cjs", usher.url, *map(str, files)) as provider:
        as_admin(page, usher, client, user)
        page.goto("/settings/single-sign-on/add/saml/")
        page.get_by_label("Or its metadata").fill(httpx.get(f"{provider}/metadata").text)
        page.get_by_label("Groups are in").fill("http://schemas.passportjs.com/groups")
        add_provider(page, "Corp ID")
        expect(page.get_by_text(f"{provider}/sso")).to_be_visible()
        page.context.clear_cookies()

        sign_in_at_corp(page)
        key = set_up_the_app_that_is_required(page)
        assert User.objects.get(username="ines@example.com").role == "approver"

        sign_out(page)
        sign_in_at_corp(page)  # by a post from another site, with which browsers send no session
        take_the_second_step(page, key, "ines@example.com")

        sign_out(page)
        page.goto("/people/")
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("width", [360])
def test_long_names_of_providers_stay_on_their_buttons(
    page: Page, usher: LiveServer, user: User, client: Client
) -> None:
    names = ["Corporate single sign-on of the Example Group", "Unternehmensanmeldungsdienstleister"]
    for slug, name in zip("ab", names, strict=True):
        IdentityProvider.objects.create(slug=slug, protocol="saml", name=name, domains=["example.com"])
        SocialAccount.objects.create(provider=slug, uid=slug, user=user)
    page.goto("/sign-in/")
    stay_on_their_buttons(page, names)
    as_admin(page, usher, client, user)
    page.goto("/prove/")
    stay_on_their_buttons(page, names)


def stay_on_their_buttons(page: Page, names: list[str]) -> None:
    for name in names:
        button = page.get_by_role("link", name=name)
        assert button.evaluate("(button) => button.scrollWidth <= button.clientWidth"), name
        assert button.evaluate("(button) => button.scrollHeight <= button.clientHeight"), name


def as_admin(page: Page, usher: LiveServer, client: Client, admin: User) -> None:
    client.force_login(admin)
    session = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": usher.url}])


def add_provider(page: Page, name: str) -> None:
    """Fills in what both protocols have, and tests the connection. From then on approvers need a second factor."""
    page.get_by_label("Name on the button").fill(name)
    page.get_by_label("E-mail domains").fill("example.com")
    page.get_by_label("Make accounts at the first sign-in").check()
    page.get_by_label("Groups of approvers").fill("usher-approvers")
    page.get_by_role("button", name="Add provider").click()
    page.get_by_role("button", name="Test connection").click()
    expect(page.locator("[data-outcome=passed]").first).to_be_visible()
    expect(page.locator("[data-outcome=failed]")).to_have_count(0)
    SecurityPolicy(pk=1, second_factor=SecurityPolicy.SecondFactor.APPROVERS).save()


def sign_in_at_corp(page: Page) -> None:
    page.goto("/sign-in/")
    page.get_by_role("link", name="Sign in with Corp ID").click()
    page.get_by_label("Who are you?").fill("ines@example.com")
    page.get_by_role("button", name="Continue").click()


def set_up_the_app_that_is_required(page: Page) -> str:
    """Whoever is signed in gets to no other page before. Returns the key of the app."""
    expect(page.get_by_text("Set up a second factor to go on.")).to_be_visible()
    page.goto("/people/")
    expect(page.get_by_text("Set up a second factor to go on.")).to_be_visible()
    page.get_by_role("link", name="Add authenticator app").click()
    key = page.locator("#key").inner_text().replace(" ", "")
    page.get_by_label("Code that the app shows").fill(code(0, key))
    page.get_by_role("button", name="Add app").click()
    page.get_by_role("button", name="I have kept them").click()
    page.goto("/people/")
    expect(page.get_by_role("heading", name="People", level=1)).to_be_visible()
    return key


def take_the_second_step(page: Page, key: str, email: str) -> None:
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    expect(page.get_by_text(f"You sign in as {email}.")).to_be_visible()
    page.goto("/people/")  # no other address gets past it
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    page.get_by_label("Code").fill(code(1, key))  # the one before was used to set it up
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()


def sign_out(page: Page) -> None:
    page.locator("#user-side").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="Sign").wait_for()
