"""Who is listed as a leaver, and who of them is protected."""

from datetime import date

from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from tests.support.removal.company import a_company, left
from tests.support.removal.leaving import REQUESTER, hires, leaves, ordinary_people
from usher.connections.models import Connection
from usher.directory.models import Protected
from usher.removal.cases import opening
from usher.removal.cases.opening import CaseRequest
from usher.removal.leavers.query import leaver_records, leavers
from usher.removal.models import Case
from usher.roster.models import Membership, Person, Role, SeatPrice, Status
from usher.sandbox import RunningSandbox


def test_who_left_is_a_leaver_as_long_as_asana_lists_them(sandbox: RunningSandbox, acme: Connection) -> None:
    gone, here = ordinary_people(acme, 2)
    hires([here])
    leaves(gone, last_day=date(2026, 11, 1))
    (record,) = leaver_records(acme)
    assert (record["gid"], record["left_on"], record["source"]) == (gone.gid, "2026-11-01", "HR")
    assert record["protected"] is False
    assert sorted(record["workspace_gids"]) == sorted(  # type: ignore[call-overload]
        gone.memberships.filter(status=Status.ACTIVE).values_list("workspace__gid", flat=True)
    )
    gone.memberships.update(status=Status.NOT_ACTIVE)
    assert list(leaver_records(acme)) == []


def test_a_draft_for_an_idle_seat_is_listed_too(sandbox: RunningSandbox, acme: Connection) -> None:
    (person,) = ordinary_people(acme, 1)
    opening.open_case(person, CaseRequest(cause=Case.Cause.IDLE), REQUESTER)
    (record,) = leaver_records(acme)
    assert (record["gid"], record["source"], record["case_state"]) == (person.gid, "idle seats", "draft")


def test_the_protected_are_told_with_their_reason(sandbox: RunningSandbox, acme: Connection) -> None:
    listed, patterned = ordinary_people(acme, 2)
    me = Person.objects.get(gid=acme.asana_user_gid)
    for person in (listed, patterned, me):
        leaves(person)
    Protected.objects.create(person=listed, why=Protected.Why.BREAK_GLASS, by="ada@example.com")
    Protected.objects.create(pattern=patterned.email, why=Protected.Why.INTEGRATION, by="ada@example.com")
    records = {record["gid"]: record for record in leaver_records(acme)}
    assert all(records[person.gid]["protected"] for person in (listed, patterned, me))
    assert "Break-glass admin" in str(records[listed.gid]["reason"])
    assert "token" in str(records[me.gid]["reason"])


def test_the_last_admin_of_a_workspace_is_protected(sandbox: RunningSandbox, acme: Connection) -> None:
    workspace = acme.workspaces.first()
    assert workspace
    admins = Membership.objects.filter(workspace=workspace, role=Role.ADMIN, status=Status.ACTIVE)
    last = admins.exclude(person__gid=acme.asana_user_gid).first()
    assert last
    admins.exclude(pk=last.pk).update(role=Role.MEMBER)
    leaves(last.person)
    (record,) = [one for one in leaver_records(acme) if one["gid"] == last.person.gid]
    assert record["protected"] is True
    assert "last admin" in str(record["reason"])


def test_the_cost_is_that_of_the_seats(sandbox: RunningSandbox, acme: Connection) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    SeatPrice.objects.create(connection=acme, amount="24.99", currency="EUR")
    found = leavers(acme).get()
    details = vars(found)
    assert (str(details["price"]), details["currency"]) == ("24.99", "EUR")
    assert (
        details["seats"]
        == person.memberships.filter(status=Status.ACTIVE).exclude(licence__in=["guest", "view_only"]).count()
    )


def test_leavers_cost_the_same_number_of_queries_however_many_are_protected(transactional_db: None) -> None:
    workspace = a_company()
    counts = []
    for name, added in (("Few", 2), ("Many", 18)):
        for person in left(workspace, added, name=name):
            Protected.objects.create(person=person, why=Protected.Why.OTHER, by="ada@example.com")
        with CaptureQueriesContext(database) as captured:
            records = list(leaver_records())
        counts.append(len(captured))
    assert len(records) == 20
    assert all(record["reason"] == "Other" for record in records)
    assert counts[0] == counts[1]
