"""Settings → Event streams: adding, changing, testing, sending again, deleting. The ledger has it, without secrets."""

from datetime import timedelta
from itertools import count

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.support.activity.written_events import an_event, write
from tests.support.queries import assert_costs_the_same
from tests.support.streams.receivers import LinesServer, SplunkHec
from tests.support.streams.sending import a_stream, send
from usher.access.models import User
from usher.connections.models import Connection
from usher.ledger.models import Entry
from usher.roster.models import Workspace
from usher.streams.models import StreamDestination
from usher.streams.queueing import enqueue_due_streams

SPLUNK = {"name": "SIEM", "contents": "events", "form": "ocsf", "sees": "all", "secret": "right"}


def test_without_a_stream_the_page_offers_each_kind(browser: Client) -> None:
    page = browser.get("/streams/").content.decode()
    assert "No event stream yet" in page
    for kind in StreamDestination.Kind:
        assert reverse("streams:add", args=[kind.value]) in page
        assert browser.get(reverse("streams:add", args=[kind.value])).status_code == 200


def test_a_stream_is_added_tested_and_sends(browser: Client, org: Workspace, splunk: SplunkHec) -> None:
    answer = browser.post("/streams/add/splunk/", SPLUNK | {"address": splunk.url, "place": "asana"})
    stream = StreamDestination.objects.get()
    assert answer.headers["Location"] == f"/streams/{stream.pk}/"
    assert "Test it now" in browser.get(answer.headers["Location"]).content.decode()
    browser.post(f"/streams/{stream.pk}/test/")
    assert "The receiver took the test" in browser.get(f"/streams/{stream.pk}/").content.decode()
    write(org, an_event())
    assert "1, the first of them from" in " ".join(
        browser.get(f"/streams/{stream.pk}/").content.decode().split()
    )
    assert send(stream) == 1
    assert "Up to date" in browser.get("/streams/").content.decode()
    entry = Entry.objects.get(action="settings.stream_added")
    assert entry.after["kind"] == "Splunk (HTTP Event Collector)"
    assert "right" not in str(entry.after)


def test_the_secret_is_never_shown_and_kept_when_none_is_entered(
    browser: Client, acme: Connection, lines: LinesServer
) -> None:
    stream = a_stream("lines", lines.url, secret="sesame-open")
    assert "sesame-open" not in browser.get(f"/streams/{stream.pk}/").content.decode()
    form = {"name": "Renamed", "address": lines.url, "contents": "both", "form": "raw", "sees": "some"}
    browser.post(f"/streams/{stream.pk}/", form | {"only": [str(acme.pk)], "is_on": "on", "secret": ""})
    stream.refresh_from_db()
    assert (stream.name, stream.secret, stream.connections) == ("Renamed", "sesame-open", [acme.pk])
    entry = Entry.objects.get(action="settings.stream_changed")
    assert entry.before == {
        "name": "By lines",
        "contents": "Audit log events of Asana",
        "form": "OCSF 1.5",
        "connections": "All connections",
    }
    assert entry.after["connections"] == "Acme"
    browser.post(
        f"/streams/{stream.pk}/", form | {"only": [str(acme.pk)], "is_on": "on", "secret": "new-one"}
    )
    assert Entry.objects.filter(action="settings.stream_changed")[0].after == {"secret": "a new one"}


def test_a_failure_is_shown_with_what_to_do(browser: Client, org: Workspace, lines: LinesServer) -> None:
    stream = a_stream("lines", lines.url, secret="wrong")
    write(org, an_event())
    send(stream)
    for address in ("/streams/", f"/streams/{stream.pk}/"):
        page = browser.get(address).content.decode()
        assert "Failing" in page and "refused the token (401)" in page
    assert "Nothing is lost" in page


def test_what_is_stored_is_sent_again_from_a_day_on(
    browser: Client, org: Workspace, lines: LinesServer
) -> None:
    write(org, an_event())
    stream = a_stream("lines", lines.url)
    browser.post(f"/streams/{stream.pk}/again/", {"since": "2026-06-01"})
    assert "since 1 June 2026" in " ".join(browser.get(f"/streams/{stream.pk}/").content.decode().split())
    assert send(stream) == 1
    assert Entry.objects.get(action="settings.stream_sent_again").after == {"since": "2026-06-01"}


