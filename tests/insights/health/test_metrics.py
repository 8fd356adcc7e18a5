"""/metrics: names by the conventions of Prometheus, right over all processes, and about nobody."""

import re
from datetime import timedelta

import pytest
from django.db import connection as database
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from tests.support.activity.written_events import watched
from tests.support.insights.furnished_metrics import PROMTOOL_MISSING, furnish, promtool
from tests.support.queries import assert_costs_the_same
from tests.support.roster.people import a_connection, a_workspace
from usher.access.acting import actor_for
from usher.access.models import User
from usher.access.roles import UserRole
from usher.access.tokens.api_tokens import make_token
from usher.asana import CallSeen
from usher.connections.models import SyncRun
from usher.connections.observing import observer
from usher.insights.health.kept_counts import keep_counts
from usher.notify.models import Delivery, Notice
from usher.platform.following import counting
from usher.platform.following.counting import CountedSeries
from usher.removal.models import Case

pytestmark = pytest.mark.django_db

TOKEN = "for-prometheus-alone"
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def with_token(settings: Settings) -> None:
    settings.USHER_METRICS_TOKEN = TOKEN
    counting.take()


def exposed(token: str = TOKEN) -> str:
    answer = Client().get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    return answer.content.decode()


def value(name: str, /, **labels: str) -> float | None:
    for family in text_string_to_metric_families(exposed()):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return float(sample.value)
    return None


def call(status: int | None) -> CallSeen:
    return CallSeen(began=0, seconds=0.1, method="GET", path="/users/1204567890123456", status=status)


@pytest.mark.skipif(PROMTOOL_MISSING, reason="promtool is not installed (Debian package prometheus)")
def test_promtool_finds_nothing_to_say_about_them() -> None:
    furnish()
    assert promtool("check", "metrics", given=exposed().encode()) == (0, "")


def test_requests_are_counted_by_connection_and_answer() -> None:
    acme, other = a_connection("Acme"), a_connection("Other")
    for status in (200, 201, 429, 429, 500, None):
        observer(acme.pk)(call(status))
    observer(other.pk)(call(200))
    keep_counts()
    assert {
        answer: value("usher_asana_requests_total", name="Acme", answer=answer)
        for answer in ("2xx", "429", "5xx", "none", "4xx")
    } == {"2xx": 2, "429": 2, "5xx": 1, "none": 1, "4xx": None}
    assert value("usher_asana_requests_total", name="Other") == 1


def test_a_sync_says_when_and_how_long_and_one_that_failed_since_says_nothing() -> None:
    acme, at = a_connection("Acme"), timezone.now()
    for ago, state, minutes in ((30, "done", 9), (5, "done", 7), (1, "failed", 3)):
        ended = at - ago * HOUR
        SyncRun.objects.create(
            connection=acme, state=state, started_at=ended - timedelta(minutes=minutes), finished_at=ended
        )
    assert value("usher_last_sync_duration_seconds") == 7 * 60
    assert value("usher_last_sync_timestamp_seconds") == pytest.approx((at - 5 * HOUR).timestamp())


def test_events_are_as_far_behind_as_the_workspace_that_is_furthest_behind() -> None:
    acme, at = a_connection("Acme"), timezone.now()
    for ago in (2, 26, 4):
        watched(a_workspace(acme, str(ago)), "audit", at - 90 * HOUR, at - ago * HOUR)
    assert value("usher_events_read_until_timestamp_seconds", source="audit") == pytest.approx(
        (at - 26 * HOUR).timestamp()
    )


def test_a_disconnected_account_raises_no_alarm() -> None:
    gone = a_connection("Gone", disconnected_at=timezone.now())
    SyncRun.objects.create(connection=gone, state="done", finished_at=timezone.now() - 99 * HOUR)
    assert "Gone" not in exposed()


def test_cases_are_counted_by_state_and_those_without_a_case_are_zero() -> None:
    acme = a_connection("Acme")
    for state in ("waiting", "waiting", "failed"):
        Case.objects.create(connection=acme, connection_name="Acme", person_gid="1", state=state)
    assert [value("usher_cases", state=state) for state in ("waiting", "failed", "done")] == [2, 1, 0]


def test_notices_that_failed_and_that_wait_are_told_apart() -> None:
    notice = Notice.objects.create(kind="digest", key="1", facts={})
    for place, state in enumerate(("failed", "bounced", "waiting", "sent", "discarded")):
        Delivery.objects.create(notice=notice, address=f"{place}@example.com", state=state)
    assert (value("usher_notices_failed"), value("usher_notices_waiting")) == (2, 1)


def test_parked_jobs_and_living_workers_are_counted() -> None:
    with database.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status) VALUES ('parked', 'x', 'failed')"
        )
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now()), (now()), (now() - interval '1 hour')"
        )
    assert (value("usher_jobs_parked"), value("usher_workers")) == (1, 2)


def test_times_of_pages_are_a_histogram() -> None:
    for seconds in (0.01, 0.3, 0.4, 99):
        counting.timed(CountedSeries("pages", ("people",)), seconds)
    keep_counts()
    of = {"page": "people"}
    buckets = [
        value("usher_page_duration_seconds_bucket", le=end, **of) for end in ("0.05", "0.5", "30.0", "+Inf")
    ]
    assert buckets == [1, 3, 3, 4]
    assert value("usher_page_duration_seconds_count", **of) == 4
    assert value("usher_page_duration_seconds_sum", **of) == pytest.approx(99.71)


def test_no_label_holds_a_person_an_address_or_a_gid() -> None:
    furnish()
    text = exposed()
    labels = re.findall(r'\b(\w+)="((?:[^"\\]|\\.)*)"', text)
    assert {name for name, _ in labels} == {
        "answer", "connection", "le", "name", "page", "revision", "source", "state", "status", "version",
    }  # fmt: skip
    assert not [value for name, value in labels if "@" in value or re.search(r"\d{9}", value)]


def test_whoever_sees_one_connection_reads_metrics_of_that_one_alone() -> None:
    mine, other = a_connection("Mine"), a_connection("Other")
    for connection in (mine, other):
        observer(connection.pk)(call(200))
    counting.timed(CountedSeries("pages", ("people",)), 0.1)
    keep_counts()
    viewer = User.objects.create_user("v", "v@example.com", name="V", role=UserRole.VIEWER, scope=[mine.pk])
    text = exposed(make_token(viewer, "p", actor_for(viewer, via="page")))
    assert 'name="Mine"' in text
    assert "Other" not in text
    assert "usher_page_duration_seconds" not in text
    assert "usher_notices_failed" not in text
    assert "usher_streams_failing" not in text


def test_more_connections_take_no_more_queries(client: Client) -> None:
    def add(count: int) -> None:
        for number in range(count):
            connection = a_connection(f"C{count}-{number}")
            observer(connection.pk)(call(200))
            SyncRun.objects.create(connection=connection, state="done", finished_at=timezone.now())
            watched(a_workspace(connection), "audit", timezone.now() - HOUR)
        keep_counts()

    assert_costs_the_same(client, "/metrics", add, Authorization=f"Bearer {TOKEN}")
