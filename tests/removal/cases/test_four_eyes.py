"""Four eyes without gaps: who counts as asking, until when an approval counts, and what was read."""

from collections.abc import Callable

import pytest
from django.test import Client

from tests.support.removal.accounts import account, actor, signed_in
from tests.support.removal.leaving import REQUESTER, ordinary_people, run_now
from usher.access.models import SignInLink, User
from usher.access.roles import UserRole
from usher.access.tokens.api_tokens import make_token
from usher.access.users.link_sessions import LinkMaker
from usher.connections.models import Connection
from usher.ledger.actors import SYSTEM
from usher.ledger.models import Entry
from usher.removal.cases import opening, transitions
from usher.removal.cases.opening import CaseRequest
from usher.removal.cases.transitions import CannotApprove
from usher.removal.cases.versions import ReadAnother, version_of
from usher.removal.models import Case, Guardrails
from usher.removal.states import CaseState


@pytest.fixture
def draft(acme: Connection, guardrails: Guardrails) -> Case:
    (person,) = ordinary_people(acme, 1)
    return opening.open_case(person, CaseRequest(reason="Left"), REQUESTER)


@pytest.fixture
def waiting(draft: Case) -> Case:
    return transitions.request_approval(draft, REQUESTER)


def test_who_changed_the_draft_cannot_approve_it(draft: Case) -> None:
    changer = actor(account(UserRole.APPROVER))
    opening.change_draft(draft, changer, reason="Somebody else entirely", hand_over_to=None)
    transitions.request_approval(draft, REQUESTER)
    with pytest.raises(CannotApprove, match="you requested"):
        transitions.approve(draft, changer)
    assert (
        "another approver or admin must approve"
        in signed_in(UserRole.APPROVER).get(f"/cases/{draft.pk}/").text
    )
    assert not signed_in(UserRole.APPROVER).get("/cases/?approver=me").context["can_approve"]
    assert transitions.approve(draft, actor(account(UserRole.ADMIN))).state == CaseState.SCHEDULED


