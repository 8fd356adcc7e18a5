"""Searching the ledger."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, tzinfo

from django.db.models import Q, QuerySet

from usher.ledger.export import json_lines
from usher.ledger.models import Entry, Head
from usher.platform.days import begin_of, end_of


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
            entries = entries.filter(at__gte=begin_of(self.since, self.zone))
        if self.until:
            entries = entries.filter(at__lt=end_of(self.until, self.zone))
        return entries

    def lines(self) -> Iterator[str]:
        """As JSON Lines, oldest first, in constant memory."""
        return json_lines(self.entries())


def current_head() -> str:
    """NUMBER:HASH of the newest entry; empty without one, and for whom a limited scope hides the ledger's head."""
    head = Head.objects.filter(number__gt=0).first()
    return str(head) if head else ""
