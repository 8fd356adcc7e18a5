"""The state of an entry on the list of licences to pause, and what is said of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, Q, TextChoices

from usher.activity.models import Coverage, EvidenceSource
from usher.removal.models import LicencePause
from usher.web.phrases import counted


class PauseState(TextChoices):
    TO_DO = "to_do", "To pause"
    TICKED = "ticked", "Ticked, not verified"
    PAUSED = "paused", "Paused, verified"
    BILLED = "billed", "Billed again"
    TAKEN_OFF = "taken_off", "Taken off"


OPEN_PAUSES = Q(taken_off_at=None, billed_at=None)
"""Nobody stands twice among these."""
IN_STATE: Mapping[PauseState, Q] = {
    PauseState.TO_DO: OPEN_PAUSES & Q(paused_at=None, ticked_at=None),
    PauseState.TICKED: OPEN_PAUSES & Q(paused_at=None, ticked_at__isnull=False),
    PauseState.PAUSED: OPEN_PAUSES & Q(paused_at__isnull=False),
    PauseState.BILLED: Q(taken_off_at=None, billed_at__isnull=False),
    PauseState.TAKEN_OFF: Q(taken_off_at__isnull=False),
}
LAGS = timedelta(hours=24)
"""After so long without a look at the audit log, it is worth a warning that it is not read."""


@dataclass(frozen=True)
class PauseStanding:
    """`note` says why a tick is not verified. `warns`: somebody should look."""

    state: PauseState
    note: str = ""
    warns: bool = False


def state_of(pause: LicencePause) -> PauseState:
    if pause.taken_off_at is not None:
        return PauseState.TAKEN_OFF
    if pause.billed_at is not None:
        return PauseState.BILLED
    if pause.paused_at is not None:
        return PauseState.PAUSED
    return PauseState.TO_DO if pause.ticked_at is None else PauseState.TICKED


def logs_read_until(workspaces: Collection[int]) -> dict[int, datetime]:
    """Until when the audit log of each workspace was read; without those whose log never was."""
    read = Coverage.objects.filter(workspace__in=workspaces, source=EvidenceSource.AUDIT)
    return dict(read.order_by().values_list("workspace").annotate(Max("ends_at")))


def standing_of(pause: LicencePause, read_until: Mapping[int, datetime], now: datetime) -> PauseStanding:
    """`read_until`: from `logs_read_until`."""
    state, connection = state_of(pause), pause.connection
    ticked_at, workspace = pause.ticked_at, pause.membership.workspace
    if state is not PauseState.TICKED or ticked_at is None:
        return PauseStanding(state)
    if not connection.is_connected:
        return PauseStanding(state, f"Cannot be verified: {connection} is disconnected.", warns=True)
    if not connection.has_service_token:
        note = f"Cannot be verified: {connection} has no service-account token, so its audit log is not read."
        return PauseStanding(state, note, warns=True)
    until = read_until.get(workspace.pk)
    since = _hours(now - ticked_at)
    if until is None:
        note = f"Cannot be verified: the audit log of {workspace} could not be read yet."
        return PauseStanding(state, note, warns=now - ticked_at > LAGS)
    if until <= ticked_at:
        note = f"Ticked {since} ago, and the audit log has not been read since. The next sync looks."
        return PauseStanding(state, note, warns=now - ticked_at > LAGS)
    note = (
        f"Not seen in the audit log for {since} since the tick. The log can lag behind; if it stays so, look in the "
        "Admin Console whether the licence is paused."
    )
    return PauseStanding(state, note, warns=True)


def _hours(span: timedelta) -> str:
    hours = int(span.total_seconds() // 3600)
    return counted(hours, "hour") if hours else "less than an hour"
