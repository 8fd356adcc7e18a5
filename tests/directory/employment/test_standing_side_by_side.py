"""Of two changes of the same person at the same time, what is kept has both."""

import pytest

from tests.support.directory.sources import TODAY, a_source, an_employee
from tests.support.roster.people import a_connection, a_member, a_workspace
from tests.support.side_by_side import while_we_are_at_it
from usher.directory.employment.recount import recount
from usher.directory.matching.update import bring_up_to_date
from usher.directory.models import Employee, Standing
from usher.roster.models import Membership

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "ada@acme.example"


@pytest.fixture(autouse=True)
def ada() -> None:
    acme = a_workspace(a_connection(), "Acme Inc", "acme.example")
    a_member(acme, "Ada", ADDRESS, role="guest", licence="guest")
    an_employee(a_source(), ADDRESS)
    bring_up_to_date(today=TODAY)


def becomes_admin() -> None:
    Membership.objects.update(role="admin", licence="member")


def leaves() -> None:
    Employee.objects.update(last_day=TODAY)


def test_a_membership_and_an_employee_change_at_once() -> None:
    with while_we_are_at_it(leaves):
        becomes_admin()
    standing = Standing.objects.get()
    assert (standing.role, standing.seats, standing.group) == ("admin", 1, "leaving")
    assert recount(mend=False).differing == []


def test_and_the_other_way_round() -> None:
    with while_we_are_at_it(becomes_admin):
        leaves()
    standing = Standing.objects.get()
    assert (standing.role, standing.seats, standing.group) == ("admin", 1, "leaving")
    assert recount(mend=False).differing == []
