"""What a contract needs and saves, on its page and on the overview."""

import csv
import io
from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.support.activity.lived_usage import ago, use, watch
from tests.support.contracts.agreed import a_contract, member_seats, seats_were
from tests.support.queries import assert_costs_the_same
from tests.support.removal.accounts import signed_in
from tests.support.removal.company import a_company, boxes, leaving, left, people, text
from tests.support.removal.leaving import REQUESTER
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.access.models import User
from usher.access.roles import UserRole
from usher.activity.models import ConsoleImport, ConsoleSighting, EvidenceSource, PersonUsage
from usher.contracts.agreements.query import contracts_seen
from usher.contracts.models import Contract
from usher.contracts.savings.outlook import ContractOutlook, outlooks
from usher.contracts.seats.to_free import WhyFree
from usher.directory.models import Protected
from usher.removal.cases import opening
from usher.removal.cases.opening import CaseRequest
from usher.removal.models import Case
from usher.roster.models import Licence, Workspace

pytestmark = pytest.mark.django_db


def outlook_of(contract: Contract) -> ContractOutlook:
    return outlooks(list(contracts_seen().filter(pk=contract.pk)))[0]


def export_says_never(workspace: Workspace, name: str) -> None:
    """The Admin Console's member CSV of today, of somebody invited long ago."""
    member = a_member(workspace, name, since=ago(days=200))
    today = timezone.localdate()
    done = ConsoleImport.objects.create(
        connection=workspace.connection, exported_on=today, file_name="m.csv", rows=1, matched=1
    )
    ConsoleSighting.objects.create(console_import=done, user_gid=member.person.gid, has_never_logged_in=True)
    PersonUsage.objects.create(
        connection=workspace.connection,
        user_gid=member.person.gid,
        as_of=today,
        never_logged_in_on=today,
    )


def a_furnished_company() -> Workspace:
    """Two admins, three leavers, one idle, and one of whom nothing is known, since they came lately."""
    workspace = a_company()
    watch(workspace, EvidenceSource.AUDIT, 150)
    for admin in workspace.memberships.all():
        use(admin, ago(days=1), active_days=9)
    left(workspace, 3)
    for name, last in (("Ida Idle", 100), ("Uma User", 1), ("Ike Idle", 130)):
        use(a_member(workspace, name, since=ago(days=300)), ago(days=last), active_days=3)
    a_member(workspace, "Nora New", since=ago(days=5))
    return workspace


def test_the_page_says_what_was_bought_is_needed_and_saved() -> None:
    workspace = a_furnished_company()
    contract = a_contract(workspace.connection, member_seats(20, "10.00"))
    members = outlook_of(contract).members
    assert members is not None
    assert members.reasons == {WhyFree.LEFT: 3, WhyFree.IDLE: 2}
    assert (members.in_use, members.to_free, members.reduction.needed) == (9, 5, 4)
    shown = text(signed_in(UserRole.VIEWER).get(f"/savings/{contract.pk}/"))
    assert "Bought 20 ; needed on" in shown
    assert "if the 5 seats go that could be freed. The smallest pack that fits is 4." in shown
    assert "It saves 16 × 120 EUR = 1,920 EUR a year" in shown
    assert "1 more seat must be freed for the next pack (3), which saves 2,040 EUR a year in all." in shown


def test_the_safest_to_free_come_first_and_nobody_unknown_is_among_them() -> None:
    workspace = a_furnished_company()
    contract = a_contract(workspace.connection)
    answer = signed_in(UserRole.VIEWER).get(f"/savings/{contract.pk}/")
    names = [one.name for one, _ in answer.context["people"]]
    assert names == ["Leaver 001", "Leaver 002", "Leaver 003", "Ike Idle", "Ida Idle"]


def test_who_never_came_is_safer_to_free_than_who_is_idle() -> None:
    workspace = a_furnished_company()
    export_says_never(workspace, "Neve Never")
    members = outlook_of(a_contract(workspace.connection)).members
    assert members is not None
    assert list(members.reason_rows) == [
        ("Left the company", 3),
        ("Never came, says the Admin Console", 1),
        ("Not used for 90 days or longer", 2),
    ]


