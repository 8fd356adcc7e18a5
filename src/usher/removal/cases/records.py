"""A case as one row, for the command line, the API and exports."""

from datetime import UTC, datetime

from usher.removal.models import Approval, Case
from usher.removal.states import CaseState

CASE_COLUMNS = (
    "case",
    "state",
    "kind",
    "cause",
    "gid",
    "email",
    "name",
    "connection",
    "workspace_gids",
    "reason",
    "opened_by",
    "asked_by",
    "approved_by",
    "scheduled_for",
    "started_at",
    "finished_at",
    "waits_for",
    "outcome",
    "error",
    "remedy",
)
"""The keys of `case_record`, in order."""


def case_record(case: Case) -> dict[str, object]:
    waits = [one["reason"] for one in case.held_by]
    if case.state == CaseState.WAITING:
        waits = ["approval by another person"]
    return {
        "case": case.pk,
        "state": str(case.state),
        "kind": str(case.kind),
        "cause": str(case.cause),
        "gid": case.person_gid,
        "email": case.person_email,
        "name": case.person_name,
        "connection": case.connection_name,
        "workspace_gids": [target.workspace_gid for target in case.targets.all()],
        "reason": case.reason,
        "opened_by": case.opened_by,
        "asked_by": case.asked_by or None,
        "approved_by": [one.by for one in case.approvals.all() if one.word == Approval.Word.APPROVED],
        "scheduled_for": _iso(case.scheduled_for),
        "started_at": _iso(case.started_at),
        "finished_at": _iso(case.finished_at),
        "waits_for": waits,
        "outcome": case.outcome or None,
        "error": case.error or None,
        "remedy": case.remedy or None,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="seconds") if moment else None
