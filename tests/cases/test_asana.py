"""Mishaps with Asana's own files and answers that were reported in public, rebuilt with data of our own."""

import json
from datetime import date

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from tests.support.activity.written_events import an_event, write
from tests.support.directory.sources import a_source, an_employee
from tests.support.removal.leaving import (
    approved_case,
    leaves,
    may_act,
    no_waiting,
    ordinary_people,
    run_now,
)
from tests.support.removal.outcome import active_in
from tests.support.roster.syncing import sync_now
from usher.activity.console.headers import MemberField
from usher.activity.console.parse import parse
from usher.activity.console.store import store
from usher.activity.models import Touched
from usher.activity.usage.conditions import listed
from usher.activity.usage.counting import count_memberships
from usher.connections.models import Connection, Credentials
from usher.directory.models import Match
from usher.insights.arrivals import seat_arrivals
from usher.insights.people.filters import UsageFilter
from usher.ledger.actors import SYSTEM
from usher.ledger.models import Entry
from usher.removal.cases.opening import CaseRequest
from usher.removal.execution import steps
from usher.removal.models import Case, Target
from usher.removal.states import CaseState
from usher.roster.models import Licence, Membership, Person, Status
from usher.sandbox import RunningSandbox

MEMBERS_EXPORT = '''\
Name,Email Address,Date Joined Organization,First Login Date,Login Method,Last Activity,Internal,Number of Teams,\
Teams,Number of Projects,Projects
Mara Lindt,mara.lindt@example.com,"Feb 3, 2024","Feb 3, 2024",Google SSO,"Oct 30, 2026",true,2,"Sales, Ops",1,Site
Tom Rey,tom.rey@example.com,2024-05-01,2024-04-11,Password,2026-10-02,true,1,Ops,0,
Lea Extern,lea@agency.example,2025-01-07,Not yet logged in,Not yet logged in,Not yet logged in,false,0
,,2026-02-02,Not yet logged in,,,false,0,,0,
Uwe Kahn,Uwe.Kahn@Example.com ,2021-01-01,2021-01-04,SAML,2026-10-31,TRUE,1,"Ops ""core""",1,"Plan
for two"
Ida Voss,ida.voss@example.com,2022-08-15,2022-08-15,SAML,2025-12-31,true,900,"{teams}",0,
'''


def test_d01_asanas_own_sample_of_the_member_export_is_read() -> None:
    teams = ", ".join(f"Team {number}" for number in range(14_000))
    assert len(teams) > 140_000
    read = parse(MEMBERS_EXPORT.replace("{teams}", teams).encode())
    assert read.columns == {
        MemberField.NAME: "Name",
        MemberField.EMAIL: "Email Address",
        MemberField.JOINED: "Date Joined Organization",
        MemberField.FIRST_LOGIN: "First Login Date",
        MemberField.LOGIN_METHOD: "Login Method",
        MemberField.LAST_ACTIVITY: "Last Activity",
        MemberField.KIND: "Internal",
    }
    assert read.ignored_columns == ["Number of Teams", "Teams", "Number of Projects", "Projects"]
    assert [(row.email, row.joined_on, row.first_login_on, row.last_activity_on) for row in read.rows] == [
        ("mara.lindt@example.com", date(2024, 2, 3), date(2024, 2, 3), date(2026, 10, 30)),
        ("tom.rey@example.com", date(2024, 5, 1), date(2024, 4, 11), date(2026, 10, 2)),
        ("lea@agency.example", date(2025, 1, 7), None, None),
        ("Uwe.Kahn@Example.com", date(2021, 1, 1), date(2021, 1, 4), date(2026, 10, 31)),
        ("ida.voss@example.com", date(2022, 8, 15), date(2022, 8, 15), date(2025, 12, 31)),
    ]
    assert [row.email for row in read.rows if row.has_never_logged_in] == ["lea@agency.example"]
    assert [(left_out.line, left_out.what) for left_out in read.left_out] == [
        (5, "The row has no e-mail address.")
    ]
    assert read.rows[3].line == 6


@pytest.fixture
def acme(connection: Connection) -> Connection:
    """Synced, and may act without waiting."""
    sync_now(connection)
    no_waiting()
    return may_act(connection)


@pytest.mark.parametrize("order", ["invite_again", "invite_again_listed_first"])
def test_who_was_removed_and_invited_again_is_removed_and_not_taken_for_gone(
    sandbox: RunningSandbox, acme: Connection, order: str
) -> None:
    """Asana lists an ended membership beside the active one."""
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = approved_case(person)
    for membership in person.memberships.filter(status=Status.ACTIVE):
        sandbox.change(membership.workspace.gid, person.gid, order)
    assert run_now(acme).done == 1
    case.refresh_from_db()
    assert case.state == CaseState.DONE
    assert {target.outcome for target in case.targets.all()} == {Target.Outcome.DONE}
    assert active_in(sandbox, person) == set()
    sync_now(acme)
    assert set(person.memberships.values_list("status", flat=True)) == {Status.NOT_ACTIVE}


