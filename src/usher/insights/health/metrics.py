"""Metrics for Prometheus, read from the database when they are asked for: several processes serve /metrics."""

from collections.abc import Iterator

from django.db.models import Max
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from usher.connections.models import Connection, SyncRun
from usher.insights.health.facts import free_disk
from usher.insights.health.jobs_at_work import jobs_at_work
from usher.ledger.last_check import last_check


def exposition(accept: str) -> tuple[bytes, str]:
    """The metrics in the format that the header Accept asks for, and the type of their content."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_HealthCollector())
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


class _HealthCollector(Collector):
    def describe(self) -> list[GaugeMetricFamily]:
        return []  # otherwise registering would read the database

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield from _of_jobs()
        yield _syncs()
        yield from _of_the_ledger()
        disk = free_disk()
        yield GaugeMetricFamily("usher_disk_free_bytes", "Free space for the data folder.", disk.free)
        yield GaugeMetricFamily("usher_disk_size_bytes", "Size of the disk with the data folder.", disk.size)


def _of_jobs() -> Iterator[GaugeMetricFamily]:
    at_work = jobs_at_work()
    if at_work.last_heartbeat:
        yield GaugeMetricFamily(
            "usher_worker_last_heartbeat_timestamp_seconds",
            "When a worker last showed that it is running.",
            at_work.last_heartbeat.timestamp(),
        )
    yield GaugeMetricFamily("usher_jobs_waiting", "Jobs that could run now.", at_work.waiting)
    yield GaugeMetricFamily(
        "usher_jobs_overlong",
        "Jobs that have been running for longer than any should.",
        len(at_work.overlong),
    )


def _syncs() -> GaugeMetricFamily:
    family = GaugeMetricFamily(
        "usher_last_sync_timestamp_seconds",
        "When the last sync of a connection succeeded.",
        labels=["connection", "name"],
    )
    succeeded = SyncRun.objects.filter(state=SyncRun.State.DONE)
    finished = dict(succeeded.values_list("connection").annotate(Max("finished_at")))
    for connection in Connection.objects.filter(disconnected_at=None).order_by("pk"):
        if at := finished.get(connection.pk):
            family.add_metric([str(connection.pk), connection.name], at.timestamp())
    return family


def _of_the_ledger() -> Iterator[GaugeMetricFamily]:
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
