"""Every page against WCAG 2.2 AA and axe-core's best practices: light and dark, wide and narrow."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, Request, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.support import chromium as system_chromium
from tests.support.e2e.furnished import addresses, furnish
from tests.support.paths import ROOT
from usher.access.models import SignInLink, User
from usher.connections.models import Connection
from usher.ledger.models import MissingHead
from usher.removal.models import Guardrails
from usher.roster.models import Person
from usher.sandbox import RunningSandbox

AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OF_COLOURS = ["color-contrast", "link-in-text-block"]
"""The rules whose result depends on the colour scheme."""

RUN = """async (only) => {
  const {violations} = await axe.run(document, {runOnly: only, resultTypes: ["violations"], preload: false});
  return violations.map(({id, nodes}) => {
    const [{html, target, any, all, none}] = nodes;
    const why = [...any, ...all, ...none].map((check) => check.message).join("; ");
    return `${id}: ${nodes.length} times, first ${target.join(" ")}: ${html.slice(0, 200)}: ${why}`;
  });
}"""
OPEN_DETAILS = "document.querySelectorAll('details').forEach((details) => { details.open = true; })"

OVERLAPS = """() => [...document.querySelectorAll('.table-rows td')].flatMap((cell) => {
  const next = cell.nextElementSibling?.getBoundingClientRect();
  const sticksOut = (part) => {
    const {left, right, top, bottom} = part.getBoundingClientRect();
    return right > next.left + 1 && left < next.right && bottom > next.top && top < next.bottom;
  };
  return next ? [...cell.querySelectorAll('.pill, .person')].filter(sticksOut).map((part) => part.innerText) : [];
})"""
"""Badges and people that lie over the next cell of their row."""

WIDE, NARROW = 1280, 360

WITH_PARAMETERS = (
    "/no-such-page/",
    "/people/?q=nobody+of+this+name",
    "/people/?use=idle90&columns=connection&columns=domain&columns=until",
    "/people/?since_after=nonsense",
    "/audit-log/?category=nothing",
    "/ledger/?about=nothing",
    "/cases/?queue=all",
    "/cases/?queue=waiting",
    "/leavers/?show=all",
    "/reconciliation/people/?show=not_in_usher",
    "/reconciliation/people/?activity=console_later",
    "/settings/protected/?q=a",
)

pytestmark = [
    pytest.mark.xdist_group("accessibility"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(system_chromium.EXECUTABLE is None, reason="needs Chromium"),
]


@pytest.fixture
def chromium() -> Iterator[Browser]:
    # Playwright keeps an event loop in this thread; Django would take that for async code and refuse queries.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=system_chromium.EXECUTABLE, args=system_chromium.ARGUMENTS
        )
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(autouse=True)
def _no_connection_left_behind() -> None:
    """In place of the one of all tests, which cannot run beside that loop."""


@dataclass(frozen=True)
class Furnished:
    """Addresses of all pages, and the session of somebody who may see them."""

    pages: list[str]
    session: str


@pytest.fixture
def furnished(sandbox: RunningSandbox, user: User) -> Furnished:
    """To be requested before `chromium`: async code of ours cannot run beside Playwright's loop."""
    browser = furnish(user)
    pages = [*addresses(user), *WITH_PARAMETERS, _with_people_chosen()]
    shown = [each for each in pages if is_page(browser, each)]
    asyncio.run(sync_to_async(connections.close_all)())  # async code has its own, in a thread of its own
    return Furnished(shown, browser.cookies["sessionid"].value)


def is_page(browser: Client, address: str) -> bool:
    """Whether a GET answers with a whole HTML page, and not with a part of one, a file or a redirect."""
    answer = browser.get(address)
    tells_of_health = address == "/healthz/details"  # which is no fault of the page
    assert answer.status_code < 500 or tells_of_health, address
    is_file = answer.get("Content-Disposition", "").startswith("attachment")
    if answer.status_code not in {200, 404, 422} or answer.streaming or is_file:
        return False
    return answer.content.lstrip()[:15].lower() == b"<!doctype html>"


def _with_people_chosen() -> str:
    """The page that asks what is to be done with the selected people."""
    acme = Connection.objects.get(name="Acme")
    people = Person.objects.filter(connection=acme, memberships__status="active", removal_cases=None)[:3]
    return "/removals/new/?" + "&".join(f"person={person.pk}" for person in people)


