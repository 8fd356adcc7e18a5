"""How far a destination is behind."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max

from usher.activity.models import AuditEvent
from usher.ledger.models import Entry
from usher.streams.models import StreamDestination
from usher.web.badges import Badge

COUNTED = 10_000
"""More are not counted."""
BEHIND_AFTER = timedelta(minutes=10)
"""Each minute, a worker sends what is new."""


@dataclass(frozen=True)
class StreamLag:
    """`waiting`: events and entries that are stored and not sent yet, up to COUNTED of each."""

    destination: StreamDestination
    waiting: int
    oldest_at: datetime | None
    """When the first of them happened in Asana, or was written to the ledger."""

    @property
    def is_more(self) -> bool:
        return self.waiting >= COUNTED


def badge_of(destination: StreamDestination) -> Badge:
    """From the destination alone, for lists."""
    if not destination.is_on:
        return Badge("Off", icon="circle-off")
    if destination.problem:
        return Badge("Failing", icon="alert-circle", tone="danger")
    if destination.lag is None:
        return Badge("Not begun", icon="hourglass")
    if destination.lag > BEHIND_AFTER:
        return Badge("Behind", icon="alert-triangle", tone="warning")
    return Badge("Up to date", icon="circle-check", tone="success")


def lag_of(destination: StreamDestination) -> StreamLag:
    waiting, moments = 0, list[datetime]()
    if destination.takes_events:
        events = AuditEvent.objects.filter(arrival__gt=destination.event_cursor)
        if destination.connections is not None:
            events = events.filter(connection_id__in=destination.connections)
        waiting += len(events.order_by("arrival").values_list("arrival")[:COUNTED])
        moments += events.order_by("arrival").values_list("created_at", flat=True)[:1]
    if destination.takes_ledger:
        entries = Entry.objects.filter(number__gt=destination.ledger_cursor)
        if destination.connections is None:
            newest = Entry.objects.aggregate(newest=Max("number"))["newest"] or 0
            waiting += min(newest - destination.ledger_cursor, COUNTED) if newest else 0
        else:
            entries = entries.filter(connection_id__in=destination.connections)
            waiting += len(entries.order_by("number").values_list("number")[:COUNTED])
        moments += entries.order_by("number").values_list("at", flat=True)[:1]
    return StreamLag(destination, waiting, min(moments, default=None))
