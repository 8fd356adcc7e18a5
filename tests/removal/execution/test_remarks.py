"""What contradicts a case holds it until a person has answered; nothing is changed in Asana before."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.support.removal.leaving import (
    ADMIN,
    REQUESTER,
    approved_case,
    hires,
    leaves,
    ordinary_people,
    run_now,
)
from tests.support.removal.midway import at_request, changes_after
from tests.support.removal.outcome import active_in
from usher.activity.models import PersonUsage
from usher.connections.models import Connection, Credentials
from usher.directory.models import Employee, Match, Remark, Source, SourceQuestion
from usher.directory.remarks.questions import unanswered
from usher.refusals import Refused
from usher.removal.cases import opening, transitions
from usher.removal.cases.directory_changes import apply_directory_changes
from usher.removal.cases.opening import CaseRequest
from usher.removal.cases.remarks import CannotAnswer, answer_remark
from usher.removal.models import Case, Guardrails
from usher.removal.states import CaseState
from usher.roster.models import Licence, Membership, Person
from usher.sandbox import RunningSandbox

Kind = Remark.Kind


def is_in_a_second_source(person: Person, **fields: object) -> Employee:
    """Which knows them by the same address, and whose word counts less."""
    source, _ = Source.objects.get_or_create(
        name="Okta", defaults={"kind": Source.Kind.SCIM, "rank": 2, "changed_at": timezone.now()}
    )
    employee = Employee.objects.create(
        source=source, key=person.email, email=person.email, name=person.name, **fields
    )
    Match.objects.create(
        person=person, employee=employee, state="matched", how=Match.How.EMAIL, reason="Same e-mail"
    )
    return employee


def has_a_manager_who_left(person: Person) -> None:
    employee = Employee.objects.get(matches__person=person)
    boss = Employee.objects.create(
        source=employee.source,
        key="boss",
        external_id="boss",
        name="Bea Boss",
        is_active=False,
        ended_at=timezone.now(),
    )
    Employee.objects.filter(pk=employee.pk).update(manager=boss.external_id)


def used_asana_since(person: Person) -> None:
    now = timezone.now()
    Employee.objects.filter(matches__person=person).update(last_day=now.date() - timedelta(days=10))
    PersonUsage.objects.create(
        connection=person.connection, user_gid=person.gid, as_of=now.date(), last_used_at=now
    )


def has_an_address_of_somebody_else(person: Person) -> None:
    employee = Employee.objects.get(matches__person=person)
    Employee.objects.create(
        source=employee.source, key="other", name="Olive Other", past_addresses=[person.email.casefold()]
    )


def is_asked_about_as_a_source(person: Person) -> None:
    source = Employee.objects.get(matches__person=person).source
    SourceQuestion.objects.create(
        source=source,
        kind=SourceQuestion.Kind.MANY_OFF,
        since=timezone.now() - timedelta(days=1),
        people=30,
        of=30,
    )


def entry_says(kind: str) -> Callable[[Person], object]:
    row = [{"kind": kind, "text": "The newest row has no status."}]
    return lambda person: Employee.objects.filter(matches__person=person).update(row_remarks=row)


CONTRADICTIONS: dict[Kind, Callable[[Person], object]] = {
    Kind.SOURCES_DISAGREE: is_in_a_second_source,
    Kind.USED_SINCE: used_asana_since,
    Kind.OTHER_NAME: lambda person: Employee.objects.filter(matches__person=person).update(name="Xu Quil"),
    Kind.OTHER_ADDRESS: lambda person: Match.objects.filter(person=person).update(
        how=Match.How.OTHER_ADDRESS
    ),
    Kind.ADDRESS_REUSED: has_an_address_of_somebody_else,
    Kind.MANAGER_LEAVES: has_a_manager_who_left,
    Kind.ENTRY_DOUBTFUL: entry_says("end_beside_active"),
    Kind.ENTRY_UNREADABLE: entry_says("row_unreadable"),
    Kind.SOURCE_ASKS: is_asked_about_as_a_source,
}


@pytest.mark.parametrize("kind", CONTRADICTIONS)
def test_what_turns_up_after_the_approval_holds_the_case_until_it_is_answered(
    kind: Kind, sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = approved_case(person)
    CONTRADICTIONS[kind](person)
    assert run_now(acme).held == 1
    case.refresh_from_db()
    (remark,) = unanswered(person)
    assert remark.kind == kind
    assert case.state == CaseState.SCHEDULED
    assert remark.text in case.held_by[0]["reason"]
    assert active_in(sandbox, person)
    assert sandbox.changes("removals") == {}
    answer_remark(ADMIN, person, remark.pk, "Asked HR: they left")
    assert run_now(acme).done == 1, "it continues by itself"
    assert not active_in(sandbox, person)
    case.refresh_from_db()
    (kept,) = case.later_facts["run"]["remarks"]
    assert (kept["kind"], kept["answered_by"], kept["why"]) == (kind, ADMIN.name, "Asked HR: they left")


def becomes_another(sandbox: RunningSandbox, person: Person, *, name: str = "", email: str = "") -> None:
    """In Asana, as an account does that another one is merged into."""
    account = sandbox.company.person_by_gid(person.gid)
    assert account is not None
    account.name, account.email = name or account.name, email or account.email


@pytest.mark.parametrize("cause", Case.Cause)
@pytest.mark.parametrize("changed", [{"name": "Nora New"}, {"email": "nora.new@example.com"}])
def test_an_account_that_became_another_since_the_approval_is_left_alone(
    changed: dict[str, str],
    cause: Case.Cause,
    sandbox: RunningSandbox,
    acme: Connection,
    guardrails: Guardrails,
) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = approved_case(person, CaseRequest(cause=cause))
    becomes_another(sandbox, person, **changed)
    assert run_now(acme).held == 1
    (remark,) = unanswered(person)
    assert remark.kind == Kind.ASANA_CHANGED
    assert next(iter(changed.values())) in remark.text
    assert (case.person_name if "name" in changed else case.person_email) in remark.text
    assert active_in(sandbox, person)
    apply_directory_changes(timezone.now())
    assert unanswered(person).exists(), "the people list is older, and proves nothing"
    answer_remark(ADMIN, person, remark.pk, "A new name after a marriage")
    assert run_now(acme).done == 1
    assert not Remark.objects.filter(person=person, kind=Kind.ASANA_CHANGED, is_current=True).exists()


def test_a_downgrade_too_waits_where_the_account_became_another(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    Credentials.objects.filter(connection=acme).update(service_token="sandbox-service-1")
    reached = Membership.objects.filter(licence=Licence.MEMBER, person__in=ordinary_people(acme, 10))
    person = reached.order_by("person__gid")[0].person
    approved_case(person, CaseRequest(kind=Case.Kind.DOWNGRADE, cause=Case.Cause.IDLE))
    becomes_another(sandbox, person, email="nora.new@example.com")
    assert run_now(acme).held == 1
    assert unanswered(person).get().kind == Kind.ASANA_CHANGED


def test_capital_letters_and_the_order_of_a_name_are_no_change(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    approved_case(person)
    first, _, last = person.name.partition(" ")
    becomes_another(sandbox, person, name=f"{last.upper()}, {first}", email=person.email.upper())
    assert run_now(acme).done == 1


def test_an_account_that_is_back_as_it_was_is_no_longer_asked_about(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = approved_case(person)
    becomes_another(sandbox, person, name="Nora New")
    assert run_now(acme).held == 1
    becomes_another(sandbox, person, name=case.person_name)
    Connection.objects.filter(pk=acme.pk).update(last_synced_at=timezone.now())
    assert run_now(acme).done == 1


def test_an_account_that_asana_no_longer_knows_stops_the_case(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = approved_case(person)
    gid = person.gid
    with at_request("GET", f"/users/{gid}", lambda: sandbox.post_faults(share=1, kinds=["404"])) as sent:
        assert run_now(acme).failed == 1
    case.refresh_from_db()
    assert "deleted or merged into another" in case.error
    assert "cancel this case" in case.remedy
    assert changes_after(sent) == []


@pytest.mark.parametrize("cause", [Case.Cause.BY_HAND, Case.Cause.IDLE])
def test_somebody_whom_hr_knows_since_the_approval_is_not_removed_by_hand_or_as_idle(
    cause: Case.Cause, sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    case = approved_case(person, CaseRequest(cause=cause))
    hires([person])
    assert run_now(acme).held == 1
    case.refresh_from_db()
    assert [one["rule"] for one in case.held_by] == ["employment"]
    assert "HR says that they work here" in case.held_by[0]["reason"]
    assert active_in(sandbox, person)


def test_an_idle_seat_of_an_employee_is_removed_as_was_approved(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    hires([person])
    approved_case(person, CaseRequest(cause=Case.Cause.IDLE))
    assert run_now(acme).done == 1


def test_the_case_keeps_what_each_source_said_when_it_was_requested_approved_and_run(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = approved_case(person)
    is_in_a_second_source(person, is_active=False, ended_at=timezone.now())
    assert run_now(acme).done == 1
    case.refresh_from_db()
    said = {
        when: [(one["source"], one["status"]) for one in facts["said"]]
        for when, facts in case.later_facts.items()
    }
    assert said == {
        "asked": [("HR", "left")],
        "approved": [("HR", "left")],
        "run": [("HR", "left"), ("Okta", "left")],
    }


def test_an_answer_takes_a_word_of_why_and_after_the_approval_somebody_else(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    person, other = ordinary_people(acme, 2)
    leaves(person)
    is_in_a_second_source(person)
    case = approved_case(person)
    (remark,) = unanswered(person)
    with pytest.raises(Refused, match="why"):
        answer_remark(ADMIN, person, remark.pk, "  ")
    with pytest.raises(CannotAnswer, match="requested"):
        answer_remark(REQUESTER, person, remark.pk, "I know better")
    with pytest.raises(CannotAnswer, match="no longer holds"):
        answer_remark(ADMIN, other, remark.pk, "Of somebody else")
    transitions.cancel(case, ADMIN)
    answer_remark(REQUESTER, person, remark.pk, "HR has confirmed it")
    assert approved_case(person).state == CaseState.SCHEDULED
    assert run_now(acme).done == 1


def test_a_change_that_the_last_sync_found_is_shown_before_the_approval(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = opening.open_case(person, CaseRequest(cause=Case.Cause.DIRECTORY), REQUESTER)
    Person.objects.filter(pk=person.pk).update(email="nora.new@example.com")
    transitions.request_approval(case, REQUESTER)
    (remark,) = unanswered(person)
    assert remark.kind == Kind.ASANA_CHANGED
    assert "nora.new@example.com" in remark.text
    transitions.cancel(case, ADMIN)
    assert not unanswered(person).exists(), "it was about that case"