class Reader:
    """A browser window in which pages are opened and examined."""

    def __init__(self, chromium: Browser, server: LiveServer, session: str = "") -> None:
        self.problems: list[str] = []
        self._in_flight = 0
        context = chromium.new_context(base_url=server.url, reduced_motion="reduce")
        context.set_default_timeout(system_chromium.PATIENCE_MILLISECONDS)
        if session:
            context.add_cookies([{"name": "sessionid", "value": session, "url": server.url}])
        context.add_init_script(AXE)
        self.page = context.new_page()
        self.page.on("request", self._began)
        self.page.on("requestfinished", self._ended)
        self.page.on("requestfailed", self._ended)

    def _began(self, request: Request) -> None:
        self._in_flight += request.resource_type in {"xhr", "fetch"}

    def _ended(self, request: Request) -> None:
        self._in_flight -= request.resource_type in {"xhr", "fetch"}

    def open(self, address: str, width: int = WIDE) -> Page:
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.emulate_media(color_scheme="light")
        self.page.goto(address)
        return self.page

    def examine(self, address: str) -> None:
        """Opens an address, wide and then narrow."""
        self.open(address)
        self.page.evaluate(OPEN_DETAILS)
        self._wait_for_parts()
        self.examine_page(address)
        self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size({"width": NARROW, "height": 900})
        self.problems += [f"{address}, narrow: {text} overlaps" for text in self.page.evaluate(OVERLAPS)]
        self.examine_page(f"{address}, narrow")

    def examine_page(self, name: str) -> None:
        """What the open page shows, in both colour schemes."""
        found = self.page.evaluate(RUN, {"type": "tag", "values": TAGS})
        self.page.emulate_media(color_scheme="dark")
        found += [f"dark: {one}" for one in self.page.evaluate(RUN, {"type": "rule", "values": OF_COLOURS})]
        self.problems += [f"{name}: {problem}" for problem in found]

    def _wait_for_parts(self) -> None:
        """Parts of a page that htmx loads after the page itself."""
        for _ in range(100):
            self.page.wait_for_timeout(20)
            if self._in_flight <= 0:
                return


def test_axe_finds_nothing_on_any_page(
    furnished: Furnished, chromium: Browser, live_server: LiveServer
) -> None:
    reader = Reader(chromium, live_server, furnished.session)
    assert len(furnished.pages) > 60
    for address in furnished.pages:
        reader.examine(address)
    for width in (WIDE, NARROW):
        page = reader.open("/integrations/", width)
        page.locator("[id^=user-]:visible").click()
        reader.examine_page(f"the account menu at {width}")
        page = reader.open("/integrations/", width)
        page.get_by_role("link", name="Connect", exact=True).click()
        page.get_by_role("dialog", name="Connect Asana").get_by_label("Name").wait_for()
        reader.examine_page(f"the connect dialog at {width}")
    MissingHead.objects.update(settled_at=timezone.now())
    Guardrails.objects.update(restored_at=None)  # until then, resuming leads to the page about the restore
    reader.examine("/removals/resume/")
    assert reader.page.get_by_role("button", name="Resume removals").is_visible()
    assert not reader.problems, "\n".join(reader.problems)


def test_axe_finds_nothing_on_the_pages_for_whoever_is_signed_out(
    chromium: Browser, live_server: LiveServer
) -> None:
    reader = Reader(chromium, live_server)
    reader.examine("/sign-in/")
    reader.examine(f"/welcome/{SignInLink.issue()}/")
    user = User.objects.create_user("ada@example.com", "ada@example.com", "correct horse battery 9")
    for address in ("/sign-in/", f"/welcome/{SignInLink.issue(user)}/", "/welcome/over/", "/no-such-page/"):
        reader.examine(address)
    assert not reader.problems, "\n".join(reader.problems)


def test_a_page_with_a_fault_would_be_noticed(user: User, chromium: Browser, live_server: LiveServer) -> None:
    reader = Reader(chromium, live_server)
    reader.open("/sign-in/").evaluate("document.querySelectorAll('label').forEach((each) => each.remove())")
    reader.examine_page("without labels")
    assert any(" label: " in problem for problem in reader.problems)
