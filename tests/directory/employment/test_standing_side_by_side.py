"""Of two changes of the same person at the same time, what is kept has both."""

import pytest

from tests.support.directory.sources import SEEN, TODAY, a_source, an_employee
from tests.support.roster.people import a_connection, a_member, a_workspace
from tests.support.side_by_side import while_we_are_at_it
from usher.connections.models import SyncRun
from usher.directory.employees.records import EmployeeRecord, Row, tidy
from usher.directory.employees.store import store, store_many
from usher.directory.employment.recount import recount
from usher.directory.matching.update import bring_up_to_date
from usher.directory.models import Employee, Source, Standing
from usher.roster.apply import apply_walk
from usher.roster.models import Membership, Sighting, Workspace, WorkspaceWalk

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "ada@acme.example"


@pytest.fixture
def org() -> Workspace:
    return a_workspace(a_connection(), "Acme Inc", "acme.example")


@pytest.fixture
def ada(org: Workspace) -> None:
    a_member(org, "Ada", ADDRESS, role="guest", licence="guest")
    an_employee(a_source(), ADDRESS)
    bring_up_to_date(today=TODAY)


def becomes_admin() -> None:
    Membership.objects.update(role="admin", licence="member")


def leaves() -> None:
    Employee.objects.update(last_day=TODAY)


@pytest.mark.usefixtures("ada")
def test_a_membership_and_an_employee_change_at_once() -> None:
    with while_we_are_at_it(leaves):
        becomes_admin()
    standing = Standing.objects.get()
    assert (standing.role, standing.seats, standing.group) == ("admin", 1, "leaving")
    assert recount(mend=False).differing == []


@pytest.mark.usefixtures("ada")
def test_and_the_other_way_round() -> None:
    with while_we_are_at_it(becomes_admin):
        leaves()
    standing = Standing.objects.get()
    assert (standing.role, standing.seats, standing.group) == ("admin", 1, "leaving")
    assert recount(mend=False).differing == []


def test_a_list_and_single_employees_do_not_wait_for_each_other(org: Workspace) -> None:
    """The single ones come from another source, about the same people."""
    emails = ["ada@acme.example", "bo@acme.example"]
    hr, scim = a_source(rank=2), a_source("Directory", kind="scim", rank=1)
    for email in emails:
        a_member(org, email, email)
        an_employee(hr, email)
        an_employee(scim, email)
    bring_up_to_date(today=TODAY)
    Source.objects.filter(pk=hr.pk).update(rank=0)
    bring_up_to_date(today=TODAY)

    def single(email: str) -> None:
        store(scim, EmployeeRecord(email=email, name="Renamed"), SEEN)
        Employee.objects.filter(email=email).update(last_day=TODAY)

    def a_list() -> None:
        rows = [
            Row(n, tidy(EmployeeRecord(email=email, is_active=False))) for n, email in enumerate(emails[1:])
        ]
        store_many(hr, rows, SEEN, lists_everyone=False)

    with while_we_are_at_it(a_list, then=lambda: single(emails[1])):
        single(emails[0])
    assert recount(mend=False).differing == []


def test_a_walk_and_single_employees_do_not_wait_for_each_other(org: Workspace) -> None:
    """The walk changes one person in its first statement, and another in its last."""
    scim = a_source("Directory", kind="scim")
    gone, changed = (a_member(org, email, email) for email in ("ada@acme.example", "bo@acme.example"))
    for membership in (gone, changed):
        an_employee(scim, membership.person.email)
    bring_up_to_date(today=TODAY)
    run = SyncRun.objects.create(
        connection=org.connection, trigger="person", state="done", accept_vanished=True
    )
    walk = WorkspaceWalk.objects.create(run=run, workspace=org, is_read=True)
    Sighting.objects.create(
        walk=walk,
        user_gid=changed.person.gid,
        gid=changed.gid,
        role="admin",
        licence="member",
        status="active",
    )

    def leaves(membership: Membership) -> None:
        store(scim, EmployeeRecord(email=membership.person.email, is_active=False), SEEN)

    with while_we_are_at_it(lambda: apply_walk(walk, run, SEEN), then=lambda: leaves(changed)):
        leaves(gone)
    assert recount(mend=False).differing == []
    assert Standing.objects.get(person=changed.person_id).role == "admin"
    assert Standing.objects.get(person=gone.person_id).group == ""
