"""Has workers send what waits, one job for each destination."""

from contextlib import suppress

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from usher.streams.models import StreamDestination

SEND_TASK = "usher.streams.jobs.send_stream"


def enqueue_due_streams() -> None:
    """Of destinations whose next attempt is due. One that is queued already is left alone."""
    due = StreamDestination.objects.filter(is_on=True, next_attempt_at__lte=timezone.now())
    for pk in due.order_by("pk").values_list("pk", flat=True):
        enqueue_stream(pk)


def enqueue_stream(pk: int) -> None:
    lock = f"stream-{pk}"
    with (
        suppress(AlreadyEnqueued),
        transaction.atomic(),
    ):  # a refused row must not spoil the caller's transaction
        app.configure_task(SEND_TASK, lock=lock, queueing_lock=lock).defer(destination_id=pk)
