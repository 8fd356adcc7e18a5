"""E-mails about completed cases."""

from django.core.mail import EmailMessage
from pytest_django import Settings

from tests.support.removal.leaving import APPROVER, REQUESTER, approved_case, leaves, ordinary_people, run_now
from usher.connections.models import Connection
from usher.removal.models import Guardrails
from usher.sandbox import RunningSandbox


def test_requester_and_approver_are_told_who_was_removed_from_where(
    acme: Connection, guardrails: Guardrails, settings: Settings, mailoutbox: list[EmailMessage]
) -> None:
    settings.EMAIL_HOST = "mail.example.com"
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = approved_case(person)
    assert run_now(acme).done == 1
    (mail,) = mailoutbox
    assert mail.to == [APPROVER.name, REQUESTER.name]
    assert mail.subject == f"{person.name} was removed from Asana"
    for words in (
        f"Requested by: {REQUESTER.name}",
        f"Approved by: {APPROVER.name}",
        "Reason: Left",
        "Sources: HR: left on",
        "Remarks: none",
        f"/cases/{case.pk}/",
        *case.targets.values_list("workspace_name", flat=True),
    ):
        assert words in mail.body


def test_a_mail_about_somebody_with_an_odd_name_goes_out_and_fails_no_case(
    sandbox: RunningSandbox,
    acme: Connection,
    guardrails: Guardrails,
    settings: Settings,
    mailoutbox: list[EmailMessage],
) -> None:
    settings.EMAIL_HOST = "mail.example.com"
    (person,) = ordinary_people(acme, 1)
    account = sandbox.company.person_by_gid(person.gid)
    assert account is not None
    person.name = account.name = "Odd\r\nBcc: all@example.com"
    person.save()
    leaves(person)
    approved_case(person)
    assert run_now(acme).done == 1
    assert [mail.subject for mail in mailoutbox] == ["Odd Bcc: all@example.com was removed from Asana"]
