"""Who joined without the directory: who invited them, by which way, and what the audit log cannot tell."""

from datetime import timedelta

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.support.activity.lived_usage import ago
from tests.support.activity.written_events import an_event, user, watched, write
from tests.support.notify.mail_server import MailServer
from tests.support.notify.telling import send
from tests.support.policy.acting import acting
from tests.support.removal.leaving import no_waiting
from tests.support.roster.people import a_connection, a_member, a_workspace
from tests.support.roster.syncing import sync_now
from usher.access.models import User
from usher.activity.models import ListedMembership
from usher.activity.usage.figures import local_day
from usher.asana import AuditLogEvent
from usher.connections.models import Connection, Credentials, Mode
from usher.directory.matching.update import bring_up_to_date
from usher.notify.models import Notice
from usher.policy.definition import Definition, Does, What, Who
from usher.policy.finding.joins import JoinsOfPeople
from usher.policy.models import UnknownPerson
from usher.policy.running import run
from usher.policy.starting_points import STARTING_POINTS
from usher.roster.models import Membership, Workspace
from usher.sandbox import RunningSandbox
from usher.sandbox.audit_log.days import INVITED, moves_of
from usher.web.phrases import day_in_words

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def acme() -> Connection:
    no_waiting()
    return a_connection(mode=Mode.ACT, last_synced_at=timezone.now(), time_zone="UTC")


@pytest.fixture
def workspace(acme: Connection) -> Workspace:
    return a_workspace(acme, "Acme", "acme.example")


def joined(workspace: Workspace, name: str = "Ann Smith", days_ago: float = 10) -> Membership:
    address = f"{name.lower().replace(' ', '.')}@acme.example"
    return a_member(workspace, name, address, since=ago(days=days_ago))


def invited(member: Membership, **fields: object) -> AuditLogEvent:
    """Bob Lee invites them, in the browser, unless said otherwise."""
    bob = user("100", "Bob Lee") | {"email": "bob@acme.example"}
    given = {"event_type": "user_invited", "event_category": "user_updates", "actor": bob}
    return an_event(member.since, resource=user(member.person.gid, member.person.name), **(given | fields))


def words_of(member: Membership) -> str:
    listed = ListedMembership.objects.select_related("person", "workspace").get(pk=member.pk)
    found = dict(JoinsOfPeople(member.person.connection).in_words({member.person_id: [listed]}))
    return found[member.person_id]


def day(member: Membership) -> str:
    return day_in_words(local_day(member.person.connection, member.since))


CASES = [
    ({}, "invited by Bob Lee (bob@acme.example)"),
    (
        {"context": {"context_type": "api", "api_authentication_method": "oauth", "oauth_app_name": "Okta"}},
        "invited by Bob Lee (bob@acme.example), through Okta",
    ),
    (
        {"context": {"context_type": "api", "api_authentication_method": "personal_access_token"}},
        "invited by Bob Lee (bob@acme.example), through the API",
    ),
    (
        {
            "actor": user("7", "SCIM"),
            "context": {"context_type": "api", "api_authentication_method": "service_account"},
        },
        "invited by the service account SCIM",
    ),
    (
        {"actor": {"actor_type": "asana"}, "context": {"context_type": "asana"}},
        "by the domain of the address",
    ),
    ({"actor": {"actor_type": "asana_support"}}, "invited by Asana support"),
    ({"actor": {"actor_type": "user", "gid": "404", "name": None}}, "invited by a deleted account"),
    ({"actor": {"actor_type": "user", "gid": "4", "name": "Eve\u0000\nHall"}}, "invited by Eve Hall"),
    ({"actor": None}, "invited by somebody whom the audit log does not name"),
]


@pytest.mark.parametrize(("fields", "says"), CASES, ids=[says for _, says in CASES])
def test_the_event_says_who_invited_them_and_by_which_way(
    workspace: Workspace, fields: dict[str, object], says: str
) -> None:
    member = joined(workspace)
    write(workspace, invited(member, **fields))
    assert words_of(member) == f"Joined {day(member)}, {says}"


def test_whoever_joins_by_themselves_is_written_as_their_own_inviter(workspace: Workspace) -> None:
    member = joined(workspace)
    write(workspace, invited(member, actor=user(member.person.gid, member.person.name)))
    assert words_of(member) == f"Joined {day(member)}, by the domain of the address"


def test_an_inviter_is_named_as_the_roster_knows_them_now(workspace: Workspace) -> None:
    member, bob = joined(workspace), joined(workspace, "Robert Lee", 300)
    write(workspace, invited(member, actor=user(bob.person.gid, "Bob")))
    assert words_of(member).endswith("invited by Robert Lee (robert.lee@acme.example)")


def test_the_event_nearest_to_the_joining_counts_and_those_of_other_times_do_not(
    workspace: Workspace,
) -> None:
    member = joined(workspace, days_ago=100)
    others = [
        an_event(
            member.since + timedelta(days=days),
            event_type="user_invited",
            actor=user("9", "Eve Hall"),
            resource=user(member.person.gid),
        )
        for days in (-40, -2, 3, 60)
    ]
    write(workspace, *others)
    assert words_of(member).endswith("invited by Eve Hall")  # two days before
    write(workspace, invited(member))
    assert words_of(member).endswith("invited by Bob Lee (bob@acme.example)")


