"""Telling people what became of a case, in the transaction that changes it."""

from django.urls import reverse

from usher.ledger.models import Entry
from usher.notify.telling import tell
from usher.removal.models import Case
from usher.removal.states import CaseState

WHAT = {
    Case.Kind.REMOVE.value: "remove",
    Case.Kind.DOWNGRADE.value: "downgrade",
    Case.Kind.RESTORE.value: "invite back",
}


def tell_of_state(case: Case, entry: Entry) -> None:
    """`entry`: of the ledger, about this change of the state. It makes the notice once: a case can fail twice."""
    key, path = f"case {case.pk}, entry {entry.number}", reverse("removal:case", args=[case.pk])
    about = {"person": case.who, "account": case.connection_name}
    match case.state:
        case CaseState.WAITING:
            requesters = [
                case.opened_by_id,
                case.asked_by_id,
                *(_key(each.get("id")) for each in case.changed_by),
            ]
            facts = {
                **about,
                "requester": case.asked_by or case.opened_by,
                "what": WHAT[case.kind],
                "reason": case.reason or "none given",
            }
            tell("case_waits", key, facts, connection=case.connection, path=path, besides=requesters)
        case CaseState.DONE:
            tell("case_done", key, {**about, "outcome": case.outcome}, connection=case.connection, path=path)
        case CaseState.FAILED:
            facts = {**about, "problem": case.error, "remedy": case.remedy or "Open the case."}
            tell("case_failed", key, facts, connection=case.connection, path=path)


def _key(value: object) -> int | None:
    return value if isinstance(value, int) else None