def test_without_any_source_only_leavers_are_offered() -> None:
    workspace = a_company()
    left(workspace, 1)
    people(workspace, 4)
    members = outlook_of(a_contract(workspace.connection)).members
    assert members is not None
    assert members.reasons == {WhyFree.LEFT: 1}


def test_whose_last_day_is_before_the_renewal_is_not_needed_then() -> None:
    workspace = a_company()
    contract = a_contract(workspace.connection, renews_on=timezone.localdate() + timedelta(days=90))
    counts_from = outlook_of(contract).counts_from
    leaving(workspace, on=counts_from - timedelta(days=1), name="Before")
    leaving(workspace, on=counts_from, name="After")
    members = outlook_of(contract).members
    assert members is not None
    assert members.reasons == {WhyFree.LEAVING: 1}


def test_people_are_selected_for_removal_and_an_open_case_is_said(admin: Client) -> None:
    workspace = a_company()
    first, second = left(workspace, 2)
    opening.open_case(first, CaseRequest(cause=Case.Cause.DIRECTORY, reason="Left"), REQUESTER)
    contract = a_contract(workspace.connection)
    answer = admin.get(f"/savings/{contract.pk}/seats/")
    assert boxes(answer, "person") == [second.pk]
    assert "Left the company; a case is open" in text(answer)
    assert not boxes(signed_in(UserRole.VIEWER).get(f"/savings/{contract.pk}/seats/"), "person")


def test_the_dashboard_promises_no_money_where_a_contract_says_what_is_saved(admin: Client) -> None:
    workspace = a_company()
    left(workspace, 1)
    a_contract(workspace.connection)
    assert "see Savings for the money" in text(admin.get("/"))


def test_who_is_protected_is_not_offered() -> None:
    workspace = a_furnished_company()
    Protected.objects.create(pattern="leaver001@*", why=Protected.Why.INTEGRATION, by="Ada")
    members = outlook_of(a_contract(workspace.connection)).members
    assert members is not None
    assert members.reasons[WhyFree.LEFT] == 2


def test_guests_are_free_in_an_organization_and_count_in_a_plain_workspace() -> None:
    connection = a_connection()
    organization, plain = a_workspace(connection, "Org", "acme.example"), a_workspace(connection, "Plain")
    for place in (organization, plain):
        a_member(place, f"Member of {place}")
        a_member(place, f"Guest of {place}", role="guest", licence="guest")
        a_member(place, f"Viewer of {place}", licence="view_only")
        a_member(place, f"Gone from {place}", status="not_active")
    members = outlook_of(a_contract(connection)).members
    assert members is not None
    assert members.in_use == 3


def test_view_only_licences_with_a_price_have_their_own_line() -> None:
    connection = a_connection()
    workspace = a_workspace(connection, "Org", "acme.example")
    a_member(workspace, "Member")
    a_member(workspace, "Viewer", licence="view_only")
    contract = a_contract(connection, member_seats(5), member_seats(10, "2.00", licence=Licence.VIEW_ONLY))
    lines = outlook_of(contract).lines
    assert [(line.licence, line.in_use, line.reduction.pack) for line in lines] == [
        (Licence.MEMBER, 1, 2),
        (Licence.VIEW_ONLY, 1, 2),
    ]
    assert outlook_of(contract).saves == "552 EUR"  # 3 × 120 and 8 × 24


def test_a_contract_covers_only_its_workspaces() -> None:
    connection = a_connection()
    one, two = a_workspace(connection, "One", "one.example"), a_workspace(connection, "Two", "two.example")
    a_member(one, "Ada")
    a_member(two, "Bo")
    a_member(two, "Cy")
    counts = [
        outlook_of(a_contract(connection, workspaces=(place,), name=place.name)).members
        for place in (one, two)
    ]
    assert [line.in_use for line in counts if line] == [1, 2]


def test_after_the_notice_day_the_page_is_about_the_renewal_after_the_next() -> None:
    soon = timezone.localdate() + timedelta(days=10)
    contract = a_contract(a_company().connection, renews_on=soon, notice_days=30)
    outlook = outlook_of(contract)
    assert outlook.is_notice_over
    assert outlook.counts_from.year == soon.year + 1
    shown = text(signed_in(UserRole.VIEWER).get(f"/savings/{contract.pk}/"))
    assert "was due on" in shown


