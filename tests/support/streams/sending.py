"""Destinations for tests, and sending to them as a worker does."""

import asyncio
from datetime import timedelta

from django.utils import timezone

from usher.ledger.actors import SYSTEM
from usher.streams.destinations.change import add_stream
from usher.streams.destinations.fields import takes_field
from usher.streams.models import StreamDestination
from usher.streams.running import run_stream


def a_stream(kind: str, address: str, **fields: object) -> StreamDestination:
    """Of audit log events, in OCSF, with the token `right`, unless said otherwise. It begins now."""
    since = fields.pop("since", None)
    secret = "right" if takes_field(kind, "secret") else ""
    destination = StreamDestination(
        **{"kind": kind, "name": f"By {kind}", "address": address, "secret": secret} | fields
    )
    add_stream(destination, SYSTEM, since=since)  # type: ignore[arg-type]
    return destination


def send(destination: StreamDestination, *, is_due: bool = True) -> int:
    """A run now, as if its next attempt were due. Returns how many messages were taken."""
    if is_due:
        long_ago = timezone.now() - timedelta(seconds=1)
        StreamDestination.objects.filter(pk=destination.pk).update(next_attempt_at=long_ago)
    sent = asyncio.run(run_stream(destination.pk))
    destination.refresh_from_db()
    return sent
