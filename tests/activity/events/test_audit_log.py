"""The audit log: what it shows, how it is narrowed down, how one goes through it."""

import itertools
import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.activity.written_events import NOON, an_event, user, write
from tests.support.queries import assert_costs_the_same, queries_of
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.activity.events import rows
from usher.activity.events.search import EventSearch, Position
from usher.connections.models import Connection
from usher.roster.models import Person, Workspace

pytestmark = pytest.mark.django_db


def shown(page: Client, **filters: object) -> list[str]:
    """The gids of the events on the page, in order."""
    answer = page.get(f"/audit-log/?{urlencode(filters)}")
    assert answer.status_code == 200
    return [row.event.gid for row in answer.context["page"].rows]


def text(page: Client, address: str = "/audit-log/") -> str:
    answer = page.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_an_event_is_told_in_plain_words_with_its_record(page: Client, org: Workspace) -> None:
    a_member(org, "Ana Silva", "ana@acme.example")
    Person.objects.filter(name="Ana Silva").update(gid="100")
    write(org, an_event(details={"method": ["GOOGLE_SSO"], "odd": "<script>alert(1)</script>"}))
    seen = text(page)
    assert "Ana Silva signed in with Google" in seen
    assert "Sign-ins" in seen
    assert "198.51.100.7" in seen
    assert "&quot;event_type&quot;: &quot;user_login_succeeded&quot;" in seen
    assert "<script>alert" not in seen
    assert f'href="/people/{Person.objects.get(gid="100").pk}/"' in seen


def test_the_newest_event_comes_first(page: Client, org: Workspace) -> None:
    old, new = write(org, an_event(NOON), an_event(NOON + timedelta(seconds=1)))
    assert shown(page) == [new, old]


@pytest.fixture
def mixed(org: Workspace) -> dict[str, str]:
    """Events that differ from the usual one in one thing each, by that thing."""
    ben = user("200", "Ben Okafor")
    for gid, name in (("100", "Ana Silva"), ("200", "Ben Okafor")):
        Person.objects.create(
            connection=org.connection, gid=gid, name=name, email=f"{name.split()[0].lower()}@acme.example"
        )
    side = a_workspace(org.connection, "Side", "side.example")
    other = a_workspace(a_connection("Other"), "Other Inc", "other.example")
    events = {
        "usual": an_event(NOON),
        "by ben": an_event(
            NOON - timedelta(hours=1), actor=ben, resource={"resource_type": "task", "gid": "5"}
        ),
        "about ben": an_event(
            NOON - timedelta(hours=2),
            event_type="user_deprovisioned",
            event_category="user_updates",
            resource=ben,
        ),
        "about a task with ben's gid": an_event(
            NOON - timedelta(hours=3), resource={"resource_type": "task", "gid": "200"}
        ),
        "from elsewhere": an_event(
            NOON - timedelta(hours=4),
            context={"context_type": "mobile", "client_ip_address": "2001:db8::1"},
        ),
        "by machine": an_event(
            NOON - timedelta(days=3),
            context={"context_type": "api", "api_authentication_method": "personal_access_token"},
        ),
        "nobody": an_event(NOON - timedelta(days=4), actor={"actor_type": "anonymous"}, context={}),
    }
    write(org, *events.values())
    elsewhere = {
        "in side": an_event(NOON),
        "in other": an_event(NOON, actor=user("300"), resource=user("300")),
    }
    write(side, elsewhere["in side"])
    write(other, elsewhere["in other"])
    return {name: event.gid for name, event in (events | elsewhere).items()}


