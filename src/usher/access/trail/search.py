"""Searching the trail."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, tzinfo

from django.db.models import Q, QuerySet

from usher.access.models import TrailEntry
from usher.access.trail.kinds import badge_of_kind
from usher.platform.days import begin_of, end_of
from usher.web.csv_export import iso

COLUMNS = ("at", "kind", "what", "user_id", "who", "address", "agent", "about")
AT_A_TIME = 2000


@dataclass(frozen=True)
class TrailSearch:
    """The conditions that entries have to match. Days are whole days in `zone`, including the last."""

    kind: str = ""
    who: str = ""
    """Part of the user's e-mail, or of the IP address."""
    about: str = ""
    since: date | None = None
    until: date | None = None
    zone: tzinfo = UTC

    def entries(self) -> QuerySet[TrailEntry]:
        entries = TrailEntry.objects.all()
        if self.kind:
            entries = entries.filter(kind=self.kind)
        if self.who:
            entries = entries.filter(Q(who__icontains=self.who) | Q(address__startswith=self.who))
        if self.about:
            entries = entries.filter(Q(about__icontains=self.about) | Q(agent__icontains=self.about))
        if self.since:
            entries = entries.filter(at__gte=begin_of(self.since, self.zone))
        if self.until:
            entries = entries.filter(at__lt=end_of(self.until, self.zone))
        return entries

    def records(self) -> Iterator[dict[str, object]]:
        """One for each entry, oldest first, in constant memory."""
        for entry in self.entries().order_by("id").iterator(chunk_size=AT_A_TIME):
            yield {
                "at": iso(entry.at),
                "kind": entry.kind,
                "what": badge_of_kind(entry.kind).text,
                "user_id": entry.user_id,
                "who": entry.who,
                "address": entry.address,
                "agent": entry.agent,
                "about": entry.about,
            }
