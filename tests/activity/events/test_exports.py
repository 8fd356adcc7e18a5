"""What is filtered leaves as CSV and as JSON Lines."""

import csv
import json
import tracemalloc
from datetime import timedelta

import pytest
from django.http import StreamingHttpResponse
from django.test import Client

from tests.support.activity.written_events import NOON, an_event, user, write
from usher.activity.events.search import EventSearch
from usher.roster.models import Person, Workspace

pytestmark = pytest.mark.django_db


def exported(page: Client, form: str, filters: str = "") -> str:
    answer = page.get(f"/audit-log/export.{form}{filters}")
    assert answer.status_code == 200
    assert isinstance(answer, StreamingHttpResponse)
    assert "usher-audit-log-" in answer["Content-Disposition"]
    return b"".join(answer).decode()


@pytest.mark.parametrize(
    "filters", ["", "?person=100", "?type=user_logged_out", "?since=2026-06-11", "?ip=192.0.2.1"]
)
def test_an_export_has_what_the_page_filters(filters: str, page: Client, org: Workspace) -> None:
    write(
        org,
        an_event(),
        an_event(NOON + timedelta(days=1), event_type="user_logged_out", actor=user("7"), resource=user("8")),
        an_event(context={"context_type": "web", "client_ip_address": "192.0.2.1"}),
    )
    on_page = [row.event.gid for row in page.get(f"/audit-log/{filters}").context["page"].rows]
    assert on_page
    rows = list(csv.DictReader(exported(page, "csv", filters).removeprefix("\ufeff").splitlines()))
    assert [row["gid"] for row in rows] == on_page
    lines = exported(page, "jsonl", filters).splitlines()
    assert [json.loads(line)["gid"] for line in lines] == on_page


def test_json_lines_hold_each_event_whole_on_one_line(page: Client, org: Workspace) -> None:
    write(org, an_event(details={"odd": "one\ntwo\u2028three"}, of_the_future=[1, {"a": None}]))
    (line,) = exported(page, "jsonl").rstrip("\n").split("\n")
    assert json.loads(line)["of_the_future"] == [1, {"a": None}]
    assert json.loads(line)["details"] == {"odd": "one\ntwo\u2028three"}


def test_a_csv_says_in_words_what_happened_and_where(page: Client, org: Workspace) -> None:
    write(org, an_event())
    (row,) = csv.DictReader(exported(page, "csv").removeprefix("\ufeff").splitlines())
    assert row["what"] == "Ana Silva signed in"
    assert (row["workspace"], row["connection"], row["use"]) == ("Acme Inc", "Acme", "human")
    assert row["created_at"] == "2026-06-10T12:00:00.000Z"


def test_who_is_known_is_named_in_page_and_export_though_the_event_has_the_id_only(
    page: Client, org: Workspace
) -> None:
    Person.objects.create(connection=org.connection, gid="7", name="Greta Sanz")
    Person.objects.create(connection=org.connection, gid="8", name="", email="bo@acme.example")
    write(
        org,
        an_event(
            event_type="team_created", actor={"actor_type": "user", "gid": "7", "name": None}, resource=None
        ),
        an_event(
            NOON + timedelta(seconds=1),
            event_type="team_created",
            actor=None,
            resource=None,
            details=None,
            context={"context_type": "asana_support", "on_behalf_of_user_id": 8},
        ),
        an_event(
            NOON + timedelta(seconds=2),
            event_type="of_tomorrow",
            actor=None,
            resource=None,
            details=None,
            context=None,
        ),
    )
    rows = list(csv.DictReader(exported(page, "csv").removeprefix("\ufeff").splitlines()))
    assert [row["what"] for row in rows] == [
        "Someone did “of tomorrow”",
        "Someone created a team (on behalf of bo@acme.example)",
        "Greta Sanz created a team",
    ]
    assert [row["actor_name"] for row in rows] == ["", "", "Greta Sanz"]
    assert [row.sentence for row in page.get("/audit-log/").context["page"].rows] == [
        row["what"] for row in rows
    ]


def test_no_cell_of_a_csv_is_a_formula(page: Client, org: Workspace) -> None:
    write(org, an_event(actor=user("7", "=HYPERLINK(1)"), resource=user("8", "@SUM(A1)")))
    for row in csv.reader(exported(page, "csv").removeprefix("\ufeff").splitlines()):
        assert not any(cell.startswith(("=", "@", "+", "-")) for cell in row)


@pytest.mark.parametrize("newest_first", [True, False])
def test_a_walk_over_many_pages_meets_each_event_once(newest_first: bool, org: Workspace) -> None:
    gids = write(org, *(an_event(NOON + timedelta(seconds=number // 3)) for number in range(20)))
    found = [
        event.gid for event in EventSearch([org.connection_id]).walk(newest_first=newest_first, at_once=3)
    ]
    assert sorted(found) == sorted(gids)
    assert len(found) == len(set(found))


@pytest.mark.parametrize("newest_first", [True, False])
def test_a_walk_for_many_people_of_one_name_meets_each_event_once(newest_first: bool, org: Workspace) -> None:
    for number in range(30):
        Person.objects.create(connection=org.connection, gid=f"5{number}", name=f"Ana {number}")
    moments = [NOON + timedelta(minutes=number**2 // 4) for number in range(60)]
    gids = write(org, *(an_event(at, actor=user(f"5{n % 30}")) for n, at in enumerate(moments)))
    walked = EventSearch([org.connection_id], person="Ana").walk(newest_first=newest_first, at_once=4)
    assert sorted(event.gid for event in walked) == sorted(gids)


def test_an_export_does_not_grow_in_memory(page: Client, org: Workspace) -> None:
    for part in range(5):
        write(
            org, *(an_event(NOON + timedelta(seconds=part), details={"x": "y" * 1000}) for _ in range(2000))
        )
    search = EventSearch([org.connection_id])
    tracemalloc.start()
    peaks = []
    for position, _ in enumerate(search.walk(newest_first=True, at_once=500), 1):
        if position in (2000, 10_000):
            peaks.append(tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.2
