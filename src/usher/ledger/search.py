"""Looking for entries."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from django.db.models import Q, QuerySet

from usher.ledger.export import json_lines
from usher.ledger.models import Entry


@dataclass(frozen=True)
class LedgerSearch:
    """What entries must fit. Days are whole days of `zone`, the last one included."""

    action: str = ""
    """One action, or, ending with a dot, all that begin so."""
    who: str = ""
    about: str = ""
    since: date | None = None
    until: date | None = None
    zone: tzinfo = UTC

    def entries(self) -> QuerySet[Entry]:
        found = Entry.objects.all()
        if self.action:
            exactly = not self.action.endswith(".")
            found = found.filter(**{"action" if exactly else "action__startswith": self.action})
        if self.who:
            found = found.filter(Q(actor_name__icontains=self.who) | Q(via__icontains=self.who))
        if self.about:
            found = found.filter(Q(subject__icontains=self.about) | Q(reason__icontains=self.about))
        if self.since:
            found = found.filter(at__gte=self._begin(self.since))
        if self.until:
            found = found.filter(at__lt=self._begin(self.until + timedelta(days=1)))
        return found

    def lines(self) -> Iterator[str]:
        """As JSON Lines, oldest first, in constant memory."""
        return json_lines(self.entries())

    def _begin(self, day: date) -> datetime:
        return datetime.combine(day, time.min, self.zone)
