"""Audit log events as pages show them, with the positions of the previous and the next page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

import msgspec
from django.db import OperationalError
from django.http import QueryDict

from usher.activity.events.labels import category_in_words, context_in_words, is_new, type_in_words
from usher.activity.events.names import names_for
from usher.activity.events.search import EventSearch, Position, read_event
from usher.activity.events.sentences import sentence
from usher.activity.models import AuditEvent, Use
from usher.activity.records.reading import record_of
from usher.asana import AuditLogEvent
from usher.platform.statements import limited_to
from usher.roster.models import Person, Workspace
from usher.web.badges import Badge

PAGE_SIZE = 50
PATIENCE_SECONDS = 5

CATEGORY_LOOKS = {
    "logins": Badge("", icon="user-check", tone="info"),
    "user_updates": Badge("", icon="users", tone="info"),
    "admin_settings": Badge("", icon="settings", tone="accent"),
    "roles": Badge("", icon="shield-check", tone="accent"),
    "content_export": Badge("", icon="download", tone="warning"),
    "access_control": Badge("", icon="eye", tone="neutral"),
    "apps": Badge("", icon="plug-connected", tone="neutral"),
    "creation": Badge("", icon="plus", tone="success"),
    "deletion": Badge("", icon="circle-minus", tone="danger"),
}


@dataclass(frozen=True)
class EventRow:
    """One event in plain English, with its record."""

    event: AuditEvent
    asana_event: AuditLogEvent
    workspace: Workspace | None
    actor: Person | None
    names: Mapping[str, str] = field(default_factory=dict)
    """Of people whom the event does not name, by gid."""

    @property
    def sentence(self) -> str:
        return sentence(self.asana_event, self.names)

    @property
    def title(self) -> str:
        return type_in_words(self.event.event_type)

    @property
    def category(self) -> Badge:
        look = CATEGORY_LOOKS.get(self.event.category)
        name = category_in_words(self.event.category)
        return Badge(name, look.icon, look.tone) if look else Badge(name, icon="help-circle")

    @property
    def is_new(self) -> bool:
        return is_new(self.event.event_type, self.event.category)

    @property
    def is_automated(self) -> bool:
        return self.event.use == Use.AUTOMATED

    @property
    def context(self) -> str:
        return context_in_words(self.event.context_type)

    @property
    def record(self) -> str:
        """The record as Asana sent it, indented; empty if it was dropped."""
        record = record_of(self.event) or ""
        try:
            return msgspec.json.format(record, indent=2)
        except msgspec.DecodeError:
            return record


@dataclass(frozen=True)
class EventPage:
    """Events, newest first. `older` and `newer` are the positions of other pages, None if there are none."""

    rows: list[EventRow] = field(default_factory=list)
    older: Position | None = None
    newer: Position | None = None
    took_too_long: bool = False


def event_page(search: EventSearch, before: Position | None, after: Position | None) -> EventPage:
    """The events before a position (older) or after it (newer), or the newest ones without a position.

    A search that has no index and finds few events is stopped after a few seconds.
    """
    try:
        with limited_to(PATIENCE_SECONDS):
            return _page(search, before, after)
    except OperationalError as error:
        if "statement timeout" in str(error):
            return EventPage(took_too_long=True)
        raise


def _page(search: EventSearch, before: Position | None, after: Position | None) -> EventPage:
    if after and not before:
        events = search.page(PAGE_SIZE + 1, after, newest_first=False)
        if len(events) >= PAGE_SIZE:
            shown = events[:PAGE_SIZE][::-1]
            newer = Position.of(shown[0]) if len(events) > PAGE_SIZE else None
            return EventPage(event_rows(shown), older=Position.of(shown[-1]), newer=newer)
        # Fewer than a page are newer: show the first page.
    events = search.page(PAGE_SIZE + 1, before)
    shown = events[:PAGE_SIZE]
    return EventPage(
        event_rows(shown),
        older=Position.of(shown[-1]) if len(events) > PAGE_SIZE else None,
        newer=(Position.of(shown[0]) if shown else before) if before else None,
    )


def event_rows(events: list[AuditEvent]) -> list[EventRow]:
    """In three queries for any number of events."""
    workspaces = Workspace.objects.in_bulk({event.workspace_id for event in events})
    actors = {event.actor_gid for event in events if event.actor_gid}
    places = {event.connection_id for event in events}
    people = {
        (person.connection_id, person.gid): person
        for person in Person.objects.filter(connection__in=places, gid__in=actors)
    }
    read = [read_event(event) for event in events]
    names = names_for((event.connection_id, one) for event, one in zip(events, read, strict=True))
    return [
        EventRow(
            event,
            asana_event,
            workspaces.get(event.workspace_id),
            people.get((event.connection_id, event.actor_gid)),
            names[event.connection_id],
        )
        for event, asana_event in zip(events, read, strict=True)
    ]


def filters_in_address(data: QueryDict, names: list[str]) -> str:
    """The query string of the filters that are set, without the position."""
    return urlencode([(name, value) for name in names for value in data.getlist(name)[-1:] if value])
