"""How far a destination is behind."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Max

from usher.activity.models import AuditEvent
from usher.ledger.models import Entry
from usher.streams.models import StreamDestination
from usher.web.badges import Badge

COUNTED = 10_000
"""More are not counted."""
FAILS_FOR = timedelta(hours=1)
"""Failures in a row for so long are no passing ones: by then a dozen attempts were made."""
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


class StreamState(StrEnum):
    OFF = "off"
    FAILING = "failing"
    NOT_BEGUN = "not_begun"
    BEHIND = "behind"
    UP_TO_DATE = "up_to_date"


BADGES = {
    StreamState.OFF: Badge("Off", icon="circle-off"),
    StreamState.FAILING: Badge("Failing", icon="alert-circle", tone="danger"),
    StreamState.NOT_BEGUN: Badge("Not begun", icon="hourglass"),
    StreamState.BEHIND: Badge("Behind", icon="alert-triangle", tone="warning"),
    StreamState.UP_TO_DATE: Badge("Up to date", icon="circle-check", tone="success"),
}


def state_of(destination: StreamDestination) -> StreamState:
    """From the destination alone, for lists."""
    if not destination.is_on:
        return StreamState.OFF
    if destination.problem:
        return StreamState.FAILING
    if destination.lag is None:
        return StreamState.NOT_BEGUN
    return StreamState.BEHIND if destination.lag > BEHIND_AFTER else StreamState.UP_TO_DATE


def badge_of(destination: StreamDestination) -> Badge:
    return BADGES[state_of(destination)]


def failing_streams(now: datetime) -> list[StreamLag]:
    """Those that have had no success for an hour while something waits."""
    since = now - FAILS_FOR
    failing = StreamDestination.without_secrets().filter(is_on=True, failing_since__lte=since)
    lags = [lag_of(each) for each in failing]
    return [lag for lag in lags if lag.waiting or lag.destination.again_from is not None]


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