def test_a_day_to_come_is_refused(browser: Client, lines: LinesServer, transactional_db: None) -> None:
    stream = a_stream("lines", lines.url)
    tomorrow = timezone.now().date() + timedelta(days=1)
    answer = browser.post(f"/streams/{stream.pk}/again/", {"since": tomorrow.isoformat()})
    assert answer.status_code == 422
    assert "still to come" in answer.content.decode()


def test_a_deleted_stream_is_gone_and_in_the_ledger(browser: Client, lines: LinesServer) -> None:
    stream = a_stream("lines", lines.url)
    browser.post(f"/streams/{stream.pk}/delete/")
    assert not StreamDestination.objects.exists()
    assert Entry.objects.get(action="settings.stream_deleted").before["name"] == "By lines"


@pytest.mark.parametrize(
    ("kind", "wrong", "said"),
    [
        ("splunk", {"address": "splunk"}, "This is not an address"),
        ("splunk", {"address": "http://93.184.216.34"}, "Without TLS"),
        ("splunk", {"address": "https://10.0.0.1"}, "not a public address"),
        ("splunk", {"address": "https://a.example/?token=x"}, "has a query"),
        ("lines", {"address": "https://a.example", "authority": "no certificate"}, "cannot be read"),
        ("syslog", {"address": "logs:port"}, "no host and port"),
        ("folder", {"address": "../../etc"}, "no name of a folder"),
        (
            "s3",
            {"address": "https://s3.example", "place": "!", "region": "x", "key_id": "y"},
            "no name of a bucket",
        ),
        ("splunk", {"address": "https://a.example", "sees": "some"}, "Choose at least one connection"),
        ("splunk", {"address": "https://a.example", "since": "2999-01-01"}, "still to come"),
    ],
)
def test_what_cannot_work_is_refused_in_the_form(
    browser: Client, kind: str, wrong: dict[str, str], said: str
) -> None:
    answer = browser.post(f"/streams/add/{kind}/", SPLUNK | wrong)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not StreamDestination.objects.exists()


def test_only_admins_who_see_everything_may(client: Client, lines: LinesServer, acme: Connection) -> None:
    stream = a_stream("lines", lines.url)
    for number, fields in enumerate(({"role": "approver"}, {"role": "admin", "scope": [acme.pk]})):
        user = User.objects.create_user(f"u{number}@example.com", f"u{number}@example.com", **fields)
        client.force_login(user)
        for address in ("/streams/", "/streams/add/splunk/", f"/streams/{stream.pk}/"):
            assert client.get(address).status_code == 403
        assert client.post(f"/streams/{stream.pk}/delete/").status_code == 403
    assert StreamDestination.objects.exists()


def test_the_list_costs_the_same_queries_for_two_rows_and_for_twenty(
    browser: Client, lines: LinesServer, acme: Connection
) -> None:
    numbers = count()

    def add_rows(rows: int) -> None:
        for _ in range(rows):
            a_stream("lines", lines.url, name=f"S{next(numbers)}", connections=[acme.pk])

    assert_costs_the_same(browser, "/streams/", add_rows)


def test_due_streams_are_queued_once(transactional_db: None, lines: LinesServer) -> None:
    due, waiting, off = (a_stream("lines", lines.url, name=name) for name in ("due", "waiting", "off"))
    StreamDestination.objects.filter(pk=waiting.pk).update(
        next_attempt_at=timezone.now() + timedelta(hours=1)
    )
    StreamDestination.objects.filter(pk=off.pk).update(is_on=False)
    ProcrastinateJob.objects.all()._raw_delete("default")
    enqueue_due_streams()
    enqueue_due_streams()
    jobs = ProcrastinateJob.objects.filter(task_name="usher.streams.jobs.send_stream")
    assert [job.args for job in jobs] == [{"destination_id": due.pk}]
