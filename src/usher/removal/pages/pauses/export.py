"""The list of licences to pause for spreadsheets, in constant memory."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice

from django.db.models import QuerySet

from usher.removal.models import LicencePause
from usher.removal.pauses.states import PauseStanding, logs_read_until, standing_of
from usher.web.csv_export import iso

AT_A_TIME = 1000
PAUSE_COLUMNS = (
    "gid",
    "name",
    "email",
    "connection",
    "workspace",
    "workspace_gid",
    "state",
    "note",
    "reason",
    "put_at",
    "put_by",
    "ticked_at",
    "ticked_by",
    "paused_at",
    "billed_again_at",
    "ended_by_sign_in",
    "taken_off_at",
    "taken_off_by",
    "taken_off_reason",
)


def pause_rows(pauses: QuerySet[LicencePause], now: datetime) -> Iterator[Mapping[str, object]]:
    rows = pauses.order_by("pk").iterator(chunk_size=AT_A_TIME)
    while batch := list(islice(rows, AT_A_TIME)):
        read_until = logs_read_until({one.membership.workspace_id for one in batch})
        for one in batch:
            yield pause_record(one, standing_of(one, read_until, now))


def pause_record(one: LicencePause, standing: PauseStanding) -> Mapping[str, object]:
    person, workspace = one.membership.person, one.membership.workspace
    return {
        "gid": person.gid,
        "name": person.name,
        "email": person.email,
        "connection": one.connection.name,
        "workspace": workspace.name,
        "workspace_gid": workspace.gid,
        "state": standing.state.value,
        "note": standing.note,
        "reason": one.why,
        "put_at": iso(one.put_at),
        "put_by": one.put_by,
        "ticked_at": iso(one.ticked_at),
        "ticked_by": one.ticked_by,
        "paused_at": iso(one.paused_at),
        "billed_again_at": iso(one.billed_at),
        "ended_by_sign_in": one.ended_by_sign_in if one.billed_at else None,
        "taken_off_at": iso(one.taken_off_at),
        "taken_off_by": one.taken_off_by,
        "taken_off_reason": one.taken_off_why,
    }
