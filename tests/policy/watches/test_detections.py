"""What the audit log shows that should not happen is told once for each fact, with a link, and not without end."""

from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from tests.support.activity.written_events import an_event, user, write
from tests.support.directory.sources import an_employee
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.access.models import User
from usher.access.roles import UserRole
from usher.connections.models import Connection, SyncRun
from usher.directory.models import Employee, Match, Source
from usher.notify.audience import receivers
from usher.notify.models import Notice
from usher.policy.watches.asana import tell_of_exports
from usher.policy.watches.detections.facts import MOST_A_DAY
from usher.policy.watches.detections.run import look_through, tell_of_detections
from usher.policy.watches.detections.sign_ins import FAILED_BY_ADDRESS, FAILED_BY_PERSON
from usher.roster.models import Membership, Role, Workspace

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 25, 15, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def acme() -> Connection:
    return a_connection("Acme", requires_sso=True)


@pytest.fixture
def workspace(acme: Connection) -> Workspace:
    return a_workspace(acme, "Acme Inc", "acme.example")


@pytest.fixture
def zoe(workspace: Workspace) -> Membership:
    return a_member(workspace, "Zoë", "zoe@acme.example")


def signs_in(member: Membership, at: datetime, *methods: str, **more: object) -> object:
    return an_event(at, actor=user(member.person.gid, "Zoë"), details={"method": list(methods)}, **more)


def fails(member: Membership, at: datetime, ip: str = "198.51.100.7", **more: object) -> object:
    """As Asana tells it of somebody who is not signed in: the person is what it is about."""
    return an_event(
        at,
        **{
            "event_type": "user_login_failed",
            "actor": {"actor_type": "anonymous"},
            "resource": user(member.person.gid),
            "context": {"context_type": "web", "client_ip_address": ip},
            **more,
        },
    )


def found(connection: Connection, kind: str, now: datetime = NOW) -> list[dict[str, object]]:
    """Looked for twice: nothing is told twice."""
    for _ in range(2):
        look_through(connection, now)
    return list(Notice.objects.filter(kind=kind).order_by("pk").values_list("facts", flat=True))


def link_of(kind: str) -> dict[str, str]:
    address = urlsplit(Notice.objects.get(kind=kind).path)
    assert address.path == "/audit-log/"
    return {name: values[0] for name, values in parse_qs(address.query).items()}


# Sign-ins without SSO


def test_a_member_who_signs_in_with_a_password_is_told_once_a_day(
    acme: Connection, workspace: Workspace, zoe: Membership
) -> None:
    write(
        workspace,
        signs_in(zoe, NOW - HOUR, "PASSWORD", "TWO_FACTOR"),
        signs_in(zoe, NOW - 2 * HOUR, "PASSWORD"),
    )
    (facts,) = found(acme, "sign_in_without_sso")
    assert facts == {
        "account": "Acme",
        "person": "Zoë (zoe@acme.example)",
        "workspace": "Acme Inc",
        "way": "password",
        "when": "25 November 2026, 13:00 UTC",
        "address": "198.51.100.7",
    }
    write(workspace, signs_in(zoe, NOW + DAY, "PASSWORD"))
    assert len(found(acme, "sign_in_without_sso", NOW + DAY + HOUR)) == 2


@pytest.mark.parametrize("methods", [["SAML"], ["GOOGLE"], ["saml", "TWO_FACTOR"], []])
def test_a_sign_in_by_sso_or_in_a_way_that_is_not_known_is_not_told(
    acme: Connection, workspace: Workspace, zoe: Membership, methods: list[str]
) -> None:
    write(workspace, signs_in(zoe, NOW - HOUR, *methods))
    assert found(acme, "sign_in_without_sso") == []


def test_nobody_hides_a_password_behind_their_name(
    acme: Connection, workspace: Workspace, zoe: Membership
) -> None:
    name = '"method": ["SAML"]'
    write(
        workspace,
        an_event(NOW - HOUR, actor=user(zoe.person.gid, name), details={"method": ["PASSWORD"]}),
        an_event(NOW - HOUR, actor=user(zoe.person.gid, "nul \x00"), details={"method": ["PASSWORD"]}),
    )
    assert len(found(acme, "sign_in_without_sso")) == 1


