"""Metrics for Prometheus, read from the database when they are asked for: several processes serve /metrics.

What an API token of somebody with a limited scope reads is about their connections. Labels are names of connections,
pages and states: never people, addresses or gids.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from django.db.models import Count, Max
from django.utils import timezone
from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from usher.activity.models import Coverage
from usher.connections.models import Connection, SyncRun
from usher.connections.observing import REQUESTS
from usher.connections.parked import parked_jobs
from usher.insights.health.facts import free_disk
from usher.insights.health.jobs_at_work import jobs_at_work
from usher.insights.models import KeptCount
from usher.ledger.last_check import last_check
from usher.notify.models import Delivery
from usher.platform.following.counting import SECONDS
from usher.platform.revision import revision
from usher.platform.scope import current_scope
from usher.removal.models import Case
from usher.removal.states import CaseState
from usher.streams.destinations.lag import failing_streams
from usher.web.layout import usher_version
from usher.web.tracking import PAGES, RESPONSES

OF_A_CONNECTION = ["connection", "name"]


def exposition(accept: str) -> tuple[bytes, str]:
    """The metrics in the format that the header Accept asks for, and the type of their content."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_HealthCollector())
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


class _HealthCollector(Collector):
    def describe(self) -> list[Metric]:
        return []  # otherwise registering would read the database

    def collect(self) -> Iterator[Metric]:
        connections = list(Connection.objects.filter(disconnected_at=None).order_by("pk"))
        yield InfoMetricFamily(
            "usher_build", "The version that answers.", {"version": usher_version(), "revision": revision()}
        )
        yield from _of_jobs()
        yield from _syncs(connections)
        yield _events(connections)
        yield _requests(connections)
        yield _cases()
        yield from _of_notices()
        yield from _of_streams()
        yield from _of_the_ledger()
        yield from _of_pages()
        disk = free_disk()
        yield GaugeMetricFamily("usher_disk_free_bytes", "Free space for the data folder.", disk.free)
        yield GaugeMetricFamily("usher_disk_size_bytes", "Size of the disk with the data folder.", disk.size)


def _of_jobs() -> Iterator[Metric]:
    at_work = jobs_at_work()
    if at_work.last_heartbeat:
        yield GaugeMetricFamily(
            "usher_worker_last_heartbeat_timestamp_seconds",
            "When a worker last showed that it is running.",
            at_work.last_heartbeat.timestamp(),
        )
    yield GaugeMetricFamily(
        "usher_workers", "Workers that showed within the last minute that they are running.", at_work.workers
    )
    yield GaugeMetricFamily("usher_jobs_waiting", "Jobs that could run now.", at_work.waiting)
    yield GaugeMetricFamily(
        "usher_jobs_overlong",
        "Jobs that have been running for longer than any should.",
        len(at_work.overlong),
    )
    yield GaugeMetricFamily(
        "usher_jobs_parked",
        "Jobs whose process died with them again and again. They wait for a person.",
        len(parked_jobs()),
    )


def _syncs(connections: list[Connection]) -> Iterator[Metric]:
    succeeded = GaugeMetricFamily(
        "usher_last_sync_timestamp_seconds",
        "When the last sync of a connection succeeded.",
        labels=OF_A_CONNECTION,
    )
    length = GaugeMetricFamily(
        "usher_last_sync_duration_seconds",
        "How long the last sync of a connection took that succeeded.",
        labels=OF_A_CONNECTION,
    )
    done = SyncRun.objects.filter(state=SyncRun.State.DONE).exclude(finished_at=None)
    newest = done.order_by("connection_id", "-finished_at").distinct("connection_id")
    runs = {run.connection_id: run for run in newest.filter(connection__in=connections)}
    for connection in connections:
        run = runs.get(connection.pk)
        if run and run.finished_at:
            succeeded.add_metric(_labels(connection), run.finished_at.timestamp())
        if run and run.duration:
            length.add_metric(_labels(connection), run.duration.total_seconds())
    created = GaugeMetricFamily(
        "usher_connection_created_timestamp_seconds",
        "When a connection was made: since then it should have been synced.",
        labels=OF_A_CONNECTION,
    )
    for connection in connections:
        created.add_metric(_labels(connection), connection.created_at.timestamp())
    yield from (succeeded, length, created)


