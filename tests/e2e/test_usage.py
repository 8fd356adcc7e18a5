"""Who uses Asana: from connecting with a service token to the list of idle seats, and what goes without a token."""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, StorageState, expect

from tests.e2e.conftest import Installation, installed
from tests.support import chromium as system_chromium
from tests.support.e2e.walkthrough import follow, make_the_first_account, open_the_connect_dialog

pytestmark = [
    pytest.mark.skipif(system_chromium.EXECUTABLE is None, reason="needs Chromium"),
    pytest.mark.xdist_group("e2e"),
]

IN_PARTS = 1.2
"""Seconds that Asana takes for an answer, so that what goes on can be seen going on."""


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
    return session


def figure(page: Page, label: str) -> Locator:
    named = page.locator(".stat-label", has_text=re.compile(rf"^\s*{re.escape(label)}\s*$"))
    return page.locator(".stat").filter(has=named).locator(".stat-value")


def records_of(usher: Installation, *command: str) -> list[dict[str, str | int | None]]:
    found: list[dict[str, str | int | None]] = json.loads(usher.command(*command, "--format", "json"))
    return found


def test_from_a_service_token_to_the_idle_seats_and_their_csv(usher: Installation, page: Page) -> None:
    page.goto("/")
    connect_with_a_service_token(page)
    usher.sandbox.sandbox.latency_seconds = IN_PARTS
    page.get_by_role("button", name="Continue to the first sync").click()
    health = page.locator("#health")
    expect(health).to_contain_text(re.compile(r"Reading people of .+\d+ people", re.DOTALL))
    expect(health).to_contain_text(
        re.compile(r"Reading the audit log of Halvorsen & Brook.*?[\d,]+ events", re.DOTALL)
    )
    usher.sandbox.sandbox.latency_seconds = 0
    expect(health.locator(".health-state")).to_contain_text("Connected and synced")
    expect(health.locator("#usage-sources")).to_contain_text("Audit log and event stream")
    events = health.get_by_role("region", name="Syncs").locator("[data-label=Events]").first
    expect(events).to_have_text(re.compile(r"^\s*\d+,\d{3}\s*$"))

    idle = [record for record in records_of(usher, "idle", "--days", "90") if record["role"] == "member"]
    assert len(idle) > 10
    see_use_on_the_dashboard(page, usher)
    find_idle_members(page, idle)
    export_them(page, idle)
    look_at_a_person_and_their_events(page, usher)

    page.get_by_role("navigation", name="Main").get_by_role("link", name="Dashboard").click()
    page.get_by_role("link", name="How usage is measured").click()
    expect(page.get_by_role("heading", name="How usage is measured", level=1)).to_be_visible()
    account = page.get_by_role("region", name="Northwind", exact=True)
    expect(account).to_contain_text(re.compile(r"[\d,]{5,} events of \d+\s+types"))
    expect(account.get_by_role("group", name="Coverage of Northwind")).to_contain_text("Audit log")


def connect_with_a_service_token(page: Page) -> None:
    open_the_connect_dialog(page)
    dialog = page.get_by_role("dialog", name="Connect Asana")
    dialog.get_by_label("Name").fill("Northwind")
    dialog.get_by_label("Service-account token").fill("sandbox-service-1")
    dialog.get_by_role("radio", name="A personal access token").check()
    dialog.get_by_role("textbox", name="Personal access token", exact=True).fill("sandbox-pat-1")
    dialog.get_by_role("button", name="Connect", exact=True).click()
    checks = page.locator("#checks")
    expect(checks.get_by_role("heading", name="Usher can read this account")).to_be_visible()
    expect(checks.locator("[data-check=audit]")).to_have_attribute("data-outcome", "passed")
    expect(checks.locator("[data-check=audit]")).to_contain_text("The audit log can be read")


def see_use_on_the_dashboard(page: Page, usher: Installation) -> None:
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Dashboard").click()
    expect(page.get_by_role("heading", level=2).first).to_have_text("Needs you today")
    for days in (90, 30):
        idle = records_of(usher, "idle", "--days", str(days))
        expect(figure(page, f"Seats idle for {days} days")).to_have_text(str(len(idle)))
    levels = page.get_by_role("region", name="Usage level")
    expect(levels).to_contain_text(re.compile("Median: (Core|Regular|Occasional)"))
    for chart in ("active-people", "idle", "last-use", "days-by-month", "minutes-by-month"):
        expect(page.locator(f"#{chart} canvas").first).to_be_visible()
    page.locator("#idle summary").click()
    lengths = page.locator("#idle tbody tr")
    assert sum(int(text) for text in lengths.get_by_role("cell").all_inner_texts()) == len(
        records_of(usher, "idle", "--days", "30")
    )
    page.get_by_role("navigation", name="Period").get_by_role("link", name="Month").click()
    expect(page).to_have_url(re.compile("period=month"))
    page.locator("#active-people summary").click()
    expect(page.locator("#active-people tbody tr").last.get_by_role("cell").first).to_have_text(
        re.compile(r"^\s*\d+\s*$")
    )


def find_idle_members(page: Page, idle: list[dict[str, str | int | None]]) -> None:
    page.get_by_role("navigation", name="Main").get_by_role("link", name="People").click()
    page.get_by_role("link", name="Members idle for 90 days").click()
    expect(page.get_by_role("spinbutton", name="Seat idle for")).to_have_value("90")
    expect(page.get_by_text(f"{len(idle)} memberships")).to_be_visible()
    page.get_by_role("combobox", name="Rows").select_option("200")
    rows = page.locator("#table tbody tr")
    expect(rows).to_have_count(len(idle))
    assert Counter(rows.locator(".person-email").all_inner_texts()) == Counter(
        record["email"] for record in idle
    )
    expect(rows.first).to_contain_text("Idle")


