"""What a run of a rule does, and what it never does."""

from collections.abc import Sequence
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.support.activity.lived_usage import ago, use, watch
from tests.support.contracts.agreed import a_contract, member_seats
from tests.support.directory.sources import a_source, an_employee
from tests.support.removal.leaving import ADMIN, APPROVER, no_waiting
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.activity.models import EvidenceSource
from usher.connections.models import Connection, Mode
from usher.directory.matching.update import bring_up_to_date
from usher.directory.models import Protected
from usher.ledger.models import Entry
from usher.notify.models import Notice
from usher.policy import changes, running
from usher.policy.acting import ActOnPeople
from usher.policy.definition import Definition, Does, Exceptions, What, When, Who
from usher.policy.finding.find import FoundMember
from usher.policy.models import Policy, PolicyFinding, PolicyRun, UnknownPerson
from usher.policy.running import run
from usher.policy.schedule import due
from usher.policy.starting_points import STARTING_POINTS
from usher.policy.trial import perform_trial, request_trial, tried_days
from usher.removal.cases import opening, transitions
from usher.removal.cases.transitions import CannotApprove
from usher.removal.models import Case
from usher.removal.states import CaseState
from usher.roster.models import Membership, Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Connection:
    no_waiting()
    return a_connection(mode=Mode.ACT, last_synced_at=timezone.now())


@pytest.fixture
def workspace(acme: Connection) -> Workspace:
    place = a_workspace(acme, "Acme", "acme.example")
    watch(place, EvidenceSource.AUDIT, 200)
    a_member(place, "Root", "root@acme.example", role="admin")
    use(Membership.objects.get(person__name="Root"), ago(hours=1))
    return place


def idle_people(workspace: Workspace, count: int, begin: int = 0) -> list[Membership]:
    numbers = range(begin, begin + count)
    return [
        a_member(workspace, f"Idle {n:03}", f"idle{n}@acme.example", since=ago(days=190)) for n in numbers
    ]


def a_rule(does: Does = Does.REQUEST, at_most: int = 25, **parts: object) -> Policy:
    given = {"who": Who(idle_for=90), "what": What(does, at_most=at_most)} | parts
    return changes.make(Definition("Idle", **given), ADMIN)  # type: ignore[arg-type]


def acting(policy: Policy) -> Policy:
    changes.watch(policy, ADMIN)
    trial = request_trial(policy)
    perform_trial(trial.pk)
    changes.act(policy, ADMIN, trial.pk)
    policy.refresh_from_db()
    return policy


def done(ran: PolicyRun | None) -> PolicyRun:
    assert ran is not None
    return ran


def test_a_rule_that_is_watched_keeps_whom_it_finds_and_does_nothing(
    acme: Connection, workspace: Workspace
) -> None:
    idle_people(workspace, 3)
    policy = a_rule()
    changes.watch(policy, ADMIN)
    ran = done(run(policy, acme))
    assert (ran.found, ran.done, ran.is_acting) == (3, 0, False)
    assert not Case.objects.exists()


def test_a_rule_that_is_off_does_not_run(acme: Connection, workspace: Workspace) -> None:
    policy = a_rule()
    assert due() == []
    assert run(policy, acme) is None


def test_a_rule_that_acts_requests_approval_and_never_approves(
    acme: Connection, workspace: Workspace
) -> None:
    people = idle_people(workspace, 2)
    ran = done(run(acting(a_rule()), acme))
    assert ran.done == 2
    cases = Case.objects.order_by("person_name")
    assert [(case.state, case.person_id) for case in cases] == [
        (CaseState.WAITING, one.person_id) for one in people
    ]
    assert all(not case.approvals.exists() for case in cases)
    assert {case.cause for case in cases} == {Case.Cause.IDLE}
    opened = Entry.objects.filter(action="case.opened").first()
    assert opened is not None
    assert (opened.actor_kind, opened.actor_name) == ("policy", f"rule {ran.policy_id}: Idle")


def test_where_no_approval_is_needed_a_rule_opens_drafts_since_a_request_would_run_at_once(
    acme: Connection, workspace: Workspace
) -> None:
    no_waiting(needs_approval=False)
    idle_people(workspace, 1)
    run(acting(a_rule()), acme)
    assert Case.objects.get().state == CaseState.DRAFT


def test_who_made_or_switched_on_a_rule_cannot_approve_its_cases(
    acme: Connection, workspace: Workspace
) -> None:
    idle_people(workspace, 1)
    run(acting(a_rule()), acme)
    case = Case.objects.get()
    with pytest.raises(CannotApprove):
        transitions.approve(case, ADMIN)
    assert transitions.approve(case, APPROVER).state == CaseState.SCHEDULED


