"""The shell in real Chromium: policy, theme, charts, tables, failing requests, narrow screens."""

import os
from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.support.chromium import ARGUMENTS, EXECUTABLE, PATIENCE_MILLISECONDS
from tests.support.paths import CONTRAST
from usher.access.models import SignInLink, User

BACKGROUND = {"light": "rgb(246, 247, 249)", "dark": "rgb(20, 23, 29)"}

pytestmark = [
    pytest.mark.urls("tests.support.web.style_page"),
    pytest.mark.xdist_group("web-browser"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(EXECUTABLE is None, reason="needs Chromium"),
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    # Playwright keeps an event loop in this thread; Django would take that for async code and refuse queries.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=EXECUTABLE, args=ARGUMENTS)
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(autouse=True)
def _no_connection_left_behind() -> None:
    """In place of the one of all tests, which cannot run beside that loop; nothing here is async on our side."""


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console complained of."""
    return []


@pytest.fixture
def page(chromium: Browser, live_server: LiveServer, complaints: list[str]) -> Iterator[Page]:
    yield from opened(chromium, live_server, complaints, width=1280, scheme="light")


def opened(
    chromium: Browser, server: LiveServer, complaints: list[str], width: int, scheme: Literal["light", "dark"]
) -> Iterator[Page]:
    def hear(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    context = chromium.new_context(
        base_url=server.url,
        viewport={"width": width, "height": 800},
        color_scheme=scheme,
        timezone_id="Asia/Tokyo",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MILLISECONDS)
    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()


def look(page: Page, address: str = "/style/") -> None:
    page.goto(address)
    expect(page.locator("[data-chart] canvas")).to_have_count(5)


def drawn(page: Page, chart: str = "line") -> str:
    """The picture of a chart, as it stands."""
    canvas = page.locator(f"#{chart} canvas").first
    return str(canvas.evaluate("canvas => canvas.toDataURL()"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_every_component_keeps_to_the_policy_and_fits_the_screen(
    chromium: Browser,
    live_server: LiveServer,
    complaints: list[str],
    width: int,
    scheme: Literal["light", "dark"],
) -> None:
    for page in opened(chromium, live_server, complaints, width, scheme):
        look(page, "/style/?messages")
        page.locator("#line [data-chart]").hover()
        page.locator("#line summary").click()
        expect(page.locator("#line table")).to_be_visible()
        expect(page.locator("body")).to_have_css("background-color", BACKGROUND[scheme])
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(CONTRAST) == []
    assert complaints == []


def test_an_inline_script_or_style_would_be_noticed(page: Page, complaints: list[str]) -> None:
    look(page)
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">')")
    assert any("Content Security Policy" in complaint for complaint in complaints)


def test_a_text_too_faint_to_read_would_be_noticed(page: Page) -> None:
    look(page)
    page.locator("h1").evaluate("heading => { heading.style.color = '#b0b4bc' }")
    assert [text.split(":")[0] for text in page.evaluate(CONTRAST)] == ["Every component"]


def test_the_chosen_theme_is_taken_at_once_and_kept(page: Page, ada: User) -> None:
    sign_in(page, ada)
    look(page)
    light = drawn(page)
    page.get_by_role("button", name="Account of Ada").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("body")).to_have_css("background-color", BACKGROUND["dark"])
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    assert drawn(page) != light, "charts follow"
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_the_automatic_theme_follows_the_system(page: Page) -> None:
    look(page)
    light = drawn(page)
    page.emulate_media(color_scheme="dark")
    expect(page.locator("body")).to_have_css("background-color", BACKGROUND["dark"])
    assert drawn(page) != light


def test_a_chart_that_is_swapped_in_is_drawn(page: Page, complaints: list[str]) -> None:
    look(page)
    page.locator("#swap").click()
    expect(page.locator("#swapped-chart canvas").first).to_be_visible()
    assert complaints == []


def test_a_table_is_sorted_and_paged_in_place_by_keyboard(page: Page, complaints: list[str]) -> None:
    look(page)
    page.evaluate("window.stayed = true")
    page.locator("#sort-since").focus()
    page.keyboard.press("Enter")
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Since")
    expect(page.locator("#sort-since")).to_be_focused()
    page.locator("#page-next").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".table-range")).to_have_text("51–100 of 2,000")
    expect(page.locator("#announcer")).to_have_text("51–100 of 2,000")
    assert page.url.endswith("?sort=since&page=2")
    page.locator("#table-size").select_option("100")
    expect(page.locator(".table-range")).to_have_text("1–100 of 2,000")
    assert page.url.endswith("?sort=since&per_page=100")
    assert page.evaluate("window.stayed")
    page.go_back()
    expect(page.locator(".table-range")).to_have_text("51–100 of 2,000")
    assert complaints == []


def test_on_a_narrow_screen_rows_are_cards_that_can_be_sorted(
    chromium: Browser, live_server: LiveServer, complaints: list[str]
) -> None:
    for page in opened(chromium, live_server, complaints, 360, "light"):
        look(page)
        cell = page.locator("#table tbody tr").first.locator("td").nth(1)
        assert cell.evaluate("cell => getComputedStyle(cell, '::before').content") == '"Role"'
        page.get_by_role("button", name="Sort").click()
        page.locator(".sort-menu").get_by_role("link", name="Role").click()
        expect(page.get_by_role("button", name="Sort by Role")).to_be_visible()
    assert complaints == []


def test_a_request_that_fails_says_so_until_one_succeeds(page: Page) -> None:
    look(page)
    page.get_by_role("button", name="Fail").click()
    expect(page.get_by_role("alert").filter(has_text="Something went wrong in Usher")).to_be_visible()
    page.locator("#swap").click()
    expect(page.locator("[data-request-error]")).to_have_count(0)


def test_a_request_that_reaches_nobody_says_so(page: Page) -> None:
    look(page)
    page.context.set_offline(True)
    page.locator("#swap").click()
    expect(page.get_by_role("alert").filter(has_text="Is it running")).to_be_visible()


def test_a_session_that_ended_leads_to_signing_in_and_back(page: Page, ada: User) -> None:
    look(page)
    page.locator("#private").click()
    page.wait_for_url("**/sign-in/?next=%2Fstyle%2F")
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_label("Password", exact=True).fill("correct horse battery")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/style/")


def test_times_are_shown_in_the_browsers_zone(page: Page) -> None:
    page.goto("/sign-in/")
    look(page)
    assert "(JST)" in (page.locator("time[title]").first.get_attribute("title") or "")


def test_the_first_stop_of_the_keyboard_skips_to_the_content(page: Page) -> None:
    look(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_the_menu_of_a_narrow_screen_unfolds_and_says_where_one_is(
    chromium: Browser, live_server: LiveServer, complaints: list[str], ada: User
) -> None:
    for page in opened(chromium, live_server, complaints, 360, "light"):
        sign_in(page, ada)
        page.goto("/")
        here = page.get_by_role("navigation", name="Main").get_by_role("link", name="Dashboard")
        expect(here).to_be_hidden()
        page.get_by_role("button", name="Menu").click()
        expect(here).to_be_visible()
        expect(here).to_have_attribute("aria-current", "page")


def test_text_is_copied(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    look(page)
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "usher sign-in-link"


@pytest.fixture
def ada(transactional_db: None) -> User:
    return User.objects.create_user(
        "ada@example.com", "ada@example.com", "correct horse battery", name="Ada Lovelace"
    )


def sign_in(page: Page, user: User) -> None:
    page.goto(f"/welcome/{SignInLink.issue(user)}/")
    page.get_by_role("button", name="Sign in as").click()
    page.wait_for_url("**/")