def export_them(page: Page, idle: list[dict[str, str | int | None]]) -> None:
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Export CSV").click()
    with downloading.value.path().open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert Counter((row["workspace_gid"], row["gid"], row["last_used"] or None) for row in rows) == Counter(
        (record["workspace_gid"], record["gid"], record["last_used"]) for record in idle
    )


def look_at_a_person_and_their_events(page: Page, usher: Installation) -> None:
    busy = max(records_of(usher, "usage"), key=lambda record: int(record["active_days"] or 0))
    follow(page.get_by_role("link", name="Clear filters"))
    page.get_by_role("searchbox", name="Name or e-mail").fill(str(busy["email"]))
    rows = page.locator("#table tbody tr")
    expect(rows.first).to_contain_text(str(busy["email"]))
    rows.first.get_by_role("link").first.click()
    use = page.get_by_role("region", name="Usage", exact=True)
    expect(use).to_contain_text(f"{busy['active_days']} of 30")
    expect(page.get_by_role("group", name="Calendar of active days")).to_be_visible()
    days = page.locator(
        ".calendar-day .level-1, .calendar-day .level-2, .calendar-day .level-3, .calendar-day .level-4"
    )
    assert days.count() >= int(busy["active_days"] or 0)
    days.last.click()
    expect(page.get_by_role("group", name="Sessions").get_by_role("row").nth(1)).to_be_visible()

    stored = usher.command(
        "events", "Northwind", "--person", str(busy["gid"]), "--format", "jsonl"
    ).splitlines()
    follow(page.get_by_role("navigation", name="Main").get_by_role("link", name="Audit log"))
    page.get_by_role("searchbox", name="Name, e-mail or GID").fill(str(busy["email"]))
    expect(page).to_have_url(re.compile("person="))
    events = page.locator("#events-results .event")
    expect(events).to_have_count(min(50, len(stored)))
    newest = events.first
    newest.get_by_text("Record").click()
    expect(newest.locator("pre")).to_contain_text(str(busy["gid"]))


def test_without_a_service_token_one_sees_what_it_would_add_and_a_member_csv_tells_last_use(
    usher: Installation, page: Page, tmp_path: Path
) -> None:
    usher.command("connect", "--name", "Tideway", "--token", "sandbox-pat-2")
    usher.command("sync", "Tideway")
    page.goto("/integrations/")
    page.get_by_role("link", name="Tideway", exact=True).click()
    expect(page.locator("#usage-sources")).to_contain_text("No token, so usage is not read")
    tideway = page.url.rstrip("/").rpartition("/")[2]
    page.goto(f"/?connection={tideway}")
    expect(page.get_by_role("heading", name="Find out who uses Asana")).to_be_visible()
    expect(page.get_by_text("the complete audit log, beyond Asana's 90 days")).to_be_visible()
    expect(page.locator("#use canvas")).to_have_count(0)
    page.get_by_role("link", name="Upload a member CSV").click()

    people = write_member_csv(usher, tmp_path / "members.csv")
    expect(page.get_by_role("combobox", name="Asana account")).to_have_value(tideway)
    page.get_by_label("Member CSV").set_input_files(tmp_path / "members.csv")
    page.get_by_role("button", name="Preview", exact=True).click()
    expect(figure(page, "Rows").first).to_have_text(str(len(people) + 1))
    expect(figure(page, "People matched")).to_have_text(str(len(people)))
    expect(figure(page, "Rows without a match")).to_have_text("1")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text(f"The file was imported. People matched: {len(people)}.")).to_be_visible()

    email, last = people[0]
    page.goto(f"/people/?connection={tideway}&q={email}&sort=-last_used")
    row = page.locator("#table tbody tr").first
    expect(row).to_contain_text(f"{last:%-d %b %Y}")
    expect(row).to_contain_text("Admin Console")
    page.goto(f"/?connection={tideway}")
    expect(page.get_by_role("region", name="Usage data available for")).to_contain_text("Admin Console only")
    expect(page.locator("#use canvas").first).to_be_visible()
    expect(page.get_by_role("heading", name="A service-account token shows more")).to_be_visible()


def write_member_csv(usher: Installation, file: Path) -> list[tuple[str, datetime]]:
    """As an admin exports it: with someone who is not in the people list. Returns who is in it, and last activities."""
    members = next(
        workspace["memberships"]
        for workspace in usher.sandbox.truth()["workspaces"]
        if workspace["name"] == "Tideway Instruments"
    )
    emails = sorted({str(m["email"]) for m in members if m["status"] == "active" and m.get("email")})
    yesterday = datetime.now(UTC) - timedelta(days=1)
    people = [(email, yesterday - timedelta(days=number % 50)) for number, email in enumerate(emails)]
    with file.open("w", encoding="utf-16", newline="") as written:
        rows = csv.writer(written, delimiter="\t")
        rows.writerow(["Name", "Email", "Joined", "Last activity"])
        rows.writerow(["A stranger", "stranger@nowhere.example", "2024-01-02", "2026-01-02"])
        rows.writerows(["", email, "2024-01-02", f"{last:%Y-%m-%d}"] for email, last in people)
    return people
