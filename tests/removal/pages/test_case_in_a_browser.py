"""The page of a case in real Chromium: steps as they happen, by keyboard, on a phone, in the dark."""

import asyncio
import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.support.chromium import ARGUMENTS, EXECUTABLE, PATIENCE_MILLISECONDS
from tests.support.paths import CONTRAST
from tests.support.removal.accounts import account, actor
from tests.support.removal.leaving import leaves, ordinary_people, run_now
from tests.support.roster.syncing import sync_now
from usher.access.models import User
from usher.access.roles import UserRole
from usher.connections.connecting.by_token import connect_with_token
from usher.connections.connecting.settings import ConnectionSettings
from usher.connections.models import Mode
from usher.directory.models import Employee
from usher.directory.remarks.refresh import refresh_remarks
from usher.ledger.actors import SYSTEM
from usher.removal.cases import opening, transitions
from usher.removal.cases.opening import CaseRequest
from usher.removal.execution.runner import RunReport
from usher.removal.models import Case, Guardrails
from usher.sandbox import RunningSandbox

pytestmark = [
    pytest.mark.xdist_group("removal-browser"),
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
    """In place of the one of all tests, which cannot run beside that loop: async code runs `elsewhere` here."""


@pytest.fixture
def elsewhere(transactional_db: None) -> Iterator[ThreadPoolExecutor]:
    """A thread without an event loop of its own."""
    with ThreadPoolExecutor(1) as thread:
        yield thread
        # Async code reaches the database from one more thread.
        thread.submit(lambda: asyncio.run(sync_to_async(connections.close_all)())).result()
        thread.submit(connections.close_all).result()


@pytest.fixture
def waiting(elsewhere: ThreadPoolExecutor, sandbox: RunningSandbox, guardrails: Guardrails) -> Case:
    """A case that somebody else asked for."""
    return elsewhere.submit(_waiting).result()


def _waiting() -> Case:
    connection = connect_with_token(ConnectionSettings("Acme", mode=Mode.ACT), "sandbox-pat-1", SYSTEM)
    sync_now(connection)
    connection.refresh_from_db()
    (person,) = ordinary_people(connection, 1)
    leaves(person)
    operator = actor(account(UserRole.OPERATOR))
    return transitions.request_approval(
        opening.open_case(person, CaseRequest(cause=Case.Cause.DIRECTORY), operator), operator
    )


def run_elsewhere(elsewhere: ThreadPoolExecutor, case: Case) -> RunReport:
    assert case.connection is not None
    return elsewhere.submit(run_now, case.connection).result()


def opened(
    chromium: Browser,
    server: LiveServer,
    user: User,
    complaints: list[str],
    *,
    width: int = 1280,
    dark: bool = False,
) -> Page:
    client = Client()
    client.force_login(user)
    context = chromium.new_context(
        base_url=server.url,
        viewport={"width": width, "height": 900},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": server.url}]
    )
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    page = context.new_page()
    page.on(
        "console", lambda told: complaints.append(told.text) if told.type in {"error", "warning"} else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page


def test_who_watches_sees_it_approved_run_and_done_without_reloading(
    chromium: Browser, live_server: LiveServer, elsewhere: ThreadPoolExecutor, waiting: Case
) -> None:
    complaints: list[str] = []
    page = opened(chromium, live_server, account(UserRole.OPERATOR), complaints)
    page.goto(f"/cases/{waiting.pk}/")
    page.evaluate("window.was_not_reloaded = true")
    expect(page.locator("#preview")).to_contain_text("they lose all access at once")
    transitions.approve(waiting, actor(account(UserRole.APPROVER)))
    expect(page.locator("#standing")).to_contain_text("Due now.")
    assert run_elsewhere(elsewhere, waiting).done == 1
    expect(page.locator("#standing")).to_contain_text("verified in Asana")
    expect(page.locator("#announcer")).to_have_text("Done")
    expect(page.locator('#steps [data-state="done"]')).not_to_have_count(0)
    expect(page.locator("#preview")).to_have_count(0)
    expect(page.locator("#recorded")).to_be_visible()
    assert page.evaluate("window.was_not_reloaded") is True
    assert complaints == []
    page.context.close()


def test_a_case_is_read_and_approved_by_keyboard_alone(
    chromium: Browser, live_server: LiveServer, waiting: Case
) -> None:
    complaints: list[str] = []
    page = opened(chromium, live_server, account(UserRole.APPROVER), complaints)
    page.goto(f"/cases/{waiting.pk}/")
    page.get_by_role("link", name="Refresh").wait_for()
    _tab_to(page, "Refresh")
    with page.expect_response(f"**/cases/{waiting.pk}/preview/") as looked:
        page.keyboard.press("Enter")
    looked.value.finished()
    page.locator("#preview:not(.htmx-request):not(.htmx-swapping):not(.htmx-settling)").wait_for()
    page.get_by_text("Requests that would be sent").wait_for()
    _tab_to(page, "Requests that would be sent")
    page.keyboard.press("Enter")
    expect(page.locator(".call-list")).to_be_visible()
    page.get_by_label("Note").focus()
    page.keyboard.type("Read")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Approve removal")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#notices")).to_contain_text("Approved.")
    waiting.refresh_from_db()
    assert waiting.state == "scheduled"
    assert complaints == []
    page.context.close()


