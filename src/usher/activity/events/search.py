"""Finds audit log events a page at a time, however many there are.

Pages continue from a key, not from an offset, and nothing is counted. Every index of the events starts with the place
or the kind and ends with the time. So the query reads the next few events of each workspace (or type, or person) and
merges them. That costs the same for a thousand events as for ten million.
"""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import product
from typing import LiteralString

import msgspec
from django.db import connection as database
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone

from usher.activity.models import AuditEvent, EventTypeSeen, Use
from usher.activity.records.reading import record_of
from usher.asana import AuditActor, AuditLogEvent, Context, Resource
from usher.platform.days import begin_of, end_of
from usher.roster.models import Person, Workspace

PEOPLE_OF_A_NAME = 200
FEW_VALUES = 20
SPANS = (timedelta(hours=1), timedelta(days=1), timedelta(days=30))
ORDER = ("created_at", "gid", "workspace_id")
USUAL_CONTEXT = "web"  # most events have it, so the index audit_by_context leaves it out

Parameter = str | int | datetime | list[int] | list[str]

# `matching` is evaluated once for every probe. Django writes its conditions.
PROBE: LiteralString = """
    SELECT matching.* FROM unnest(%s::bigint[], %s::text[]) AS probe(place, value)
    CROSS JOIN LATERAL ({matching}) matching
"""


