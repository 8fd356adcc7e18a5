"""What the audit log shows of the licences on the list: paused, and billed again. Runs after each sync.

It can be killed at any point and run again: each entry is stored together with its entry in the ledger, and only where
something is new.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from usher.activity.events.pauses import PAUSED, PauseMove, PauseSpan, pause_moves, pauses_of
from usher.connections.models import Connection
from usher.ledger.actors import SYSTEM
from usher.ledger.record import record
from usher.removal.models import LicencePause

SHORTLY = timedelta(days=1)
"""A pause that began so long before somebody was put on the list is meant: the log lags behind, and clocks differ."""


def verify_pauses(connection: Connection) -> int:
    """Compares the list with the events that are stored. Returns how many entries changed."""
    on_list = LicencePause.objects.filter(connection=connection).order_by("membership", "put_at", "pk")
    by_membership: dict[int, list[LicencePause]] = defaultdict(list)
    for pause in on_list.select_related("membership__person"):
        by_membership[pause.membership_id].append(pause)
    newest = [pauses[-1] for pauses in by_membership.values() if pauses[-1].taken_off_at is None]
    if not newest:
        return 0
    moves = pause_moves(connection, {pause.membership.person.gid for pause in newest})
    changed = 0
    for pause in newest:
        key = (pause.membership.workspace_id, pause.membership.person.gid)
        seen = seen_since(pause.put_at, pauses_of(_with_known(pause, moves.get(key, ()))))
        changed += seen is not None and _note(pause.pk, seen)
    return changed


def seen_since(put_at: datetime, spans: Sequence[PauseSpan]) -> PauseSpan | None:
    """The newest pause that began after somebody was put on the list, or lasted then and had begun shortly before."""
    for span in reversed(spans):
        if span.paused_at is None:
            continue
        lasted = span.billed_at is None or span.billed_at > put_at
        is_meant = span.paused_at >= put_at or (span.paused_at >= put_at - SHORTLY and lasted)
        return span if is_meant else None
    return None


def _with_known(pause: LicencePause, moves: Iterable[PauseMove]) -> list[PauseMove]:
    """Also the pause that was seen before, in case its event is no longer kept."""
    known = [PauseMove(pause.paused_at, PAUSED)] if pause.paused_at else []
    return sorted({*moves, *known})


def _note(key: int, seen: PauseSpan) -> bool:
    try:
        with transaction.atomic():
            return _note_locked(key, seen)
    except IntegrityError:  # put on the list anew at this moment: that entry is about what follows
        return False


def _note_locked(key: int, seen: PauseSpan) -> bool:
    rows = LicencePause.objects.select_for_update(of=("self",)).filter(pk=key, taken_off_at=None)
    pause = rows.select_related("membership__person", "membership__workspace").first()
    if pause is None or (pause.paused_at, pause.billed_at) == (seen.paused_at, seen.billed_at):
        return False
    is_new = pause.paused_at != seen.paused_at
    pause.paused_at, pause.billed_at = seen.paused_at, seen.billed_at
    pause.ended_by_sign_in = seen.by_sign_in
    pause.save(update_fields=["paused_at", "billed_at", "ended_by_sign_in"])
    if is_new:
        _record("pause.verified", pause, {"paused_at": _text(seen.paused_at)})
    if seen.billed_at is not None:
        ended_by = "sign-in" if seen.by_sign_in else "unpaused in Asana"
        _record("pause.billed_again", pause, {"billed_at": _text(seen.billed_at), "ended_by": ended_by})
    return True


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _record(action: str, pause: LicencePause, after: dict[str, str | None]) -> None:
    record(SYSTEM, action, str(pause), after=after, connection=pause.connection_id)