USUAL = {
    "usual",
    "by ben",
    "about ben",
    "about a task with ben's gid",
    "from elsewhere",
    "by machine",
    "nobody",
}
EVERY = USUAL | {"in side", "in other"}


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({}, EVERY),
        ({"person": "ben@acme.example"}, {"by ben", "about ben"}),
        ({"person": "BEN@acme.example"}, {"by ben", "about ben"}),
        ({"person": "okafor"}, {"by ben", "about ben"}),
        ({"person": "200"}, {"by ben", "about ben"}),
        ({"person": "nobody@acme.example"}, set()),
        ({"person": "300"}, {"in other"}),
        ({"type": "user_deprovisioned"}, {"about ben"}),
        ({"type": "user_deprovisioned", "person": "ana"}, {"about ben"}),
        ({"category": "user_updates"}, {"about ben"}),
        ({"category": "logins", "person": "ben@acme.example"}, {"by ben"}),
        ({"workspace": "Side"}, {"in side"}),
        ({"connection": "Other"}, {"in other"}),
        ({"connection": "Other", "workspace": "Side"}, set()),
        ({"since": "2026-06-10"}, EVERY - {"by machine", "nobody"}),
        ({"until": "2026-06-07"}, {"by machine", "nobody"}),
        ({"since": "2026-06-07", "until": "2026-06-07"}, {"by machine"}),
        ({"ip": "2001:db8:0:0::1"}, {"from elsewhere"}),
        ({"ip": "2001:DB8:0::1", "person": "ana"}, {"from elsewhere"}),
        ({"ip": "nonsense"}, set()),
        ({"context": "mobile"}, {"from elsewhere"}),
        ({"context": "web"}, EVERY - {"from elsewhere", "by machine", "nobody"}),
        ({"context": "never_seen"}, set()),
        ({"use": "automated"}, {"by machine"}),
        ({"use": "human"}, EVERY - {"by machine", "nobody"}),
        ({"use": "automated", "context": "api", "category": "logins", "connection": "Acme"}, {"by machine"}),
    ],
)
def test_each_filter_finds_what_it_says(
    filters: dict[str, str], names: set[str], page: Client, mixed: dict[str, str]
) -> None:
    asked: dict[str, object] = dict(filters)
    if "workspace" in asked:
        asked["workspace"] = Workspace.objects.get(name=asked["workspace"]).pk
    if "connection" in asked:
        asked["connection"] = Connection.objects.get(name=asked["connection"]).pk
    by_gid = {gid: name for name, gid in mixed.items()}
    found = [by_gid[gid] for gid in shown(page, **asked)]
    assert sorted(found) == sorted(names)


def test_a_name_that_many_bear_finds_the_newest_of_all_of_them(page: Client, org: Workspace) -> None:
    """Asked for a page each, many people would take long: so the newest hours are looked through first."""
    for number in range(30):
        Person.objects.create(connection=org.connection, gid=f"5{number}", name=f"Ana {number}")
    now = timezone.now()
    gids = write(
        org,
        *(
            an_event(now - timedelta(hours=position**2), actor=user(f"5{position % 30}"))
            for position in range(60)
        ),
        an_event(now, actor=user("6", "Ben"), resource=user("6", "Ben")),
    )
    assert shown(page, person="Ana") == gids[:50]
    older = page.get("/audit-log/?person=Ana").context["page"].older
    assert shown(page, person="Ana", before=older) == gids[50:60]


def test_days_are_the_viewers(page: Client, org: Workspace) -> None:
    """Noon in UTC is the next day in Kiritimati, 14 hours ahead."""
    gids = write(org, an_event(NOON))
    page.cookies["tz"] = "Pacific/Kiritimati"
    assert shown(page, since="2026-06-11") == gids
    assert shown(page, until="2026-06-10") == []


@pytest.mark.parametrize(
    "nonsense",
    [
        "since=tomorrow&until=0000-00-00",
        "since=0001-01-01&until=9999-12-31",
        "workspace=99999999999999999999999&connection=x",
        "person=" + "a" * 5000,
        "person=%25%27%3B--&category=%27&type=%7Bmatching%7D&ip=%25s",
        "use=maybe&context=%F0%9F%90%B1",
        "before=x&after=y",
        "before=20260610T120000.000000~1",
        "before=20260610T120000.000000~1~99999999999999999999999",
        "before=00010101T000000.000000~1~1&after=99991231T235959.999999~9~9",
        "after=99991231T235959.999999~9~9",
    ],
)
def test_nonsense_in_the_address_does_no_harm(nonsense: str, page: Client, org: Workspace) -> None:
    write(org, an_event())
    assert page.get(f"/audit-log/?{nonsense}").status_code == 200
    assert b"".join(page.get(f"/audit-log/export.csv?{nonsense}"))


def test_a_filter_that_cannot_be_understood_is_said_so(page: Client, org: Workspace) -> None:
    write(org, an_event())
    assert "A filter cannot be read" in text(page, "/audit-log/?since=tomorrow")


