"""What the evidence of a case contains."""

from django.core.mail import EmailMessage
from django.utils import timezone
from pytest_django import Settings

from tests.support.removal.accounts import signed_in
from tests.support.removal.company import text
from tests.support.removal.leaving import (
    ADMIN,
    REQUESTER,
    approved_case,
    leaves,
    ordinary_people,
    run_now,
)
from usher.access.roles import UserRole
from usher.connections.models import Connection
from usher.directory.models import Employee, Remark
from usher.directory.remarks.questions import unanswered
from usher.ledger.record import record
from usher.removal.cases.remarks import answer_remark
from usher.removal.evidence.report import evidence_of, ledger_entries
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


def test_the_evidence_and_the_mail_have_what_did_not_fit_who_answered_it_and_why(
    acme: Connection, guardrails: Guardrails, settings: Settings, mailoutbox: list[EmailMessage]
) -> None:
    settings.EMAIL_HOST = "mail.example.com"
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = approved_case(person)
    doubt = "The last day is past, and the status says active."
    row = [{"kind": "end_beside_active", "text": doubt}]
    Employee.objects.filter(matches__person=person).update(row_remarks=row, changed_at=timezone.now())
    assert run_now(acme).held == 1
    answer_remark(ADMIN, person, unanswered(person).get().pk, "HR has confirmed it")
    assert run_now(acme).done == 1
    Remark.objects.all().delete()
    case.refresh_from_db()
    evidence = evidence_of(case)
    (remark,) = evidence.remarks
    assert doubt in remark.text
    assert (remark.answered_by, remark.why) == (ADMIN.name, "HR has confirmed it")
    assert [evidence.later_facts[when]["remarks"] == [] for when in ("approved", "run")] == [True, False]
    page = text(signed_in(UserRole.VIEWER).get(f"/cases/{case.pk}/evidence.html"))
    assert "When it was opened When approval was requested When it was approved When it ran" in page
    assert "HR (counts) Left on" in page
    assert doubt in page
    assert "HR has confirmed it" in page
    (mail,) = mailoutbox
    assert f"Answered by {ADMIN.name}: HR has confirmed it" in mail.body
