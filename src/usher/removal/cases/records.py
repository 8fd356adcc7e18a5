"""A case as one row, for the command line, the API and exports."""

from datetime import UTC, datetime

from django.db.models import QuerySet

from usher.removal.cases.shown_remarks import remarks_of, with_remarks
from usher.removal.cases.versions import version_of
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
    "version",
    "scheduled_for",
    "started_at",
    "finished_at",
    "waits_for",
    "remarks",
    "unanswered_remarks",
    "outcome",
    "error",
    "remedy",
    "person",
    "hand_over_to",
)
"""The keys of `case_record`, in order."""


def with_parts_of_record(cases: QuerySet[Case]) -> QuerySet[Case]:
    """With all that `case_record` reads, in a fixed number of queries."""
    return cases.prefetch_related("approvals", "targets", with_remarks())


def case_record(case: Case) -> dict[str, object]:
    """From `with_parts_of_record`, or a single case."""
    waits = [one["reason"] for one in case.held_by]
    remarks = remarks_of(case)
    if case.state == CaseState.WAITING:
        waits = ["approval by another person", *waits]
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
        "approved_by": [one.by for one in case.approvals.all() if counts(one)],
        "version": version_of(case),
        "scheduled_for": _iso(case.scheduled_for),
        "started_at": _iso(case.started_at),
        "finished_at": _iso(case.finished_at),
        "waits_for": waits,
        "remarks": [one.in_words for one in remarks],
        "unanswered_remarks": sum(one.answered_at is None for one in remarks) if case.is_open else 0,
        "outcome": case.outcome or None,
        "error": case.error or None,
        "remedy": case.remedy or None,
        "person": case.person_id,
        "hand_over_to": case.hand_over_email or case.hand_over_name or None,
    }


def counts(approval: Approval) -> bool:
    return approval.word == Approval.Word.APPROVED and approval.lapsed_at is None


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="seconds") if moment else None
