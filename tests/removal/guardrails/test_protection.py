"""Who is never touched, asked at each step of the way."""

import pytest
from django.utils import timezone

from tests.support.removal.leaving import (
    REQUESTER,
    approved_case,
    leaves,
    no_waiting,
    ordinary_people,
    run_now,
)
from tests.support.removal.midway import at_request, changes_after
from tests.support.removal.outcome import active_in
from tests.support.roster.syncing import sync_now
from usher.connections.connecting.by_token import connect_with_token
from usher.connections.connecting.settings import ConnectionSettings
from usher.connections.models import Connection, Mode
from usher.directory.models import Protected
from usher.ledger.actors import SYSTEM
from usher.removal.cases import opening, transitions
from usher.removal.cases.opening import CannotOpen, CaseRequest
from usher.removal.guardrails.facts import recent_removals
from usher.removal.guardrails.protected_list import CannotProtect, protect_person
from usher.removal.guardrails.protection import reasons_why_protected, why_protected
from usher.removal.leavers.query import leavers
from usher.removal.models import Case, Guardrails, Target
from usher.removal.states import CaseState
from usher.roster.models import Membership, Person, Role, Status
from usher.sandbox import RunningSandbox


def protect(person: Person) -> None:
    Protected.objects.create(person=person, why=Protected.Why.BREAK_GLASS, by="ada@example.com")


def test_no_case_is_opened_for_the_protected(acme: Connection, guardrails: Guardrails) -> None:
    (person,) = ordinary_people(acme, 1)
    protect(person)
    for kind in (Case.Kind.REMOVE, Case.Kind.DOWNGRADE):
        with pytest.raises(CannotOpen, match="protected"):
            opening.open_case(person, CaseRequest(kind=kind), REQUESTER)
    assert not Case.objects.exists()