def deactivated(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def demoted(user: User) -> None:
    User.objects.filter(pk=user.pk).update(role=UserRole.OPERATOR)


def limited(user: User) -> None:
    User.objects.filter(pk=user.pk).update(scope=[])


@pytest.mark.parametrize(
    ("happens", "why"),
    [
        (deactivated, "is no longer active"),
        (demoted, "may no longer approve"),
        (limited, "no longer sees the connection"),
    ],
)
def test_an_approval_counts_only_while_the_approver_may_approve(
    waiting: Case, happens: Callable[[User], None], why: str
) -> None:
    approver = account(UserRole.APPROVER)
    transitions.approve(waiting, actor(approver))
    happens(approver)
    run_now(Connection.objects.get())
    case = Case.objects.get(pk=waiting.pk)
    assert (case.state, case.started_at) == (CaseState.WAITING, None)
    assert why in case.held_by[0]["reason"]
    assert why in signed_in(UserRole.ADMIN).get(f"/cases/{case.pk}/").text
    assert Entry.objects.get(action="case.approval_lapsed").connection_id == case.connection_id

    transitions.approve(case, actor(account(UserRole.ADMIN)))
    run_now(Connection.objects.get())
    assert Case.objects.get(pk=waiting.pk).state == CaseState.DONE


def test_whose_approval_lapsed_may_approve_again_once_they_may(waiting: Case) -> None:
    approver = account(UserRole.APPROVER)
    transitions.approve(waiting, actor(approver))
    demoted(approver)
    run_now(Connection.objects.get())
    User.objects.filter(pk=approver.pk).update(role=UserRole.APPROVER)
    case = transitions.approve(waiting, actor(approver))
    assert [bool(one.lapsed_at) for one in case.approvals.all()] == [True, False]
    run_now(Connection.objects.get())
    assert Case.objects.get(pk=waiting.pk).state == CaseState.DONE


def test_an_approval_counts_for_what_was_approved(waiting: Case) -> None:
    transitions.approve(waiting, actor(account(UserRole.APPROVER)))
    Case.objects.filter(pk=waiting.pk).update(hand_over_gid="4711")
    run_now(Connection.objects.get())
    case = Case.objects.get(pk=waiting.pk)
    assert case.state == CaseState.WAITING
    assert "before who takes over the work changed" in case.held_by[0]["reason"]


def test_a_session_by_a_link_that_the_requester_made_cannot_approve(draft: Case) -> None:
    """Nor can an API token that was made in it."""
    admin, approver = account(UserRole.ADMIN), account(UserRole.APPROVER)
    case = opening.change_draft(draft, actor(admin), reason="Changed", hand_over_to=None)
    transitions.request_approval(case, actor(admin))
    browser = Client()
    link = SignInLink.issue(approver, made_by=actor(admin))
    browser.post(f"/welcome/{link}/", follow=True)
    page = browser.post(f"/cases/{case.pk}/approve/", {"read": version_of(case)}, follow=True)
    assert "You signed in with a link that admin@example.com made, who requested this case." in page.text
    token = make_token(approver, "script", SYSTEM, LinkMaker(admin.pk, admin.username))
    answer = Client().post(
        f"/api/v1/cases/{case.pk}/approve",
        {"note": ""},
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == 409
    assert Case.objects.get(pk=case.pk).state == CaseState.WAITING

    other = Client()
    other.post(f"/welcome/{SignInLink.issue(approver, made_by=SYSTEM)}/", follow=True)
    other.post(f"/cases/{case.pk}/approve/", {"read": version_of(case)})
    assert Case.objects.get(pk=case.pk).state == CaseState.SCHEDULED


def test_a_stale_page_is_refused_with_what_changed(draft: Case) -> None:
    read = version_of(draft)
    opening.change_draft(draft, REQUESTER, reason="Another reason", hand_over_to=None)
    with pytest.raises(ReadAnother, match="changed since you read it: the reason"):
        transitions.request_approval(draft, REQUESTER, read=read)
    assert Case.objects.get(pk=draft.pk).state == CaseState.DRAFT
    transitions.request_approval(draft, REQUESTER, read=version_of(Case.objects.get(pk=draft.pk)))
    approver = signed_in(UserRole.APPROVER)
    for stale in (read, ""):
        page = approver.post(f"/cases/{draft.pk}/approve/", {"read": stale}, follow=True)
        assert "The case has changed since you read it:" in page.text
    assert Case.objects.get(pk=draft.pk).state == CaseState.WAITING


def test_several_are_approved_only_as_they_were_read(waiting: Case) -> None:
    approver = signed_in(UserRole.APPROVER)
    page = approver.post("/cases/approve/", {"case": waiting.pk})
    read = version_of(waiting)
    assert f'name="read-{waiting.pk}" value="{read}"' in page.text
    Case.objects.filter(pk=waiting.pk).update(reason="Another")
    page = approver.post(
        "/cases/approve/", {"case": waiting.pk, f"read-{waiting.pk}": read, "approve": "yes"}, follow=True
    )
    assert "changed since you read it: the reason" in page.text
    assert Case.objects.get(pk=waiting.pk).state == CaseState.WAITING


def test_nor_can_a_session_by_a_password_that_was_set_in_such_a_session(draft: Case) -> None:
    admin, approver = account(UserRole.ADMIN), account(UserRole.APPROVER)
    case = opening.change_draft(draft, actor(admin), reason="Changed", hand_over_to=None)
    transitions.request_approval(case, actor(admin))
    browser = Client()
    browser.post(f"/welcome/{SignInLink.issue(approver, made_by=actor(admin))}/", follow=True)
    new = "another horse battery 9"
    browser.post("/profile/password/", {"new_password1": new, "new_password2": new})
    approver.refresh_from_db()
    assert (approver.password_by_link_of, approver.password_by_link_of_id) == (admin.username, admin.pk)

    later = Client()
    later.force_login(approver, backend="django.contrib.auth.backends.ModelBackend")  # with that password
    page = later.post(f"/cases/{case.pk}/approve/", {"read": version_of(case)}, follow=True)
    assert "You signed in with a link that admin@example.com made" in page.text

    other = Client()
    other.post(f"/welcome/{SignInLink.issue(approver, made_by=SYSTEM)}/", follow=True)
    other.post("/profile/password/", {"new_password1": new + "0", "new_password2": new + "0"})
    again = Client()
    approver.refresh_from_db()
    again.force_login(approver, backend="django.contrib.auth.backends.ModelBackend")
    again.post(f"/cases/{case.pk}/approve/", {"read": version_of(case)})
    assert Case.objects.get(pk=case.pk).state == CaseState.SCHEDULED
