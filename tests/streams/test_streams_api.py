"""Event streams over REST: the same as their pages, by the same verbs, and never a secret."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.support.activity.written_events import an_event, write
from tests.support.queries import assert_costs_the_same
from tests.support.removal.accounts import account
from tests.support.rest import api_of, items
from tests.support.streams.receivers import LinesServer, SplunkHec
from tests.support.streams.sending import a_stream, send
from usher.access.models import User
from usher.access.roles import UserRole
from usher.connections.models import Connection
from usher.ledger.models import Entry
from usher.roster.models import Workspace
from usher.streams.models import StreamDestination

SECRET = "sesame-open"


def sent(program: Client, method: str, path: str, /, **body: object) -> tuple[int, Any]:
    answer = getattr(program, method)(f"/api/v1/{path}", body, content_type="application/json")
    assert SECRET not in answer.content.decode()
    return answer.status_code, answer.json() if answer.content else None


def actions() -> list[str]:
    entries = Entry.objects.filter(action__startswith="settings.stream").order_by("number")
    return list(entries.values_list("action", flat=True))


def test_a_stream_is_added_tested_sends_and_says_how_far_behind_it_is(
    org: Workspace, splunk: SplunkHec
) -> None:
    splunk.token = SECRET
    admin = api_of()
    body = {"kind": "splunk", "name": "SIEM", "address": f"{splunk.url}/services", "place": "asana"}
    status, added = sent(admin, "post", "streams", **body, secret=SECRET)
    assert (status, added["state"], added["waiting"]) == (201, "not_begun", 0)
    assert added["where"] == f"{splunk.url.removeprefix('http://')}, asana"
    assert "/services" not in str(added)
    stream = StreamDestination.objects.get()
    assert stream.secret == SECRET
    assert SECRET not in str(list(Entry.objects.values_list("after", flat=True)))
    StreamDestination.objects.update(address=splunk.url)
    assert sent(admin, "post", f"streams/{stream.pk}/test") == (
        200,
        {"taken": True, "problem": None, "remedy": None},
    )
    write(org, an_event())
    status, single = sent(admin, "get", f"streams/{stream.pk}")
    assert (single["waiting"], single["oldest_at"] is not None) == (1, True)
    assert send(stream) == 1
    (listed,) = items(admin, "streams")
    assert (listed["state"], listed["sent"]) == ("up_to_date", 1)


def test_a_failing_test_says_what_to_do(org: Workspace, lines: LinesServer) -> None:
    stream = a_stream("lines", lines.url, secret="wrong")
    _, tested = sent(api_of(), "post", f"streams/{stream.pk}/test")
    assert (tested["taken"], "(401)" in tested["problem"], bool(tested["remedy"])) == (False, True, True)


def test_only_what_is_given_changes_and_the_secret_stays(acme: Connection, lines: LinesServer) -> None:
    stream, admin = a_stream("lines", lines.url, secret=SECRET), api_of()
    status, changed = sent(admin, "patch", f"streams/{stream.pk}", name="Renamed", connections=[acme.pk])
    assert (status, changed["name"], changed["connections"]) == (200, "Renamed", [acme.pk])
    stream.refresh_from_db()
    assert (stream.secret, stream.address) == (SECRET, lines.url)
    sent(admin, "patch", f"streams/{stream.pk}", connections=None)
    sent(admin, "patch", f"streams/{stream.pk}", secret="another")
    stream.refresh_from_db()
    assert (stream.connections, stream.secret) == (None, "another")
    assert Entry.objects.filter(action="settings.stream_changed").latest("number").after == {
        "secret": "a new one"
    }
    sent(admin, "patch", f"streams/{stream.pk}")
    assert len(actions()) == 4


def test_a_stream_is_paused_resumed_sent_again_and_deleted(org: Workspace, lines: LinesServer) -> None:
    stream, admin = a_stream("lines", lines.url), api_of()
    assert sent(admin, "post", f"streams/{stream.pk}/pause")[1]["state"] == "off"
    write(org, an_event())
    assert send(stream) == 0
    assert sent(admin, "post", f"streams/{stream.pk}/resume")[1]["is_on"] is True
    assert send(stream) == 1
    status, again = sent(admin, "post", f"streams/{stream.pk}/again", since="2026-06-01")
    assert (status, again["again_from"][:10]) == (200, "2026-06-01")
    tomorrow = (timezone.now().date() + timedelta(days=1)).isoformat()
    assert sent(admin, "post", f"streams/{stream.pk}/again", since=tomorrow)[0] == 422
    assert sent(admin, "delete", f"streams/{stream.pk}") == (204, None)
    assert actions() == [
        "settings.stream_added",
        "settings.stream_changed",
        "settings.stream_changed",
        "settings.stream_sent_again",
        "settings.stream_deleted",
    ]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"address": "splunk"}, "address"),
        ({"address": "https://10.0.0.1"}, "address"),
        ({"address": "https://a.example/?token=x"}, "address"),
        ({"secret": ""}, "secret"),
        ({"region": "eu-central-1"}, "region"),
        ({"kind": "elastic"}, "place"),
        ({"kind": "folder", "address": "siem", "secret": SECRET}, "secret"),
        ({"kind": "folder", "address": "../../etc", "secret": ""}, "address"),
        ({"kind": "syslog", "address": "logs:port", "secret": ""}, "address"),
        ({"kind": "s3", "place": "logs", "region": "x"}, "key_id"),
        ({"kind": "pigeon"}, "kind"),
        ({"authority": "no certificate"}, "authority"),
        ({"connections": []}, "connections"),
        ({"connections": [4_000_000]}, "connections"),
        ({"since": "2999-01-01"}, "since"),
        ({"name": "  "}, "name"),
        ({"name": "Taken"}, "name"),
        ({"name": "a\0b"}, "name"),
    ],
)
def test_what_cannot_work_is_refused_by_its_field(
    transactional_db: None, lines: LinesServer, wrong: dict[str, object], field: str
) -> None:
    a_stream("lines", lines.url, name="Taken")
    body = {"kind": "splunk", "name": "SIEM", "address": "https://a.example", "secret": SECRET}
    status, refused = sent(api_of(), "post", "streams", **{**body, **wrong})
    assert (status, refused["errors"][0]["field"]) == (422, field), refused
    assert StreamDestination.objects.count() == 1


def test_a_connection_that_was_deleted_does_not_stand_in_the_way_of_other_changes(
    acme: Connection, lines: LinesServer
) -> None:
    stream = a_stream("lines", lines.url, connections=[acme.pk])
    acme.delete()
    status, changed = sent(api_of(), "patch", f"streams/{stream.pk}", name="Renamed")
    assert (status, changed["connections"]) == (200, stream.connections)


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("get", ""),
        ("post", ""),
        ("get", "/{}"),
        ("patch", "/{}"),
        ("delete", "/{}"),
        ("post", "/{}/pause"),
        ("post", "/{}/resume"),
        ("post", "/{}/again"),
        ("post", "/{}/test"),
    ],
)
def test_only_admins_who_see_everything_may(
    acme: Connection, lines: LinesServer, method: str, address: str
) -> None:
    stream = a_stream("lines", lines.url, connections=[acme.pk])
    limited = account(UserRole.ADMIN, "limited")
    User.objects.filter(pk=limited.pk).update(scope=[acme.pk])
    limited.refresh_from_db()
    body = {"kind": "lines", "name": "X", "address": lines.url, "since": "2026-01-01"}
    for program in (api_of(UserRole.APPROVER), api_of(user=limited)):
        given = {} if method == "get" else body
        assert sent(program, method, f"streams{address.format(stream.pk)}", **given)[0] == 403
    assert StreamDestination.objects.get().is_on


def test_the_list_costs_the_same_queries_for_2_and_for_20(acme: Connection, lines: LinesServer) -> None:
    program = api_of()

    def add_rows(count: int) -> None:
        for number in range(count):
            a_stream("lines", lines.url, name=f"S{count}-{number}", connections=[acme.pk])

    assert_costs_the_same(
        Client(), "/api/v1/streams", add_rows, Authorization=str(program.defaults["HTTP_AUTHORIZATION"])
    )