@given(
    moments=st.lists(st.integers(0, 4), max_size=13),
    size=st.integers(1, 4),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_going_back_and_forth_shows_each_event_once(
    moments: list[int], size: int, page: Client, org: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With many events of the same moment, in two workspaces."""
    from usher.activity.models import AuditEvent, EventTypeSeen

    AuditEvent.objects.all().delete()
    EventTypeSeen.objects.all().delete()
    monkeypatch.setattr(rows, "PAGE_SIZE", size)
    side, _ = Workspace.objects.get_or_create(
        connection=org.connection, gid="77", defaults={"name": "Side", "is_organization": True}
    )
    for number, second in enumerate(moments):
        write((org, side)[number % 2], an_event(NOON + timedelta(seconds=second), gid=str(number // 2 * 2)))
    stored = list(
        AuditEvent.objects.order_by("-created_at", "-gid", "-workspace_id").values_list("workspace_id", "gid")
    )
    pages: list[list[tuple[int, str]]] = []
    step: dict[str, str] = {}
    while True:
        answer = page.get("/audit-log/", step).context["page"]
        pages.append([(row.event.workspace_id, row.event.gid) for row in answer.rows])
        if not answer.older:
            break
        step = {"before": str(answer.older)}
    assert [event for one in pages for event in one] == stored
    backwards = [pages[-1]]
    while answer.newer:
        answer = page.get("/audit-log/", {"after": str(answer.newer)}).context["page"]
        backwards.append([(row.event.workspace_id, row.event.gid) for row in answer.rows])
    assert backwards[::-1] == pages


def test_filters_stay_when_one_turns_the_page(
    page: Client, mixed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "PAGE_SIZE", 1)
    found = re.search(r'id="older"[^>]*href="([^"]*)"', text(page, "/audit-log/?person=ben%40acme.example"))
    assert found
    older = page.get(found[1].replace("&amp;", "&")).context["page"]
    assert [row.event.gid for row in older.rows] == [mixed["about ben"]]


def test_a_position_is_read_as_it_is_written() -> None:
    position = Position(NOON + timedelta(microseconds=1), "12", 3)
    assert Position.read(str(position)) == position


def test_what_asana_adds_is_flagged_as_new(page: Client, org: Workspace) -> None:
    write(org, an_event(), an_event(event_type="robot_hired", event_category="robots"))
    seen = text(page)
    assert "1 event type unknown to this version of Usher" in seen
    assert "?type=robot_hired" in seen
    assert seen.count("</svg>New</span>") == 1
    assert "Robots" in seen  # a category of its own, to choose
    assert len(shown(page, category="robots")) == 1


def test_what_is_known_is_not_called_new(page: Client, org: Workspace) -> None:
    write(org, an_event())
    assert "unknown to this version" not in text(page)


def test_without_a_connection_one_is_led_to_connect(page: Client) -> None:
    assert "Connect Asana" in text(page)


def test_without_a_service_token_the_page_says_what_it_would_add(page: Client) -> None:
    plain = a_connection("Plain")
    seen = text(page)
    assert "needs a service-account token" in seen
    assert f"/integrations/{plain.pk}/change/" in seen


def test_before_the_first_sync_the_page_says_what_will_come(page: Client, org: Workspace) -> None:
    assert "Nothing has been read yet" in text(page)


def test_a_search_that_finds_nothing_says_so(page: Client, org: Workspace) -> None:
    write(org, an_event())
    assert "No events match these filters" in text(page, "/audit-log/?type=team_created")


def test_a_search_that_takes_too_long_is_given_up(
    page: Client, org: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import connection as database

    write(org, an_event())

    def slow(*_: object, **__: object) -> None:
        with database.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(10)")

    monkeypatch.setattr(rows, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(EventSearch, "page", slow)
    assert "This search takes too long" in text(page)
    monkeypatch.undo()
    assert "Ana Silva signed in" in text(page)


@pytest.mark.parametrize(
    "url",
    [
        "/audit-log/",
        "/audit-log/?type=user_login_succeeded",
        "/audit-log/export.csv",
        "/audit-log/export.jsonl?category=logins",
    ],
)
def test_it_costs_the_same_queries_however_many_events(url: str, page: Client, org: Workspace) -> None:
    numbers = itertools.count()

    def add(rows: int) -> None:
        for number in itertools.islice(numbers, rows):
            a_member(org, f"Ana {number}")
            write(org, an_event(NOON, actor=user(str(number), f"Ana {number}")))

    assert_costs_the_same(page, url, add)
    assert len(queries_of(page, url)) <= 16


@pytest.mark.parametrize(
    "address",
    [
        "/audit-log/",
        "/audit-log/export.csv",
        "/audit-log/export.jsonl",
        "/usage/measuring/",
        "/people/1/activity/",
    ],
)
def test_who_is_not_signed_in_sees_nothing(address: str, client: Client, org: Workspace) -> None:
    answer = client.get(address)
    assert answer.status_code == 302
    assert "/sign-in" in answer["Location"]