class Position(msgspec.Struct, frozen=True):
    """The place of one event in the order of time. Gid and workspace distinguish events of the same moment."""

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
        """None if the text is not a position."""
        try:
            moment, gid, workspace = text.split("~")
            at = datetime.strptime(moment, "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC)
            position = cls(at, gid, int(workspace))
        except ValueError:
            return None
        return position if "\x00" not in gid and abs(position.workspace_id) < 2**63 else None


@dataclass(frozen=True)
class EventSearch:
    """What to search for. Empty means any. Days are in `zone` and include `until`."""

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
        events = self._matching()
        if beyond:
            events = events.filter(_beyond(beyond, newest_first))
        parts = self._parts(events.order_by(*(f"-{name}" if newest_first else name for name in ORDER)))
        parts = [part for part in parts if part.places and part.values]
        edge = beyond.created_at if beyond else timezone.now() if newest_first else None
        if edge and sum(len(part.values) for part in parts) > FEW_VALUES:
            # A page for each of many people would be slow. Usually the next hour or day has enough events.
            for span in SPANS:
                near = Q(created_at__gte=edge - span) if newest_first else Q(created_at__lte=edge + span)
                first = _first_of([part.filtered(near) for part in parts], size, newest_first)
                if len(first) == size:
                    return first
        return _first_of(parts, size, newest_first)

    def walk(
        self, *, newest_first: bool, at_once: int = 2000, beyond: Position | None = None
    ) -> Iterator[AuditEvent]:
        """All events, or those beyond a position. Holds `at_once` in memory, and keeps no transaction open."""
        while events := self.page(at_once, beyond, newest_first=newest_first):
            yield from events
            if len(events) < at_once:
                return
            beyond = Position.of(events[-1])

    def _matching(self) -> "QuerySet[AuditEvent]":
        """All conditions except the person."""
        events = AuditEvent.objects.all()
        if self.since:
            events = events.filter(created_at__gte=begin_of(self.since, self.zone))
        if self.until:
            events = events.filter(created_at__lt=end_of(self.until, self.zone))
        if self.category:
            events = events.filter(category=self.category)
        if self.event_type:
            events = events.filter(event_type=self.event_type)
        if self.workspace:
            events = events.filter(workspace_id=self.workspace)
        if self.ip_address:
            events = events.filter(ip_address__in=spellings(self.ip_address))
        if self.context:
            events = events.filter(context_type=self.context)
        if self.automated is not None:
            events = events.filter(use=Use.AUTOMATED if self.automated else Use.HUMAN)
        return events

    def _parts(self, events: "QuerySet[AuditEvent]") -> "list[_Part]":
        """Looks events up by the filter that matches the fewest."""
        if self.person:
            gids = self._gids()
            acted_upon = events.filter(resource_type="user").exclude(actor_gid__in=gids)
            return [
                _Part(events.exclude(actor_gid=""), "connection_id", self.connections, "actor_gid", gids),
                _Part(acted_upon, "connection_id", self.connections, "resource_gid", gids),
            ]
        places = self._workspaces()
        if self.ip_address:
            addresses = spellings(self.ip_address)
            return [_Part(events.exclude(ip_address=""), "workspace_id", places, "ip_address", addresses)]
        if self.event_type:
            return [_Part(events, "workspace_id", places, "event_type", [self.event_type])]
        if self.category:
            return [_Part(events, "workspace_id", places, "event_type", self._types())]
        if self.context and self.context != USUAL_CONTEXT:
            unusual = events.exclude(context_type=USUAL_CONTEXT)
            return [_Part(unusual, "workspace_id", places, "context_type", [self.context])]
        return [_Part(events, "workspace_id", places)]

    def _workspaces(self) -> list[int]:
        of_connections = Workspace.objects.filter(connection__in=self.connections)
        chosen = of_connections.filter(pk=self.workspace) if self.workspace else of_connections
        return list(chosen.values_list("pk", flat=True))

    def _types(self) -> list[str]:
        seen = EventTypeSeen.objects.filter(connection__in=self.connections, category=self.category)
        return list(seen.order_by().values_list("event_type", flat=True).distinct())

    def _gids(self) -> list[str]:
        """Of the people with this GID or e-mail address, or with this text in their name."""
        text = self.person.strip()
        people = Person.objects.filter(connection__in=self.connections).order_by()
        exact = list(people.filter(Q(gid=text) | Q(email__iexact=text)).values_list("gid", flat=True))
        if exact or "@" in text or text.isdigit():
            return sorted({*exact}) or [text]
        named = people.filter(name__icontains=text).values_list("gid", flat=True)[:PEOPLE_OF_A_NAME]
        return sorted({*named}) or [text]


@dataclass(frozen=True)
class _Part:
    """Events of any of the places (and any of the values), each looked up separately."""

    events: "QuerySet[AuditEvent]"
    place_field: str
    places: list[int]
    value_field: str = ""
    values: "list[str] | tuple[str, ...]" = ("",)

    def filtered(self, condition: Q) -> "_Part":
        return replace(self, events=self.events.filter(condition))

    def sql(self, size: int) -> tuple[str, list[Parameter]]:
        probed = self.events.filter(**{self.place_field: RawSQL("probe.place", [])})
        if self.value_field:
            probed = probed.filter(**{self.value_field: RawSQL("probe.value", [])})
        sql, parameters = probed.values_list(*COLUMNS)[:size].query.sql_with_params()
        pairs = list(product(self.places, self.values))
        places, values = [place for place, _ in pairs], [value for _, value in pairs]
        return PROBE.replace("{matching}", sql), [places, values, *parameters]


COLUMNS = [field.attname for field in AuditEvent._meta.concrete_fields]


def _first_of(parts: list[_Part], size: int, newest_first: bool) -> list[AuditEvent]:
    if not parts:
        return []
    asked = [part.sql(size) for part in parts]
    order = ", ".join(f"{name} {'DESC' if newest_first else 'ASC'}" for name in ORDER)
    statement = " UNION ALL ".join(sql for sql, _ in asked) + f" ORDER BY {order} LIMIT {int(size)}"
    with database.cursor() as cursor:
        # Composed of Django's SQL and constants; every value is a parameter.
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
    """The event as Asana sent it. If the record was dropped or cannot be read, only the stored columns."""
    try:
        return AuditLogEvent.from_json(msgspec.Raw((record_of(stored) or "").encode()))
    except msgspec.DecodeError:
        return AuditLogEvent(
            stored.gid,
            stored.created_at,
            event_type=stored.event_type,
            event_category=stored.category,
            actor=AuditActor(actor_type=stored.actor_type, gid=stored.actor_gid),
            resource=Resource(resource_type=stored.resource_type, gid=stored.resource_gid),
            context=Context(context_type=stored.context_type, client_ip_address=stored.ip_address),
        )


def spellings(address: str) -> list[str]:
    """The ways in which the log may write an IP address: as given, short and in full. Other text stays as it is."""
    text = address.strip()
    try:
        ip = ipaddress.ip_address(text)
    except ValueError:
        return [text]
    return sorted({text, str(ip), ip.exploded})