@pytest.mark.parametrize("order", ["invite_again", "invite_again_listed_first"])
def test_a_removal_is_not_verified_while_any_membership_is_active(
    sandbox: RunningSandbox, acme: Connection, monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    """Invited again the moment that Usher had removed them."""
    monkeypatch.setattr(steps, "VERIFY_AFTER_SECONDS", (0.0,))
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = approved_case(person)
    remove = steps.STEPS["remove"]

    async def removed_and_invited(context: steps.StepContext) -> steps.StepResult:
        result = await remove(context)
        sandbox.change(context.here.workspace_gid, person.gid, order)
        return result

    monkeypatch.setitem(steps.STEPS, "remove", removed_and_invited)
    assert run_now(acme).failed == 1
    case.refresh_from_db()
    assert "still lists them as active" in case.error
    assert active_in(sandbox, person)


def test_nobody_becomes_unknown_to_the_directory_because_asana_left_out_an_address(
    sandbox: RunningSandbox, acme: Connection
) -> None:
    people = ordinary_people(acme, 6)
    addresses = {person.gid: person.email for person in people}
    source = a_source()
    for email in addresses.values():
        an_employee(source, email)
    Person.objects.filter(gid=people[5].gid).update(email="")  # as if Asana had never given it
    sandbox.post_faults(leave_out_addresses_of=list(addresses))
    sync_now(acme)
    assert dict(Person.objects.filter(gid__in=addresses).values_list("gid", "email")) == addresses
    matched = Match.objects.filter(person__in=people, counts=True).values_list("employee__email", flat=True)
    assert sorted(matched) == sorted(addresses.values())


def a_downgrade(acme: Connection) -> tuple[Case, Membership]:
    Credentials.objects.filter(connection=acme).update(service_token="sandbox-service-1")
    (person,) = ordinary_people(acme, 1)
    membership = person.memberships.filter(workspace__is_organization=True, licence=Licence.MEMBER).first()
    assert membership
    wish = CaseRequest(kind=Case.Kind.DOWNGRADE, workspaces=[membership.workspace.gid])
    return approved_case(person, wish), membership


def test_scim_answers_without_licence_and_with_ids_as_numbers_do_not_stop_a_downgrade(
    sandbox: RunningSandbox, acme: Connection
) -> None:
    sandbox.post_faults(scim_oddities=["no_user_type", "number_ids", "active_as_text"])
    _, membership = a_downgrade(acme)
    assert run_now(acme).done == 1
    membership.refresh_from_db()
    assert membership.licence == Licence.VIEW_ONLY


def test_a_200_to_a_change_that_changed_nothing_is_no_change(
    sandbox: RunningSandbox, acme: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "VERIFY_AFTER_SECONDS", (0.0, 0.0))
    sandbox.post_faults(scim_oddities=["changes_nothing"])
    case, membership = a_downgrade(acme)
    assert run_now(acme).failed == 1
    case.refresh_from_db()
    membership.refresh_from_db()
    assert "still lists a Member licence, although it accepted the change" in case.error
    assert membership.licence == Licence.MEMBER
    assert not Entry.objects.filter(action="asana.licence_changed").exists()


def test_a_guest_whom_scim_does_not_know_is_removed_and_verified_by_the_membership(
    sandbox: RunningSandbox, acme: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    Credentials.objects.filter(connection=acme).update(service_token="sandbox-service-1")
    guest = (
        Membership.objects.filter(
            licence=Licence.GUEST, status=Status.ACTIVE, workspace__is_organization=True
        )
        .exclude(person__email="")
        .select_related("person")[0]
        .person
    )
    leaves(guest)
    case = approved_case(guest)
    assert run_now(acme).done == 1
    assert active_in(sandbox, guest) == set()
    calls = list(case.calls.values_list("path", flat=True))
    assert calls
    assert not [path for path in calls if "/scim/" in path]


def test_audit_log_events_that_leave_nearly_everything_out_are_stored_shown_and_exported(
    acme: Connection, browser: Client
) -> None:
    workspace = acme.workspaces.filter(is_organization=True)[0]
    (person,) = ordinary_people(acme, 1)
    empty = {"actor": None, "resource": None, "details": None, "context": None}
    bot = {"resource_type": "user", "gid": "4711", "name": "Nightly export"}
    gids = write(
        workspace,
        an_event(**empty, event_type="zone_of_tomorrow_entered", event_category="of_tomorrow"),
        an_event(**empty | {"actor": {"actor_type": "user", "gid": person.gid, "name": None}}),
        an_event(actor={**bot, "actor_type": "service_account"}, resource=bot, event_type="team_created"),
    )
    page = browser.get("/audit-log/").content.decode()
    assert "Nightly export created the team" in page
    assert f"{escape(person.name)} signed in" in page
    assert "“zone of tomorrow”" in page
    exported = b"".join(browser.get("/audit-log/export.jsonl")).decode()
    assert {json.loads(line)["gid"] for line in exported.splitlines()} == set(gids)
    assert list(Touched.objects.values_list("user_gid", flat=True)) == [person.gid], "only a user acted"


def test_who_was_invited_and_never_came_is_told_from_who_came(
    sandbox: RunningSandbox, acme: Connection
) -> None:
    """Asana lists both as active. Its member CSV tells them apart."""
    workspace = acme.workspaces.get(name="Halvorsen & Brook")
    (truth,) = sandbox.truth(workspace.gid)["workspaces"]
    told = {m["user"]: m for m in truth["memberships"] if m["status"] == "active" and m["email"]}
    never = {gid for gid, m in told.items() if m["never_joined"] and m["licence"] == "member"}
    assert never
    assert seat_arrivals(count_memberships([acme])).never_came is None, (
        "without any source nothing is claimed"
    )
    lines = ["Email Address,Date Joined Organization,First Login Date,Last Activity"]
    for m in told.values():
        login = "Not yet logged in" if m["never_joined"] else f"{timezone.localdate():%Y-%m-%d}"
        lines.append(f"{m['email']},{m['created_at'][:10]},{login},{login}")
    store(acme, parse("\n".join(lines).encode()), timezone.localdate(), "members.csv", SYSTEM)
    people = UsageFilter({"use": "never_came_sure", "licence": ["member"]}, queryset=listed()).qs
    assert set(people.filter(workspace=workspace).values_list("person__gid", flat=True)) == never
    assert seat_arrivals(count_memberships([acme])).never_came_by_workspace[workspace.pk] == len(never)