def test_guests_and_accounts_that_require_no_sso_are_left_out(
    acme: Connection, workspace: Workspace, zoe: Membership
) -> None:
    guest = a_member(workspace, "Gus", "gus@agency.example", role=Role.GUEST)
    write(workspace, signs_in(guest, NOW - HOUR, "PASSWORD"), signs_in(zoe, NOW - 4 * DAY, "PASSWORD"))
    assert found(acme, "sign_in_without_sso") == []
    Connection.objects.update(requires_sso=False)
    acme.refresh_from_db()
    write(workspace, signs_in(zoe, NOW - HOUR, "PASSWORD"))
    assert found(acme, "sign_in_without_sso") == []


def test_the_audit_log_itself_may_say_that_sso_is_required_and_since_when(
    workspace: Workspace, zoe: Membership
) -> None:
    Connection.objects.update(requires_sso=False)
    acme = Connection.objects.get()

    def setting(at: datetime, value: str) -> object:
        return an_event(at, event_type="workspace_saml_settings_changed", details={"new_value": value})

    write(
        workspace,
        setting(NOW - 40 * DAY, "optional"),
        setting(NOW - 5 * HOUR, "required"),
        signs_in(zoe, NOW - 6 * HOUR, "PASSWORD"),
    )
    assert found(acme, "sign_in_without_sso") == []
    write(workspace, signs_in(zoe, NOW - 4 * HOUR, "PASSWORD"))
    assert len(found(acme, "sign_in_without_sso")) == 1
    write(
        workspace,
        setting(NOW - 3 * HOUR, "optional"),
        signs_in(a_member(workspace, "B"), NOW - HOUR, "PASSWORD"),
    )
    assert len(found(acme, "sign_in_without_sso")) == 1


def test_a_thousand_of_them_are_not_a_thousand_messages(acme: Connection, workspace: Workspace) -> None:
    people = [a_member(workspace, f"P{number}") for number in range(MOST_A_DAY + 15)]
    write(workspace, *(signs_in(one, NOW - HOUR, "PASSWORD") for one in people))
    assert len(found(acme, "sign_in_without_sso")) == MOST_A_DAY
    (facts,) = found(acme, "many_detections")
    assert (facts["what"], facts["day"]) == ("A sign-in to Asana without SSO", "25 Nov 2026")


# Failed sign-ins


def test_ten_failed_sign_ins_of_a_person_within_an_hour_are_told_once_and_nine_are_not(
    acme: Connection, workspace: Workspace, zoe: Membership
) -> None:
    other = a_member(workspace, "Other")
    for number in range(FAILED_BY_PERSON):
        write(workspace, fails(zoe, NOW - 2 * HOUR + number * 6 * MINUTE, f"198.51.100.{number}"))
    for number in range(FAILED_BY_PERSON):  # the tenth comes after more than an hour
        write(workspace, fails(other, NOW - 9 * HOUR + number * 7 * MINUTE, f"203.0.113.{number}"))
    (facts,) = found(acme, "failed_sign_ins")
    assert (facts["who"], facts["count"]) == ("Zoë (zoe@acme.example)", FAILED_BY_PERSON)
    assert facts["when"] == "25 November 2026, 13:54 UTC"
    assert link_of("failed_sign_ins") == {
        "type": "user_login_failed",
        "person": zoe.person.gid,
        "since": "2026-11-24",
        "until": "2026-11-26",
        "connection": str(acme.pk),
    }


def test_one_attack_is_one_message_over_midnight_and_while_it_gets_older(
    acme: Connection, workspace: Workspace, zoe: Membership
) -> None:
    midnight = datetime(2026, 11, 25, tzinfo=UTC)
    write(
        workspace,
        *(fails(zoe, midnight - HOUR + number * MINUTE, f"198.51.{number}.1") for number in range(180)),
    )
    for later in range(80):
        look_through(acme, midnight + 2 * HOUR + later * HOUR)
    assert Notice.objects.filter(kind="failed_sign_ins").count() == 1


