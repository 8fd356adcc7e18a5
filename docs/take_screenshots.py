"""Takes the pictures of these pages anew, from the demo in a headless Chromium.

python -m docs.take_screenshots, or `make screenshots`.
"""

import csv
import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from playwright.sync_api import Browser, BrowserContext, FilePayload, Page, ViewportSize, sync_playwright

IMAGES = Path(__file__).parent / "images"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
WIDE = ViewportSize(width=1280, height=860)
LOW = ViewportSize(width=1280, height=560)
NARROW = ViewportSize(width=360, height=780)
KINDS = ("case_waits", "case_failed", "removals_stopped")
DESTINATIONS = {
    "slack": {"name": "#it-operations", "target": "C0123456789", "secret": "xoxb-0000"},
    "mail": {"name": "Security team", "target": "security@halvorsenbrook.example"},
    "webhook": {"name": "Ticket system", "target": "https://tickets.example.com/usher"},
}


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with _demo() as (link, question), _browser() as browser:
        wide = _signed_in(browser, link)
        _take_wide(wide)
        _take_usage(wide)
        _take_leavers(wide)
        _take_rules(browser, wide, question)
        _take_savings(wide)
        state = wide.context.storage_state()
        dark = browser.new_context(viewport=WIDE, color_scheme="dark", storage_state=state)
        _take_dark(dark.new_page(), _origin(link))
        narrow = browser.new_context(viewport=NARROW, storage_state=state)
        _take_narrow(narrow.new_page(), _origin(link))
        _take_notices(wide)


def _take_wide(page: Page) -> None:
    origin = _origin(page.url)
    _open(page, origin)
    _save(page, "dashboard")
    _open(page, f"{origin}/people/?status=active&role=admin&role=member&use=recent&sort=last_used")
    _save(page, "people")
    _open(page, f"{origin}/people/?status=not_active&columns=until&sort=until")  # they have a history
    page.locator("#people-results tbody a").first.click()
    page.wait_for_url("**/people/*/")
    _save(page, "person")
    _open(page, f"{origin}/integrations/")
    _save(page, "integrations")
    page.get_by_role("link", name="Connect", exact=True).click()
    page.get_by_role("dialog").get_by_label("Name").wait_for()
    page.wait_for_timeout(400)  # the dialog slides in
    _save(page, "connect-dialog")
    _open(page, f"{origin}/integrations/1/")
    _save(page, "connection")
    _open(page, f"{origin}/integrations/1/test/")
    page.get_by_role("button", name="Test").first.click()
    page.get_by_role("button", name="Test again").wait_for(timeout=60_000)
    _save(page, "test-connection")


def _take_usage(page: Page) -> None:
    origin = _origin(page.url)
    _open(page, f"{origin}/audit-log/")
    _save(page, "audit-log")
    _open(page, f"{origin}/usage/measuring/")
    _save(page, "measuring")
    _open(page, f"{origin}/people/?status=active&use=recent&columns=active_days&sort=-active_days")
    page.locator("#people-results tbody a").first.click()
    page.wait_for_url("**/people/*/")
    page.locator("#activity .year-of-days").wait_for()
    _save(page, "person-activity")
    _open(page, f"{origin}/console/")
    page.get_by_label("Member CSV").set_input_files(_member_csv(page))
    page.get_by_role("button", name="Preview").click()
    page.wait_for_url("**/console/*/")
    _save(page, "console-preview")


def _take_leavers(page: Page) -> None:
    origin = _origin(page.url)
    for name in ("leavers", "directory", "ledger"):
        _open(page, f"{origin}/{name}/")
        _save(page, name)
    _open(page, f"{origin}/settings/guardrails/")
    _save(page, "guardrails")
    _open(page, f"{origin}/cases/?queue=waiting")
    page.locator("#people-results tbody a").first.click()
    page.get_by_text("Requests that would be sent").wait_for()
    _save(page, "case")


def _take_rules(browser: Browser, page: Page, question: str) -> None:
    origin = _origin(page.url)
    _open(page, f"{origin}/rules/")
    _save(page, "rules")
    page.get_by_role("link", name="ask, then downgrade").first.click()
    page.wait_for_url("**/rules/*/")
    _save(page, "rule")
    _save(page, "rule-trial", at="#trial")
    page.get_by_role("link", name="Questions", exact=True).click()
    page.wait_for_url("**/questions/")
    _open(page, f"{page.url}?sort=name")  # in the alphabet of the machine's fonts
    _save(page, "questions")
    _open(page, f"{origin}/rules/new/?from=ask-first")
    _save(page, "rule-form")
    _open(page, f"{origin}/rules/")
    page.get_by_role("link", name="Leavers out").first.click()
    page.get_by_role("button", name="approve its cases in advance").click()
    page.get_by_text("Two admins have approved").wait_for()
    _save(page, "rule-approvals")
    _open(page, f"{origin}/pauses/")
    _save(page, "pauses")
    asked = browser.new_context(viewport=LOW).new_page()  # not signed in
    _open(asked, question)
    _save(asked, "answer")


