"""The page that tells how usage is measured, with each account's own numbers."""

import itertools
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.support.activity.written_events import an_event, watched, write
from tests.support.queries import assert_costs_the_same, queries_of
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.activity.models import ConsoleImport, ConsoleSighting
from usher.activity.usage.counting import keep_all
from usher.activity.usage.explanation import CONFIDENCE_EXPLAINED, connection_coverage
from usher.activity.usage.rules import Confidence
from usher.roster.models import Workspace

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def text(page: Client) -> str:
    answer = page.get("/usage/measuring/")
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split())


def test_it_has_every_accounts_own_numbers(page: Client, org: Workspace) -> None:
    write(org, an_event(), an_event(event_type="robot_hired", event_category="robots"))
    a_connection("Plain")
    watched(org, "audit", NOW - timedelta(days=80), NOW - timedelta(days=40))
    watched(org, "audit", NOW - timedelta(days=20))
    seen = text(page)
    assert "2 events of 2 types, 1 of them unknown to Usher" in seen
    assert f"{NOW - timedelta(days=40):%-d %b %Y}, " in seen  # the gap begins
    assert "Only people are read" in seen
    assert "No export uploaded" in seen


def test_people_are_counted_by_how_well_their_use_is_known(org: Workspace) -> None:
    watched(org, "stream", NOW - timedelta(days=60))
    unwatched = a_workspace(org.connection, "New Inc", "new.example")
    for number in range(3):
        a_member(org, f"Seen {number}", since=NOW - timedelta(days=50))
    exported = a_member(unwatched, "Exported")
    a_member(unwatched, "Unseen")
    a_member(org, "Gone", status="not_active")
    export = ConsoleImport.objects.create(
        connection=org.connection, exported_on=NOW.date(), file_name="m.csv", rows=1, matched=1
    )
    ConsoleSighting.objects.create(console_import=export, user_gid=exported.person.gid)
    (account,) = connection_coverage()
    assert account.members == 5
    assert {share.confidence: share.members for share in account.shares} == {
        CONFIDENCE_EXPLAINED[Confidence.HIGH]: 3,
        CONFIDENCE_EXPLAINED[Confidence.MEDIUM]: 0,
        CONFIDENCE_EXPLAINED[Confidence.CONSOLE]: 1,
        CONFIDENCE_EXPLAINED[Confidence.NONE]: 1,
    }
    assert [share.percent for share in account.shares] == [60, 0, 20, 20]


@pytest.mark.parametrize(
    "anchor",
    ["active-day", "sessions", "usage-time", "average", "last-used", "idle", "never", "unknown", "grace-period",
     "confidence", "levels", "long-session", "differences", "stream", "console"],
)  # fmt: skip
def test_every_word_can_be_linked_to(anchor: str, page: Client) -> None:
    assert page.get("/usage/measuring/").content.decode().count(f'id="{anchor}"') == 1


def test_without_accounts_it_still_explains(page: Client) -> None:
    assert "No account is connected yet" in text(page)


def test_it_costs_the_same_queries_however_many_connections_and_people(page: Client, org: Workspace) -> None:
    numbers = itertools.count()

    def add(rows: int) -> None:
        for number in itertools.islice(numbers, rows):
            workspace = a_workspace(a_connection(f"C{number}"), "Inc", "c.example")
            watched(workspace, "audit", NOW - timedelta(days=40))
            for other in range(3):
                a_member(workspace, f"Person {other}")

    assert_costs_the_same(page, "/usage/measuring/", add)
    keep_all()
    assert len(queries_of(page, "/usage/measuring/")) <= 16
