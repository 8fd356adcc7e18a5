"""The page of a case: what it shows in each state, and who may do what."""

import json
import re
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.support.queries import queries_of
from tests.support.removal.accounts import account, actor, signed_in
from tests.support.removal.leaving import leaves, no_waiting, ordinary_people, run_now
from usher.access.roles import UserRole
from usher.activity.models import PersonUsage
from usher.asana import MembershipLicence, MembershipRole, MembershipStatus
from usher.connections.models import Connection, Mode
from usher.ledger.models import Entry
from usher.removal.cases import opening, transitions
from usher.removal.cases.opening import CaseRequest
from usher.removal.cases.versions import version_of
from usher.removal.execution.inventory import Inventory, InventoryTask
from usher.removal.execution.preview import RemovalPreview
from usher.removal.guardrails.settings import stop_removals
from usher.removal.models import Case, Guardrails, Step, Target
from usher.removal.pages.case import views
from usher.removal.states import CaseState
from usher.roster.models import Person
from usher.sandbox import RunningSandbox


def draft(person: Person, wish: CaseRequest | None = None) -> Case:
    """Opened by the operator."""
    leaves(person)
    operator = actor(account(UserRole.OPERATOR))
    return opening.open_case(person, wish or CaseRequest(cause=Case.Cause.DIRECTORY, reason="Left"), operator)


def waiting(person: Person, wish: CaseRequest | None = None) -> Case:
    return transitions.request_approval(draft(person, wish), actor(account(UserRole.OPERATOR)))


def approved(person: Person, wish: CaseRequest | None = None) -> Case:
    return transitions.approve(waiting(person, wish), actor(account(UserRole.APPROVER)))


