"""An event stream that keeps failing is told once for each outage, and once when it works again."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from ipaddress import ip_network

import pytest
from django.utils import timezone
from pytest_django import Settings

from tests.support.activity.written_events import an_event, write
from tests.support.roster.people import a_connection, a_workspace
from tests.support.streams.receivers import LinesServer, served
from tests.support.streams.sending import a_stream, send
from usher.connections.models import Connection
from usher.insights.health.doctor import health_findings
from usher.insights.health.facts import health_facts
from usher.insights.health.metrics import exposition
from usher.notify.models import Notice
from usher.platform.scope import Scope, seen_with
from usher.policy.watches.streams import tell_of_streams
from usher.roster.models import Workspace
from usher.streams import running
from usher.streams.models import StreamDestination

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _this_machine_may_be_sent_to(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.USHER_WEBHOOK_NETWORKS = [ip_network("127.0.0.1/32")]
    monkeypatch.setattr(running, "PAUSE_SECONDS", 0.01)


@pytest.fixture
def siem() -> Iterator[LinesServer]:
    with served(LinesServer()) as receiver:
        assert isinstance(receiver, LinesServer)
        yield receiver


@pytest.fixture
def org() -> Workspace:
    return a_workspace(a_connection("Acme"), "Acme Inc", "acme.example")


def failing(siem: LinesServer, org: Workspace, since: datetime) -> StreamDestination:
    """Down since then, and with something to send."""
    stream = a_stream("lines", siem.url, name="SIEM", secret="right")
    down(siem, org, stream, since)
    return stream


def down(siem: LinesServer, org: Workspace, stream: StreamDestination, since: datetime) -> None:
    siem.token = "another"
    write(org, an_event())
    assert send(stream) == 0
    StreamDestination.objects.filter(pk=stream.pk).update(failing_since=since)


def up(siem: LinesServer, stream: StreamDestination) -> None:
    siem.token = "right"
    assert send(stream) > 0


def told() -> list[tuple[str, str]]:
    notices = Notice.objects.filter(kind__startswith="stream_").order_by("pk")
    return [(one.kind, str(one.facts["since"])) for one in notices]


def in_words(moment: datetime) -> str:
    return f"{moment:%-d %B %Y, %H:%M} UTC"


def test_it_is_told_after_an_hour_once_and_once_when_it_works_again(
    siem: LinesServer, org: Workspace
) -> None:
    now = timezone.now()
    since = now - timedelta(minutes=59)
    stream = failing(siem, org, since)
    tell_of_streams(now)
    assert told() == []
    for minutes in (2, 7, 600):
        tell_of_streams(now + timedelta(minutes=minutes))
    assert told() == [("stream_failing", in_words(since))]
    facts = Notice.objects.get().facts
    assert (facts["stream"], facts["waiting"]) == ("SIEM", "1 message")
    assert "refused the token (401)" in facts["problem"]
    assert siem.token not in str(facts) and "right" not in str(facts)

    up(siem, stream)
    for _ in range(3):
        tell_of_streams(now + 11 * HOUR)
    assert told() == [("stream_failing", in_words(since)), ("stream_working", in_words(since))]


def test_the_next_outage_is_told_anew(siem: LinesServer, org: Workspace) -> None:
    now = timezone.now()
    first, second = now - 9 * HOUR, now - 2 * HOUR
    stream = failing(siem, org, first)
    tell_of_streams(now)
    up(siem, stream)
    tell_of_streams(now)
    down(siem, org, stream, second)
    tell_of_streams(now)
    up(siem, stream)
    tell_of_streams(now)
    assert told() == [
        ("stream_failing", in_words(first)),
        ("stream_working", in_words(first)),
        ("stream_failing", in_words(second)),
        ("stream_working", in_words(second)),
    ]


def test_a_short_failure_is_told_neither_when_it_begins_nor_when_it_is_over(
    siem: LinesServer, org: Workspace
) -> None:
    now = timezone.now()
    stream = failing(siem, org, now - timedelta(minutes=40))
    tell_of_streams(now)
    up(siem, stream)
    tell_of_streams(now + HOUR)
    assert told() == []


def test_nothing_is_told_while_nothing_waits_or_it_is_off(siem: LinesServer, org: Workspace) -> None:
    now = timezone.now()
    stream = failing(siem, org, now - 2 * HOUR)
    StreamDestination.objects.update(is_on=False)
    tell_of_streams(now)
    assert told() == []
    StreamDestination.objects.filter(pk=stream.pk).update(is_on=True, event_cursor=2**40)
    tell_of_streams(now)
    assert told() == []
    StreamDestination.objects.filter(pk=stream.pk).update(again_from=now - 9 * HOUR, again_until=now)
    tell_of_streams(now)
    assert told() == [("stream_failing", in_words(now - 2 * HOUR))]
    assert Notice.objects.get().facts["waiting"] == "events that are to be sent again"


def test_one_that_is_switched_off_does_not_work_again(siem: LinesServer, org: Workspace) -> None:
    now = timezone.now()
    stream = failing(siem, org, now - 2 * HOUR)
    tell_of_streams(now)
    StreamDestination.objects.filter(pk=stream.pk).update(is_on=False, failing_since=None)
    tell_of_streams(now)
    assert [kind for kind, _ in told()] == ["stream_failing"]


def test_doctor_and_the_health_page_say_it_with_what_to_do(siem: LinesServer, org: Workspace) -> None:
    def row() -> tuple[str, str, str]:
        (found,) = [one for one in health_findings() if one.label == "Event streams"]
        return found.outcome, found.detail, found.remedy

    assert not [fact for fact in health_facts() if fact.key == "streams"]  # there is none
    stream = failing(siem, org, timezone.now() - timedelta(minutes=50))
    assert row()[0] == "passed"
    StreamDestination.objects.update(failing_since=timezone.now() - 2 * HOUR)
    outcome, detail, remedy = row()
    assert outcome == "warned"
    assert detail.startswith("Nothing has reached SIEM (127.0.0.1:")
    assert "Check the token" in remedy
    (fact,) = [fact for fact in health_facts() if fact.key == "streams"]
    assert (fact.is_ok, fact.url) == (False, f"/streams/{stream.pk}/")
    assert "usher_streams_failing 1.0" in exposition("text/plain")[0].decode()
    up(siem, stream)
    assert row()[0] == "passed"
    assert "usher_streams_failing 0.0" in exposition("text/plain")[0].decode()


def test_somebody_limited_to_a_connection_sees_nothing_of_streams(siem: LinesServer, org: Workspace) -> None:
    failing(siem, org, timezone.now() - 2 * HOUR)
    with seen_with(Scope.of([Connection.objects.get().pk])):
        assert not [fact for fact in health_facts() if fact.key == "streams"]
        assert "usher_streams_failing" not in exposition("text/plain")[0].decode()
