"""Cases outlive their connection, closed and with their evidence."""

from tests.support.removal.leaving import ADMIN, REQUESTER, approved_case, leaves, ordinary_people, run_now
from usher.connections.disconnect import disconnect
from usher.connections.models import Connection
from usher.removal.cases import opening
from usher.removal.cases.opening import CaseRequest
from usher.removal.evidence.report import evidence_of
from usher.removal.models import Case, Guardrails
from usher.removal.states import OPEN, CaseState
from usher.sandbox import RunningSandbox


def test_open_cases_end_when_the_data_of_their_connection_are_deleted(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    done, scheduled, running, drafted = ordinary_people(acme, 4)
    leaves(done)
    kept = approved_case(done)
    run_now(acme)
    for person in (scheduled, running):
        leaves(person)
        approved_case(person)
    opening.open_case(drafted, CaseRequest(), REQUESTER)
    Case.objects.filter(person=running).update(state=CaseState.RUNNING)
    disconnect(acme, ADMIN, delete_data=True)
    assert not Connection.objects.exists()
    assert not Case.objects.filter(state__in=sorted(OPEN)).exists()
    assert Case.objects.filter(state=CaseState.CANCELLED).count() == 3
    assert "while it ran" in Case.objects.get(person_gid=running.gid).error
    evidence = evidence_of(Case.objects.get(pk=kept.pk))
    assert (evidence.state, evidence.connection, evidence.person_gid) == ("done", "Acme", done.gid)
    assert [target.outcome for target in evidence.targets] == ["done"] * len(evidence.targets)
