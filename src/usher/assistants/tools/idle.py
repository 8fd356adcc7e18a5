"""who_is_idle: seats that nobody used, and how sure that is."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from pydantic import Field

from usher.activity.usage import rules
from usher.activity.usage.conditions import idle_seats
from usher.activity.usage.explanation import CONFIDENCE_EXPLAINED
from usher.activity.usage.export import idle_record, when_idleness_is_known
from usher.activity.usage.figures import coverage, sources_by_workspace, window_of
from usher.assistants.answers import (
    DEFAULT_ROWS,
    MOST_ROWS,
    BoundedAnswer,
    ConnectionName,
    Limit,
    Offset,
    PlaceInAsana,
    ToolAnswer,
    first_of,
    person_uri,
    rest,
)
from usher.assistants.caller import Caller
from usher.assistants.lookup import connections_meant
from usher.connections.models import Connection

MOST_GAPS = 10


class IdleSeatFound(ToolAnswer):
    """`confidence` is one of the words in `how_sure`."""

    person: str
    gid: str
    connection: int
    role: str
    since: str | None
    last_used: str | None
    last_used_source: str | None
    automated_last_used: str | None
    confidence: str
    from_asana: PlaceInAsana


class GapInCoverage(ToolAnswer):
    begins_at: datetime
    ends_at: datetime


class SourceCoverage(ToolAnswer):
    """For which time a source was read. What happened in a gap is unknown for ever."""

    connection: int
    workspace_gid: str
    source: str
    begins_at: datetime
    ends_at: datetime
    gaps: list[GapInCoverage]
    more_gaps: int
    from_asana: str


class IdleFound(BoundedAnswer):
    """`not_known`: of which workspaces idleness cannot be told yet. Whoever is in one is neither idle nor in use."""

    total: int
    rule: str
    how_sure: dict[str, str]
    coverage: list[SourceCoverage]
    seats: list[IdleSeatFound]
    from_asana: list[str] = Field(description="Where idleness is not known yet, and from when on it will be.")


def who_is_idle(
    caller: Caller,
    *,
    connection: ConnectionName = "",
    days: Annotated[int, Field(ge=1, le=3660, description="How many days without use.")] = rules.IDLE_DAYS,
    grace_days: Annotated[
        int, Field(ge=0, le=3660, description="How many days a new member does not count as idle.")
    ] = rules.GRACE_DAYS,
    limit: Limit = DEFAULT_ROWS,
    offset: Offset = 0,
) -> IdleFound:
    """Seats that nobody has used for some days, with how sure that is and which time the sources cover.

    Nobody is called idle where the sources do not cover the whole time. An idle seat is a reason to ask, not to remove.
    """
    connections = connections_meant(connection)
    seats: list[IdleSeatFound] = []
    total = 0
    for one in connections:
        window, sources = window_of(one, days), sources_by_workspace(one)
        rows = idle_seats(one, window, grace_days).order_by("person__email", "workspace__gid", "pk")
        here = rows.count()
        first, room = max(0, offset - total), limit - len(seats)
        for seat in rows[first : first + room] if room and first < here else ():
            record = idle_record(seat, one, rules.confidence(sources[seat.workspace_id], window))
            names = {name: record.pop(name) or "" for name in PlaceInAsana.model_fields}
            record |= {"person": person_uri(seat.person_id), "connection": one.pk, "from_asana": names}
            del record["workspace_gid"]
            seats.append(IdleSeatFound.model_validate(record))
        total += here
    unknown = [sentence for one in connections for sentence in when_idleness_is_known(one, days)]
    return IdleFound(
        total=total,
        rule=(
            f"A membership with a Member licence, older than {grace_days} days, without use in the last {days} days, "
            "in a workspace whose audit log or event stream was read for all of that time."
        ),
        how_sure={key.value: words.sentence for key, words in CONFIDENCE_EXPLAINED.items()},
        coverage=coverage_of(connections),
        seats=seats,
        from_asana=first_of(unknown, MOST_ROWS),
        rest=rest(total, len(seats), offset),
    )


def coverage_of(connections: Sequence[Connection]) -> list[SourceCoverage]:
    """Of the first workspaces, for each source that was ever read."""
    return [
        SourceCoverage(
            connection=row.workspace.connection_id,
            workspace_gid=row.workspace.gid,
            source=str(row.source.value),
            begins_at=row.begins_at,
            ends_at=row.ends_at,
            gaps=[
                GapInCoverage(begins_at=gap.begins_at, ends_at=gap.ends_at) for gap in row.gaps[-MOST_GAPS:]
            ],
            more_gaps=max(0, len(row.gaps) - MOST_GAPS),
            from_asana=row.workspace.name,
        )
        for row in list(coverage(*connections))[:MOST_ROWS]
    ]
