"""What a destination gets next: new events, then new entries of the ledger, then what is sent again.

A destination that is limited to connections gets what is of these alone. The cursor passes what it does not get.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from django.db.models import Max

from usher.activity.events.search import EventSearch, Position
from usher.activity.ingest.arrivals import arrived_between, arrived_until
from usher.connections.models import Connection
from usher.ledger.models import Entry
from usher.streams.models import StreamDestination
from usher.streams.reading.encoding import Origins, entry_messages, event_messages
from usher.streams.sending.message import MessageBatch

T = TypeVar("T")
AT_ONCE = 2_000
"""About 5 MB as OCSF."""
WIDEST = 64
"""Times AT_ONCE: so many numbers are looked at together where few of them are of events for this destination."""


@dataclass(frozen=True)
class NextBatch:
    """A batch, maybe empty, and the fields of the destination that say so once it was taken.

    `before`: their values now. If they have changed meanwhile, somebody has other wishes.
    """

    batch: MessageBatch
    after: dict[str, object]
    before: dict[str, object]


@dataclass
class StreamReader:
    """Reads for one run. What was committed when the run asked, it reads up to there."""

    origins: Origins = field(default_factory=Origins)
    _until: int | None = None
    _wide: int = 1
    is_held_up: bool = False
    """Somebody has been storing for so long that new events could not be read."""

    def next_batch(self, destination: StreamDestination) -> NextBatch | None:
        """None when nothing is left."""
        sources: list[Callable[[StreamDestination], NextBatch | None]] = []
        if destination.takes_events:
            sources.append(self._new_events)
        if destination.takes_ledger:
            sources.append(self._new_entries)
        if destination.again_from is not None:
            sources.append(self._events_again)
        for source in sources:
            found = source(destination)
            if found is not None:
                return found
        return None

    def _new_events(self, destination: StreamDestination) -> NextBatch | None:
        cursor = destination.event_cursor
        if self._until is None or cursor >= self._until:
            self._until = arrived_until()
            self.is_held_up = self._until is None
        if self._until is None or cursor >= self._until:
            return None
        # Not all up to the end: PostgreSQL might sort them all for each batch.
        until = min(cursor + AT_ONCE * self._wide, self._until)
        events = arrived_between(cursor, until)
        if destination.connections is not None:
            events = events.filter(connection_id__in=destination.connections)
        found = list(events[:AT_ONCE])
        after = int(found[-1].arrival or 0) if len(found) == AT_ONCE else until
        self._wide = 1 if len(found) > AT_ONCE // 2 else min(self._wide * 2, WIDEST)
        messages = list(event_messages(found, destination.form, self.origins))
        return NextBatch(
            MessageBatch(f"e{cursor:015}", messages), {"event_cursor": after}, {"event_cursor": cursor}
        )

    def _new_entries(self, destination: StreamDestination) -> NextBatch | None:
        """Entries are committed in the order of their numbers: each waits for the one before."""
        cursor = destination.ledger_cursor
        until = Entry.objects.aggregate(newest=Max("number"))["newest"] or 0
        if cursor >= until:
            return None
        entries = Entry.objects.filter(number__gt=cursor, number__lte=until).order_by("number")
        if destination.connections is not None:
            entries = entries.filter(connection_id__in=destination.connections)
        found = list(entries[:AT_ONCE])
        after = found[-1].number if len(found) == AT_ONCE else until
        messages = list(entry_messages(found, destination.form))
        return NextBatch(
            MessageBatch(f"l{cursor:015}", messages), {"ledger_cursor": after}, {"ledger_cursor": cursor}
        )

    def _events_again(self, destination: StreamDestination) -> NextBatch | None:
        """In the order of time: events from before 0.2 have no number."""
        assert destination.again_from and destination.again_until
        every = Connection.objects.values_list("pk", flat=True)
        of = list(every) if destination.connections is None else destination.connections
        search = EventSearch(connections=of, since=destination.again_from.date())
        found = search.page(AT_ONCE, Position.read(destination.again_position), newest_first=False)
        wanted = [event for event in found if event.created_at <= destination.again_until]
        names = ("again_from", "again_until", "again_position")
        before = {name: getattr(destination, name) for name in names}
        key = f"again-{destination.again_position or 'start'}".replace("~", "-")
        messages = list(event_messages(wanted, destination.form, self.origins))
        after: dict[str, object] = {}
        if len(wanted) == AT_ONCE:
            after = {"again_position": str(Position.of(wanted[-1]))}
        ended: dict[str, object] = {"again_from": None, "again_until": None, "again_position": ""}
        return NextBatch(MessageBatch(key, messages), after or ended, before)
