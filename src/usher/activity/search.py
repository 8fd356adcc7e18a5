"""Finding audit log events."""

import ipaddress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Q, QuerySet

from usher.activity.models import AuditEvent
from usher.roster.models import Person


@dataclass(frozen=True)
class Search:
    """What is looked for; empty means any. Days are UTC, `until` included."""

    connections: list[int]
    since: date | None = None
    until: date | None = None
    category: str = ""
    event_type: str = ""
    person: str = ""
    workspace: int | None = None
    ip_address: str = ""
    context: str = ""
    automated: bool | None = field(default=None)

    def events(self) -> QuerySet[AuditEvent]:
        """Unordered; by time there is an index."""
        found = AuditEvent.objects.filter(connection_id__in=self.connections)
        if self.since:
            found = found.filter(created_at__gte=datetime.combine(self.since, time(), UTC))
        if self.until:
            found = found.filter(created_at__lt=datetime.combine(self.until + timedelta(days=1), time(), UTC))
        if self.category:
            found = found.filter(category=self.category)
        if self.event_type:
            found = found.filter(event_type=self.event_type)
        if self.workspace:
            found = found.filter(workspace_id=self.workspace)
        if self.ip_address:
            found = found.filter(ip_address=canonical_address(self.ip_address))
        if self.context:
            found = found.filter(context_type=self.context)
        if self.person:
            gids = self._gids()
            found = found.filter(Q(actor_gid__in=gids) | Q(resource_type="user", resource_gid__in=gids))
        return found

    def _gids(self) -> list[str]:
        """Of the people whose GID or e-mail it is, or in whose name it stands."""
        text = self.person.strip()
        people = Person.objects.filter(connection__in=self.connections)
        exact = people.filter(Q(gid=text) | Q(email__iexact=text))
        found = exact if exact.exists() or "@" in text else people.filter(name__icontains=text)
        gids = list(found.values_list("gid", flat=True)[:200])
        return gids or [text]


def canonical_address(text: str) -> str:
    """An IP address as the log writes it; what is none stays as it is, and finds nothing."""
    try:
        return str(ipaddress.ip_address(text.strip()))
    except ValueError:
        return text.strip()