def test_a_rule_runs_once_a_day_after_the_sync_of_that_day(acme: Connection, workspace: Workspace) -> None:
    policy = acting(a_rule())
    assert due() == [(policy, acme)]
    run(policy, acme)
    assert due() == []
    assert run(policy, acme) is None
    Connection.objects.update(last_synced_at=timezone.now() - timedelta(days=2))
    PolicyRun.objects.update(day=timezone.localdate() - timedelta(days=1))
    assert due() == []
    Connection.objects.update(last_synced_at=timezone.now())
    assert due() == [(policy, acme)]


def test_more_than_the_limit_of_a_day_comes_with_the_next_run(acme: Connection, workspace: Workspace) -> None:
    idle_people(workspace, 5)
    policy = acting(a_rule(at_most=2))
    ran = done(run(policy, acme))
    assert (ran.found, ran.done, ran.left_out) == (5, 2, 3)
    PolicyRun.objects.update(day=timezone.localdate() - timedelta(days=1))
    assert done(run(policy, acme)).done == 2
    assert Case.objects.count() == 4


def test_the_limit_of_a_day_holds_for_all_connections_together(
    acme: Connection, workspace: Workspace
) -> None:
    idle_people(workspace, 2)
    other = a_connection("Other", mode=Mode.ACT, last_synced_at=timezone.now())
    place = a_workspace(other, "Other", "other.example")
    watch(place, EvidenceSource.AUDIT, 200)
    use(a_member(place, "Chief", role="admin"), ago(hours=1))
    idle_people(place, 2, begin=10)
    policy = acting(a_rule(at_most=3))
    assert [done(run(policy, each)).done for each in (acme, other)] == [2, 1]


def test_a_run_that_was_killed_goes_on_without_a_second_case(acme: Connection, workspace: Workspace) -> None:
    idle_people(workspace, 4)
    policy = acting(a_rule())
    opened, really_open = 0, opening.open_case

    class Killed(BaseException):
        pass

    def dies_at_the_third(*arguments: object) -> Case:
        nonlocal opened
        opened += 1
        if opened == 3:
            raise Killed
        return really_open(*arguments)  # type: ignore[arg-type]

    with patch.object(opening, "open_case", dies_at_the_third), pytest.raises(Killed):
        run(policy, acme)
    assert Case.objects.count() == 2
    ran = done(run(policy, acme))
    assert (ran.state, ran.found, ran.done) == (PolicyRun.State.DONE, 4, 4)
    assert Case.objects.count() == 4
    assert PolicyRun.objects.count() == 1


def test_a_run_that_finds_many_more_than_usual_stops_and_asks(acme: Connection, workspace: Workspace) -> None:
    idle_people(workspace, 4)
    policy = acting(a_rule())
    run(policy, acme)
    PolicyRun.objects.update(day=timezone.localdate() - timedelta(days=1))
    idle_people(workspace, 20, begin=100)
    ran = done(run(policy, acme))
    policy.refresh_from_db()
    assert (ran.state, policy.state) == (PolicyRun.State.ASKING, Policy.State.ASKING)
    assert "24 people" in policy.question
    assert Case.objects.count() == 4
    assert due() == []
    changes.answer(policy, ADMIN, are_right=True)
    assert done(run(policy, acme)).done == 20
    assert Entry.objects.filter(action="rule.stopped").exists()


def test_the_answer_that_they_are_not_right_leaves_the_rule_watching(
    acme: Connection, workspace: Workspace
) -> None:
    idle_people(workspace, 4)
    policy = acting(a_rule())
    run(policy, acme)
    PolicyRun.objects.update(day=timezone.localdate() - timedelta(days=1))
    idle_people(workspace, 20, begin=100)
    run(policy, acme)
    changes.answer(policy, ADMIN, are_right=False)
    policy.refresh_from_db()
    assert policy.state == Policy.State.WATCHING
    assert done(run(policy, acme)).done == 0


def test_protected_people_exceptions_and_people_on_leave_are_left_out_with_the_reason(
    acme: Connection, workspace: Workspace
) -> None:
    idle_people(workspace, 2)
    away = a_member(workspace, "Away", "away@acme.example", since=ago(days=190))
    a_member(workspace, "Only admin", "admin@acme.example", since=ago(days=190))
    Membership.objects.filter(person__name="Root").update(role="member")
    Membership.objects.filter(person__name="Only admin").update(role="admin")
    an_employee(a_source(), "away@acme.example", "Away", on_leave=True)
    bring_up_to_date()
    policy = acting(a_rule(exceptions=Exceptions(people=["IDLE0@acme.example"])))
    run(policy, acme)
    why = dict(PolicyFinding.objects.exclude(left_out="").values_list("name", "left_out"))
    assert set(why) == {"Idle 000", "Away", "Only admin"}
    assert why["Idle 000"] == "An exception of this rule."
    assert "leave" in why["Away"]
    assert "admin" in why["Only admin"]
    assert not Case.objects.filter(person=away.person).exists()


