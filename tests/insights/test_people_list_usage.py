"""The page of people with what is known of their use."""

import csv
import itertools
import re
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs

import pytest
from django.test import Client
from django.utils import timezone

from tests.support.activity.lived_usage import ago, export, use, watch
from tests.support.queries import assert_costs_the_same, queries_of
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.activity.models import EvidenceSource, PersonUsage
from usher.activity.usage.conditions import idle_seats
from usher.activity.usage.figures import window_of
from usher.insights.people.filters import PRESETS
from usher.roster.models import Membership, Workspace

pytestmark = pytest.mark.django_db

ALL_COLUMNS = "&".join(
    f"columns={name}" for name in ("last_used", "level", "active_days", "average", "confidence", "since")
)


def names(page: Client, query: str = "") -> list[str]:
    """Who stands in the table, from top to bottom."""
    answer = page.get(f"/people/?{query}")
    assert answer.status_code == 200
    return [row.record.person.name for row in answer.context["table"].paginated_rows]


@pytest.fixture
def org() -> Workspace:
    """Watched for 200 days by the audit log, for 40 by the stream."""
    workspace = a_workspace(a_connection("Acme"), "Acme Inc", "acme.example")
    watch(workspace, EvidenceSource.AUDIT, 200)
    watch(workspace, EvidenceSource.STREAM, 40)
    return workspace


@pytest.fixture
def everyone(org: Workspace) -> None:
    """Named for what is true of them."""
    use(a_member(org, "Today", role="admin"), ago(hours=1), 20, 900, EvidenceSource.STREAM)
    use(a_member(org, "Week"), ago(days=6), 3, 240)
    use(a_member(org, "Idle 45"), ago(days=45), automated=ago(days=100))
    use(a_member(org, "Idle 100", role="admin"), ago(days=100))
    use(a_member(org, "Robot"), automated=ago(days=1))
    use(a_member(org, "Stopped robot"), automated=ago(days=50))
    a_member(org, "Unseen since watched")  # joined before anything was read
    a_member(org, "Never came", since=ago(days=150))
    a_member(org, "New", since=ago(days=10))
    a_member(org, "Guest never", role="guest", licence="guest", since=ago(days=120))
    use(a_member(org, "Guest idle", role="guest", licence="guest"), ago(days=120))
    use(a_member(org, "Gone", status="not_active"), ago(days=120))
    side = a_workspace(org.connection, "Side")  # no organization: no audit log
    a_member(side, "Unwatched")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("idle=90", "Idle 100, Never came, Robot, Stopped robot, Unseen since watched"),
        ("idle=30", "Idle 100, Idle 45, Never came, Robot, Stopped robot, Unseen since watched"),
        ("idle=46", "Idle 100, Never came, Robot, Stopped robot, Unseen since watched"),
        ("idle=101", "Never came, Robot, Stopped robot, Unseen since watched"),
        ("idle=300", ""),
        ("use=recent", "Today, Week"),
        ("use=never", "Guest never, Never came, New"),
        ("use=unknown", "Robot, Stopped robot, Unseen since watched, Unwatched"),
        ("use=automated", "Robot"),
        ("idle=90&role=admin", "Idle 100"),
        ("idle=90&use=never", "Never came"),
        ("idle=90&use=recent", ""),
        ("use=never&q=guest", "Guest never"),
    ],
)
def test_each_filter_of_use_finds_whom_it_says(query: str, found: str, page: Client, everyone: None) -> None:
    assert ", ".join(sorted(names(page, query))) == found


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("Members idle for 90 days", "Never came, Robot, Stopped robot, Unseen since watched"),
        ("Admins without use for 30 days", "Idle 100"),
        ("Guests who never used Asana", "Guest never"),
        ("Invited and never came", "Never came, New"),
        ("Kept alive by an integration", "Robot"),
    ],
)
def test_each_question_people_ask_is_answered(title: str, found: str, page: Client, everyone: None) -> None:
    assert ", ".join(sorted(names(page, dict(PRESETS)[title]))) == found
    shown = page.get(f"/people/?{dict(PRESETS)[title]}").content.decode()
    assert re.findall(r'class="chip-link"[^>]*aria-current="true">([^<]+)<', shown) == [title]
    assert "A filter cannot be read" not in shown