def test_an_address_that_tries_many_people_is_told(acme: Connection, workspace: Workspace) -> None:
    people = [a_member(workspace, f"P{number}") for number in range(FAILED_BY_ADDRESS)]
    write(
        workspace,
        *(fails(one, NOW - HOUR + number * MINUTE, "2001:db8::7") for number, one in enumerate(people)),
    )
    (facts,) = found(acme, "failed_sign_ins")
    assert facts["who"] == "the address 2001:db8::7"
    assert link_of("failed_sign_ins")["ip"] == "2001:db8::7"


# New ways in


def test_an_export_of_the_whole_organisation_is_a_notice_of_its_own(
    workspace: Workspace, zoe: Membership
) -> None:
    write(
        workspace,
        an_event(NOW - HOUR, event_type="workspace_export_started", actor=user(zoe.person.gid)),
        an_event(NOW - HOUR, event_type="workspace_members_export_started", actor=user(zoe.person.gid)),
    )
    for _ in range(2):
        tell_of_exports(NOW)
    told = Notice.objects.filter(kind__in=["organisation_export", "mass_export"])
    assert sorted((one.kind, one.facts["event"]) for one in told) == [
        ("mass_export", "workspace_members_export_started"),
        ("organisation_export", "workspace_export_started"),
    ]


def test_a_new_service_account_is_told_with_who_made_it(
    acme: Connection, workspace: Workspace, zoe: Membership
) -> None:
    write(workspace, an_event(NOW - HOUR, event_type="service_account_created", actor=user(zoe.person.gid)))
    (facts,) = found(acme, "service_account_created")
    assert facts["who"] == "Zoë (zoe@acme.example)"
    assert link_of("service_account_created")["type"] == "service_account_created"


@pytest.mark.parametrize(
    ("event_type", "is_told"),
    [
        ("workspace_view_links_enabled", True),
        ("workspace_logged_out_view_authentication_required_disabled", True),
        ("workspace_form_link_authentication_required_disabled", True),
        ("project_view_link_enabled", True),
        ("workspace_view_links_disabled", False),
        ("project_share_link_enabled", False),  # lets people of the organisation join
    ],
)
def test_public_sharing_is_told_when_it_is_switched_on(
    acme: Connection, workspace: Workspace, event_type: str, is_told: bool
) -> None:
    write(workspace, an_event(NOW - HOUR, event_type=event_type))
    assert [facts["event"] for facts in found(acme, "public_sharing")] == [event_type] * is_told


def left(member: Membership, last_day: date) -> None:
    source = Source.objects.get_or_create(name="HR", kind=Source.Kind.CSV)[0]
    employee = an_employee(source, member.person.email, is_active=False, last_day=last_day)
    Employee.objects.filter(pk=employee.pk).update(ended_at=datetime.combine(last_day + DAY, time(9), UTC))
    Match.objects.create(person=member.person, employee=employee, state=Match.State.MATCHED, counts=True)


def by_token(member: Membership, at: datetime, **context: object) -> object:
    how = {"context_type": "api", "api_authentication_method": "personal_access_token"} | context
    return an_event(at, event_type="task_deleted", actor=user(member.person.gid), context=how)


def test_a_token_of_somebody_who_left_is_told_once_and_not_that_of_their_last_day(
    acme: Connection, workspace: Workspace, zoe: Membership
) -> None:
    stays = a_member(workspace, "Stays")
    left(zoe, date(2026, 11, 23))
    write(workspace, by_token(zoe, datetime(2026, 11, 23, 18, tzinfo=UTC)), by_token(stays, NOW - HOUR))
    assert found(acme, "token_of_leaver") == []
    write(workspace, by_token(zoe, NOW - 3 * HOUR), by_token(zoe, NOW - 2 * HOUR), by_token(zoe, NOW - HOUR))
    (facts,) = found(acme, "token_of_leaver")
    assert (facts["person"], facts["left"]) == ("Zoë (zoe@acme.example)", "on 23 November 2026")
    assert facts["what"] == "used Asana by an app or a token"
    assert link_of("token_of_leaver")["context"] == "api"
    write(workspace, by_token(zoe, NOW - MINUTE))
    assert len(found(acme, "token_of_leaver")) == 1