def test_leavers_are_found_once_the_directory_says_so_and_again_when_it_changes(
    acme: Connection, workspace: Workspace
) -> None:
    hr = a_source()
    first, second = idle_people(workspace, 2)
    for one in (first, second):
        an_employee(hr, one.person.email, one.person.name)
    bring_up_to_date()
    policy = acting(a_rule(who=Who(left=True), when=When.DIRECTORY))
    assert done(run(policy, acme)).found == 0
    an_employee(hr, first.person.email, first.person.name, is_active=False)
    type(hr).objects.update(changed_at=timezone.now())
    bring_up_to_date()
    assert due() == []  # not every minute
    PolicyRun.objects.update(started_at=timezone.now() - timedelta(minutes=11))
    assert due() == [(policy, acme)]
    run(policy, acme)
    case = Case.objects.get()
    assert (case.person_id, case.cause) == (first.person_id, Case.Cause.DIRECTORY)


def test_somebody_unknown_is_found_after_so_many_days_in_which_each_run_found_them_unknown(
    acme: Connection, workspace: Workspace
) -> None:
    idle_people(workspace, 1)
    bring_up_to_date()
    policy = a_rule(who=Who(unknown_for=14), what=What(Does.LIST))
    changes.watch(policy, ADMIN)
    assert done(run(policy, acme)).found == 0
    PolicyRun.objects.all().delete()
    running.note_unknown(acme)
    UnknownPerson.objects.update(since=timezone.localdate() - timedelta(days=14))
    assert {one.name for one in done(run(policy, acme)).findings.all()} == {"Idle 000", "Root"}


def test_a_connection_with_read_gets_no_case(workspace: Workspace, acme: Connection) -> None:
    idle_people(workspace, 1)
    a_connection("Acts", mode=Mode.ACT)
    policy = acting(a_rule())
    Connection.objects.filter(pk=acme.pk).update(mode=Mode.READ)
    ran = done(run(policy, acme))
    assert (ran.found, ran.done) == (1, 0)
    assert "Read" in ran.findings.get().left_out


def test_a_rule_before_a_renewal_runs_once_for_each(acme: Connection, workspace: Workspace) -> None:
    today = timezone.localdate()
    idle_people(workspace, 1)
    policy = a_rule(Does.LIST, when=When.RENEWAL, days_before_notice=60)
    changes.watch(policy, ADMIN)
    assert due() == []  # there is no contract
    contract = a_contract(acme, member_seats(200, "24.99"), renews_on=today + timedelta(days=200))
    notice_days = 200 - (contract.term.notice_day(contract.renews_on) - today).days
    for days_left, runs in ((61, False), (60, True), (0, True)):
        contract.renews_on = today + timedelta(days=days_left + notice_days)
        contract.save()
        assert (due() == [(policy, acme)]) == runs, days_left
    contract.renews_on = today + timedelta(days=30 + notice_days)
    contract.save()
    assert done(run(policy, acme)).found == 1
    PolicyRun.objects.update(day=today - timedelta(days=20))
    assert due() == []
    PolicyRun.objects.update(day=today - timedelta(days=365))
    assert due() == [(policy, acme)]


def test_finding_out_what_is_due_costs_the_same_for_many_connections(
    acme: Connection, workspace: Workspace
) -> None:
    """It is asked each minute, and a provider has hundreds of them."""
    changes.watch(a_rule(), ADMIN)
    changes.watch(changes.make(STARTING_POINTS["leavers"], ADMIN), ADMIN)

    def queries() -> int:
        with CaptureQueriesContext(database) as captured:
            due()
        return len(captured)

    few = queries()
    for number in range(20):
        a_connection(f"Customer {number}", last_synced_at=timezone.now())
    assert len(due()) == 2 * 21
    assert queries() == few


def test_whoever_left_while_on_leave_has_left(acme: Connection, workspace: Workspace) -> None:
    (one,) = idle_people(workspace, 1)
    an_employee(a_source(), one.person.email, one.person.name, is_active=False, on_leave=True)
    bring_up_to_date()
    assert done(run(acting(a_rule(who=Who(left=True))), acme)).done == 1


@pytest.mark.parametrize("named", ["legal", " LEGAL "])
def test_a_department_is_an_exception_in_any_spelling_of_capitals(
    acme: Connection, workspace: Workspace, named: str
) -> None:
    (one,) = idle_people(workspace, 1)
    an_employee(a_source(), one.person.email, one.person.name, department="Legal")
    bring_up_to_date()
    ran = done(run(acting(a_rule(exceptions=Exceptions(departments=[named]))), acme))
    assert (ran.found, ran.done) == (1, 0)
    assert "the department Legal" in ran.findings.get().left_out