def test_without_an_event_it_is_the_domain_or_not_known_and_says_which(workspace: Workspace) -> None:
    member = joined(workspace)
    assert "no audit log is read there" in words_of(member)
    watched(workspace, "stream", ago(days=90))
    assert "no audit log is read there" in words_of(member), "the stream shows no invitations"
    watched(workspace, "audit", ago(days=5))
    assert "does not reach back to it" in words_of(member)
    watched(workspace, "audit", ago(days=60), ago(days=30))
    assert "does not reach back to it" in words_of(member), "that time is a gap"
    watched(workspace, "audit", ago(days=31), ago(days=4))
    assert (
        words_of(member)
        == f"Joined {day(member)}, by the domain of the address: the audit log has no invitation"
    )


def test_what_the_log_has_not_shown_yet_is_not_taken_for_silence(workspace: Workspace) -> None:
    watched(workspace, "audit", ago(days=60), ago(hours=1))
    assert "has not been read so far" in words_of(joined(workspace, days_ago=0.02))


def test_who_is_in_several_workspaces_is_told_for_each(acme: Connection, workspace: Workspace) -> None:
    member = joined(workspace)
    other = a_workspace(acme, "Lab", "acme.example")
    second = a_member(other, member.person.name, since=ago(days=3))
    write(workspace, invited(member))
    listed = ListedMembership.objects.select_related("person", "workspace").filter(person=member.person)
    ((_, words),) = JoinsOfPeople(acme).in_words({member.person_id: list(listed.order_by("pk"))})
    assert words == (
        f"Acme: Joined {day(member)}, invited by Bob Lee (bob@acme.example); "
        f"Lab: Joined {day(second)}, who invited them is not known: no audit log is read there"
    )


def test_a_page_of_people_costs_the_same_queries_as_one(acme: Connection, workspace: Workspace) -> None:
    members = [joined(workspace, f"Person {number:02}") for number in range(20)]
    write(workspace, *(invited(one) for one in members))
    rows = list(ListedMembership.objects.select_related("person", "workspace").order_by("pk"))

    def queries(count: int) -> int:
        with CaptureQueriesContext(database) as captured:
            found = list(JoinsOfPeople(acme).in_words({one.person_id: [one] for one in rows[:count]}))
        assert len(found) == count
        assert all("Bob Lee" in words for _, words in found)
        return len(captured)

    assert queries(1) == queries(20) <= 3


def test_the_run_and_the_notice_say_it(
    acme: Connection, workspace: Workspace, mails: MailServer, browser: Client, user: User
) -> None:
    member = joined(workspace)
    write(workspace, invited(member))
    bring_up_to_date()
    definition = STARTING_POINTS["new"]
    assert definition.who.unknown_for is not None
    assert definition.what.does is Does.TELL
    policy = acting(definition)
    UnknownPerson.objects.update_or_create(
        person=member.person, defaults={"since": timezone.localdate() - timedelta(days=3)}
    )
    # One is found where the trial found nobody, which is no reason to ask.
    done = run(policy, acme)
    assert done is not None
    says = f"joined {day(member)}, invited by Bob Lee (bob@acme.example)"
    line = f"Ann Smith (ann.smith@acme.example) {says}"
    assert Notice.objects.get(kind="rule_found").facts["lines"] == [line]
    page = browser.get(f"/rules/{policy.pk}/runs/{done.pk}/").content.decode()
    assert f"J{says[1:]}" in page
    send()
    (mail,) = mails.mailbox(user.email)
    body = mail.get_body(("plain",))
    assert body is not None
    assert f"- {line}" in body.get_content()


def test_a_rule_about_other_people_looks_for_no_invitations(acme: Connection, workspace: Workspace) -> None:
    member = joined(workspace, days_ago=200)
    write(workspace, invited(member))
    watched(workspace, "audit", ago(days=150))
    policy = acting(Definition("Idle", Who(idle_for=90), What(Does.LIST)))
    done = run(policy, acme)
    assert done is not None
    assert done.findings.get().detail == ""


def test_what_the_sandbox_really_did_is_what_is_said(
    sandbox: RunningSandbox, sandbox_acme: Connection
) -> None:
    """From the audit log of a whole company, read over HTTP."""
    Credentials.objects.filter(connection=sandbox_acme).update(service_token="sandbox-service-1")
    sync_now(sandbox_acme)
    company = sandbox.company
    organization = company.workspaces[0]
    invitations = sandbox.sandbox.activity.log(organization).days.invitations
    checked = {"colleague": 0, "domain": 0, "service": 0}
    recent = ListedMembership.objects.select_related("person", "workspace").filter(
        workspace__gid=organization.gid, status="active", since__gte=ago(days=80), since__lte=ago(days=1)
    )
    words = dict(JoinsOfPeople(sandbox_acme).in_words({one.person_id: [one] for one in recent}))
    for one in recent:
        person = company.person_by_gid(one.person.gid)
        assert person is not None
        membership = company.membership_of(person, organization)
        assert membership is not None
        at, kind = moves_of(membership.number, membership.history)[0]
        if abs(at / 1000 - one.since.timestamp()) > 2:
            continue  # somebody who came back
        assert kind == INVITED
        actor, _ = invitations.by(membership, at)
        says = words[one.person_id]
        if actor < 0:
            assert "by the domain" in says
            checked["domain"] += 1
        elif company.people[actor].is_service_account:
            assert f"by the service account {company.people[actor].name}" in says
            checked["service"] += 1
        else:
            assert f"invited by {company.people[actor].name} ({company.people[actor].email})" in says
            checked["colleague"] += 1
    assert sum(checked.values()) > 0, checked
