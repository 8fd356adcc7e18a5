"""Cases that a program asks for: a person approves them, and not the one who made its token."""

import pytest

from tests.support.access.service_accounts import Program, a_service_account
from tests.support.removal.accounts import account, actor
from tests.support.removal.company import a_company, left
from usher.access.roles import UserRole
from usher.removal.cases.transitions import CannotApprove, approve
from usher.removal.guardrails.facts import waiting_for
from usher.removal.models import Case, Guardrails

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_case_of_a_program_is_approved_by_whoever_did_not_make_its_token() -> None:
    acme = a_company("Acme")
    Guardrails.get()
    [person] = left(acme, 1)
    maker, other = account(UserRole.ADMIN, "maker"), account(UserRole.ADMIN, "other")
    service = a_service_account()
    program = Program(service, maker)
    status, opened = program.post("/cases", connection="Acme", person=person.gid, reason="Left")
    assert (status, opened["state"]) == (201, "waiting"), opened
    case = Case.objects.get()
    assert (case.opened_by, case.opened_by_id) == ("ticket-system: Production", service.pk)
    with pytest.raises(CannotApprove):
        approve(case, actor(maker))
    assert not Case.objects.filter(waiting_for(actor(maker))).exists()
    assert Case.objects.filter(waiting_for(actor(other))).exists()
    assert approve(case, actor(other)).state in ("approved", "scheduled")
