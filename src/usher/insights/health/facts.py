"""The facts of health. Each is read when it is asked for, except the ledger, which a job verifies every hour."""

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from django.conf import settings
from django.db.models import F, Max, Sum
from django.urls import reverse
from django.utils import timezone

from usher.access.roles import Action
from usher.activity.models import RecordMonth
from usher.connections.models import Connection, SyncRun
from usher.connections.parked import DEATHS, parked_jobs
from usher.insights.health.fact import HealthFact, moment_in_words
from usher.insights.health.jobs_at_work import JobsAtWork, jobs_at_work
from usher.insights.health.stream_fact import has_streams, stream_fact
from usher.ledger.last_check import last_check
from usher.platform import home
from usher.platform.encryption import KeysUnusable
from usher.platform.replica import problem_of_replica
from usher.platform.stored_secrets import unreadable_secrets

NO_WORKER_AFTER = timedelta(minutes=1)
JOBS_WAIT_AT_MOST = timedelta(minutes=15)
SYNC_OVERDUE_AFTER = timedelta(hours=1)
SYNC_STANDS_STILL_AFTER = timedelta(hours=2)
CLOCKS_DIFFER_AT_MOST = timedelta(minutes=1)
LEDGER_VERIFIED_WITHIN = timedelta(hours=3)
GIGABYTE = 1_000_000_000
NAMED_AT_MOST = 3


class FreeDisk(msgspec.Struct, frozen=True):
    folder: Path
    free: int
    """Bytes that this process may still write."""
    size: int

    @property
    def is_nearly_full(self) -> bool:
        return self.free < GIGABYTE or (self.free < self.size * 0.05 and self.free < 20 * GIGABYTE)


def health_facts() -> list[HealthFact]:
    """All of them, the worst first to read. For the connections that are seen now."""
    now = timezone.now()
    at_work = jobs_at_work()
    checks: list[Callable[[], HealthFact]] = [
        lambda: _worker(at_work),
        lambda: _jobs(at_work),
        lambda: _syncs(now),
        lambda: _ledger(now),
        lambda: _clock(at_work, now),
        _disk,
        _records,
        *([_replica] if settings.DATABASE_REPLICA_URL else []),
        *([lambda: stream_fact(now)] if has_streams() else []),
        _secrets,
    ]
    return [check() for check in checks]


def health_problems() -> list[HealthFact]:
    return [fact for fact in health_facts() if not fact.is_ok]


def is_worker_alive(at_work: JobsAtWork) -> bool:
    return at_work.last_heartbeat is not None and at_work.now - at_work.last_heartbeat < NO_WORKER_AFTER


def _worker(at_work: JobsAtWork) -> HealthFact:
    if is_worker_alive(at_work):
        return HealthFact("worker", "Worker", True, "A worker is running.")
    seen = (
        f" The last sign of one was at {moment_in_words(at_work.last_heartbeat)}."
        if at_work.last_heartbeat
        else ""
    )
    return HealthFact(
        "worker",
        "Worker",
        False,
        f"No worker is running.{seen} Nothing is synced, and approved removals do not start.",
        "Start one: usher worker (with systemd: systemctl start usher-worker@1). usher up includes one.",
    )


def _jobs(at_work: JobsAtWork) -> HealthFact:
    parked = parked_jobs()
    if parked:
        named = ", ".join(job.what for job in parked[:NAMED_AT_MOST])
        return HealthFact(
            "jobs",
            "Background jobs",
            False,
            f"{len(parked):,} parked, because their process died with them {DEATHS} times: {named}. "
            "The same work does not begin again by itself.",
            "The worker's log says why. Then run them again or drop them: usher jobs list",
        )
    if at_work.overlong:
        task, since = at_work.overlong[0]
        more = f", and {len(at_work.overlong) - 1} more" if len(at_work.overlong) > 1 else ""
        return HealthFact(
            "jobs",
            "Background jobs",
            False,
            f"A job is stuck: “{task}” has been running since {moment_in_words(since)}{more}.",
            "Restart the workers: what they were doing is taken up again. Their log says more.",
        )
    late = at_work.waiting_since and at_work.now - at_work.waiting_since > JOBS_WAIT_AT_MOST
    if late and at_work.waiting_since and is_worker_alive(at_work):
        return HealthFact(
            "jobs",
            "Background jobs",
            False,
            f"{at_work.waiting:,} jobs wait, the oldest since {moment_in_words(at_work.waiting_since)}: the workers "
            "are stuck or too few.",
            "Restart the workers or start another one. Their log says more.",
        )
    return HealthFact("jobs", "Background jobs", True, f"{at_work.waiting:,} wait.")


