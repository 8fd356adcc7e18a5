"""The same pages in other circumstances: access denied, no mouse, a narrow screen. One account is connected."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, StorageState, expect

from tests.e2e.conftest import Installation, installed
from tests.support import chromium as system_chromium
from tests.support.e2e.walkthrough import answer_asana, make_the_first_account, open_the_connect_dialog

pytestmark = [
    pytest.mark.skipif(system_chromium.EXECUTABLE is None, reason="needs Chromium"),
    pytest.mark.xdist_group("e2e"),
]


@pytest.fixture(scope="module")
def usher() -> Iterator[Installation]:
    with installed() as installation:
        yield installation


@pytest.fixture(scope="module")
def signed_in(chromium: Browser, usher: Installation) -> StorageState:
    context = chromium.new_context()
    context.set_default_timeout(system_chromium.PATIENCE_MILLISECONDS)
    make_the_first_account(context.new_page(), usher)
    session = context.storage_state()
    context.close()
    usher.command("connect", "--name", "Northwind", "--token", "sandbox-pat-1")
    usher.command("sync", "Northwind")
    return session


def test_who_denies_access_at_asana_can_try_again(context: BrowserContext, page: Page) -> None:
    page.goto("/")
    open_the_connect_dialog(page)
    dialog = page.get_by_role("dialog", name="Connect Asana")
    dialog.get_by_label("Name").fill("Southwind")
    dialog.get_by_role("button", name="Continue to Asana").click()
    asana = answer_asana(context, page, "Deny")
    expect(asana.get_by_role("heading", name="No access was given")).to_be_visible()
    asana.close()
    page.get_by_label("Code from Asana").fill("no-code-at-all")
    page.get_by_role("button", name="Connect").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was connected.")
    expect(page.locator(".connection-row")).to_have_count(1)
    open_the_connect_dialog(page)


def test_the_connect_dialog_needs_no_mouse(page: Page) -> None:
    page.goto("/integrations/")
    opener = page.get_by_role("link", name="Connect", exact=True)
    tab_to(page, opener)
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Connect Asana")
    name = dialog.get_by_label("Name")
    expect(name).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()

    page.keyboard.press("Enter")
    expect(name).to_be_focused()
    page.keyboard.type("Tideway")
    page.keyboard.press("Tab")
    expect(dialog.get_by_role("radio", name="Read See people")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(dialog.get_by_role("radio", name="Read and take action")).to_be_checked()
    tab_to(page, dialog.get_by_role("radio", name=re.compile("^Asana.s consent page")))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(dialog.get_by_role("textbox", name="Personal access token", exact=True)).to_be_focused()
    page.keyboard.type("sandbox-pat-2")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Usher can read this account")).to_be_visible()
    go_on = page.get_by_role("button", name="Continue to the first sync")
    tab_to(page, go_on)
    page.keyboard.press("Enter")
    expect(page.locator(".health-state")).to_contain_text("Connected and synced")
    expect(page.get_by_text("Read and take action")).to_be_visible()


def tab_to(page: Page, wanted: Locator, within: int = 30) -> None:
    for _ in range(within):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"not reached in {within} steps: {wanted}")


@pytest.mark.parametrize("width", [360])
def test_every_page_fits_a_narrow_screen(page: Page, width: int) -> None:
    page.goto("/people/?q=Astrid+Halvorsen")
    person = page.get_by_role("link", name="Astrid Halvorsen").first.get_attribute("href")
    page.goto("/integrations/")
    connection = page.get_by_role("link", name="Northwind", exact=True).get_attribute("href")
    page.goto(connection or "")
    run = (
        page.get_by_role("region", name="Syncs").get_by_role("row").get_by_role("link").get_attribute("href")
    )
    for address in (
        "/",
        "/people/",
        "/people/?domain=nowhere.example&columns=domain&columns=until",
        person,
        "/integrations/",
        "/integrations/app/",
        "/integrations/connect/",
        connection,
        f"{connection}test/",
        f"{connection}change/",
        f"{connection}reconnect/",
        f"{connection}disconnect/",
        run,
        "/profile/",
    ):
        page.goto(address or "")
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{address} scrolls sideways"

    page.goto("/integrations/")
    page.get_by_role("link", name="Connect", exact=True).click()
    send = page.get_by_role("dialog", name="Connect Asana").get_by_role("button", name="Continue to Asana")
    expect(send).to_be_in_viewport(ratio=1)
    page.goto("/")
    expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="People").click()
    expect(page.get_by_role("heading", name="People")).to_be_visible()
