"""What the evidence of a case contains."""

from tests.support.removal.leaving import REQUESTER, approved_case, leaves, ordinary_people
from usher.connections.models import Connection
from usher.ledger.record import record
from usher.removal.evidence.report import ledger_entries
from usher.removal.models import Guardrails


def test_the_evidence_has_no_entries_that_only_look_like_those_of_the_case(
    acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = approved_case(person)
    record(REQUESTER, "settings.protected_added", f"case {case.pk}: somebody who calls themselves so")
    assert {entry.action for entry in ledger_entries(case)} == {
        "case.opened",
        "case.asked",
        "case.approved",
        "case.scheduled",
    }
