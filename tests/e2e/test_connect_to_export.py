"""The main job as a person does it: from the one-time link to the exported list, and out again."""

import csv
import re
from collections import Counter

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.e2e.conftest import Installation
from tests.support import chromium
from tests.support.e2e.walkthrough import (
    answer_asana,
    follow,
    make_the_first_account,
    open_the_connect_dialog,
)

# Processes and a browser of their own: one worker of pytest-xdist at a time is enough for the machine.
pytestmark = [
    pytest.mark.skipif(chromium.EXECUTABLE is None, reason="needs Chromium"),
    pytest.mark.xdist_group("e2e"),
]

ASTRIDS = ("Halvorsen & Brook", "Brook Design Guild", "Halvorsen Charity Run", "Side Projects")


def memberships(usher: Installation) -> list[dict[str, str]]:
    """What is true of the workspaces of the account that is connected."""
    return [
        {**membership, "workspace": workspace["name"]}
        for workspace in usher.sandbox.truth()["workspaces"]
        if workspace["name"] in ASTRIDS
        for membership in workspace["memberships"]
    ]


def figure(page: Page, label: str) -> Locator:
    named = page.locator(".stat-label", has_text=re.compile(rf"^\s*{re.escape(label)}\s*$"))
    return page.locator(".stat").filter(has=named).locator(".stat-value")


