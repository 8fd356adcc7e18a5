"""Finding audit log events, a page at a time, however many there are.

Pages go by key, never by offset, and nothing is counted. Every index of the events starts with where they
happened and what they are, and ends with their time; so each workspace (and each type, each person) is asked for
its own next few, and the few are merged. That costs the same for a thousand events and for ten million.
"""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import product
from typing import LiteralString

import msgspec
from django.db import connection as database
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone

from usher.activity.models import AuditEvent, EventTypeSeen, Use
from usher.asana import AuditActor, AuditLogEvent, Resource
from usher.roster.models import Person, Workspace

PEOPLE_OF_A_NAME = 200
FEW_VALUES = 20
SPANS = (timedelta(hours=1), timedelta(days=1), timedelta(days=30))
ORDER = ("created_at", "gid", "workspace_id")
USUAL_CONTEXT = "web"  # most events have it: no index of its own (audit_by_context)

Parameter = str | int | datetime | list[int] | list[str]

# `found` is asked once for every probe; its conditions are written by Django.
PROBE: LiteralString = """
    SELECT found.* FROM unnest(%s::bigint[], %s::text[]) AS probe(place, value) CROSS JOIN LATERAL ({found}) found
"""


class Position(msgspec.Struct, frozen=True):
    """Of one event in the order of time. Events of the same moment are told apart by gid and workspace."""

    created_at: datetime
    gid: str
    workspace_id: int

    def __str__(self) -> str:
        return f"{self.created_at.astimezone(UTC):%Y%m%dT%H%M%S.%f}~{self.gid}~{self.workspace_id}"

    @classmethod
    def of(cls, event: AuditEvent) -> "Position":
        return cls(event.created_at, event.gid, event.workspace_id)

    @classmethod
    def read(cls, text: str) -> "Position | None":
        """None for what is no position."""
        try:
            moment, gid, workspace = text.split("~")
            at = datetime.strptime(moment, "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC)
            found = cls(at, gid, int(workspace))
        except ValueError:
            return None
        return found if "\x00" not in gid and abs(found.workspace_id) < 2**63 else None


@dataclass(frozen=True)
class EventSearch:
    """What is looked for; empty means any. Days are of `zone`, `until` included."""

    connections: list[int]
    since: date | None = None
    until: date | None = None
    category: str = ""
    event_type: str = ""
    person: str = ""
    workspace: int | None = None
    ip_address: str = ""
    context: str = ""
    automated: bool | None = None
    zone: tzinfo = UTC

    def page(
        self, size: int, beyond: Position | None = None, *, newest_first: bool = True
    ) -> list[AuditEvent]:
        """The next events beyond a position, or the first ones."""
        found = self._conditions()
        if beyond:
            found = found.filter(_beyond(beyond, newest_first))
        parts = self._parts(found.order_by(*(f"-{name}" if newest_first else name for name in ORDER)))
        parts = [part for part in parts if part.places and part.values]
        edge = beyond.created_at if beyond else timezone.now() if newest_first else None
        if edge and sum(len(part.values) for part in parts) > FEW_VALUES:
            # Each of many people would be asked for a whole page: mostly the next hour or day has enough.
            for span in SPANS:
                near = Q(created_at__gte=edge - span) if newest_first else Q(created_at__lte=edge + span)
                events = _first_of([part.narrowed(near) for part in parts], size, newest_first)
                if len(events) == size:
                    return events
        return _first_of(parts, size, newest_first)

    def walk(self, *, newest_first: bool, at_once: int = 2000) -> Iterator[AuditEvent]:
        """All of them. Holds `at_once` in memory, and no transaction open."""
        beyond = None
        while found := self.page(at_once, beyond, newest_first=newest_first):
            yield from found
            if len(found) < at_once:
                return
            beyond = Position.of(found[-1])

    def _conditions(self) -> "QuerySet[AuditEvent]":
        """All but for whom."""
        found = AuditEvent.objects.all()
        if self.since:
            found = found.filter(created_at__gte=datetime.combine(self.since, time(), self.zone))
        if self.until and self.until < date.max:
            end = datetime.combine(self.until + timedelta(days=1), time(), self.zone)
            found = found.filter(created_at__lt=end)
        if self.category:
            found = found.filter(category=self.category)
        if self.event_type:
            found = found.filter(event_type=self.event_type)
        if self.workspace:
            found = found.filter(workspace_id=self.workspace)
        if self.ip_address:
            found = found.filter(ip_address__in=spellings(self.ip_address))
        if self.context:
            found = found.filter(context_type=self.context)
        if self.automated is not None:
            found = found.filter(use=Use.AUTOMATED if self.automated else Use.HUMAN)
        return found

    def _parts(self, found: "QuerySet[AuditEvent]") -> "list[_Part]":
        """By what the events are looked up: the filter that leaves the fewest."""
        if self.person:
            gids = self._gids()
            acted_upon = found.filter(resource_type="user").exclude(actor_gid__in=gids)
            return [
                _Part(found.exclude(actor_gid=""), "connection_id", self.connections, "actor_gid", gids),
                _Part(acted_upon, "connection_id", self.connections, "resource_gid", gids),
            ]
        places = self._workspaces()
        if self.ip_address:
            addresses = spellings(self.ip_address)
            return [_Part(found.exclude(ip_address=""), "workspace_id", places, "ip_address", addresses)]
        if self.event_type:
            return [_Part(found, "workspace_id", places, "event_type", [self.event_type])]
        if self.category:
            return [_Part(found, "workspace_id", places, "event_type", self._types())]
        if self.context and self.context != USUAL_CONTEXT:
            unusual = found.exclude(context_type=USUAL_CONTEXT)
            return [_Part(unusual, "workspace_id", places, "context_type", [self.context])]
        return [_Part(found, "workspace_id", places)]

    def _workspaces(self) -> list[int]:
        of_connections = Workspace.objects.filter(connection__in=self.connections)
        chosen = of_connections.filter(pk=self.workspace) if self.workspace else of_connections
        return list(chosen.values_list("pk", flat=True))

    def _types(self) -> list[str]:
        seen = EventTypeSeen.objects.filter(connection__in=self.connections, category=self.category)
        return list(seen.order_by().values_list("event_type", flat=True).distinct())

    def _gids(self) -> list[str]:
        """Of the people whose GID or e-mail it is, or in whose name it stands."""
        text = self.person.strip()
        people = Person.objects.filter(connection__in=self.connections).order_by()
        exact = list(people.filter(Q(gid=text) | Q(email__iexact=text)).values_list("gid", flat=True))
        if exact or "@" in text or text.isdigit():
            return sorted({*exact}) or [text]
        named = people.filter(name__icontains=text).values_list("gid", flat=True)[:PEOPLE_OF_A_NAME]
        return sorted({*named}) or [text]


@dataclass(frozen=True)
class _Part:
    """Events of any of the places (and any of the values), each looked up by itself."""

    found: "QuerySet[AuditEvent]"
    place_field: str
    places: list[int]
    value_field: str = ""
    values: "list[str] | tuple[str, ...]" = ("",)

    def narrowed(self, condition: Q) -> "_Part":
        return replace(self, found=self.found.filter(condition))

    def sql(self, size: int) -> tuple[str, list[Parameter]]:
        probed = self.found.filter(**{self.place_field: RawSQL("probe.place", [])})
        if self.value_field:
            probed = probed.filter(**{self.value_field: RawSQL("probe.value", [])})
        sql, parameters = probed.values_list(*COLUMNS)[:size].query.sql_with_params()
        pairs = list(product(self.places, self.values))
        places, values = [place for place, _ in pairs], [value for _, value in pairs]
        return PROBE.replace("{found}", sql), [places, values, *parameters]


COLUMNS = [field.attname for field in AuditEvent._meta.concrete_fields]


def _first_of(parts: list[_Part], size: int, newest_first: bool) -> list[AuditEvent]:
    if not parts:
        return []
    asked = [part.sql(size) for part in parts]
    order = ", ".join(f"{name} {'DESC' if newest_first else 'ASC'}" for name in ORDER)
    statement = " UNION ALL ".join(sql for sql, _ in asked) + f" ORDER BY {order} LIMIT {int(size)}"
    with database.cursor() as cursor:
        # Composed of Django's own SQL and constants; every value is a parameter.
        cursor.execute(statement, [value for _, values in asked for value in values])
        return [AuditEvent.from_db("default", COLUMNS, row) for row in cursor.fetchall()]


def _beyond(position: Position, newest_first: bool) -> Q:
    at, gid, workspace = position.created_at, position.gid, position.workspace_id
    if newest_first:
        later_in_order = Q(created_at__lt=at) | Q(gid__lt=gid) | Q(gid=gid, workspace_id__lt=workspace)
        return Q(created_at__lte=at) & later_in_order
    later_in_order = Q(created_at__gt=at) | Q(gid__gt=gid) | Q(gid=gid, workspace_id__gt=workspace)
    return Q(created_at__gte=at) & later_in_order


def read_event(stored: AuditEvent) -> AuditLogEvent:
    """The event as Asana sent it. What cannot be read of it is missing; what is stored beside it is not."""
    try:
        return AuditLogEvent.from_json(msgspec.Raw(stored.raw.encode()))
    except msgspec.DecodeError:
        return AuditLogEvent(
            stored.gid,
            stored.created_at,
            event_type=stored.event_type,
            event_category=stored.category,
            actor=AuditActor(actor_type=stored.actor_type, gid=stored.actor_gid),
            resource=Resource(resource_type=stored.resource_type, gid=stored.resource_gid),
        )


def spellings(address: str) -> list[str]:
    """How the log may write an IP address: as given, short and in full. What is none stays as it is."""
    text = address.strip()
    try:
        known = ipaddress.ip_address(text)
    except ValueError:
        return [text]
    return sorted({text, str(known), known.exploded})