def _take_savings(page: Page) -> None:
    origin = _origin(page.url)
    _open(page, f"{origin}/savings/1/")
    for summary in page.locator(".saving-words ~ div > details.workings > summary").all():
        summary.click()
    _save(page, "savings", at="[aria-labelledby=line-member]")
    _open(page, f"{origin}/savings/1/costs/")
    _save(page, "costs")
    _open(page, f"{origin}/savings/calendar/")
    _save(page, "renewals")


def _take_notices(page: Page) -> None:
    """The last: what is told from now on goes to destinations that do not exist."""
    origin = _origin(page.url)
    for channel, values in DESTINATIONS.items():
        _open(page, f"{origin}/notices/destinations/add/{channel}/")
        for field, value in values.items():
            page.locator(f"#id_{field}").fill(value)
        for kind in KINDS:
            page.locator(f"[name=kinds][value={kind}]").check()
        page.get_by_role("button", name="Add").click()
        page.wait_for_load_state("networkidle")
    _open(page, f"{origin}/notices/")
    _save(page, "notice-destinations")
    _open(page, f"{origin}/notices/texts/case_waits/")
    _save(page, "notice-text")


def _member_csv(page: Page) -> FilePayload:
    """As Asana's Admin Console would export some of the demo's members, and one whom Usher does not know."""
    answer = page.request.get(f"{_origin(page.url)}/people/export.csv?status=active&role=member")
    members = csv.DictReader(io.StringIO(answer.text().lstrip("\ufeff")))
    today = datetime.now(UTC).date()
    rows = [["Name", "Email", "Joined date", "Last activity", "Department"]]
    for n, member in enumerate(islice((one for one in members if one["email"]), 40)):
        active_on = today - timedelta(days=n * n % 97)
        rows.append([member["name"], member["email"], member["since"][:10], f"{active_on}", "Sales"])
    rows.append(["Robin Doe", "robin.doe@example.com", "2024-03-01", "Never", ""])
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return {"name": "members.csv", "mimeType": "text/csv", "buffer": text.getvalue().encode()}


def _take_dark(page: Page, origin: str) -> None:
    _open(page, origin)
    _save(page, "dashboard-dark")


def _take_narrow(page: Page, origin: str) -> None:
    _open(page, f"{origin}/people/")
    _save(page, "people-narrow")


def _open(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_load_state("networkidle")


def _save(page: Page, name: str, at: str = "") -> None:
    """`at`: what stands at the top of the picture, in place of the top of the page."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1200)  # charts are drawn with a movement
    page.mouse.move(0, 0)
    if at:
        page.locator(at).evaluate("one => one.scrollIntoView({behavior: 'instant'})")
    page.screenshot(path=IMAGES / f"{name}.png", animations="disabled")


def _signed_in(browser: Browser, link: str) -> Page:
    context: BrowserContext = browser.new_context(viewport=WIDE, color_scheme="light")
    page = context.new_page()
    page.goto(link)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(_origin(link) + "/")
    return page


def _origin(url: str) -> str:
    return "/".join(url.split("/")[:3])


@contextmanager
def _browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        sys.exit("No Chromium is installed.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield browser
        browser.close()


@contextmanager
def _demo() -> Iterator[tuple[str, str]]:
    """Runs the demo in a folder of its own. Yields the link that signs in, and that of a question to somebody."""
    port, mail_port = _free_port(), _free_port()
    home = tempfile.mkdtemp(prefix="usher-shots-")
    mail_server = Controller(Sink(), hostname="127.0.0.1", port=mail_port)
    mail_server.start()
    demo = subprocess.Popen(  # noqa: S603  # our own command
        [sys.executable, "-m", "usher", "demo", "--port", str(port)],
        env={
            **os.environ,
            "USHER_HOME": home,
            "USHER_SMTP_HOST": "127.0.0.1",
            "USHER_SMTP_PORT": f"{mail_port}",
            "USHER_SMTP_TLS": "none",
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert demo.stdout
        lines = map(str.strip, demo.stdout)
        link = next((line for line in lines if "/welcome/" in line), None)
        if link is None:
            sys.exit("The demo did not start.")
        question = next((line for line in lines if "/rules/answer/" in line), "")
        _wait_until_served(port)
        yield link, question
    finally:
        demo.terminate()
        demo.wait()
        mail_server.stop()
        shutil.rmtree(home, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_served(port: int) -> None:
    for _ in range(300):
        with socket.socket() as probe:
            probe.settimeout(0.1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    sys.exit("The demo's web server did not come up.")


if __name__ == "__main__":
    main()