def test_a_rule_of_somebody_who_left_is_no_token(
    acme: Connection, workspace: Workspace, zoe: Membership
) -> None:
    left(zoe, date(2026, 11, 1))
    write(
        workspace,
        by_token(zoe, NOW - HOUR, context_type="web", rule_name="Move it", api_authentication_method=None),
    )
    assert found(acme, "token_of_leaver") == []


@pytest.mark.parametrize("event_type", ["user_app_authorized", "user_personal_access_token_authorized"])
def test_an_app_or_token_made_after_the_last_day_is_told(
    acme: Connection, workspace: Workspace, zoe: Membership, event_type: str
) -> None:
    left(zoe, date(2026, 11, 1))
    write(workspace, an_event(NOW - HOUR, event_type=event_type, actor=user(zoe.person.gid)))
    (facts,) = found(acme, "token_of_leaver")
    assert "app" in str(facts["what"]) or "token" in str(facts["what"])
    assert link_of("token_of_leaver")["type"] == event_type


# All of them


def test_they_are_looked_for_after_each_sync_and_not_in_between(
    acme: Connection, workspace: Workspace, zoe: Membership
) -> None:
    def told() -> int:
        tell_of_detections(NOW)
        return Notice.objects.count()

    write(workspace, an_event(NOW - HOUR, event_type="service_account_created"))
    assert told() == 0  # nothing was synced yet
    SyncRun.objects.create(connection=acme, state=SyncRun.State.DONE, finished_at=NOW)
    assert told() == 1
    write(workspace, an_event(NOW - HOUR, event_type="service_account_created"))
    assert told() == 1
    SyncRun.objects.create(connection=acme, state=SyncRun.State.FAILED, finished_at=NOW)
    assert told() == 2


def test_the_link_leads_to_the_event_in_the_audit_log(
    acme: Connection, workspace: Workspace, zoe: Membership, client: Client
) -> None:
    write(
        workspace,
        signs_in(zoe, NOW - HOUR, "PASSWORD"),
        an_event(NOW - HOUR, event_type="service_account_created", actor=user(zoe.person.gid)),
        *(fails(zoe, NOW - HOUR, "198.51.100.9") for _ in range(FAILED_BY_ADDRESS)),
    )
    look_through(acme, NOW)
    client.force_login(User.objects.create_user("v", "v@example.com", name="V", role=UserRole.VIEWER))
    notices = list(Notice.objects.all())
    assert len(notices) == 4
    for notice in notices:
        page = client.get(notice.path)
        assert page.status_code == 200
        assert "No events" not in page.text
        assert "Zoë" in page.text


def test_admins_are_told_unless_they_choose_otherwise_and_only_of_their_connections(
    acme: Connection, workspace: Workspace
) -> None:
    write(workspace, an_event(NOW - HOUR, event_type="service_account_created"))
    look_through(acme, NOW)
    for name, role, scope in (
        ("a", "admin", None),
        ("o", "operator", None),
        ("other", "admin", [acme.pk + 1]),
    ):
        User.objects.create_user(name, f"{name}@example.com", name=name, role=role, scope=scope)
    assert [one.name for one, _ in receivers(Notice.objects.get())] == ["a"]


def test_nothing_is_told_of_another_connection(acme: Connection, workspace: Workspace) -> None:
    other = a_connection("Other", requires_sso=True)
    write(workspace, an_event(NOW - HOUR, event_type="service_account_created"))
    assert found(other, "service_account_created") == []