def test_who_is_protected_after_the_approval_is_not_removed(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = approved_case(person)
    protect(person)
    assert run_now(acme).held == 1
    case.refresh_from_db()
    assert [one["rule"] for one in case.held_by] == ["protected"]
    assert active_in(sandbox, person)


def test_who_is_protected_while_the_case_runs_is_not_removed(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = approved_case(person)
    with at_request("GET", "/team_memberships", lambda: protect(person)) as sent:
        assert run_now(acme).failed == 1
    case.refresh_from_db()
    assert "protected" in case.error
    assert changes_after(sent) == []
    assert case.targets.exclude(sent_at=None).count() == 0


def test_who_holds_the_token_of_another_connection_is_protected_in_this_one_too(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    assert why_protected(person) == ""
    other = Connection.objects.create(
        name="Other", authorization="token", asana_user_gid=person.gid, asana_user_name="X", sync_at="04:00"
    )
    assert "for the connection “Other”" in why_protected(person)
    assert "for the connection “Other”" in reasons_why_protected([person])[person.pk]
    assert leavers(acme).get(pk=person.pk).is_protected  # type: ignore[attr-defined]
    Connection.objects.filter(pk=other.pk).update(disconnected_at=timezone.now())
    assert why_protected(person) == ""


def test_a_person_who_is_in_two_connections_is_removed_once(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    """Two accounts see the same workspace; what the first has done, the second finds done."""
    other = connect_with_token(ConnectionSettings("Other", Mode.ACT), "sandbox-pat-3", SYSTEM)
    sync_now(other)
    shared = set(other.workspaces.values_list("gid", flat=True)) & set(
        acme.workspaces.values_list("gid", flat=True)
    )
    assert shared
    here = next(
        person
        for person in ordinary_people(acme, 30)
        if active_in(sandbox, person) <= shared and person.gid != other.asana_user_gid
    )
    there = Person.objects.get(connection=other, gid=here.gid)
    first, second = approved_case(here, CaseRequest()), approved_case(there, CaseRequest())
    assert run_now(acme).done == 1
    # Counted for the workspace, whichever connection did it.
    tally = recent_removals(second, timezone.now())
    assert {one.removed for one in tally.workspaces} == {1}
    assert run_now(other).superseded == 1
    assert first.pk != second.pk
    made = sandbox.changes("removals")
    assert {(one.took_effect, one.nothing_to_do) for one in made.values()} == {(1, 0)}


def test_who_is_being_removed_counts_once_for_the_share(acme: Connection) -> None:
    no_waiting(share_limit=50)
    first, second = ordinary_people(acme, 2)
    leaves(first)
    leaves(second)
    running, other = approved_case(first), approved_case(second)
    transitions.begin(running, timezone.now())
    for one in recent_removals(other, timezone.now()).workspaces:
        workspace = acme.workspaces.get(name=one.name)
        there = workspace.memberships.filter(status=Status.ACTIVE).count()
        assert one.active + one.removed == there


def test_an_admin_is_protected_only_as_the_last(acme: Connection, guardrails: Guardrails) -> None:
    workspace = acme.workspaces.filter(memberships__status=Status.ACTIVE).first()
    assert workspace
    admins = Membership.objects.filter(workspace=workspace, role=Role.ADMIN, status=Status.ACTIVE)
    Membership.objects.filter(workspace=workspace).update(role=Role.MEMBER)
    pair = [person for person in ordinary_people(acme, 30) if person.memberships.filter(workspace=workspace)][
        :2
    ]
    Membership.objects.filter(workspace=workspace, person__in=pair).update(role=Role.ADMIN)
    assert admins.count() == 2
    assert [why_protected(person) for person in pair] == ["", ""]
    admins.filter(person=pair[1]).update(role=Role.MEMBER)
    assert why_protected(pair[0]) == f"{pair[0]} is the last admin of {workspace.name}."


def test_a_removal_that_was_cancelled_after_it_was_sent_still_counts(
    acme: Connection, guardrails: Guardrails
) -> None:
    """Nobody knows yet that it did not happen."""
    first, second = ordinary_people(acme, 2)
    leaves(first)
    leaves(second)
    sent, other = approved_case(first), approved_case(second)
    transitions.begin(sent, timezone.now())
    Target.objects.filter(case=sent).update(sent_at=timezone.now())
    transitions.fail(sent, "Odd", "Look")
    transitions.cancel(sent, REQUESTER)
    assert Case.objects.get(pk=sent.pk).state == CaseState.CANCELLED
    assert recent_removals(other, timezone.now()).removed == 1


def test_who_is_protected_in_one_connection_is_protected_in_every_other_that_reaches_them(
    acme: Connection, guardrails: Guardrails
) -> None:
    other = connect_with_token(ConnectionSettings("Other", Mode.ACT), "sandbox-pat-3", SYSTEM)
    sync_now(other)
    here = next(
        person
        for person in ordinary_people(acme, 30)
        if Person.objects.filter(connection=other, gid=person.gid).exclude(gid=other.asana_user_gid).exists()
    )
    there = Person.objects.get(connection=other, gid=here.gid)
    leaves(there)
    protect(here)
    assert why_protected(there) == reasons_why_protected([there])[there.pk] == "Break-glass admin"
    assert leavers(other).get(pk=there.pk).is_protected  # type: ignore[attr-defined]
    with pytest.raises(CannotOpen, match="protected"):
        opening.open_case(there, CaseRequest(), REQUESTER)
    with pytest.raises(CannotProtect, match="already"):
        protect_person(there, Protected.Why.OTHER, "", REQUESTER)


def test_who_is_protected_stays_so_when_the_data_of_a_connection_is_deleted(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    (person,) = ordinary_people(acme, 1)
    protect(person)
    Connection.objects.filter(pk=acme.pk).delete()
    assert str(Protected.objects.get()) == str(person)
    again = connect_with_token(ConnectionSettings("Acme", Mode.ACT), "sandbox-pat-1", SYSTEM)
    sync_now(again)
    assert why_protected(Person.objects.get(connection=again, gid=person.gid)) == "Break-glass admin"


def test_who_was_removed_through_one_connection_is_no_admin_in_another(
    sandbox: RunningSandbox, acme: Connection, guardrails: Guardrails
) -> None:
    """Else the last admin could be removed through the second, until its next sync."""
    other = connect_with_token(ConnectionSettings("Other", Mode.ACT), "sandbox-pat-3", SYSTEM)
    sync_now(other)
    theirs = Membership.objects.filter(person__connection=other, status=Status.ACTIVE).exclude(
        person__gid=other.asana_user_gid
    )
    first = next(
        person for person in ordinary_people(acme, 30) if theirs.filter(person__gid=person.gid).exists()
    )
    workspace = theirs.filter(person__gid=first.gid).first()
    assert workspace
    approved_case(first, CaseRequest())
    assert run_now(acme).done == 1
    assert not theirs.filter(person__gid=first.gid, workspace=workspace.workspace).exists()
