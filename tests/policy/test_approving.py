"""A rule never approves, unless the setting is on and two admins approved it in advance; then it lifts no limit."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.access.service_accounts import a_service_account
from tests.support.policy.acting import with_three_idle
from tests.support.removal.accounts import account, actor, signed_in
from tests.support.removal.leaving import no_waiting
from usher.access.acting import actor_of_token
from usher.access.models import User
from usher.access.roles import ForPeopleOnly, UserRole
from usher.access.service_accounts.accounts import make_service_token
from usher.access.tokens.api_tokens import find_token
from usher.connections.models import Connection
from usher.ledger.actors import Actor
from usher.ledger.models import Entry
from usher.notify.models import Notice
from usher.policy import changes
from usher.policy.approving import CannotApproveRule, approve_rule, take_back
from usher.policy.definition import Definition, Does, What, Who
from usher.policy.models import Policy
from usher.policy.running import run
from usher.policy.trial import perform_trial, request_trial
from usher.removal.cases import transitions
from usher.removal.cases.in_advance import approvers_of
from usher.removal.evidence.report import evidence_of
from usher.removal.models import Approval, Case, Guardrails, RuleApproval
from usher.removal.states import CaseState

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Connection:
    return with_three_idle()


def admin(name: str) -> Actor:
    return actor(account(UserRole.ADMIN, name))


def a_rule(at_most: int = 25, does: Does = Does.REQUEST, writer: Actor | None = None) -> Policy:
    """Written by Zoe, tried and watched."""
    given = Definition("Idle", who=Who(idle_for=90), what=What(does, at_most=at_most))
    policy = changes.make(given, writer or admin("zoe"))
    changes.watch(policy, admin("zoe"))
    perform_trial(request_trial(policy).pk)
    policy.refresh_from_db()
    return policy


def tried(policy: Policy) -> int:
    return policy.trials.latest("pk").pk


def approved_and_acting(at_most: int = 25) -> Policy:
    policy = a_rule(at_most)
    for name in ("ann", "bob"):
        approve_rule(policy, admin(name), tried(policy))
    changes.act(policy, admin("bob"), tried(policy))
    policy.refresh_from_db()
    return policy


def begun(case: Case) -> list[str]:
    """What holds the case from beginning now."""
    return [str(one.rule) for one in transitions.begin(case, timezone.now() + timedelta(seconds=1))[1]]


def test_the_cases_of_a_rule_that_two_admins_approved_are_approved_by_it(acme: Connection) -> None:
    policy = approved_and_acting()
    ran = run(policy, acme)
    assert ran is not None
    assert [one.done for one in ran.findings.exclude(done="")] == ["Approved by the rule"] * 3
    case = Case.objects.earliest("pk")
    assert case.state == CaseState.SCHEDULED
    (approval,) = case.approvals.all()
    today = f"{timezone.localdate():%-d %b %Y}"
    assert approval.by == (
        f"rule {policy.pk}, approved by ann@example.com on {today} and bob@example.com on {today}"
    )
    assert [one.name for one in evidence_of(case).approvals[0].in_advance] == [
        "ann@example.com",
        "bob@example.com",
    ]
    entry = Entry.objects.get(action="case.approved_by_rule", subject__startswith=f"case {case.pk}:")
    assert entry.reason.startswith(f"Approved by rule {policy.pk}, approved by ann@example.com")
    assert not Notice.objects.filter(kind="case_waits").exists()
    assert Notice.objects.get(kind="rule_approved").facts["found"] == 3
    assert begun(case) == []


def test_until_a_second_admin_approves_it_each_case_waits(acme: Connection) -> None:
    policy = a_rule()
    approve_rule(policy, admin("ann"), tried(policy))
    changes.act(policy, admin("bob"), tried(policy))
    run(policy, acme)
    assert {case.state for case in Case.objects.all()} == {CaseState.WAITING}
    assert not Approval.objects.exists()
    assert Notice.objects.filter(kind="case_waits").exists()


def test_by_default_no_rule_approves_and_nobody_can_approve_one(acme: Connection) -> None:
    assert Guardrails().rules_may_approve is False
    policy = a_rule()
    no_waiting(rules_may_approve=False)
    with pytest.raises(CannotApproveRule, match="A rule never approves here"):
        approve_rule(policy, admin("ann"), tried(policy))


def test_who_wrote_the_version_cannot_approve_it(acme: Connection) -> None:
    policy = a_rule()
    with pytest.raises(CannotApproveRule, match="You wrote this version"):
        approve_rule(policy, admin("zoe"), tried(policy))


def test_a_program_neither_approves_nor_lets_a_rule_act_and_whoever_made_its_token_wrote_what_it_wrote(
    acme: Connection,
) -> None:
    service = a_service_account()
    token = make_service_token(service, "Terraform", admin("zoe"))
    found = find_token(token)
    assert found is not None
    program = actor_of_token(found, via="api")
    policy = a_rule(writer=program)
    with pytest.raises(CannotApproveRule, match="Only an admin"):
        approve_rule(policy, program, tried(policy))
    with pytest.raises(ForPeopleOnly):
        changes.act(policy, program, tried(policy))
    with pytest.raises(CannotApproveRule, match="You wrote this version"):
        approve_rule(policy, admin("zoe"), tried(policy))
    for name in ("ann", "bob"):
        approve_rule(policy, admin(name), tried(policy))
    changes.act(policy, admin("bob"), tried(policy))


def test_nobody_approves_twice(acme: Connection) -> None:
    policy = a_rule()
    approve_rule(policy, admin("ann"), tried(policy))
    with pytest.raises(CannotApproveRule, match="already approved"):
        approve_rule(policy, admin("ann"), tried(policy))


def test_an_approver_who_is_no_admin_cannot_and_neither_can_the_command_line(acme: Connection) -> None:
    policy = a_rule()
    for other in (actor(account(UserRole.APPROVER)), Actor("command", "root", via="command line")):
        with pytest.raises(CannotApproveRule, match="Only an admin with an account"):
            approve_rule(policy, other, tried(policy))


@pytest.mark.parametrize("maker", ["zoe", "ann"])
def test_whoever_was_let_in_by_the_writer_or_the_other_approver_cannot(acme: Connection, maker: str) -> None:
    policy = a_rule()
    approve_rule(policy, admin("ann"), tried(policy))
    let_in = account(UserRole.ADMIN, maker)
    bob = Actor(
        "person",
        "bob@example.com",
        account(UserRole.ADMIN, "bob").pk,
        "page",
        "admin",
        let_in_by=let_in.username,
        let_in_by_id=let_in.pk,
    )
    with pytest.raises(CannotApproveRule, match="link that"):
        approve_rule(policy, bob, tried(policy))


def test_whom_it_finds_has_to_be_seen_in_this_version(acme: Connection) -> None:
    policy = a_rule()
    seen = tried(policy)
    definition = changes.definition_of(policy)
    changes.change(policy, Definition("Idle", who=Who(idle_for=60), what=definition.what), admin("zoe"))
    for trial in (seen, None):
        with pytest.raises(changes.CannotChangeRule, match="Nobody has seen"):
            approve_rule(policy, admin("ann"), trial)


@pytest.mark.parametrize(
    "what", ["changed", "watched", "off", "deleted", "taken back", "no admin", "setting"]
)
def test_what_takes_the_approvals_away_makes_its_cases_wait_for_a_person(acme: Connection, what: str) -> None:
    policy = approved_and_acting()
    run(policy, acme)
    match what:
        case "changed":
            changed = Definition("Idle", who=Who(idle_for=60), what=What(Does.REQUEST))
            changes.change(policy, changed, admin("zoe"))
        case "watched":
            changes.watch(policy, admin("zoe"))
        case "off":
            changes.switch_off(policy, admin("zoe"))
        case "deleted":
            changes.delete(policy, admin("zoe"))
        case "taken back":
            take_back(policy, admin("ann"))
        case "no admin":
            User.objects.filter(username="ann@example.com").update(role=UserRole.OPERATOR)
        case "setting":
            no_waiting(rules_may_approve=False)
    case = Case.objects.earliest("pk")
    assert begun(case) == ["approval"]
    case.refresh_from_db()
    assert case.state == CaseState.WAITING
    assert case.approvals.get().lapsed_why
    if what in ("changed", "watched", "off", "deleted"):
        assert not RuleApproval.objects.filter(ended_at=None).exists()


def test_a_rule_that_stopped_to_ask_keeps_what_it_approved_before(acme: Connection) -> None:
    policy = approved_and_acting()
    run(policy, acme)
    Policy.objects.update(state=Policy.State.ASKING)
    assert begun(Case.objects.earliest("pk")) == []


def test_it_approves_no_more_in_a_day_than_the_rule_may_open(acme: Connection) -> None:
    policy = approved_and_acting(at_most=2)
    run(policy, acme)
    assert Case.objects.filter(state=CaseState.SCHEDULED).count() == 2
    policy.runs.update(day=timezone.localdate() - timedelta(days=2))
    run(policy, acme)
    assert Case.objects.filter(state=CaseState.SCHEDULED).count() == 2
    assert Case.objects.filter(state=CaseState.WAITING).count() == 1


def test_its_approval_and_one_person_s_lift_no_limit(acme: Connection) -> None:
    policy = approved_and_acting()
    run(policy, acme)
    no_waiting(rules_may_approve=True, daily_limit=0)
    case = Case.objects.earliest("pk")
    assert begun(case) == ["daily_limit"]
    transitions.approve(case, admin("cleo"))
    assert begun(case) == ["daily_limit"]
    transitions.approve(case, admin("dora"))
    assert begun(case) == []


def test_where_no_approval_is_needed_a_rule_opens_drafts_all_the_same(acme: Connection) -> None:
    policy = approved_and_acting()
    no_waiting(rules_may_approve=True, needs_approval=False)
    run(policy, acme)
    assert {case.state for case in Case.objects.all()} == {CaseState.DRAFT}


ADMINS = ("zoe", "ann", "bob", "cleo")


@given(
    is_on=st.booleans(),
    approve=st.lists(st.sampled_from(ADMINS), unique=True),
    acts=st.sampled_from(ADMINS),
    later_no_admin=st.lists(st.sampled_from(ADMINS), unique=True, max_size=2),
    take_back_by=st.lists(st.sampled_from(ADMINS), unique=True, max_size=2),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_rule_never_approves_but_by_two_admins_who_did_not_write_it(
    acme: Connection,
    is_on: bool,
    approve: list[str],
    acts: str,
    later_no_admin: list[str],
    take_back_by: list[str],
) -> None:
    """Against what the sentence says, over any order of who approves, leaves, and takes back."""
    with transaction.atomic():
        policy = a_rule()
        for name in approve:
            if name != "zoe":
                approve_rule(policy, admin(name), tried(policy))
        changes.act(policy, admin(acts), tried(policy))
        for name in set(take_back_by) & set(approve) - {"zoe"}:
            take_back(policy, admin(name))
        for name in later_no_admin:
            account(UserRole.ADMIN, name)
            User.objects.filter(username=f"{name}@example.com").update(role=UserRole.APPROVER)
        no_waiting(rules_may_approve=is_on)
        policy.refresh_from_db()
        run(policy, acme)
        stand = set(approve) - {"zoe"} - set(take_back_by) - set(later_no_admin)
        expected = is_on and len(stand) >= 2
        assert {one.by for one in approvers_of(policy.pk, policy.version)} == {
            f"{name}@example.com" for name in stand
        }
        assert Case.objects.count() == 3
        assert Approval.objects.exists() == expected
        assert Case.objects.filter(state=CaseState.SCHEDULED).exists() == expected
        transaction.set_rollback(True)


def test_on_its_page_two_admins_approve_and_one_takes_it_back(acme: Connection) -> None:
    policy = a_rule()
    address = f"/rules/{policy.pk}/"
    page = signed_in(UserRole.ADMIN, "ann").get(address).content.decode()
    assert "approve its cases in advance" in page
    for name in ("ann", "bob"):
        browser = signed_in(UserRole.ADMIN, name)
        said = browser.post(f"{address}switch/", {"to": "approved", "seen": tried(policy)}, follow=True)
        assert "You have approved the rule in advance." in said.content.decode()
    assert "Two admins have approved this version" in said.content.decode()
    said = browser.post(f"{address}switch/", {"to": "taken_back"}, follow=True)
    assert "One more admin has to approve" in said.content.decode()
    assert "You wrote this version" in signed_in(UserRole.ADMIN, "zoe").get(address).content.decode()
