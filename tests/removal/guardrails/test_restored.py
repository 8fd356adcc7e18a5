"""A database that was restored to an earlier state: everything stops until an admin has looked."""

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from tests.ledger.test_continuity import restore_to
from tests.support.removal.accounts import signed_in
from tests.support.removal.leaving import (
    ADMIN,
    REQUESTER,
    approved_case,
    leaves,
    ordinary_people,
    run_now,
    with_accounts,
)
from usher.access.models import SignInLink, User
from usher.access.roles import UserRole
from usher.access.tokens.api_tokens import find_token, make_token
from usher.connections.models import Connection
from usher.ledger.models import Entry, MissingHead
from usher.ledger.record import record
from usher.removal.cases.opening import CaseRequest
from usher.removal.cases.versions import version_of
from usher.removal.guardrails.restored import let_removals_go_on, stop_if_restored
from usher.removal.guardrails.settings import RestoreNotReviewed, resume_removals, stop_removals
from usher.removal.models import Case, Guardrails
from usher.removal.states import CaseState

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "/removals/restored/"


def restored() -> None:
    """Two entries are lost, a cancellation among them."""
    record(REQUESTER, "case.opened", "case 6: Zoë")
    kept = Entry.objects.order_by("-number")[0].number
    record(REQUESTER, "case.cancelled", "case 7: Zoë <zoe@example.com>")
    record(ADMIN, "access.token_revoked", "API token 3: “Reports”")
    restore_to(kept)


def shown(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("kind", [Case.Kind.REMOVE, Case.Kind.RESTORE])
def test_neither_removal_nor_invitation_runs_before_an_admin_has_looked(
    acme: Connection, guardrails: Guardrails, kind: Case.Kind
) -> None:
    with_accounts()
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = approved_case(person, CaseRequest(cause=Case.Cause.DIRECTORY, reason="Left"))
    Case.objects.filter(pk=case.pk).update(kind=kind)
    case.refresh_from_db()
    case.approvals.update(version=version_of(case))
    restored()
    assert (run_now(acme).held, stop_if_restored()) == (1, True)
    case.refresh_from_db()
    assert case.state == CaseState.SCHEDULED
    assert "restored to an earlier state" in str(case.held_by)
    with pytest.raises(RestoreNotReviewed):
        resume_removals(ADMIN)
    assert let_removals_go_on(ADMIN, "All is well")
    if kind == Case.Kind.REMOVE:
        assert run_now(acme).done == 1
    assert not stop_if_restored()


def test_it_is_recorded_once_and_the_answer_too() -> None:
    restored()
    for _ in range(3):
        assert stop_if_restored()
    let_removals_go_on(ADMIN, "Looked at each")
    assert not let_removals_go_on(ADMIN)
    last = list(Entry.objects.order_by("-number")[:2])
    assert [entry.action for entry in last] == ["removals.restore_reviewed", "removals.stopped"]
    assert (last[0].reason, last[0].actor_name) == ("Looked at each", ADMIN.name)
    head = MissingHead.objects.get()
    assert (head.settled_by, last[0].before) == (ADMIN.name, {"missing_heads": [str(head)]})


def test_a_stop_that_a_person_had_made_stays() -> None:
    stop_removals(REQUESTER, "Odd numbers")
    restored()
    stop_if_restored()
    let_removals_go_on(ADMIN)
    settings = Guardrails.get()
    assert settings.restored_at is None
    assert (settings.stopped_by, settings.stop_reason) == (REQUESTER.name, "Odd numbers")


def test_sessions_links_and_tokens_that_the_backup_revived_do_not_work(user: User, client: Client) -> None:
    client.force_login(user)
    SignInLink.issue(user)
    token = make_token(user, "Reports", ADMIN)
    assert find_token(token)
    restored()
    stop_if_restored()
    assert client.get("/").status_code == 302
    assert not SignInLink.objects.exists()
    assert find_token(token) is None
    let_removals_go_on(ADMIN)
    assert find_token(token)
    assert not Session.objects.exists()


def test_the_page_says_what_is_missing_and_what_to_check_and_only_an_admin_lets_removals_go_on() -> None:
    restored()
    stop_if_restored()
    viewer, admin = signed_in(UserRole.VIEWER), signed_in(UserRole.ADMIN)
    for address in ("/cases/", "/settings/guardrails/"):
        page = shown(viewer, address)
        assert "restored to an earlier state" in page
        assert ADDRESS in page
    page = shown(viewer, ADDRESS)
    assert "case 7: Zoë &lt;zoe@example.com&gt;" in page
    assert "API token 3" in page
    assert "case 6" not in page
    assert page.count("missing below") == 2
    assert "Let removals go on</button>" not in page
    assert viewer.post(ADDRESS, {"has_looked": "on"}).status_code == 403
    assert admin.get("/removals/resume/").headers["Location"] == ADDRESS
    unchecked = admin.post(ADDRESS)
    assert unchecked.status_code == 422
    assert "Check each point first" in unchecked.content.decode()
    assert Guardrails.get().restored_at is not None
    answer = admin.post(ADDRESS, {"has_looked": "on", "reason": "Looked"}, follow=True)
    assert "Removals have been resumed" in answer.content.decode()
    assert "Nothing to check" in shown(viewer, ADDRESS)
