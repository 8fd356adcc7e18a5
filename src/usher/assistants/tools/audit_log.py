"""search_audit_log: what Asana's audit log says happened."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from usher.activity.events.export import rows_of
from usher.activity.events.search import EventSearch
from usher.assistants.answers import (
    DEFAULT_ROWS,
    BoundedAnswer,
    ConnectionName,
    Limit,
    ToolAnswer,
    rest_uncounted,
)
from usher.assistants.caller import Caller
from usher.assistants.lookup import connections_meant

Word = Annotated[str, Field(max_length=200)]
SAID_BY_ASANA = ("what", "actor_name", "actor_email", "resource_name", "workspace")


class EventTexts(ToolAnswer):
    """`what` says in a sentence what happened."""

    what: str | None
    actor_name: str | None
    actor_email: str | None
    resource_name: str | None
    workspace: str | None


class EventFound(ToolAnswer):
    """`record` is "dropped" where Usher no longer keeps the whole event. `gid`: of the event."""

    gid: str
    created_at: str | None
    event_type: str
    category: str
    actor_type: str | None
    actor_gid: str | None
    resource_type: str | None
    resource_gid: str | None
    context_type: str | None
    ip_address: str | None
    use: str
    workspace_gid: str | None
    record: str
    from_asana: EventTexts


class EventsFound(BoundedAnswer):
    events: list[EventFound]


def search_audit_log(
    caller: Caller,
    *,
    connection: ConnectionName = "",
    since: Annotated[date | None, Field(description="The first day, in UTC.")] = None,
    until: Annotated[date | None, Field(description="The last day, in UTC.")] = None,
    category: Word = "",
    event_type: Annotated[str, Field(max_length=200, description="Such as user_login_succeeded.")] = "",
    person: Annotated[str, Field(max_length=200, description="Name, e-mail address or gid.")] = "",
    ip_address: Word = "",
    context: Word = "",
    use: Literal["human", "automated", ""] = "",
    limit: Limit = DEFAULT_ROWS,
) -> EventsFound:
    """Events of Asana's audit log, newest first. It has sign-ins and administration, not everyday work.

    Only the time that Usher has read is known: who_is_idle tells the coverage.
    """
    search = EventSearch(
        connections=[one.pk for one in connections_meant(connection)],
        since=since,
        until=until,
        category=category,
        event_type=event_type,
        person=person.strip(),
        ip_address=ip_address,
        context=context,
        automated={"human": False, "automated": True}.get(use),
    )
    page = search.page(limit + 1)
    events = [_found(row) for row in rows_of(search, iter(page[:limit]))]
    return EventsFound(events=events, rest=rest_uncounted(has_more=len(page) > limit))


def _found(row: dict[str, object]) -> EventFound:
    return EventFound.model_validate(
        {name: value for name, value in row.items() if name in EventFound.model_fields}
        | {"from_asana": {name: row[name] for name in SAID_BY_ASANA}}
    )
