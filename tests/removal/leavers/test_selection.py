"""Choosing people in a list and on their own page: what is offered to whom, and how many are taken along."""

import os
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.support.chromium import ARGUMENTS, EXECUTABLE, PATIENCE_MILLISECONDS
from tests.support.removal.accounts import account, actor, signed_in
from tests.support.removal.company import a_company, boxes, left, people, text
from tests.support.roster.people import a_member, a_workspace
from usher.access.roles import UserRole
from usher.connections.models import Mode
from usher.directory.models import Protected
from usher.removal.cases import opening
from usher.removal.cases.opening import CaseRequest
from usher.removal.leavers import candidates, selection
from usher.removal.models import Case
from usher.removal.states import CaseState
from usher.roster.models import Membership

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(db: None) -> Client:
    return signed_in(UserRole.OPERATOR)


def test_active_people_whom_a_connection_may_remove_can_be_chosen_in_the_list(operator: Client) -> None:
    acme = a_company()
    (here,) = people(acme, 1)
    a_member(acme, "Gone", status="not_active", until=timezone.now())
    globex = a_company("Globex", mode=Mode.READ)
    (readable,) = people(globex, 1, "Reader")
    answer = operator.get("/people/?q=person")
    assert boxes(answer, "person") == [here.pk]
    assert boxes(operator.get("/people/?q=gone"), "person") == []
    assert "Remove from Asana…" in text(answer)
    reader = operator.get("/people/?q=reader")
    # Pausing is done by hand in Asana, so that “Read” is enough for the list of it.
    assert boxes(reader, "person") == [readable.pk]
    assert "Remove from Asana" not in text(reader)
    assert "Put on the list of licences to pause…" in text(reader)
    Membership.objects.filter(person=readable).update(licence="guest")
    assert b'id="selection"' not in operator.get("/people/?q=reader").content


def test_a_viewer_chooses_nobody_in_the_list() -> None:
    people(a_company(), 1)
    viewer = signed_in(UserRole.VIEWER)
    answer = viewer.get("/people/")
    assert boxes(answer, "person") == []
    assert b'id="selection"' not in answer.content
    assert viewer.get("/people/every/").status_code == 403


def test_everybody_who_matches_is_taken_along_once(operator: Client) -> None:
    acme = a_company()
    side = a_workspace(acme.connection, "Side", "side.example")
    found = people(acme, 3)
    a_member(side, found[0].name)
    a_member(acme, "Person Gone", status="not_active", until=timezone.now())
    answer = operator.get("/people/every/?every=people&q=person", follow=True)
    assert [one.person for one in answer.context["people"]] == found
    assert answer.context["cause"] == Case.Cause.BY_HAND


def test_everybody_who_can_be_paused_is_taken_along_to_the_list_of_pauses(operator: Client) -> None:
    acme, globex = a_company(), a_company("Globex", mode=Mode.READ)
    member, guest = people(acme, 2)
    (reader,) = people(globex, 1, "Person of Globex")
    Membership.objects.filter(person=guest).update(licence="guest")
    answer = operator.get("/people/every/?every=people&q=person&then=pause", follow=True)
    assert [one.person for one in answer.context["people"]] == [member, reader]


def test_chosen_among_the_idle_they_are_asked_for_as_idle(operator: Client) -> None:
    people(a_company(), 1)
    assert "cause=idle" in operator.get("/people/every/?every=people&cause=idle")["Location"]


def test_more_than_an_address_holds_are_kept_for_the_next_page(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "IN_ADDRESS", 2)
    found = left(a_company(), 5)
    answer = operator.get("/removals/new/?every=leavers&show=left", follow=True)
    assert [one.person for one in answer.context["people"]] == found
    assert "selection=" in answer.redirect_chain[0][0]
    somebody_else = signed_in(UserRole.APPROVER).get(answer.redirect_chain[0][0])
    assert somebody_else.context["people"] == []