def test_no_question_is_marked_when_another_is_asked(page: Client, everyone: None) -> None:
    asked = dict(PRESETS)["Guests who never used Asana"]
    assert 'aria-current="true">Guests' not in page.get(f"/people/?{asked}&q=a").content.decode()
    assert 'aria-current="true">Guests' in page.get(f"/people/?{asked}&sort=-name").content.decode()


@pytest.mark.parametrize("days", [1, 29, 30, 31, 45, 46, 90, 100, 101, 199, 201])
def test_the_idle_filter_finds_the_seats_of_the_figures(
    days: int, page: Client, org: Workspace, everyone: None
) -> None:
    told = idle_seats(org.connection, window_of(org.connection, days))
    assert sorted(names(page, f"idle={days}")) == sorted(seat.person.name for seat in told)


def test_who_is_idle_is_told_of_each_connection_by_its_own_coverage(page: Client, everyone: None) -> None:
    other = a_workspace(a_connection("Other"), "Other Inc", "other.example")
    watch(other, EvidenceSource.AUDIT, 50)
    a_member(other, "Elsewhere")
    assert "Elsewhere" in names(page, "idle=40")
    assert "Elsewhere" not in names(page, "idle=60")


@pytest.mark.parametrize(
    ("column", "order"),
    [
        ("last_used", ["Idle 100", "Idle 45", "Week", "Today"]),
        ("active_days", ["Week", "Today"]),
        ("level", ["Week", "Today"]),
        ("average", ["Today", "Week"]),
    ],
)
def test_columns_of_use_sort_both_ways_and_what_is_not_known_comes_last(
    column: str, order: list[str], page: Client, everyone: None
) -> None:
    """Twenty days of 45 minutes are fewer minutes a day than three of 80."""
    query = f"q=&status=active&licence=member&{ALL_COLUMNS}"
    up, down = names(page, f"{query}&sort={column}"), names(page, f"{query}&sort=-{column}")
    assert sorted(up) == sorted(down)
    known = [name for name in up if name in order]
    assert known == order
    assert [name for name in down if name in order] == order[::-1]
    if column != "average":
        assert up[-1] in ("Unseen since watched", "Never came", "New", "Unwatched")
    assert down[-1] in ("Unseen since watched", "Never came", "New", "Unwatched")
    assert down[: len(order)] == order[::-1]


def shown_of(page: Client, name: str) -> str:
    """The words of one row."""
    shown = page.get(f"/people/?q={name}&{ALL_COLUMNS}").content.decode()
    rows = [row for row in re.findall(r"<tr.*?</tr>", shown, re.DOTALL) if f"<bdi>{name}<" in row]
    assert len(rows) == 1
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", rows[0])).replace("\xa0", " ").split())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Today", ["1 hour ago Event stream", "Core", "20 of 30", "45 min a day", "High"]),
        ("Week", ["6 days ago Audit log", "Occasional", "3 of 30", "80 min a day"]),
        ("Idle 100", ["Audit log", "Idle", "0 of 30", "—", "High"]),
        ("Robot", ["Integration only 1 day ago", "Idle"]),
        ("Unseen since watched", ["Not used since", "Idle"]),
        ("Never came", ["Never", "Idle"]),
        ("Unwatched", ["Unknown", "None"]),
    ],
)
def test_a_row_says_what_is_known(name: str, words: list[str], page: Client, everyone: None) -> None:
    seen = shown_of(page, name)
    for each in words:
        assert each in seen


