"""Seeing leavers out: from the directory's file to the evidence, with two people at two browsers."""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.conftest import Installation
from tests.support import chromium as system_chromium
from tests.support.e2e.walkthrough import make_the_first_account

pytestmark = [
    pytest.mark.skipif(system_chromium.EXECUTABLE is None, reason="needs Chromium"),
    pytest.mark.xdist_group("e2e"),
]

Row = dict[str, str]


@pytest.fixture
def bobs_page(chromium: Browser, usher: Installation) -> Iterator[Page]:
    """An approver at another browser."""
    context = chromium.new_context(base_url=usher.url, reduced_motion="reduce")
    context.set_default_timeout(system_chromium.PATIENCE_MILLISECONDS)
    yield context.new_page()
    context.close()


def test_two_of_three_leavers_are_seen_out_and_the_protected_one_stays(
    usher: Installation, context: BrowserContext, page: Page, bobs_page: Page, tmp_path: Path
) -> None:
    make_the_first_account(page, usher)
    usher.command("connect", "--name", "Acme", "--token", "sandbox-pat-1", "--mode", "act")
    usher.command("sync", "Acme")
    staff = ordinary_people(usher, "Acme")
    stays, protected, *gone = staff[5], staff[0], staff[1], staff[2]

    let_cases_run_at_once(page)
    import_employees(page, tmp_path, staff, left=[protected, *gone])
    see_three_leavers(page, [protected, *gone])
    protect(page, protected)
    ask_for_their_removal(page, gone, hand_over_to=stays)
    who_asked_cannot_approve(page)

    sign_bob_in(usher, bobs_page)
    approve_both_from_the_list(bobs_page, gone)
    see_them_done(bobs_page)
    for person in gone:
        assert not active_memberships(usher, person["gid"])
        removals = {
            place: made
            for place, made in usher.sandbox.changes("removals").items()
            if place.endswith(f"/{person['gid']}")
        }
        assert removals
        assert all(made.took_effect == 1 for made in removals.values())
    assert active_memberships(usher, protected["gid"])
    download_the_evidence(bobs_page, gone[0])
    page.goto("/")
    expect(page.locator("#today-leavers .attention-count")).to_have_text("1")
    usher.command("ledger", "verify")


def test_a_connection_that_only_reads_offers_no_removal_anywhere(
    usher: Installation, context: BrowserContext, page: Page, tmp_path: Path
) -> None:
    make_the_first_account(page, usher)
    usher.command("connect", "--name", "Only reads", "--token", "sandbox-pat-1")
    usher.command("sync", "Only reads")
    staff = ordinary_people(usher, "Only reads")
    import_employees(page, tmp_path, staff, left=staff[:1])
    page.goto("/leavers/")
    expect(page.locator("#people-results")).to_contain_text(staff[0]["name"])
    expect(page.get_by_text("Nobody can be removed from")).to_be_visible()
    person_page = page.get_by_role("link", name=staff[0]["name"]).first.get_attribute("href")
    for address in ("/leavers/", "/people/?status=active", person_page or ""):
        page.goto(address)
        if not address.startswith(
            "/people/?"
        ):  # where people are selected to have their licences paused by hand
            expect(page.get_by_role("checkbox", name=re.compile("^Select "))).to_have_count(0)
        expect(page.get_by_role("button", name=re.compile("^Remove"))).to_have_count(0)
        expect(page.get_by_role("link", name=re.compile("^Remove"))).to_have_count(0)
    gid_of_person = (person_page or "").strip("/").rpartition("/")[2]
    page.goto(f"/removals/new/?person={gid_of_person}")
    expect(page.get_by_role("button", name=re.compile("Request approval|Save as draft"))).to_have_count(0)
    expect(page.get_by_text("Read and take action").first).to_be_visible()


def ordinary_people(usher: Installation, connection: str) -> list[Row]:
    rows = json.loads(usher.command("people", connection, "--format", "json"))
    admins = {row["gid"] for row in rows if row["role"] == "admin"}
    found = {
        row["gid"]: row
        for row in rows
        if row["status"] == "active"
        and (row["role"], row["licence"]) == ("member", "member")
        and row["gid"] not in admins
        and re.fullmatch(r"[a-z]+\.[a-z]+@.+", row["email"])
        and row["workspace"] == "Halvorsen & Brook"
    }
    return [found[gid] for gid in sorted(found)]


def active_memberships(usher: Installation, gid: str) -> list[str]:
    return [
        workspace["name"]
        for workspace in usher.sandbox.truth()["workspaces"]
        for m in workspace["memberships"]
        if m["user"] == gid and m["status"] == "active"
    ]


def let_cases_run_at_once(page: Page) -> None:
    page.goto("/settings/guardrails/")
    page.get_by_label("Grace period (minutes)").fill("0")
    page.get_by_label("Quiet hours from").fill("")
    page.get_by_label("Quiet hours until").fill("")
    page.get_by_role("button", name="Save guardrails").click()
    expect(page.get_by_text("Weaker than the default.").first).to_be_visible()


