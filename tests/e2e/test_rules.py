"""Acting by rules: one is tried, watched, approved in advance and acts; another asks three people by mail."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.conftest import Installation, installed
from tests.support import chromium as system_chromium
from tests.support.e2e.walkthrough import make_the_first_account
from tests.support.notify.mail_server import MailServer, mail_server

pytestmark = [
    pytest.mark.skipif(system_chromium.EXECUTABLE is None, reason="needs Chromium"),
    pytest.mark.xdist_group("e2e"),
]

RUN_NOW = """
from usher.connections.models import Connection
from usher.policy.models import Policy
from usher.policy.running import run
run(Policy.objects.get(name={name!r}), Connection.objects.get())
"""
"""Rules that ask do so in working time only, and a test also passes at night."""
TIME_HAS_PASSED = """
from datetime import timedelta
from usher.policy.asking.answer import follow_up
from usher.policy.models import SeatQuestion
SeatQuestion.objects.update(answer_by=SeatQuestion.objects.first().answer_by - timedelta(days=60))
follow_up()
"""


@pytest.fixture(scope="module")
def mails() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def usher(mails: MailServer) -> Iterator[Installation]:
    smtp = {"USHER_SMTP_HOST": "127.0.0.1", "USHER_SMTP_PORT": str(mails.port), "USHER_SMTP_TLS": "none"}
    with installed(**smtp) as installation:
        yield installation


@pytest.fixture
def others(chromium: Browser, usher: Installation) -> Iterator[BrowserContext]:
    """Another browser, in which nobody is signed in."""
    context = chromium.new_context(base_url=usher.url, reduced_motion="reduce")
    context.set_default_timeout(system_chromium.PATIENCE_MILLISECONDS)
    yield context
    context.close()


def test_a_rule_from_a_template_is_tried_watched_approved_in_advance_and_acts(
    usher: Installation, page: Page, chromium: Browser
) -> None:
    connect(usher, page)
    page.goto("/settings/guardrails/")
    page.get_by_label("A rule that two admins approved stands for this approval").check()
    page.get_by_role("button", name="Save guardrails").click()
    address = make_rule(page, "Idle for 90 days: downgrade")
    page.get_by_role("button", name="Watch", exact=True).click()
    expect(page.get_by_text("You wrote this version of the rule.")).to_be_visible()
    for name in ("ann", "bob"):
        context = chromium.new_context(base_url=usher.url, reduced_motion="reduce")
        other = context.new_page()
        sign_in_as_admin(usher, other, name)
        other.goto(address)
        other.get_by_role("button", name="approve its cases in advance").click()
        expect(other.locator("#approvals")).to_contain_text(f"{name}@example.com")
        if name == "bob":
            other.get_by_role("button", name="let the rule act").click()
            expect(other.get_by_text("Two admins have approved this version")).to_be_visible()
        context.close()
    usher.command("manage", "shell", "-c", RUN_NOW.format(name="Idle for 90 days: downgrade"))
    page.goto(address)
    page.locator("#runs-title").scroll_into_view_if_needed()
    page.get_by_role("region", name="Runs").get_by_role("link").first.click()
    expect(page.get_by_text("Approved by the rule").first).to_be_visible()
    page.get_by_role("link", name=re.compile(r"^Case \d+|^\d+$")).first.click()
    expect(page.locator("#approvals")).to_contain_text(
        re.compile(r"rule \d+, approved by ann@example.com on .+ and bob@example.com on")
    )
    see_it_done(page)


def test_of_three_who_are_asked_one_releases_one_keeps_and_one_is_silent(
    usher: Installation, page: Page, others: BrowserContext, mails: MailServer
) -> None:
    connect(usher, page)
    address = make_rule(page, "Idle for 90 days: ask, then downgrade", at_most="3")
    page.get_by_role("button", name="Watch", exact=True).click()
    page.get_by_role("button", name="let the rule act").click()
    usher.command("manage", "shell", "-c", RUN_NOW.format(name="Idle for 90 days: ask, then downgrade"))
    releases, keeps, silent = wait_for_mailboxes(page, mails, 3)

    answering = others.new_page()
    answering.goto(link_in(mails, releases, "Release"))
    answering.get_by_role("button", name=re.compile("Release")).click()
    expect(answering.get_by_text("An admin decides")).to_be_visible()
    answering.goto(link_in(mails, keeps, "need it"))
    answering.get_by_label("What it is needed for").fill("Payroll, once a quarter")
    answering.get_by_role("button", name="I need it").click()
    expect(answering.get_by_text("You keep your seat")).to_be_visible()
    usher.command("manage", "shell", "-c", TIME_HAS_PASSED)

    page.goto(f"{address}questions/")
    for person, state in ((releases, "Released"), (keeps, "Needs it"), (silent, "No answer")):
        expect(page.get_by_role("row").filter(has_text=person)).to_contain_text(state)
    page.goto("/cases/?queue=all")
    expect(page.locator("#people-results .results-head")).to_contain_text("2 cases")

    bob = others.new_page()
    sign_in_as_admin(usher, bob, "bob")
    bob.goto("/cases/?queue=waiting")
    bob.locator("tr", has_text=releases).get_by_role("link").first.click()
    bob.get_by_role("button", name="Approve", exact=True).click()
    see_it_done(bob)
    bob.goto("/cases/?queue=waiting")
    expect(bob.locator("#people-results .results-head")).to_contain_text("1 case")
    expect(bob.locator("tr", has_text=silent).first).to_be_visible()


def connect(usher: Installation, page: Page) -> None:
    make_the_first_account(page, usher)
    usher.command(
        "connect",
        "--name",
        "Acme",
        "--token",
        "sandbox-pat-1",
        "--service-token",
        "sandbox-service-1",
        "--mode",
        "act",
    )
    usher.command("sync", "Acme")
    page.goto("/settings/guardrails/")
    page.get_by_label("Grace period (minutes)").fill("0")
    page.get_by_label("Quiet hours from").fill("")
    page.get_by_label("Quiet hours until").fill("")
    page.get_by_role("button", name="Save guardrails").click()


def make_rule(page: Page, template: str, at_most: str = "") -> str:
    """Its address, once the worker has tried it on the last 90 days."""
    page.goto("/rules/")
    page.get_by_role("link", name=template).first.click()
    if at_most:
        page.get_by_label("At most so many cases, questions or licences a day").fill(at_most)
    page.get_by_role("button", name="Make and try").click()
    expect(page.get_by_text("On each of the last 90 days")).to_be_visible(timeout=60_000)
    return page.url


def sign_in_as_admin(usher: Installation, page: Page, name: str) -> None:
    printed = usher.command("users", "add", f"{name}@example.com", "--role", "admin")
    link = re.search(r"http\S+(/welcome/\S+)", printed)
    assert link
    page.goto(link[1])
    page.get_by_role("button", name=re.compile("Sign in")).click()
    expect(page.get_by_role("heading", name=re.compile("Dashboard|profile", re.I)).first).to_be_visible()


def wait_for_mailboxes(page: Page, mails: MailServer, count: int) -> list[str]:
    """The addresses of those who were asked: the worker sends by itself."""
    for _ in range(90):
        asked = sorted(
            {receiver for receiver, message in mails.taken if "Asana seat" in str(message["Subject"])}
        )
        if len(asked) == count:
            return asked
        page.wait_for_timeout(1000)
    raise AssertionError([(receiver, message["Subject"]) for receiver, message in mails.taken])


def link_in(mails: MailServer, address: str, label: str) -> str:
    """The path of the link that the message says is for this answer."""
    body = mails.mailbox(address)[-1].get_body(("plain",))
    assert body is not None
    found = re.search(rf"{label}[^\n]*\n?\s*http://[^/\s]+(/rules/answer/\S+)", body.get_content())
    assert found, body.get_content()
    return found[1]


def see_it_done(page: Page) -> None:
    for _ in range(90):
        if "Now view-only" in page.inner_text("main"):
            return
        page.wait_for_timeout(1000)
        page.reload()
    raise AssertionError(page.inner_text("main"))