def test_before_the_first_run_usual_is_what_the_trial_found_that_somebody_saw(
    acme: Connection, workspace: Workspace
) -> None:
    idle_people(workspace, 4)
    policy = acting(a_rule())
    idle_people(workspace, 20, begin=100)
    ran = done(run(policy, acme))
    assert (ran.state, ran.problem) == (
        PolicyRun.State.ASKING,
        "It would find 24 people in Acme, where it usually finds 4.",
    )
    assert not Case.objects.exists()


def test_a_trial_shows_who_is_protected_and_a_list_names_them_all_the_same(
    acme: Connection, workspace: Workspace
) -> None:
    bot = a_member(workspace, "Export bot", "bot@acme.example", since=ago(days=190))
    Protected.objects.create(person=bot.person, why=Protected.Why.SERVICE_ACCOUNT, by="Ada")
    for does, left_out in ((Does.REQUEST, 1), (Does.LIST, 0)):
        policy = a_rule(does)
        perform_trial(request_trial(policy).pk)
        today = tried_days(policy.trials.get())[-1]
        assert (today.found, today.left_out) == (1 - left_out, left_out)
        changes.delete(policy, ADMIN)


def test_a_run_that_acted_is_not_taken_up_by_a_rule_that_is_only_watched_by_now(
    acme: Connection, workspace: Workspace
) -> None:
    idle_people(workspace, 3)
    policy = acting(a_rule())
    PolicyRun.objects.create(
        policy=policy, connection=acme, day=timezone.localdate(), version=policy.version, is_acting=True
    )
    changes.watch(policy, ADMIN)
    ran = done(run(policy, acme))
    assert (ran.is_acting, ran.found, ran.done) == (False, 3, 0)
    assert not Case.objects.exists()
    assert PolicyRun.objects.order_by("pk")[0].state == PolicyRun.State.SKIPPED


def test_a_rule_that_is_switched_off_while_it_runs_does_nothing_more(
    acme: Connection, workspace: Workspace
) -> None:
    idle_people(workspace, 4)
    policy, really_open = acting(a_rule()), opening.open_case

    def switched_off_after_the_first(*arguments: object) -> Case:
        case = really_open(*arguments)  # type: ignore[arg-type]
        changes.switch_off(policy, ADMIN)
        return case

    with patch.object(opening, "open_case", switched_off_after_the_first):
        ran = done(run(policy, acme))
    assert (ran.found, ran.done, Case.objects.count()) == (4, 1, 1)
    assert "switched off while it ran" in ran.findings.exclude(left_out="")[0].left_out


def test_an_answer_holds_for_the_connection_that_was_asked_about_alone(
    acme: Connection, workspace: Workspace
) -> None:
    other = a_connection("Other", mode=Mode.ACT, last_synced_at=timezone.now())
    place = a_workspace(other, "Other", "other.example")
    watch(place, EvidenceSource.AUDIT, 200)
    use(a_member(place, "Chief", role="admin"), ago(hours=1))
    idle_people(workspace, 2)
    policy = acting(a_rule(at_most=100))
    idle_people(workspace, 20, begin=100)
    assert done(run(policy, acme)).state == PolicyRun.State.ASKING
    changes.answer(policy, ADMIN, are_right=True)
    idle_people(place, 20, begin=200)
    assert done(run(policy, other)).state == PolicyRun.State.ASKING
    changes.answer(policy, ADMIN, are_right=True)
    assert [done(run(policy, each)).done for each in (acme, other)] == [22, 20]


def test_a_rule_that_tells_may_act_where_nothing_may_be_removed(
    acme: Connection, workspace: Workspace
) -> None:
    Connection.objects.update(mode=Mode.READ)
    idle_people(workspace, 2)
    ran = done(run(acting(a_rule(Does.TELL)), acme))
    assert (ran.is_acting, ran.found) == (True, 2)
    assert Notice.objects.get(kind="rule_found").facts["found"] == 2


def test_two_processes_that_do_the_same_run_act_on_each_person_once_and_within_the_limit(
    acme: Connection, workspace: Workspace
) -> None:
    """As when a worker was believed dead and was not."""
    idle_people(workspace, 5)
    policy = acting(a_rule(at_most=3))
    on = ActOnPeople.on

    def while_another_is_faster(
        act: ActOnPeople, finding: PolicyFinding, memberships: Sequence[FoundMember]
    ) -> None:
        if finding.name == "Idle 000":
            PolicyFinding.objects.create(
                run=finding.run, person=finding.person, name=finding.name, done="Approval requested"
            )
        on(act, finding, memberships)

    with patch.object(ActOnPeople, "on", while_another_is_faster):
        ran = done(run(policy, acme))
    assert (ran.found, ran.done) == (5, 3)
    assert sorted(case.person_name for case in Case.objects.all()) == ["Idle 001", "Idle 002"]