def test_of_every_leaver_only_those_who_can_be_removed_are_taken(operator: Client) -> None:
    free, busy, protected = left(a_company(), 3)
    left(a_company("Globex", mode=Mode.READ), 1, name="Reader")
    opening.open_case(busy, CaseRequest(), actor(account(UserRole.OPERATOR)))
    Protected.objects.create(person=protected, why=Protected.Why.OTHER, by="ada@example.com")
    answer = operator.get("/removals/new/?every=leavers", follow=True)
    assert [one.person for one in answer.context["people"]] == [free]
    assert answer.context["left_out"] == []


def test_beyond_what_can_be_asked_for_at_once_it_says_so(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from usher.removal.pages.new_cases import views

    for module in (candidates, selection, views):
        monkeypatch.setattr(module, "AT_ONCE", 3)
    left(a_company(), 5)
    answer = operator.get("/removals/new/?every=leavers", follow=True)
    assert len(answer.context["people"]) == 3
    assert "Too many people for one request" in text(answer)


def test_a_person_has_a_button_where_the_connection_may_act_and_the_role_allows(operator: Client) -> None:
    acme = a_company()
    free, busy, protected = left(acme, 3)
    (reader,) = left(a_company("Globex", mode=Mode.READ), 1, name="Reader")
    case = opening.open_case(busy, CaseRequest(), actor(account(UserRole.OPERATOR)))
    Protected.objects.create(person=protected, why=Protected.Why.OTHER, by="ada@example.com")
    part = {one: text(operator.get(f"/people/{one.pk}/removal/")) for one in (free, busy, protected, reader)}
    assert [one for one, page in part.items() if "Remove from Asana…" in page] == [free]
    assert f"Case {case.pk} Draft" in part[busy]
    assert "Protected: Other" in part[protected]
    assert "The connection Globex is read-only" in part[reader]
    assert "Remove from Asana…" not in text(signed_in(UserRole.VIEWER).get(f"/people/{free.pk}/removal/"))


def test_an_admin_can_protect_a_person_from_their_page() -> None:
    (person,) = people(a_company(), 1)
    page = signed_in(UserRole.ADMIN).get(f"/people/{person.pk}/removal/").content.decode()
    assert f"/settings/protected/?person={person.pk}" in page
    assert "/settings/protected/" not in re.sub(
        r"<nav.*?</nav>",
        "",
        signed_in(UserRole.OPERATOR).get(f"/people/{person.pk}/removal/").content.decode(),
        flags=re.S,
    )


def test_the_page_of_a_person_asks_for_their_cases_and_shows_their_employment(operator: Client) -> None:
    (gone,) = left(a_company(), 1)
    answer = operator.get(f"/people/{gone.pk}/")
    assert f'hx-get="/people/{gone.pk}/removal/"' in answer.content.decode()
    assert "Employment Left" in text(answer)


# In a real browser


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
def screen(chromium: Browser, live_server: LiveServer, request: pytest.FixtureRequest) -> Iterator[Page]:
    """An operator's; with scripts unless a test says otherwise. Nothing may be complained of on its console."""
    complaints: list[str] = []
    with_script = getattr(request, "param", True)
    context = chromium.new_context(
        base_url=live_server.url, java_script_enabled=with_script, reduced_motion="reduce"
    )
    session = signed_in(UserRole.OPERATOR).cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MILLISECONDS)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    assert complaints == []


def box(screen: Page, name: str) -> None:
    screen.get_by_label(f"Select {name}").check()


in_a_browser = pytest.mark.skipif(EXECUTABLE is None, reason="needs Chromium")


@in_a_browser
@pytest.mark.xdist_group("selection-browser")
@pytest.mark.django_db(transaction=True)
def test_what_is_chosen_outlives_sorting_and_paging_and_is_taken_along(screen: Page) -> None:
    left(a_company(), 30)
    screen.goto("/leavers/?per_page=25")
    go = screen.locator("[data-selection-go]")
    expect(go).to_be_disabled()
    box(screen, "Leaver 001")
    box(screen, "Leaver 002")
    expect(go).to_have_text("Remove 2 from Asana…")
    screen.get_by_label("Next page").click()
    box(screen, "Leaver 030")
    expect(go).to_have_text("Remove 3 from Asana…")
    screen.get_by_label("Previous page").click()
    expect(screen.get_by_label("Select Leaver 002")).to_be_checked()
    screen.get_by_label("Select Leaver 002").uncheck()
    go.click()
    expect(screen.get_by_role("heading", level=1)).to_have_text("Remove 2 people from Asana")
    assert re.findall(r"Leaver \d+", screen.locator(".danger-card").inner_text()) == [
        "Leaver 001",
        "Leaver 030",
    ]