def _events(connections: list[Connection]) -> Metric:
    """Of several workspaces of a connection, the one that is furthest behind."""
    family = GaugeMetricFamily(
        "usher_events_read_until_timestamp_seconds",
        "Up to when audit log and event stream were read; of several workspaces, the one furthest behind.",
        labels=[*OF_A_CONNECTION, "source"],
    )
    covered = Coverage.objects.filter(workspace__connection__in=connections).order_by()
    ends = covered.values_list("workspace__connection", "source", "workspace").annotate(Max("ends_at"))
    behind: dict[int, dict[str, float]] = defaultdict(dict)
    for key, source, _, until in ends:
        behind[key][source] = min(behind[key].get(source, float("inf")), until.timestamp())
    for connection in connections:
        for source, moment in sorted(behind[connection.pk].items()):
            family.add_metric([*_labels(connection), source], moment)
    return family


def _requests(connections: list[Connection]) -> Metric:
    family = CounterMetricFamily(
        "usher_asana_requests",
        "Requests to Asana by their answer. 429 is Asana's refusal of too many.",
        labels=[*OF_A_CONNECTION, "answer"],
    )
    counted: dict[int, list[KeptCount]] = defaultdict(list)
    for kept in KeptCount.objects.filter(name=REQUESTS, connection__in=connections).order_by("labels"):
        counted[kept.connection_id or 0].append(kept)
    for connection in connections:
        for kept in counted[connection.pk]:
            family.add_metric([*_labels(connection), *kept.labels], kept.numbers[0])
    return family


def _cases() -> Metric:
    family = GaugeMetricFamily("usher_cases", "Cases by their state.", labels=["state"])
    counted = dict(Case.objects.order_by().values_list("state").annotate(Count("pk")))
    for state in CaseState:
        family.add_metric([state.value], counted.get(state.value, 0))
    return family


def _of_notices() -> Iterator[Metric]:
    if current_scope().is_limited:
        return
    counted = Delivery.objects.filter(state__in=[*Delivery.OPEN, *Delivery.ENDED_BADLY]).order_by()
    by_state = dict(counted.values_list("state").annotate(Count("pk")))
    failed = sum(by_state.get(state, 0) for state in Delivery.ENDED_BADLY)
    yield GaugeMetricFamily("usher_notices_failed", "Notices that could not be delivered.", failed)
    waiting = sum(by_state.get(state, 0) for state in Delivery.OPEN)
    yield GaugeMetricFamily("usher_notices_waiting", "Notices that wait to be sent.", waiting)


def _of_streams() -> Iterator[Metric]:
    if current_scope().is_limited:
        return
    failing = len(failing_streams(timezone.now()))
    yield GaugeMetricFamily(
        "usher_streams_failing", "Event streams without a success for an hour while events wait.", failing
    )


def _of_the_ledger() -> Iterator[Metric]:
    check = last_check()
    if check:
        yield GaugeMetricFamily(
            "usher_ledger_last_verification_timestamp_seconds",
            "When the whole ledger was last verified.",
            check.at.timestamp(),
        )
        yield GaugeMetricFamily(
            "usher_ledger_intact", "1 if the last verification found no problem, else 0.", not check.problem
        )


def _of_pages() -> Iterator[Metric]:
    """Row security shows them to nobody with a limited scope."""
    if current_scope().is_limited:
        return
    times = HistogramMetricFamily(
        "usher_page_duration_seconds",
        "How long pages and API took until their answer began, by the name of the page.",
        labels=["page"],
    )
    responses = CounterMetricFamily(
        "usher_http_responses", "Answers of the web processes by their status.", labels=["status"]
    )
    for kept in KeptCount.objects.filter(name__in=[PAGES, RESPONSES], connection=None).order_by("labels"):
        if kept.name == RESPONSES:
            responses.add_metric(kept.labels, kept.numbers[0])
        elif len(kept.numbers) == len(SECONDS) + 1:
            times.add_metric(kept.labels, list(_buckets(kept.numbers)), kept.total)
    yield from (times, responses)


def _buckets(numbers: Iterable[int]) -> Iterator[tuple[str, float]]:
    """Cumulative, as Prometheus wants them."""
    so_far = 0
    for end, number in zip((*SECONDS, float("inf")), numbers, strict=True):
        so_far += number
        yield "+Inf" if end == float("inf") else str(end), so_far


def _labels(connection: Connection) -> list[str]:
    return [str(connection.pk), connection.name]
