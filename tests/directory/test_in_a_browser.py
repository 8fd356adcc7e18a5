"""The directory in real Chromium: on a phone, in dark mode, by keyboard, and from an upload to a confirmed match."""

import json
import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.support.chromium import ARGUMENTS, EXECUTABLE, PATIENCE_MILLISECONDS
from tests.support.directory.sources import a_source, an_employee
from tests.support.paths import CONTRAST
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.access.models import SignInLink, User
from usher.directory.employees.store import withdraw
from usher.directory.matching.update import bring_up_to_date
from usher.directory.models import ScimRefusal
from usher.directory.scim.refusals import RefusedRequest, keep

pytestmark = [
    pytest.mark.xdist_group("directory-browser"),
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


@pytest.fixture(params=[(1280, "light"), (360, "dark")], ids=["wide and light", "narrow and dark"])
def page(
    request: pytest.FixtureRequest, chromium: Browser, live_server: LiveServer
) -> Iterator[tuple[Page, list[str]]]:
    width, scheme = request.param
    context = chromium.new_context(
        base_url=live_server.url, viewport={"width": width, "height": 800}, color_scheme=scheme
    )
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    shown = context.new_page()
    complaints: list[str] = []
    shown.on("console", lambda m: complaints.append(m.text) if m.type in {"error", "warning"} else None)
    user = User.objects.create_user("ada@example.com", "ada@example.com", name="Ada", role="admin")
    shown.goto(f"/welcome/{SignInLink.issue(user)}/")
    shown.get_by_role("button", name="Sign in as Ada").click()
    expect(shown.get_by_role("heading", level=1)).to_be_visible()
    yield shown, complaints
    context.close()


def fits(page: Page) -> None:
    """Nothing sticks out to the side."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, page.url


def test_from_an_upload_to_a_confirmed_match(page: tuple[Page, list[str]], tmp_path: Path) -> None:
    shown, complaints = page
    acme = a_workspace(a_connection(), "Acme Inc", "acme.example")
    a_member(acme, "Ada Lovelace", "ada@acme.example", role="admin")
    a_member(acme, "Bo Chen", "bo@private.example")
    a_member(acme, "Cy Young with a name that is rather long to read", "cy@acme.example")
    workday = a_source("Workday")
    an_employee(workday, "gone@acme.example", "Gone Missing", is_listed=False)
    bring_up_to_date()
    yesterday = timezone.localdate() - timedelta(days=1)
    file = tmp_path / "people.csv"
    file.write_text(
        "Employee ID,Work Email,Worker,Status,Last Day,Department\n"
        f"1,ada@acme.example,Ada Lovelace,Terminated,{yesterday},Engineering\n"
        "2,bc@acme.example,Bo Chen,Active,,Sales\n"
        "3,cy@acme.example,Cy Young,Suspended,,Sales\n"
        "4,,,Active,nonsense,\n"
        ",,Nobody Knows,Terminated,,\n"
    )
    shown.goto("/directory/")
    fits(shown)
    shown.get_by_role("link", name="Upload a CSV file").first.click()
    shown.locator("#id_source").select_option(label="Workday")
    shown.locator("#id_file").set_input_files(file)
    fits(shown)
    shown.get_by_role("button", name="Preview changes").click()
    expect(shown.get_by_text("What do these statuses mean?")).to_be_visible()
    expect(shown.get_by_role("button", name="Apply")).to_have_count(0)
    fits(shown)
    assert shown.evaluate(CONTRAST) == []
    status = shown.get_by_role("group", name="Status “Suspended”")
    status.get_by_role("radio", name="Works here").first.check()
    days = shown.get_by_role("group", name=re.compile("are no days that Usher can read"))
    days.get_by_role("radio").focus()
    shown.keyboard.press("Space")
    shown.get_by_role("button", name="Answer").click()
    expect(shown.get_by_text("What about the rows that cannot be read?")).to_be_visible()
    expect(shown.get_by_text(re.compile("^line 6: There is neither"))).to_be_visible()
    fits(shown)
    shown.get_by_label("Import the file without them").check()
    shown.get_by_role("button", name="Answer").click()
    expect(shown.get_by_role("button", name="Apply")).to_be_visible()
    expect(shown.get_by_role("heading", name="Leaving, with an Asana seat")).to_be_visible()
    fits(shown)
    assert shown.evaluate(CONTRAST) == []
    shown.get_by_role("button", name="Apply").focus()
    shown.keyboard.press("Enter")
    expect(shown.get_by_text("Imported ")).to_be_visible()
    fits(shown)
    assert shown.evaluate(CONTRAST) == []
    shown.goto("/directory/")
    fits(shown)
    assert shown.evaluate(CONTRAST) == []
    shown.get_by_role("link", name="Review matches").click()
    fits(shown)
    assert shown.evaluate(CONTRAST) == []
    shown.get_by_role("button", name="Confirm", exact=True).click()
    expect(shown.get_by_text("1 confirmed.")).to_be_visible()
    for there in (
        "employees/no-longer-listed/",
        f"sources/{workday.pk}/",
        "groups/left/",
        "groups/employed/",
        "employees/without-seat/",
        "aliases/",
        "sources/add/",
    ):
        shown.goto(f"/directory/{there}")
        fits(shown)
        assert shown.evaluate(CONTRAST) == []
    shown.goto("/directory/groups/left/")
    shown.get_by_label("Name or e-mail").fill("nobody at all")
    expect(shown.get_by_text("Nobody in this group matches the filters.")).to_be_visible()
    shown.get_by_label("Name or e-mail").fill("lovelace")
    shown.get_by_role("link", name="Workday").click()
    expect(shown.get_by_role("heading", name="According to Workday")).to_be_visible()
    fits(shown)
    assert complaints == []


def test_a_source_that_asks_and_was_refused_something(page: tuple[Page, list[str]]) -> None:
    shown, complaints = page
    source = a_source("Okta", kind="scim")
    for number in range(8):
        greta = an_employee(source, f"u{number}@example.com", f"Greta {number}", key=f"u{number}")
    for number in range(6):
        withdraw(source, f"u{number}", timezone.now())
    body = json.dumps({"Operations": [{"op": "replace", "path": "x" * 300, "value": ["y" * 200]}]}).encode()
    for _ in range(25):
        request = RefusedRequest("PATCH", f"/Users/{greta.pk}", body)
        refused = keep(source, request, 412, "It has changed since.", timezone.now())
    ScimRefusal.objects.filter(pk=refused.pk).update(is_about_active=True)
    shown.goto(f"/directory/sources/{source.pk}/")
    expect(shown.get_by_role("heading", name="Have 6 of 8 people left?")).to_be_visible()
    expect(shown.get_by_text("Would have changed who works here")).to_have_count(1)
    shown.get_by_text("Request", exact=True).nth(1).focus()
    shown.keyboard.press("Enter")
    fits(shown)
    assert shown.evaluate(CONTRAST) == []
    shown.get_by_role("link", name="Next").click()
    expect(shown.get_by_text("Page 2 of 2")).to_be_visible()
    shown.get_by_label("Why").fill("Their plant was closed.")
    shown.get_by_role("button", name="They have left").focus()
    shown.keyboard.press("Enter")
    expect(shown.get_by_text("Answered.")).to_be_visible()
    expect(shown.get_by_role("heading", name="people left?")).to_have_count(0)
    fits(shown)
    assert complaints == []
