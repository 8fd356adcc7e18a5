"""Steps that several walks through the pages share, in the words of who takes them."""

import re

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.e2e.conftest import Installation

PASSWORD = "seven lamps at the pier"


def make_the_first_account(page: Page, usher: Installation) -> None:
    page.goto(usher.one_time_link)
    expect(page.get_by_role("heading", name="Welcome to Usher")).to_be_visible()
    page.get_by_label("Name").fill("Ines Marsh")
    page.get_by_label("E-mail").fill("ines@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()


def follow(link: Locator) -> None:
    """Follows a link until its page is loaded, with its scripts. Who types earlier may type into the page before."""
    with link.page.expect_event("load"):
        link.click()


def answer_asana(context: BrowserContext, page: Page, decision: str) -> Page:
    """Opens Asana's consent page from Usher's page for the code, and decides. Returns the tab it opened in."""
    with context.expect_page() as opened:
        page.get_by_role("link", name="Open Asana’s consent page").click()
    asana = opened.value
    asana.get_by_role("radio", name="Astrid Halvorsen").check()
    asana.get_by_role("button", name=decision).click()
    return asana


def open_the_connect_dialog(page: Page) -> None:
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Integrations").click()
    page.get_by_role("link", name=re.compile("^Connect( Asana)?$")).click()
    expect(page.get_by_role("dialog", name="Connect Asana").get_by_label("Name")).to_be_focused()