def test_from_the_one_time_link_to_the_export(
    usher: Installation, context: BrowserContext, page: Page
) -> None:
    make_the_first_account(page, usher)
    expect(page.get_by_text("Connect Asana to begin")).to_be_visible()

    fill_in_the_dialog_with_a_slip_first(page)
    asana = answer_asana(context, page, "Allow")
    code = asana.locator("#code").inner_text()
    asana.close()
    usher.sandbox.sandbox.latency_seconds = 0.5  # so that what goes on can be seen going on
    page.get_by_label("Code from Asana").fill(code)
    page.get_by_role("button", name="Connect").click()

    see_the_test_fill_in(page)
    usher.sandbox.sandbox.latency_seconds = 1.2
    page.get_by_role("button", name="Continue to the first sync").click()
    see_the_sync_go_on_and_end(page)
    usher.sandbox.sandbox.latency_seconds = 0
    page.get_by_role("link", name="Integrations").first.click()
    row = page.locator(".connection-row")
    expect(row).to_contain_text("Northwind")
    expect(row).to_contain_text("Connected and synced")
    expect(row.locator(".state-mark.is-synced")).to_be_visible()

    compare_the_dashboard(page, usher)
    narrow_people_down(page, usher)
    export_what_is_filtered(page, usher)
    see_a_change_in_a_persons_history(page, usher)

    page.get_by_role("button", name="Account of Ines Marsh").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto("/people/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def fill_in_the_dialog_with_a_slip_first(page: Page) -> None:
    open_the_connect_dialog(page)
    dialog = page.get_by_role("dialog", name="Connect Asana")
    dialog.get_by_label("Name").fill("Northwind")
    dialog.get_by_label("Organization or workspace GID").fill("northwind")
    dialog.get_by_role("button", name="Continue to Asana").click()
    expect(dialog.get_by_text("“northwind” is not a GID: a GID has digits only.")).to_be_visible()
    expect(dialog.get_by_label("Organization or workspace GID")).to_be_focused()
    expect(dialog.get_by_label("Name")).to_have_value("Northwind")
    dialog.get_by_label("Organization or workspace GID").fill("")
    dialog.get_by_role("button", name="Continue to Asana").click()
    expect(page.get_by_role("heading", name="Connect Northwind")).to_be_visible()


def see_the_test_fill_in(page: Page) -> None:
    expect(page.get_by_role("heading", name="Test Connection", exact=True)).to_be_visible()
    expect(page.get_by_text("Connected as Astrid Halvorsen.")).to_be_visible()
    checks = page.locator("#checks")
    expect(checks.locator("[data-outcome=running]")).to_be_visible()
    expect(checks.locator("[data-outcome=waiting]").last).to_be_visible()
    expect(checks.locator("[data-check=token]")).to_have_attribute("data-outcome", "passed")
    expect(checks.get_by_role("heading", name="Usher can read this account")).to_be_visible()
    outcomes = checks.locator("[data-outcome]").evaluate_all("checks => checks.map(c => c.dataset.outcome)")
    assert set(outcomes) == {"passed", "skipped"}, "without a service-account token two checks do not apply"
    expect(checks.locator("[data-check=workspaces]")).to_contain_text("Excluded: Personal Projects")


def see_the_sync_go_on_and_end(page: Page) -> None:
    health = page.locator("#health")
    expect(health.get_by_role("progressbar")).to_be_visible()
    expect(health).to_contain_text(re.compile(r"Reading people of .+\d+ people", re.DOTALL))
    expect(page.get_by_role("button", name="Sync now")).to_be_disabled()
    expect(health.locator(".health-state")).to_contain_text("Connected and synced")
    expect(health.locator(".state-mark.is-synced")).to_be_visible()
    expect(health.get_by_role("progressbar")).to_have_count(0)
    expect(page.get_by_role("button", name="Sync now")).to_be_enabled()


def compare_the_dashboard(page: Page, usher: Installation) -> None:
    page.get_by_role("link", name="Dashboard").click()
    truth = memberships(usher)
    active = [membership for membership in truth if membership["status"] == "active"]
    licences = Counter(membership["licence"] for membership in active)
    expect(figure(page, "Active people")).to_have_text(str(len({m["user"] for m in active})))
    expect(figure(page, "Seats")).to_have_text(str(licences["member"]))
    expect(figure(page, "Guests")).to_have_text(str(licences["guest"]))
    expect(figure(page, "View-only")).to_have_text(str(licences["view_only"]))
    expect(figure(page, "Admins")).to_have_text(str(sum(m["role"] == "admin" for m in active)))
    expect(figure(page, "Not Active")).to_have_text(str(len(truth) - len(active)))
    for chart in ("over-time", "by-role", "weeks"):
        canvas = page.locator(f"#{chart} canvas").first
        expect(canvas).to_be_visible()
        assert canvas.evaluate(HAS_COLOURS), f"{chart} is drawn"
    page.locator("#by-role summary").click()
    guests = page.locator("#by-role").get_by_role("row", name="Guest")
    expect(guests.get_by_role("cell").last).to_have_text(str(licences["guest"]))
    workspaces = page.get_by_role("region", name="Workspaces").get_by_role("row")
    expect(workspaces).to_have_count(1 + len(ASTRIDS))

    page.get_by_role("main").get_by_role("link", name="Guests").click()
    expect(page.get_by_role("heading", name="People")).to_be_visible()
    expect(page.get_by_text(f"{licences['guest']} memberships")).to_be_visible()


HAS_COLOURS = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const seen = new Set();
  for (let at = 0; at < data.length; at += 4) {
    const spread = Math.max(data[at], data[at + 1], data[at + 2]) - Math.min(data[at], data[at + 1], data[at + 2]);
    if (data[at + 3] > 200 && spread > 60) seen.add(`${data[at]},${data[at + 1]},${data[at + 2]}`);
  }
  return seen.size > 0;
}"""


def narrow_people_down(page: Page, usher: Installation) -> None:
    follow(page.get_by_role("navigation", name="Main").get_by_role("link", name="People"))
    truth = memberships(usher)
    expect(page.get_by_text(f"{len(truth)} memberships")).to_be_visible()

    page.get_by_role("searchbox", name="Name or e-mail").press_sequentially("brook tomás")
    rows = page.locator("#table tbody tr")
    expect(rows).to_have_count(sum(m["name"] == "Tomás Brook" for m in truth))
    expect(rows.first).to_contain_text("Tomás Brook")
    expect(page).to_have_url(re.compile(r"[?&]q=brook(\+|%20)tom%C3%A1s"))
    page.go_back()
    expect(page.get_by_text(f"{len(truth)} memberships")).to_be_visible()
    expect(page.get_by_role("searchbox", name="Name or e-mail")).to_have_value("")

    page.get_by_role("group", name="Role").get_by_role("checkbox", name="Guest").check()
    expect(page).to_have_url(re.compile("role=guest"))
    page.get_by_role("combobox", name="Status").select_option("Active")
    guests = [m for m in truth if m["role"] == "guest" and m["status"] == "active"]
    expect(page.get_by_text(f"{len(guests)} memberships")).to_be_visible()
    page.get_by_role("link", name="Person").click()
    expect(page.get_by_role("columnheader", name="Person")).to_have_attribute("aria-sort", "descending")
    expect(page).to_have_url(re.compile(r"role=guest.*sort=-name"))
    page.reload()
    expect(page.get_by_role("checkbox", name="Guest").first).to_be_checked()
    expect(page.get_by_text(f"{len(guests)} memberships")).to_be_visible()


def export_what_is_filtered(page: Page, usher: Installation) -> None:
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Export CSV").click()
    with downloading.value.path().open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert re.fullmatch(r"usher-people-\d{4}-\d\d-\d\d\.csv", downloading.value.suggested_filename)
    assert Counter((row["workspace"], row["gid"], row["licence"]) for row in rows) == Counter(
        (m["workspace"], m["user"], m["licence"])
        for m in memberships(usher)
        if m["role"] == "guest" and m["status"] == "active"
    )
    assert {row["connection"] for row in rows} == {"Northwind"}


def see_a_change_in_a_persons_history(page: Page, usher: Installation) -> None:
    organization = usher.sandbox.truth()["workspaces"][0]["gid"]
    vera = next(m for m in memberships(usher) if m["name"] == "Vera Glass")
    usher.sandbox.change(organization, vera["user"], "admin")
    page.get_by_role("link", name="Integrations").click()
    page.get_by_role("link", name="Northwind", exact=True).click()
    page.get_by_role("button", name="Sync now").click()
    runs = page.get_by_role("region", name="Syncs").get_by_role("row")
    expect(runs).to_have_count(3)
    expect(runs.nth(1)).to_contain_text("Done")
    runs.nth(1).get_by_role("link").click()
    expect(figure(page, "Changed")).to_have_text("2")
    page.get_by_role("link", name="Vera Glass").first.click()
    expect(page.get_by_role("heading", name="Vera Glass")).to_be_visible()
    history = page.get_by_role("region", name="History").get_by_role("listitem")
    expect(history.filter(has_text="Role changed")).to_contain_text("from Member to Admin")
    expect(history.filter(has_text="Licence changed")).to_contain_text("from View-only to Member")
    expect(history.last).to_contain_text("Joined Halvorsen & Brook")
