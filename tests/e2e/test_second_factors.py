"""A second factor as a person sets it up and uses it: an authenticator app, a passkey, and recovery codes."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import Installation
from tests.support import chromium
from tests.support.access.second_factors import code
from tests.support.e2e.walkthrough import PASSWORD, make_the_first_account

pytestmark = [
    pytest.mark.skipif(chromium.EXECUTABLE is None, reason="needs Chromium"),
    pytest.mark.xdist_group("e2e"),
]


def test_an_app_a_passkey_and_a_recovery_code(
    usher: Installation, context: BrowserContext, page: Page
) -> None:
    # Browsers know no passkeys at an IP address.
    at_a_name = Installation(
        usher.url.replace("127.0.0.1", "localhost"),
        usher.one_time_link.replace("127.0.0.1", "localhost"),
        usher.environment,
        usher.sandbox,
    )
    make_the_first_account(page, at_a_name)
    key, recovery_code = add_an_app(page, at_a_name)

    sign_out(page)
    sign_in_with_a_password(page)
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    page.goto(f"{at_a_name.url}/people/")  # no other address gets past it
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    page.get_by_label("Code").fill(code(1, key))  # the one before was used to set it up
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()

    add_a_passkey(context, page, at_a_name)
    sign_out(page)
    sign_in_with_a_password(page)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()

    sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()

    sign_out(page)
    sign_in_with_a_password(page)
    page.get_by_label("Code").fill(recovery_code)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("You have 9 recovery codes left.")).to_be_visible()


def add_an_app(page: Page, usher: Installation) -> tuple[str, str]:
    page.goto(f"{usher.url}/profile/")
    page.get_by_role("link", name="Second factor").click()
    page.get_by_role("link", name="Add authenticator app").click()
    expect(page.get_by_alt_text("QR code")).to_be_visible()
    key = page.locator("#key").inner_text().replace(" ", "")
    page.get_by_label("Code that the app shows").fill(code(0, key))
    page.get_by_role("button", name="Add app").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    text = download.value.path().read_text()
    first = page.locator(".recovery-codes code").first.inner_text()
    assert first in text
    page.get_by_role("button", name="I have kept them").click()
    expect(page.get_by_text("10 left")).to_be_visible()
    return key, first


def add_a_passkey(context: BrowserContext, page: Page, usher: Installation) -> None:
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    page.goto(f"{usher.url}/profile/second-factor/passkey/")
    page.get_by_label("Name").fill("Laptop")
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_text("Laptop").first).to_be_visible()
    expect(page.get_by_role("link", name="Remove Laptop")).to_be_visible()


def sign_out(page: Page) -> None:
    page.locator("#user-side").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def sign_in_with_a_password(page: Page) -> None:
    page.get_by_label("E-mail").fill("ines@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name=re.compile("^Sign in$")).click()