def test_someone_in_an_export_of_the_console_is_known_from_it(page: Client) -> None:
    workspace = a_workspace(a_connection(), "Acme Inc", "acme.example")
    ada = use(a_member(workspace, "Ada"), ago(days=3), source=EvidenceSource.CONSOLE)
    export(ada, a_member(workspace, "Bo"))
    a_member(workspace, "Cy")
    assert "Admin Console" in shown_of(page, "Ada")
    assert "Console" in shown_of(page, "Bo"), "stands there without a last activity"
    assert "None" in shown_of(page, "Cy")


def test_the_export_has_the_rows_of_the_filter_with_their_use(page: Client, everyone: None) -> None:
    link = re.search(
        r'id="export" href="([^"]+)"', page.get("/people/?idle=30&sort=-last_used").content.decode()
    )
    assert link
    text = b"".join(page.get(unescape(link[1])).streaming_content).decode("utf-8-sig")
    rows = {row["name"]: row for row in csv.DictReader(text.splitlines())}
    assert sorted(rows) == sorted(names(page, "idle=30"))
    whole = b"".join(page.get("/people/export.csv").streaming_content).decode("utf-8-sig")
    rows = {row["name"]: row for row in csv.DictReader(whole.splitlines())}
    today, robot, never = rows["Today"], rows["Robot"], rows["Never came"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", today["last_used"])
    assert (today["last_used_source"], today["active_days_of_30"]) == ("stream", "20")
    assert today["usage_minutes_of_30"] == "900.0"
    assert robot["last_used"] == ""
    assert robot["automated_last_used"]
    assert (never["last_used"], never["active_days_of_30"], never["usage_minutes_of_30"]) == ("", "", "")


@pytest.mark.parametrize(
    "query",
    [
        "idle=abc",
        "idle=0",
        "idle=-1",
        "idle=1e3",
        "idle=NaN",
        "idle=Infinity",
        "idle=1.5",
        "idle=3660",
        "idle=3661",
        "idle=99999999999999999999",
        "idle=²",
        "use=everything",
        "use=never&use=recent",
        "sort=-usage",
        "sort=confidence",
        "sort=last_used,-level",
        "columns=in_console",
        "until_after=yesterday",
        "until_after=0001-01-01&until_before=9999-12-31",
        "until_before=2025-02-30",
    ],
)
def test_nonsense_in_the_address_is_answered_with_a_page(query: str, page: Client, everyone: None) -> None:
    for zone in ("UTC", "Pacific/Kiritimati"):
        page.cookies["timezone"] = zone
        answer = page.get(f"/people/?{query}")
        assert answer.status_code == 200
        fields = re.findall(r'<input[^>]*type="(number|date)"[^>]*>', answer.content.decode())
        assert len(fields) == 5
        for field in re.findall(
            r'<input[^>]*type="(?:number|date)"[^>]*value="([^"]*)"', answer.content.decode()
        ):
            assert re.fullmatch(r"(\d+|\d{4}-\d\d-\d\d|)", field), "a browser takes it"
        assert b"".join(page.get(f"/people/export.csv?{query}").streaming_content)


def test_what_could_not_be_understood_filters_nothing_and_is_said(page: Client, everyone: None) -> None:
    shown = page.get("/people/?idle=abc").content.decode()
    assert "A filter cannot be read" in shown
    assert "Seat idle for at least (days)" in shown
    assert len(names(page, "idle=abc")) == len(names(page)) == 13


def test_an_unknown_workspace_is_said_in_plain_words(page: Client, everyone: None) -> None:
    assert "No connection reads such a workspace" in page.get("/people/?workspace=99999").content.decode()
    assert "Usher has no such connection" in page.get("/people/?connection=99999").content.decode()


def test_people_who_left_are_found_by_the_day_they_left(page: Client, org: Workspace) -> None:
    a_member(org, "Left lately", status="not_active", until=ago(days=3))
    a_member(org, "Left long ago", status="not_active", until=ago(days=300))
    a_member(org, "Left before", status="not_active")
    day = ago(days=30).date().isoformat()
    assert names(page, f"until_after={day}") == ["Left lately"]
    assert names(page, f"until_before={day}") == ["Left long ago"]
    assert f'value="{day}"' in page.get(f"/people/?until_after={day}").content.decode()


def test_the_dashboard_links_to_whom_it_counts(page: Client, everyone: None) -> None:
    shown = page.get("/").content.decode()
    links = {
        " ".join(label.split()): unescape(url)
        for url, label in re.findall(r'<a class="stretched-link" href="([^"]+)">([^<]+)</a>', shown)
    }
    figures = dict(
        re.findall(
            r'stretched-link" href="[^"]+">([^<]+)</a></div>\s*<div class="stat-value">([\d,]+)<', shown
        )
    )
    for label in ("Seats idle for 90 days", "Seats idle for 30 days", "Seats", "Admins", "Guests"):
        assert len(names(page, links[label].partition("?")[2])) == int(figures[label]), label
    assert set(parse_qs(links["Left in 4 weeks"].partition("?")[2])) == {"status", "until_after"}
    assert set(parse_qs(links["Joined in 4 weeks"].partition("?")[2])) == {"since_after"}


@pytest.mark.parametrize(
    "url",
    [
        f"/people/?{ALL_COLUMNS}",
        "/people/?idle=30&use=unknown",
        "/people/?use=never",
        "/people/export.csv?use=never",
    ],
)
def test_it_costs_the_same_queries_however_many_people_and_connections(
    url: str, page: Client, org: Workspace
) -> None:
    numbers = itertools.count()

    def add(rows: int) -> None:
        for number in itertools.islice(numbers, rows):
            export(use(a_member(org, f"A{number}"), ago(days=number), number % 30, number))
            workspace = a_workspace(a_connection(f"C{number}"), "Inc", "c.example")
            watch(workspace, EvidenceSource.AUDIT, 100)
            a_member(workspace, "Ada")

    assert_costs_the_same(page, url, add)
    assert len(queries_of(page, url)) <= 24


def test_use_is_that_of_the_same_connection(page: Client, org: Workspace) -> None:
    """The same gid in another connection is another person."""
    ada = use(a_member(org, "Ada"), ago(days=2))
    other = a_workspace(a_connection("Other"), "Other Inc", "other.example")
    stranger = a_member(other, "Stranger")
    stranger.person.gid = ada.person.gid
    stranger.person.save()
    assert names(page, "use=recent") == ["Ada"]
    assert PersonUsage.objects.count() == 1
    assert Membership.objects.count() == 2


@pytest.mark.parametrize("sort", ["name", "-name", "last_used", "-last_used", "until", "-active_days"])
def test_a_page_far_down_has_the_same_rows_as_if_everything_before_it_had_been_read(
    sort: str, page: Client
) -> None:
    workspace = a_workspace(a_connection())
    for n in range(130):
        until = timezone.now() - timedelta(days=n % 4) if n % 3 else None
        member = a_member(workspace, f"Person {n * 37 % 130}", f"p{n}@acme.example", until=until)
        if n % 5:
            used_at = timezone.now() - timedelta(hours=n % 7)
            PersonUsage.objects.create(
                connection=workspace.connection,
                user_gid=member.person.gid,
                as_of=timezone.localdate(),
                last_used_at=used_at,
                active_days=n % 4,
            )

    def pages() -> list[list[str]]:
        addresses = [f"/people/?per_page=25&sort={sort}&page={number}" for number in range(1, 7)]
        return [re.findall(r"p\d+@acme.example", page.get(address).text) for address in addresses]

    read = pages()
    assert [len(addresses) for addresses in read] == [25, 25, 25, 25, 25, 5]
    whole = page.get(f"/people/?per_page=200&sort={sort}").text
    assert [address for addresses in read for address in addresses] == re.findall(r"p\d+@acme.example", whole)
