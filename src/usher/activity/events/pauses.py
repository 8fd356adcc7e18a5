"""What the audit log shows of paused licences. Asana has no other sign of them: no field, and no call.

A pause ends by an event that says so, and by signing in: whoever signs in is billed again at once, and no admin is told
(help.asana.com: Pause a member's license).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from usher.activity.models import AuditEvent
from usher.connections.models import Connection

PAUSED, UNPAUSED = "domain_user_billing_paused", "domain_user_billing_unpaused"
SIGNED_IN = "user_login_succeeded"
BATCH = 2_000

Licensed = tuple[int, str]
"""The key of a workspace, and the gid of a person in it."""


class PauseMove(NamedTuple):
    at: datetime
    event_type: str


@dataclass(frozen=True)
class PauseSpan:
    """A licence was paused, and billed again. `paused_at` is None where the log has only the end."""

    paused_at: datetime | None
    billed_at: datetime | None = None
    by_sign_in: bool = False
    """It ended because the person signed in. The log may say a moment later that it ended."""


def pause_moves(
    connection: Connection, people: Collection[str] | None = None
) -> Mapping[Licensed, list[PauseMove]]:
    """Of people, by gid, or of everybody; the earliest first. Sign-ins only of those who were ever paused."""
    workspaces = list(connection.workspaces.values_list("pk", flat=True))
    events = AuditEvent.objects.filter(connection_id=connection.pk, workspace_id__in=workspaces)
    told = events.filter(resource_type="user", event_type__in=(PAUSED, UNPAUSED))
    if people is not None:
        told = told.filter(resource_gid__in=people)
    found: dict[Licensed, list[PauseMove]] = defaultdict(list)
    began: dict[Licensed, datetime] = {}
    fields = ("workspace_id", "resource_gid", "created_at", "event_type")
    for workspace, gid, at, event_type in told.order_by("created_at", "gid").values_list(*fields):
        found[workspace, gid].append(PauseMove(at, event_type))
        if event_type == PAUSED:
            began.setdefault((workspace, gid), at)
    if not began:
        return found
    gids = {gid for _, gid in began}
    sign_ins = events.filter(actor_gid__in=gids, event_type=SIGNED_IN, created_at__gt=min(began.values()))
    for workspace, gid, at in sign_ins.values_list("workspace_id", "actor_gid", "created_at").iterator(BATCH):
        if (workspace, gid) in began:
            found[workspace, gid].append(PauseMove(at, SIGNED_IN))
    for moves in found.values():
        moves.sort(key=lambda move: move.at)
    return found


def pauses_of(moves: Iterable[PauseMove]) -> list[PauseSpan]:
    """The earliest first. Only the newest can still last; of an older one without an end, the log misses it."""
    found: list[PauseSpan] = []
    for move in moves:
        newest = found[-1] if found else None
        lasts = newest is not None and newest.billed_at is None
        if move.event_type == PAUSED:
            found.append(PauseSpan(move.at))
        elif newest is not None and lasts:
            found[-1] = replace(newest, billed_at=move.at, by_sign_in=move.event_type == SIGNED_IN)
        elif move.event_type == UNPAUSED and not (newest is not None and newest.by_sign_in):
            found.append(PauseSpan(None, move.at))
    return found
