"""Who was invited and never came: counted apart, with how sure that is, and listed behind the figure."""

import csv
import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from tests.support.activity.lived_usage import ago, use, watch
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.activity.models import ConsoleImport, ConsoleSighting, EvidenceSource, PersonUsage
from usher.activity.usage.counting import count_memberships
from usher.activity.usage.rules import Arrival
from usher.insights.arrivals import seat_arrivals
from usher.roster.models import Membership, Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def org() -> Workspace:
    """Watched for 100 days by the audit log."""
    workspace = a_workspace(a_connection("Acme"), "Acme Inc", "acme.example")
    watch(workspace, EvidenceSource.AUDIT, 100)
    return workspace


def export_says_never(*members: Membership, days_ago: int = 3) -> None:
    connection = members[0].person.connection
    exported_on = timezone.localdate() - timedelta(days=days_ago)
    done = ConsoleImport.objects.create(connection=connection, exported_on=exported_on, rows=1, matched=1)
    for member in members:
        ConsoleSighting.objects.create(
            console_import=done, user_gid=member.person.gid, has_never_logged_in=True
        )
        PersonUsage.objects.update_or_create(
            connection=connection,
            user_gid=member.person.gid,
            defaults={"never_logged_in_on": exported_on},
            create_defaults={"never_logged_in_on": exported_on, "as_of": timezone.localdate()},
        )


@pytest.fixture
def everyone(org: Workspace) -> dict[str, Membership]:
    """Named for what is true of them."""
    members = {
        "Came": use(a_member(org, "Came"), ago(days=2)),
        "Surely never": a_member(org, "Surely never"),
        "Probably never": a_member(org, "Probably never", since=ago(days=50), role="admin"),
        "Not known": a_member(org, "Not known"),
        "Came after the export": use(a_member(org, "Came after the export"), ago(days=1)),
        "Robot": use(a_member(org, "Robot", since=ago(days=50)), automated=ago(days=1)),
        "Guest never": a_member(org, "Guest never", since=ago(days=50), role="guest", licence="guest"),
        "View-only never": a_member(org, "View-only never", since=ago(days=50), licence="view_only"),
        "Ended": a_member(org, "Ended", since=ago(days=50), status="not_active"),
    }
    side = a_workspace(org.connection, "Side")  # no organization: no audit log, no export
    members["Side never"] = a_member(side, "Side never")
    export_says_never(*(members[name] for name in ("Surely never", "Came after the export", "Side never")))
    return members


def listed(page: Client, query: str) -> set[str]:
    rows = page.get(f"/people/?{query}").context["table"].paginated_rows
    return {row.record.person.name for row in rows}


def text(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_seats_are_counted_by_whether_their_person_came(
    org: Workspace, everyone: dict[str, Membership]
) -> None:
    found = seat_arrivals(count_memberships([org.connection]))
    assert found.seats == {
        Arrival.CAME: 3,
        Arrival.NEVER: 1,
        Arrival.PROBABLY_NEVER: 1,
        Arrival.UNKNOWN: 2,
    }
    assert found.total == 7, "all seats, without guests, view-only and ended ones"
    assert found.never_came_by_workspace == {org.pk: 2}
    assert found.how_sure == "seats: 1 surely, 1 probably"
    assert seat_arrivals(count_memberships([a_connection("Other")])).total == 0


def test_where_no_source_tells_nothing_is_claimed() -> None:
    side = a_workspace(a_connection(), "Side")
    a_member(side, "Ada")
    found = seat_arrivals(count_memberships([side.connection]))
    assert (found.never_came, found.unknown) == (None, 1)


def test_the_dashboard_shows_them_apart_and_links_to_the_list_that_it_counts(
    page: Client, everyone: dict[str, Membership]
) -> None:
    html = page.get("/").content.decode()
    link = re.search(r'href="([^"]+)">Invited, never came<', html)
    assert link
    assert listed(page, unescape(link[1]).partition("?")[2]) == {"Surely never", "Probably never"}
    words = text(html)
    assert "Invited, never came 2 seats: 1 surely, 1 probably" in words
    assert "Seats, as the API lists them 7" in words
    assert "Never came 1 · the Admin Console's member CSV says so" in words
    assert "Not known 2" in words
    never_came = re.findall(r'data-label="Never came" class="text-end(?: none)?">([\d,]+)<', html)
    assert sorted(never_came) == ["0", "2"]


def test_the_people_list_filters_them_and_says_how_sure(
    page: Client, everyone: dict[str, Membership]
) -> None:
    never = {"Surely never", "Probably never", "Guest never", "View-only never"}
    assert listed(page, "status=active&use=never_came") == never
    assert listed(page, "status=active&use=never_came_sure") == {"Surely never"}
    assert "Surely never" not in listed(page, "status=active&use=unknown")
    words = text(page.get("/people/?columns=last_used").content.decode())
    assert re.search(r"Surely never\s.*?Never came as of", words)
    assert re.search(r"Probably never\s.*?Never probably never came", words)
    lines = b"".join(page.get("/people/export.csv").streaming_content).decode("utf-8-sig").splitlines()
    told = {row["name"]: row["arrival"] for row in csv.DictReader(lines)}
    assert (told["Came"], told["Surely never"], told["Probably never"]) == ("came", "never", "probably_never")
    assert (told["Not known"], told["Side never"]) == ("", "")


@pytest.mark.parametrize(
    ("name", "said", "not_said"),
    [
        ("Surely never", "they had not logged in yet", "Probably never came"),
        ("Probably never", "Probably never came", "had not logged in yet"),
        ("Came after the export", "Last used", "ever came"),
        ("Not known", "Unknown", "ever came"),
        ("Side never", "Unknown", "ever came"),
        ("Robot", "Kept alive by an integration", "ever came"),
    ],
)
def test_the_page_of_a_person_says_it_with_its_reason(
    page: Client, everyone: dict[str, Membership], name: str, said: str, not_said: str
) -> None:
    words = text(page.get(f"/people/{everyone[name].person_id}/activity/").content.decode())
    assert said in words
    assert not_said not in words