def text(answer: HttpResponse) -> str:
    """Of the page, with blanks as one sees them."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def page(client: Client, case: Case) -> str:
    answer = client.get(f"/cases/{case.pk}/")
    assert answer.status_code == 200
    return text(answer)


def post(client: Client, case: Case, what: str, **fields: str) -> str:
    """The page that it leads to."""
    fields.setdefault("read", version_of(Case.objects.get(pk=case.pk)))
    answer = client.post(f"/cases/{case.pk}/{what}/", fields, follow=True)
    assert answer.status_code == 200, answer.status_code
    return text(answer)


def state(case: Case) -> str:
    return Case.objects.get(pk=case.pk).state


@pytest.fixture
def person(acme: Connection, guardrails: Guardrails) -> Person:
    return ordinary_people(acme, 1)[0]


def test_a_case_is_drafted_asked_for_approved_and_done_through_its_page(
    sandbox: RunningSandbox, acme: Connection, person: Person
) -> None:
    case = draft(person)
    operator, approver = signed_in(UserRole.OPERATOR), signed_in(UserRole.APPROVER)
    assert "Nobody has requested approval yet" in page(operator, case)
    assert "Approval has been requested." in post(operator, case, "request-approval")
    assert "Approved." in post(approver, case, "approve", note="I have asked HR")
    run_now(acme)
    shown = page(approver, case)
    assert "verified in Asana" in shown
    assert "I have asked HR" in shown
    assert "Recorded access" in shown
    assert "removeUser" in shown


def test_who_asked_is_told_why_they_cannot_approve(person: Person) -> None:
    asker = signed_in(UserRole.ADMIN)
    case = opening.open_case(person, CaseRequest(reason="Moved"), actor(account(UserRole.ADMIN)))
    transitions.request_approval(case, actor(account(UserRole.ADMIN)))
    shown = page(asker, case)
    assert "You requested this case, so another approver or admin must approve it." in shown
    assert "Approve removal" not in shown
    assert "You cannot approve a case that you requested." in post(asker, case, "approve")
    assert state(case) == CaseState.WAITING


@pytest.mark.parametrize(
    ("role", "offered"),
    [
        (UserRole.VIEWER, set()),
        (UserRole.OPERATOR, {"cancel"}),
        (UserRole.APPROVER, {"approve", "reject", "cancel"}),
        (UserRole.ADMIN, {"approve", "reject", "cancel"}),
    ],
)
def test_each_role_is_offered_what_it_may_do_with_a_waiting_case(
    person: Person, role: UserRole, offered: set[str]
) -> None:
    case = waiting(person)
    html = signed_in(role, name="someone").get(f"/cases/{case.pk}/").content.decode()
    found = {
        name
        for name in ("approve", "reject", "cancel", "request-approval", "try-again")
        if f"/cases/{case.pk}/{name}/" in html
    }
    assert found == offered
    if "approve" not in offered:
        assert "Only an approver or admin may approve." in html


@pytest.mark.parametrize(
    ("what", "least"),
    [
        ("request-approval", UserRole.OPERATOR),
        ("change", UserRole.OPERATOR),
        ("cancel", UserRole.OPERATOR),
        ("try-again", UserRole.OPERATOR),
        ("approve", UserRole.APPROVER),
        ("reject", UserRole.APPROVER),
        ("undo", UserRole.APPROVER),
    ],
)
def test_a_role_below_is_refused_by_the_server(person: Person, what: str, least: UserRole) -> None:
    case = draft(person)
    roles = list(UserRole)
    for role in roles[: roles.index(least)]:
        assert signed_in(role).post(f"/cases/{case.pk}/{what}/").status_code == 403
    assert state(case) == CaseState.DRAFT


def test_a_draft_is_changed_until_it_is_handed_in(acme: Connection, person: Person) -> None:
    receiver = ordinary_people(acme, 2)[1]
    case = draft(person)
    operator = signed_in(UserRole.OPERATOR)
    shown = post(operator, case, "change", reason="Left for good", hand_over_to=receiver.email.upper())
    assert "The draft has been saved." in shown
    assert receiver.name in shown
    case.refresh_from_db()
    assert (case.reason, case.hand_over_gid) == ("Left for good", receiver.gid)
    assert case.steps.filter(name=Step.Name.HAND_OVER).exists()
    assert Entry.objects.filter(action="case.changed", reason="Left for good").exists()
    post(operator, case, "request-approval")
    assert "so the draft cannot be changed" in post(
        operator, case, "change", reason="Another", hand_over_to=""
    )


def test_a_receiver_whom_nobody_knows_is_refused_beside_the_field(person: Person) -> None:
    case = draft(person)
    answer = signed_in(UserRole.OPERATOR).post(
        f"/cases/{case.pk}/change/",
        {"reason": "", "hand_over_to": "nobody@example.org", "read": version_of(case)},
    )
    assert answer.status_code == 422
    assert "Nobody active in this Asana account has the e-mail address nobody@example.org." in text(answer)


def test_work_is_not_handed_over_to_oneself(person: Person) -> None:
    case = draft(person)
    answer = signed_in(UserRole.OPERATOR).post(
        f"/cases/{case.pk}/change/", {"reason": "", "hand_over_to": person.email, "read": version_of(case)}
    )
    assert answer.status_code == 422
    assert "Nobody can hand work over to themselves." in text(answer)


def test_a_refusal_ends_the_case_and_says_by_whom_and_why(person: Person) -> None:
    case = waiting(person)
    shown = post(signed_in(UserRole.APPROVER), case, "reject", note="Still on the payroll")
    assert "Rejected by approver@example.com: Still on the payroll" in shown
    assert state(case) == CaseState.CANCELLED


def test_a_scheduled_case_says_when_it_runs_and_is_cancelled_with_a_reason(person: Person) -> None:
    no_waiting(grace_minutes=45)
    case = approved(person)
    operator = signed_in(UserRole.OPERATOR)
    shown = page(operator, case)
    assert re.search(r"It runs on .*, in 4[45] minutes", shown), shown
    assert "Until then, it can be cancelled." in shown
    assert "Cancelled by operator@example.com: Wrong Greta" in post(
        operator, case, "cancel", note="Wrong Greta"
    )
    assert state(case) == CaseState.CANCELLED


def test_what_holds_a_scheduled_case_is_told_with_its_remedy(acme: Connection, person: Person) -> None:
    case = approved(person)
    stop_removals(actor(account(UserRole.OPERATOR)), "Odd numbers")
    Connection.objects.update(last_synced_at=timezone.now() - timedelta(days=2))
    shown = page(signed_in(UserRole.VIEWER), case)
    assert "On hold." in shown
    assert "All removals are stopped: Odd numbers" in shown
    assert "The last sync is more than 24 hours old" in shown
    assert "Sync the connection." in shown


def test_a_limit_is_lifted_by_an_admins_second_approval(acme: Connection, guardrails: Guardrails) -> None:
    no_waiting(daily_limit=0)
    (person,) = ordinary_people(acme, 1)
    case = approved(person)
    assert run_now(acme).held == 1
    assert "You have already approved it." in page(signed_in(UserRole.APPROVER), case)
    admin = signed_in(UserRole.ADMIN)
    assert "Give second approval" in page(admin, case)
    post(admin, case, "approve", note="Known")
    assert run_now(acme).done == 1


def test_a_failed_case_says_why_and_goes_on_when_tried_again(acme: Connection, person: Person) -> None:
    case = approved(person)
    Case.objects.filter(pk=case.pk).update(
        state=CaseState.FAILED,
        error="Asana refused it.",
        remedy="Give it the right.",
        finished_at=timezone.now(),
    )
    operator = signed_in(UserRole.OPERATOR)
    shown = page(operator, case)
    assert "Asana refused it." in shown
    assert "Give it the right." in shown
    post(operator, case, "try-again")
    assert run_now(acme).done == 1


def test_the_preview_is_read_from_asana_and_names_each_call(acme: Connection, person: Person) -> None:
    case = draft(person)
    answer = signed_in(UserRole.OPERATOR).get(f"/cases/{case.pk}/preview/")
    shown = text(answer)
    assert "they lose all access at once" in shown
    assert "What is lost" in shown
    assert "private tasks and projects that nobody else can see" in shown
    for target in case.targets.all():
        assert f"/workspaces/{target.workspace_gid}/removeUser" in shown
    case.refresh_from_db()
    assert case.previewed_at is not None


def test_a_long_list_of_tasks_is_cut_and_says_how_many_more(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = draft(person)
    tasks = [InventoryTask(str(n), f"Task {n}", None, []) for n in range(1, 1046)]
    (target,) = case.targets.all()[:1]
    seen = Inventory(
        workspace_gid=target.workspace_gid,
        workspace="Acme",
        at=timezone.now(),
        acts_as="Ada",
        inherits="Ada",
        role=MembershipRole.MEMBER,
        licence=MembershipLicence.MEMBER,
        status=MembershipStatus.ACTIVE,
        teams=[],
        tasks=tasks,
        projects=[],
    )

    async def found(_: Case) -> RemovalPreview:
        return RemovalPreview([seen], ["Acme: they lose all access."], [], [], [])

    monkeypatch.setattr(views, "read_preview", found)
    html = signed_in(UserRole.OPERATOR).get(f"/cases/{case.pk}/preview/").content.decode()
    assert html.count("https://app.asana.com/0/0/") == 20
    assert 'https://app.asana.com/0/0/20"' in html
    assert "and 1,025 more" in html


def test_a_preview_that_asana_does_not_answer_says_so_and_offers_to_look_again(
    sandbox: RunningSandbox, person: Person
) -> None:
    case = draft(person)
    sandbox.post_faults(kinds=["503"], share=1.0)
    shown = text(signed_in(UserRole.OPERATOR).get(f"/cases/{case.pk}/preview/"))
    assert "Usher could not read from Asana what would happen" in shown
    assert "What to do:" in shown
    assert "Refresh" in shown


def test_the_page_asks_for_the_steps_until_the_case_is_closed(acme: Connection, person: Person) -> None:
    case = draft(person)
    viewer = signed_in(UserRole.VIEWER)
    polls = f'hx-get="/cases/{case.pk}/steps/'
    assert polls not in viewer.get(f"/cases/{case.pk}/").content.decode()
    transitions.request_approval(case, actor(account(UserRole.OPERATOR)))
    assert polls in viewer.get(f"/cases/{case.pk}/").content.decode()
    address = re.search(
        r'hx-get="(/cases/\d+/steps/[^"]*)"', viewer.get(f"/cases/{case.pk}/").content.decode()
    )[1]
    same = viewer.get(address, headers={"HX-Request": "true"})
    assert "HX-Retarget" not in same
    assert polls in same.content.decode()
    transitions.approve(case, actor(account(UserRole.APPROVER)))
    run_now(acme)
    moved = viewer.get(address, headers={"HX-Request": "true"})
    assert moved["HX-Retarget"] == "#case"
    assert polls not in moved.content.decode()
    assert "verified in Asana" in text(moved)


def test_who_was_removed_is_invited_again_by_a_case_of_its_own(acme: Connection, person: Person) -> None:
    case = approved(person)
    run_now(acme)
    assert (
        f"/cases/{case.pk}/undo/"
        not in signed_in(UserRole.OPERATOR).get(f"/cases/{case.pk}/").content.decode()
    )
    approver = signed_in(UserRole.APPROVER)
    assert "do not come back automatically" in page(approver, case)
    assert "has been opened to invite them again" in post(approver, case, "undo", note="Hired again")
    restoring = Case.objects.get(undoes=case)
    assert (restoring.kind, restoring.state, restoring.reason) == ("restore", "waiting", "Hired again")
    assert set(restoring.targets.values_list("workspace_gid", flat=True)) == set(
        case.targets.filter(outcome=Target.Outcome.DONE).values_list("workspace_gid", flat=True)
    )
    assert f"Case {restoring.pk} about the same person is still open." in page(approver, case)
    post(signed_in(UserRole.ADMIN), restoring, "approve")
    assert run_now(acme).done == 1


def test_a_case_that_was_not_done_cannot_be_undone(person: Person) -> None:
    case = waiting(person)
    assert "Only a completed removal can be undone." in post(signed_in(UserRole.APPROVER), case, "undo")
    assert Case.objects.count() == 1


def test_a_connection_that_only_reads_now_lets_nothing_be_approved(acme: Connection, person: Person) -> None:
    case = waiting(person)
    acme.mode = Mode.READ
    acme.save()
    approver = signed_in(UserRole.APPROVER)
    assert "The connection is in “Read” mode" in page(approver, case)
    post(approver, case, "approve")
    assert state(case) == CaseState.WAITING


def test_a_case_is_still_shown_when_its_connection_is_deleted(acme: Connection, person: Person) -> None:
    case = approved(person)
    run_now(acme)
    acme.delete()
    shown = page(signed_in(UserRole.VIEWER), case)
    assert "Acme (deleted)" in shown
    assert "Recorded access" in shown


def test_what_people_wrote_is_shown_as_text(person: Person) -> None:
    case = draft(person, CaseRequest(reason="<script>alert(1)</script>"))
    assert "<script>alert(1)" not in signed_in(UserRole.VIEWER).get(f"/cases/{case.pk}/").content.decode()


def test_nothing_is_kept_of_the_text_of_tasks(acme: Connection, guardrails: Guardrails) -> None:
    for person in ordinary_people(acme, 5):
        case = draft(person)
        shown = signed_in(UserRole.OPERATOR).get(f"/cases/{case.pk}/preview/").content.decode()
        names = re.findall(r'app\.asana\.com/0/0/\d+" rel="noreferrer">([^<]+)<', shown)
        case.refresh_from_db()
        if names:
            assert not any(name in json.dumps(case.preview) for name in names)
            return
    raise AssertionError("nobody has a task")


OF_EVERY_PAGE = 2
"""The entry of the session in the list of sessions, and how long sessions may last."""


def test_a_page_reads_each_thing_once(acme: Connection, person: Person) -> None:
    """29 queries before; what it reads of the guardrails and the directory is the rest."""
    case = approved(person)
    viewer = signed_in(UserRole.VIEWER)
    while_it_waits = queries_of(viewer, f"/cases/{case.pk}/")
    assert len(while_it_waits) <= 22 + OF_EVERY_PAGE
    assert len(while_it_waits) == len(set(while_it_waits))
    run_now(acme)
    assert len(queries_of(viewer, f"/cases/{case.pk}/")) <= 16 + OF_EVERY_PAGE


def test_an_idle_seat_says_what_was_true_when_the_case_was_opened_and_what_is_true_now(
    acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    last_year = timezone.now() - timedelta(days=400)
    usage = PersonUsage.objects.create(
        connection=acme,
        user_gid=person.gid,
        person=person,
        last_used_at=last_year,
        as_of=timezone.localdate(),
    )
    operator = actor(account(UserRole.OPERATOR))
    case = opening.open_case(person, CaseRequest(cause=Case.Cause.IDLE, reason="Idle"), operator)
    viewer = signed_in(UserRole.VIEWER)
    opened_on, used_on = (
        f"{timezone.localtime(one).day} {timezone.localtime(one):%b %Y}"
        for one in (case.opened_at, last_year)
    )
    shown = page(viewer, case)
    assert f"When the case was opened on {opened_on} , the last use was on {used_on}" in shown
    assert "Used since then" not in shown
    usage.last_used_at = timezone.now() + timedelta(seconds=1)
    usage.save()
    shown = page(viewer, case)
    assert f"the last use was on {used_on}" in shown
    assert "Used since then: just now . The seat is no longer idle." in shown


def test_asking_for_the_steps_again_and_again_costs_little(
    person: Person, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    case = approved(person)
    viewer = signed_in(UserRole.VIEWER)
    html = viewer.get(f"/cases/{case.pk}/").content.decode()
    address = re.search(r'hx-get="(/cases/\d+/steps/[^"]*)"', html)
    assert address
    # Two of the 17: remarks, and what each source says.
    with django_assert_max_num_queries(17 + OF_EVERY_PAGE):
        viewer.get(address[1], headers={"HX-Request": "true"})


def test_an_approval_by_somebody_else_reaches_who_watches(acme: Connection, guardrails: Guardrails) -> None:
    no_waiting(daily_limit=0)
    (person,) = ordinary_people(acme, 1)
    case = approved(person)
    viewer = signed_in(UserRole.VIEWER)
    html = viewer.get(f"/cases/{case.pk}/").content.decode()
    address = re.search(r'hx-get="(/cases/\d+/steps/[^"]*)"', html)
    assert address
    transitions.approve(case, actor(account(UserRole.ADMIN)), note="The second")
    answer = viewer.get(address[1], headers={"HX-Request": "true"})
    assert answer["HX-Retarget"] == "#case"
    assert "The second" in text(answer)


def test_who_switches_approval_on_lets_scheduled_cases_be_approved(person: Person) -> None:
    no_waiting(needs_approval=False, grace_minutes=60)
    case = waiting(person)
    assert case.state == CaseState.SCHEDULED
    no_waiting(needs_approval=True, grace_minutes=60)
    approver = signed_in(UserRole.APPROVER)
    assert "Approve removal" in text(approver.get(f"/cases/{case.pk}/"))
    approver.post(f"/cases/{case.pk}/approve/", {"note": "", "read": version_of(case)})
    assert case.approvals.get().by == "approver@example.com"
    assert "Nobody has approved it" not in text(approver.get(f"/cases/{case.pk}/"))