def test_a_remark_is_answered_by_keyboard_alone(
    chromium: Browser, live_server: LiveServer, waiting: Case
) -> None:
    complaints: list[str] = []
    does_not_fit(waiting)
    page = opened(chromium, live_server, account(UserRole.APPROVER), complaints)
    page.goto(f"/cases/{waiting.pk}/")
    expect(page.locator("#approvals")).to_contain_text("1 remark on this person is not answered")
    page.get_by_label("Why does this not stand in the way?").focus()
    page.keyboard.type("Asked HR")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Save answer")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#notices")).to_contain_text("The answer is saved.")
    expect(page.locator("#remarks")).to_contain_text("approver@example.com answered")
    expect(page.locator("#approvals")).not_to_contain_text("not answered")
    assert complaints == []
    page.context.close()


def does_not_fit(case: Case) -> None:
    assert case.person is not None
    row = [{"kind": "end_beside_active", "text": "The last day is past, and the status says active."}]
    Employee.objects.filter(matches__person=case.person).update(row_remarks=row)
    refresh_remarks([case.person.pk])


def test_the_list_of_calls_stays_open_while_the_steps_go_on(
    chromium: Browser, live_server: LiveServer, waiting: Case
) -> None:
    page = opened(chromium, live_server, account(UserRole.APPROVER), [])
    page.goto(f"/cases/{waiting.pk}/")
    page.get_by_text("Requests that would be sent").click()
    page.get_by_label("Note").fill("Half a sen")
    with page.expect_response(re.compile("/steps/")):
        pass
    page.wait_for_timeout(200)
    expect(page.locator(".call-list")).to_be_visible()
    expect(page.get_by_label("Note")).to_have_value("Half a sen")
    page.context.close()


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("dark", [False, True])
def test_every_page_fits_the_screen_and_can_be_read(
    chromium: Browser,
    live_server: LiveServer,
    elsewhere: ThreadPoolExecutor,
    waiting: Case,
    width: int,
    dark: bool,
) -> None:
    complaints: list[str] = []
    does_not_fit(waiting)
    page = opened(chromium, live_server, account(UserRole.ADMIN), complaints, width=width, dark=dark)
    places = [
        f"/cases/{waiting.pk}/",
        f"/people/{waiting.person_id}/",
        "/leavers/?show=remarks",
        "/cases/?remarks=unanswered",
        "/settings/guardrails/",
        "/settings/protected/?q=an",
        "/settings/prices/",
    ]
    for address in [*places, "/removals/stop/", "/removals/resume/"]:
        page.goto(address)
        if address.startswith("/people/"):
            page.locator("#remarks").wait_for()
        if address == places[0]:
            page.get_by_role("link", name="Refresh").wait_for()
            page.get_by_text("Requests that would be sent").click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
        assert page.evaluate(CONTRAST) == [], address
    assert complaints == []
    page.context.close()


def _tab_to(page: Page, words: str) -> None:
    for _ in range(60):
        if words in str(page.evaluate("document.activeElement.textContent")).strip()[:80]:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{words} is not reached by Tab")
