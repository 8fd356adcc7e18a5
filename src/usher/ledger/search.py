"""Searching the ledger."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from django.db.models import Q, QuerySet

from usher.ledger.export import json_lines
from usher.ledger.models import Entry


@dataclass(frozen=True)
class LedgerSearch:
    """The conditions that entries have to match. Days are whole days in `zone`, including the last."""

    action: str = ""
    """One action, or all that start with this text when it ends with a dot."""
    who: str = ""
    about: str = ""
    since: date | None = None
    until: date | None = None
    zone: tzinfo = UTC

    def entries(self) -> QuerySet[Entry]:
        entries = Entry.objects.all()
        if self.action:
            exactly = not self.action.endswith(".")
            entries = entries.filter(**{"action" if exactly else "action__startswith": self.action})
        if self.who:
            entries = entries.filter(Q(actor_name__icontains=self.who) | Q(via__icontains=self.who))
        if self.about:
            entries = entries.filter(Q(subject__icontains=self.about) | Q(reason__icontains=self.about))
        if self.since:
            entries = entries.filter(at__gte=self._begin(self.since))
        if self.until:
            entries = entries.filter(at__lt=self._begin(self.until + timedelta(days=1)))
        return entries

    def lines(self) -> Iterator[str]:
        """As JSON Lines, oldest first, in constant memory."""
        return json_lines(self.entries())

    def _begin(self, day: date) -> datetime:
        return datetime.combine(day, time.min, self.zone)
