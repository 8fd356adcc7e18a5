"""Who is told of cases, from the change of a case to the mailbox."""

import pytest
from django.db import transaction

from tests.support.notify.mail_server import MailServer
from tests.support.notify.receivers import WebhookReceiver
from tests.support.notify.telling import a_webhook, send
from tests.support.removal.leaving import APPROVER, REQUESTER
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.access.models import User
from usher.access.roles import UserRole
from usher.connections.models import Mode
from usher.ledger.actors import Actor
from usher.notify.models import Notice
from usher.platform.scope import Scope, seen_with
from usher.removal.cases import opening, transitions
from usher.removal.cases.opening import CaseRequest
from usher.removal.guardrails.settings import resume_removals, stop_removals
from usher.removal.models import Case

pytestmark = pytest.mark.django_db(transaction=True)


def a_case(name: str = "Zoë Young") -> Case:
    member = a_member(a_workspace(a_connection(f"Acme {name}", mode=Mode.ACT)), name)
    return opening.open_case(member.person, CaseRequest(cause=Case.Cause.BY_HAND, reason="Left"), REQUESTER)


def test_approvers_are_told_that_a_case_waits_and_the_requester_is_not(mails: MailServer) -> None:
    asks, approves = (
        User.objects.create_user(name, name, "correct horse battery 9", role=UserRole.APPROVER)
        for name in ("asks@example.com", "approves@example.com")
    )
    case = transitions.request_approval(a_case(), Actor("person", asks.username, asks.pk, via="page"))
    send()
    assert [address for address, _ in mails.taken] == [approves.email]
    body = mails.taken[0][1].get_body(("plain",)).get_content()
    assert "asks@example.com asks to remove Zoë Young" in body
    assert f"http://127.0.0.1:8000/cases/{case.pk}/" in body


def test_somebody_who_sees_one_connection_tells_those_who_see_it(mails: MailServer) -> None:
    case = a_case()
    scopes = {"all@example.com": None, "same@example.com": [case.connection_id], "other@example.com": [0]}
    for address, scope in scopes.items():
        User.objects.create_user(
            address, address, "correct horse battery 9", role=UserRole.APPROVER, scope=scope
        )
    with seen_with(Scope.of([case.connection_id])):
        transitions.request_approval(case, REQUESTER)
    send()
    assert sorted(address for address, _ in mails.taken) == ["all@example.com", "same@example.com"]


def test_nobody_is_told_of_a_change_that_is_rolled_back(user: User, mails: MailServer) -> None:
    case = a_case()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        transitions.request_approval(case, REQUESTER)
        raise ZeroDivisionError
    send()
    assert not mails.taken


def test_a_case_that_fails_twice_is_told_twice(
    user: User, mails: MailServer, webhooks: WebhookReceiver
) -> None:
    webhooks.secrets = [a_webhook(webhooks.url, "case_failed", "case_done").secret]
    case = a_case()
    for _ in range(2):
        Case.objects.filter(pk=case.pk).update(state="running")
        transitions.fail(case, "Asana refused the change (403).", "Look at the token.")
    Case.objects.filter(pk=case.pk).update(state="running")
    transitions.finish(case, "Removed from Acme.")
    send()
    assert [message["Subject"] for _, message in mails.taken] == ["Failed: Zoë Young"] * 2
    assert [content["type"] for _, content in webhooks.taken] == ["usher.case_failed"] * 2 + [
        "usher.case_done"
    ]
    assert webhooks.taken[0][1]["data"]["facts"]["problem"] == "Asana refused the change (403)."


def test_the_stop_switch_is_told_once_each_time(user: User, mails: MailServer) -> None:
    for _ in range(2):
        assert stop_removals(APPROVER, "The HR export looks wrong")
        assert not stop_removals(APPROVER)
        resume_removals(APPROVER)
    assert Notice.objects.filter(kind="removals_stopped").count() == 2
    send()
    assert len(mails.mailbox(user.email)) == 2
    assert "The HR export looks wrong" in mails.taken[0][1].get_body(("plain",)).get_content()