def test_where_seats_can_be_given_back_any_time_the_next_month_counts() -> None:
    contract = a_contract(
        a_company().connection, renews_on=date(2027, 3, 15), reducible=Contract.Reducible.ANY_TIME
    )
    outlook = outlook_of(contract)
    assert outlook.notice_on is None
    assert timezone.localdate() < outlook.counts_from <= timezone.localdate() + timedelta(days=31)
    assert outlook.counts_from.day == 15


def test_what_is_bought_from_the_renewal_on_is_what_the_saving_is_compared_with() -> None:
    contract = a_contract(
        a_company().connection, member_seats(200), member_seats(50, valid_from=date(2027, 3, 1))
    )
    members = outlook_of(contract).members
    assert members is not None
    assert (members.now.seats, members.reduction.bought) == (200, 50)


def test_more_in_use_than_bought_is_said_with_since_when_and_what_asana_does() -> None:
    workspace = a_company()
    people(workspace, 5)
    today = timezone.localdate()
    for ago_days, count in ((40, 4), (20, 6), (10, 7)):
        seats_were(workspace, today - timedelta(days=ago_days), count)
    contract = a_contract(workspace.connection, member_seats(5))
    shown = text(signed_in(UserRole.VIEWER).get(f"/savings/{contract.pk}/"))
    assert "2 more seats are in use than bought" in shown
    since = today - timedelta(days=20)
    assert f"Since {since:%-d %B %Y}." in shown
    assert "raises the plan to the next size by itself" in shown


def test_the_forecast_says_on_how_many_months_it_rests(admin: Client) -> None:
    workspace = a_company()
    contract = a_contract(workspace.connection)
    assert "Usher has counted 0 whole months." in text(admin.get(f"/savings/{contract.pk}/"))
    first = timezone.localdate().replace(day=1)
    for back in range(6):
        first = (first - timedelta(days=1)).replace(day=1)
        seats_were(workspace, first, 20 - back)
    shown = text(admin.get(f"/savings/{contract.pk}/"))
    assert "This rests on 5 months." in shown
    assert "in 8 of 10 cases between" in shown


def test_the_list_is_exported(admin: Client) -> None:
    contract = a_contract(a_furnished_company().connection)
    answer = admin.get(f"/savings/{contract.pk}/seats/export.csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))
    assert [row["name"] for row in rows][:1] == ["Leaver 001"]
    assert rows[0]["reason"] == "Left the company"
    assert admin.get(f"/savings/{contract.pk}/seats/?sort=-since").status_code == 200


def test_the_overview_offers_a_contract_where_there_is_none(admin: Client) -> None:
    workspace = a_company()
    assert "What does your contract say?" in text(admin.get("/savings/"))
    assert "Add contract" in text(admin.get("/savings/"))
    assert "Add contract" not in text(signed_in(UserRole.VIEWER).get("/savings/"))
    a_contract(workspace.connection)
    shown = text(admin.get("/savings/"))
    assert "Bought 20" in shown
    assert "Accounts without a contract" not in shown


def test_without_a_connection_the_page_says_where_to_make_one(admin: Client) -> None:
    assert "Connect Asana first" in text(admin.get("/savings/"))


def test_the_overview_costs_the_same_queries_for_two_contracts_and_for_twenty(admin: Client) -> None:
    def add(count: int) -> None:
        for _ in range(count):
            a_contract(a_company(f"Customer{Contract.objects.count()}").connection)

    assert_costs_the_same(admin, "/savings/", add)


def test_whoever_is_limited_to_a_connection_sees_its_contract_alone() -> None:
    mine, other = a_company("Mine"), a_company("Other")
    own = a_contract(mine.connection, name="My contract")
    foreign = a_contract(other.connection, name="Foreign contract")
    user = User.objects.create_user(
        "lim@example.com", "lim@example.com", role=UserRole.ADMIN, scope=[mine.connection_id]
    )
    client = Client()
    client.force_login(user)
    shown = text(client.get("/savings/"))
    assert "My contract" in shown
    assert "Foreign contract" not in shown
    assert client.get(f"/savings/{own.pk}/").status_code == 200
    for path in ("", "seats/", "costs/", "terms/", "realised.csv", "costs/export.csv"):
        assert client.get(f"/savings/{foreign.pk}/{path}").status_code == 404
