"""Syncs that fail, tokens that are refused, a ledger that does not verify, and times without a worker."""

import hashlib
from datetime import datetime, timedelta

from django.db import connection as database
from django.urls import reverse

from usher.connections.models import Connection
from usher.connections.states import ProblemKind
from usher.insights.health.facts import SYNC_STANDS_STILL_AFTER
from usher.ledger.last_check import last_check
from usher.notify.telling import tell
from usher.web.phrases import brief_duration

SYNC_FAILS_FOR = timedelta(hours=25)
"""A day, and the hour by which a daily sync may come later than the one before."""
NO_WORKER_FOR = timedelta(minutes=20)
"""Longer than two pauses between runs of the job that watches."""
OF_TOKENS = (ProblemKind.NOT_AUTHORIZED, ProblemKind.SERVICE_TOKEN)


def tell_of_syncs(now: datetime) -> None:
    """Once for each time that an account stays without a sync for a day. A run that moves on is not failing."""
    for connection in Connection.objects.filter(disconnected_at=None):
        since = connection.last_synced_at or connection.created_at
        run = connection.open_run()
        if now - since < SYNC_FAILS_FOR or (
            run and now - (run.updated_at or run.created_at) < SYNC_STANDS_STILL_AFTER
        ):
            continue
        tell(
            "sync_failing",
            f"connection {connection.pk}, since {since.isoformat()}",
            {
                "account": connection.name,
                "since": f"on {_moment(since)}" if connection.last_synced_at else "never",
                "problem": f"{connection.problem} {connection.problem_remedy}".strip()
                or "No sync has come to its end. See that a worker is running.",
            },
            connection=connection,
            path=reverse("connections:detail", args=[connection.pk]),
        )


def tell_of_tokens() -> None:
    """Once for each token that Asana refuses, until a sync has worked again."""
    for connection in Connection.objects.filter(disconnected_at=None, problem_kind__in=OF_TOKENS):
        tell(
            "token_ending",
            f"connection {connection.pk}, {connection.problem_kind}, since {connection.last_synced_at}",
            {
                "account": connection.name,
                "problem": connection.problem,
                "remedy": connection.problem_remedy or "Reconnect the account under Integrations.",
            },
            connection=connection,
            path=reverse("connections:detail", args=[connection.pk]),
        )


def tell_of_ledger() -> None:
    """Once for each problem that the hourly check finds."""
    check = last_check()
    if check is not None and check.problem:
        key = hashlib.sha256(check.problem.encode()).hexdigest()
        tell("ledger_broken", key, {"problem": check.problem}, path=reverse("ledger:list"))


def tell_of_workers(now: datetime, task: str) -> None:
    """Workers send notices, so this can be told only afterwards. `task`: the job that asks, which ran last when?"""
    with database.cursor() as cursor:
        cursor.execute(_LAST_RUN, [task])
        (last,) = cursor.fetchone()
    if last is not None and now - last > NO_WORKER_FOR:
        tell(
            "no_worker",
            f"since {last.isoformat()}",
            {"long": brief_duration(now - last), "since": _moment(last), "until": _moment(now)},
            path=reverse("dashboard"),
        )


_LAST_RUN = """
    SELECT max(event.at) FROM procrastinate_events event JOIN procrastinate_jobs job ON job.id = event.job_id
    WHERE job.task_name = %s AND event.type = 'succeeded'
"""


def _moment(moment: datetime) -> str:
    return f"{moment:%-d %B %Y, %H:%M} UTC"