@in_a_browser
@pytest.mark.xdist_group("selection-browser")
@pytest.mark.django_db(transaction=True)
def test_a_whole_page_and_then_all_that_match_can_be_chosen_by_keyboard(screen: Page) -> None:
    left(a_company(), 30)
    screen.goto("/leavers/?per_page=25&show=left")
    screen.get_by_label("Select all on this page").press("Space")
    expect(screen.locator("[data-selection-words]")).to_have_text("25 people selected")
    screen.get_by_role("button", name="Select all 30 that match").press("Enter")
    expect(screen.locator("[data-selection-words]")).to_have_text("All 30 people selected")
    expect(screen.locator("[data-selection-go]")).to_be_focused()
    screen.keyboard.press("Enter")
    expect(screen.get_by_role("heading", level=1)).to_have_text("Remove 30 people from Asana")
    screen.get_by_label("Type 30 to confirm").fill("30")
    screen.get_by_role("button", name="Request approval for 30").click()
    expect(screen.get_by_text("30 cases are waiting for approval.")).to_be_visible()
    assert Case.objects.filter(state=CaseState.WAITING).count() == 30


@in_a_browser
@pytest.mark.xdist_group("selection-browser")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("screen", [False], indirect=True)
def test_it_works_without_script(screen: Page) -> None:
    left(a_company(), 3)
    screen.goto("/leavers/")
    box(screen, "Leaver 001")
    box(screen, "Leaver 003")
    screen.get_by_role("button", name="Remove from Asana…").click()
    screen.get_by_role("button", name="Request approval for 2").click()
    assert Case.objects.filter(state=CaseState.WAITING).count() == 2


@in_a_browser
@pytest.mark.xdist_group("selection-browser")
@pytest.mark.django_db(transaction=True)
def test_the_state_of_a_running_case_changes_on_the_page_by_itself(screen: Page) -> None:
    (gone,) = left(a_company(), 1)
    case = opening.open_case(gone, CaseRequest(), actor(account(UserRole.OPERATOR)))
    Case.objects.update(state=CaseState.RUNNING, started_at=timezone.now() - timedelta(seconds=3))
    screen.goto("/cases/")
    state = screen.locator(f"#case-state-{case.pk}")
    expect(state).to_contain_text("In progress")
    Case.objects.update(state=CaseState.DONE, outcome="Removed and verified.")
    expect(state).to_contain_text("Removed and verified.")
    expect(screen.locator("#queue-count-done")).to_have_text("1")
    expect(screen.locator("#case-poll[hx-get]")).to_have_count(0)


@in_a_browser
@pytest.mark.xdist_group("selection-browser")
@pytest.mark.django_db(transaction=True)
def test_the_second_button_takes_those_selected_or_all_that_match_to_the_list_of_pauses(screen: Page) -> None:
    people(a_company(), 30)
    screen.goto("/people/?q=person&per_page=25")
    box(screen, "Person 001")
    box(screen, "Person 002")
    screen.get_by_role("button", name="Put 2 on the list of licences to pause…").click()
    expect(screen.get_by_role("heading", level=1)).to_have_text("Put 2 people on the list")
    screen.goto("/people/?q=person&per_page=25")
    screen.get_by_label("Select all on this page").check()
    screen.get_by_role("button", name="Select all 30 that match").click()
    screen.get_by_role("button", name="Put 30 on the list of licences to pause…").click()
    expect(screen.get_by_role("heading", level=1)).to_have_text("Put 30 people on the list")
    screen.get_by_label("Reason").fill("Sabbatical")
    screen.get_by_role("button", name="Put on the list").click()
    expect(screen.get_by_text("30 licences put on the list.")).to_be_visible()
    box(screen, "Person 003 <person003@acme.example> in Acme Inc")
    screen.get_by_role("button", name="Tick 1 as paused in Asana", exact=True).click()
    expect(screen.get_by_text("1 licence ticked.")).to_be_visible()