def _syncs(now: datetime) -> HealthFact:
    overdue = list(
        Connection.objects.filter(disconnected_at=None, next_sync_at__lt=now - SYNC_OVERDUE_AFTER)
        .exclude(pk__in=SyncRun.objects.filter(state__in=SyncRun.OPEN).values("connection"))
        .order_by("next_sync_at")
    )
    still = SyncRun.objects.filter(
        state=SyncRun.State.RUNNING, updated_at__lt=now - SYNC_STANDS_STILL_AFTER
    ).select_related("connection")
    if stuck := still.first():
        return HealthFact(
            "syncs",
            "Syncs",
            False,
            f"The sync of {stuck.connection.name} has not moved since {moment_in_words(stuck.updated_at)}.",
            "Restart the workers: it goes on where it stood. Their log says more.",
        )
    if not overdue:
        return HealthFact("syncs", "Syncs", True, "None is overdue.")
    names = ", ".join(connection.name for connection in overdue[:NAMED_AT_MOST])
    more = f" and {len(overdue) - NAMED_AT_MOST} more" if len(overdue) > NAMED_AT_MOST else ""
    return HealthFact(
        "syncs",
        "Syncs",
        False,
        f"Overdue: {names}{more}, since {moment_in_words(overdue[0].next_sync_at)}. Figures are old, and removals do "
        "not run on old data.",
        "See that a worker is running, then sync.",
        Action.SYNC,
        reverse("connections:list"),
    )


def _clock(at_work: JobsAtWork, now: datetime) -> HealthFact:
    apart = abs(at_work.now - now)
    if apart < CLOCKS_DIFFER_AT_MOST:
        return HealthFact("clock", "Clock", True, "This machine and the database show the same time.")
    return HealthFact(
        "clock",
        "Clock",
        False,
        f"The clock of this machine is {apart.total_seconds():,.0f} seconds away from that of the database. Waiting "
        "times of cases, ends of links and times of syncs are wrong by that much.",
        "Synchronise both machines by NTP.",
    )


def _ledger(now: datetime) -> HealthFact:
    check = last_check()
    if check is None:
        return HealthFact("ledger", "Ledger", True, "Not verified yet: a worker does so every hour.")
    if check.problem:
        return HealthFact(
            "ledger",
            "Ledger",
            False,
            f"The ledger does not verify (checked at {moment_in_words(check.at)}): {check.problem}",
            "Stop removals, find out who had access to the database, and compare with a backup: usher ledger verify",
            url=reverse("ledger:list"),
        )
    if now - check.at > LEDGER_VERIFIED_WITHIN:
        return HealthFact(
            "ledger",
            "Ledger",
            False,
            f"The ledger was last verified at {moment_in_words(check.at)}. A worker should do so every hour.",
            "See that a worker is running. To verify now: usher ledger verify",
        )
    return HealthFact(
        "ledger",
        "Ledger",
        True,
        f"Intact up to entry {check.checked_to:,} (checked at {moment_in_words(check.at)}).",
    )


def free_disk() -> FreeDisk:
    """Of the data folder, which holds the embedded database; for a folder that is not there, of where it would be."""
    folder = home.location()
    there = next(place for place in (folder, *folder.parents) if place.exists())
    usage = shutil.disk_usage(there)
    return FreeDisk(there, usage.free, usage.total)


def _disk() -> HealthFact:
    disk = free_disk()
    free = f"{disk.free / GIGABYTE:,.1f} GB of {disk.size / GIGABYTE:,.1f} GB are free in {disk.folder}."
    if disk.is_nearly_full:
        return HealthFact(
            "disk",
            "Disk",
            False,
            f"The disk is nearly full: {free} When it is full, nothing can be stored or synced.",
            "Make room. USHER_EVENT_RECORDS=compress loses nothing; USHER_KEEP_EVENTS_DAYS deletes old events.",
        )
    return HealthFact("disk", "Disk", True, free)


def _records() -> HealthFact:
    """What became of the records of audit log events."""
    sums = {
        outcome: (events, saved, newest)
        for outcome, events, saved, newest in RecordMonth.objects.order_by()
        .values_list("outcome")
        .annotate(of=Sum("events"), saved=Sum(F("bytes_before") - F("bytes_after")), newest=Max("month"))
    }
    sentences = []
    for outcome in RecordMonth.Outcome:
        events, saved, newest = sums.get(outcome, (0, 0, None))
        if events:
            sentences.append(
                f"{events:,} up to {newest:%B %Y} are {outcome.label.lower()}: {saved / GIGABYTE:,.2f} GB less."
            )
    return HealthFact(
        "records", "Event records", True, " ".join(sentences) or "All are stored as Asana sent them."
    )


def _replica() -> HealthFact:
    problem = problem_of_replica()
    if not problem:
        return HealthFact("replica", "Replica", True, "It keeps up. Pages and exports are read from it.")
    return HealthFact(
        "replica",
        "Replica",
        False,
        f"Pages and exports are read from the primary, since the replica is not used: {problem}.",
        "Check DATABASE_REPLICA_URL, and the replication of PostgreSQL.",
    )


def _secrets() -> HealthFact:
    try:
        unreadable = unreadable_secrets()
    except KeysUnusable as error:
        return HealthFact("secrets", "Stored tokens", False, "Stored tokens cannot be read.", str(error))
    if not unreadable:
        return HealthFact("secrets", "Stored tokens", True, "All can be decrypted.")
    return HealthFact(
        "secrets",
        "Stored tokens",
        False,
        f"{unreadable} stored values cannot be decrypted with the keys of this process.",
        "Restore the old keys from your backup, or reconnect.",
    )