def import_employees(page: Page, folder: Path, staff: list[Row], left: list[Row]) -> None:
    """Some have left a week ago by the file; everybody else works here."""
    file = folder / "employees.csv"
    with file.open("w", newline="") as written:
        rows = csv.writer(written)
        rows.writerow(["Employee ID", "Full name", "Work email", "Status", "Last day of work"])
        for number, person in enumerate(staff):
            status, day = ("Terminated", "2026-11-10") if person in left else ("Active", "")
            rows.writerow([f"E{number}", person["name"], person["email"], status, day])
    page.goto("/directory/")
    page.get_by_role("link", name="Upload a CSV file").first.click()
    page.get_by_label("Name of the new source").fill("HR system")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Preview changes").click()
    page.get_by_label(
        re.compile("Everybody who works here")
    ).check()  # the file lacks the other companies' people
    page.get_by_role("button", name="Answer").click()
    expect(page.get_by_text("Nothing has changed yet.")).to_be_visible()
    seats = page.locator(".stat").filter(has_text="With an Asana seat").locator(".stat-value")
    expect(seats).to_have_text(str(len(left)))
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("heading", name=re.compile("employees.csv|HR system")).first).to_be_visible()


def see_three_leavers(page: Page, leavers: list[Row]) -> None:
    page.get_by_role("link", name="Leavers").first.click()
    expect(page.get_by_role("heading", name="Leavers")).to_be_visible()
    expect(page.locator("#people-results .results-head")).to_contain_text(f"{len(leavers)} people")
    for person in leavers:
        expect(page.locator("#people-results")).to_contain_text(person["name"])


def protect(page: Page, person: Row) -> None:
    page.goto("/settings/protected/")
    page.get_by_label("Name or e-mail").fill(person["email"])
    page.locator("#found-people").get_by_text(person["name"]).click()
    page.get_by_role("button", name="Protect this person").click()
    expect(page.locator(".protected-list").first).to_contain_text(person["name"])


def ask_for_their_removal(page: Page, people: list[Row], hand_over_to: Row) -> None:
    page.goto("/leavers/")
    for person in people:
        page.get_by_role("checkbox", name=f"Select {person['name']}", exact=True).check()
    chosen = page.locator("#people-results").get_by_role("checkbox", name=re.compile("^Select .+"))
    expect(chosen.and_(page.locator("[name=person]"))).to_have_count(len(people))  # not the protected one
    page.get_by_role("button", name="Remove 2").click()
    expect(page.get_by_role("heading", name="2 people lose access to Asana")).to_be_visible()
    page.get_by_role("radio", name=re.compile("^One person")).check()
    page.get_by_label("E-mail of the person who takes over").fill(hand_over_to["email"])
    page.get_by_role("button", name="Request approval for 2").click()
    expect(page.get_by_role("heading", name="Cases")).to_be_visible()


def who_asked_cannot_approve(page: Page) -> None:
    page.goto("/cases/?queue=waiting")
    expect(page.locator("#people-results .results-head")).to_contain_text("2 cases")
    expect(page.get_by_text("another approver or admin has to approve them")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Approve"))).to_have_count(0)


def sign_bob_in(usher: Installation, page: Page) -> None:
    printed = usher.command("users", "add", "bob@example.com", "--role", "approver")
    link = re.search(r"http\S+(/welcome/\S+)", printed)
    assert link
    page.goto(link[1])
    page.get_by_role("button", name=re.compile("Sign in")).click()
    expect(page.get_by_role("heading", name=re.compile("Dashboard|profile", re.I)).first).to_be_visible()


def approve_both_from_the_list(page: Page, people: list[Row]) -> None:
    page.goto("/cases/?queue=waiting")
    for person in people:
        page.get_by_role("checkbox", name=re.compile(f"Select case .*{re.escape(person['name'])}")).check()
    page.get_by_role("button", name="Approve 2").click()
    expect(page.get_by_text("2 people lose access to Asana")).to_be_visible()
    for person in people:
        expect(page.locator(".named")).to_contain_text(person["name"])
    page.get_by_role("button", name="Approve 2 cases").click()
    expect(page.get_by_role("heading", name="Cases")).to_be_visible()


def see_them_done(page: Page) -> None:
    """The worker takes them up by itself; the page is looked at again and again, as a person would."""
    page.goto("/cases/?queue=done")
    ended = page.locator("#people-results .results-head")
    for _ in range(90):
        if "2 cases" in ended.inner_text():
            return
        page.wait_for_timeout(1000)
        page.reload()
    raise AssertionError("the cases did not end")


def download_the_evidence(page: Page, person: Row) -> None:
    page.goto("/cases/?queue=done")
    page.get_by_role("link", name=person["name"]).first.click()
    expect(page.get_by_role("heading", name=person["name"])).to_be_visible()
    with page.expect_download() as html:
        page.get_by_role("link", name="Evidence", exact=True).click()
    text = html.value.path().read_text()
    assert person["email"] in text
    assert "bob@example.com" in text
    assert "/removeUser" in text
    with page.expect_download() as as_json:
        page.get_by_role("link", name="Evidence as JSON").click()
    evidence = json.loads(as_json.value.path().read_text())
    assert evidence["state"] == "done"
    assert [one["word"] for one in evidence["approvals"]] == ["approved"]
    assert all(target["outcome"] == "done" for target in evidence["targets"])
    assert {"asana.user_removed", "case.approved"} <= {entry["action"] for entry in evidence["ledger"]}
