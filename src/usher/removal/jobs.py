"""Jobs that run cases. Each calls one verb."""

import logging

from asgiref.sync import sync_to_async
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from usher.removal.cases.directory_changes import apply_directory_changes
from usher.removal.execution.runner import AlreadyRunning, run_due
from usher.removal.guardrails.restored import stop_if_restored
from usher.removal.models import Case
from usher.removal.states import CaseState

log = logging.getLogger(__name__)


def run_soon(connection_id: int) -> None:
    """Queues a job that runs the due cases; does nothing if one is already queued."""
    lock = f"removals-{connection_id}"
    try:
        with transaction.atomic():  # a rejected row must not break the caller's transaction
            run_cases.configure(lock=lock, queueing_lock=lock).defer(connection_id=connection_id)
    except AlreadyEnqueued:
        pass


def run_if_due(case: Case) -> None:
    """Called after an approval or a retry, so that a due case does not wait for the next minute."""
    is_due = case.scheduled_for is not None and case.scheduled_for <= timezone.now()
    if case.state == CaseState.SCHEDULED and is_due and case.connection_id:
        run_soon(case.connection_id)


@app.task
async def run_cases(connection_id: int) -> None:
    try:
        await run_due(connection_id)
    except AlreadyRunning:
        log.info("Another process is running the cases of connection %s.", connection_id)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="run-due-cases")
async def run_due_cases(timestamp: int) -> None:
    """Runs the cases that are due, and those that a dead process left behind."""
    await sync_to_async(_run_due_cases)()


def _run_due_cases() -> None:
    stop_if_restored()
    apply_directory_changes(timezone.now())
    due = Case.objects.filter(
        Q(state=CaseState.RUNNING) | Q(state=CaseState.SCHEDULED, scheduled_for__lte=timezone.now())
    ).exclude(connection=None)
    for connection_id in due.values_list("connection", flat=True).distinct():
        run_soon(connection_id)
