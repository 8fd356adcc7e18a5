"""Whoever is about to leave is told once, in a real mailbox, which work only they can reach."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from tests.support.notify.mail_server import MailServer
from tests.support.notify.receivers import SlackWorkspace, receivers
from tests.support.notify.telling import a_slack, make_due, send
from tests.support.policy.acting import acting, last_day_is, leaving, ran
from tests.support.removal.leaving import REQUESTER, ordinary_people
from usher.connections.models import Connection, Credentials, Mode
from usher.directory.models import Employee, EmployeeChange, Protected
from usher.ledger.models import Entry
from usher.notify.models import Delivery, Notice
from usher.policy import changes
from usher.policy.definition import Definition, Does, Exceptions, What, Who
from usher.policy.leaving import letters
from usher.policy.models import LastDayLetter, Policy, PolicyRun
from usher.policy.running import run
from usher.policy.schedule import due
from usher.policy.starting_points import STARTING_POINTS
from usher.removal.cases import opening
from usher.removal.cases.opening import CaseRequest
from usher.removal.evidence.report import evidence_of
from usher.removal.models import Case, Guardrails
from usher.roster.models import Person
from usher.sandbox import RunningSandbox
from usher.sandbox.life.project_members import project_members

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def slack(settings: Settings) -> Iterator[SlackWorkspace]:
    with receivers() as (_, slack):
        settings.USHER_SLACK_URL = slack.url
        a_slack()
        yield slack


def a_rule(**what: object) -> Policy:
    return acting(
        Definition(
            "Before the last day",
            Who(leaving_within=7),
            What(Does.MAKE_PUBLIC, **what),  # type: ignore[arg-type]
            Exceptions(on_leave=False),
        )
    )


def text_of(mails: MailServer, address: str) -> str:
    body = mails.mailbox(address)[-1].get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def owner_alone(sandbox: RunningSandbox, acme: Connection) -> tuple[Person, str]:
    """An ordinary person who is the only member of a project, and its name."""
    company, work, now = sandbox.company, sandbox.sandbox.work, sandbox.sandbox.clock.now()
    for person in ordinary_people(acme, 30):
        for workspace in company.workspaces:
            for project in work.projects(workspace):
                if project.owner is None or company.gids.users.gid(project.owner) != person.gid:
                    continue
                members = [one.person for one in project_members(company, project, now)]
                if members == [project.owner] and not project.is_archived:
                    return person, project.name
    raise AssertionError("nobody owns a project alone")


def test_the_message_names_what_only_they_reach_and_says_how_whom_and_until_when(
    sandbox: RunningSandbox, sandbox_acme: Connection, mails: MailServer
) -> None:
    Connection.objects.update(mode=Mode.READ)  # it changes nothing in Asana
    person, project = owner_alone(sandbox, sandbox_acme)
    last_day = timezone.localdate() + timedelta(days=4)
    last_day_is(person, last_day)
    done = ran(a_rule(), sandbox_acme)
    send()
    message = text_of(mails, person.email)
    assert f"your last day is {last_day:%-d %b %Y}" in message
    assert f"Project “{project}”" in message
    assert "nobody else is in it" in message
    assert "Usher cannot see private tasks and projects of yours" in message
    assert "click Share" in message
    assert "Ask an Asana admin:" in message
    assert done.findings.get().done.startswith("Written to")
    assert sandbox.changes("removals") == {}
    entry = Entry.objects.get(action="person.told_before_last_day")
    assert entry.actor_kind == "policy"
    assert entry.after["last_day"] == last_day.isoformat()
    assert any(project in thing for thing in entry.after["things"])


def test_a_service_account_sees_private_work_so_the_message_does_not_say_otherwise(
    sandbox: RunningSandbox, sandbox_acme: Connection, mails: MailServer
) -> None:
    Credentials.objects.filter(connection=sandbox_acme).update(service_token="sandbox-service-1")
    (person,) = leaving(sandbox_acme, 1)
    organizations = set(person.memberships.filter(status="active").values_list("workspace__gid", flat=True))
    ran(a_rule(), sandbox_acme)
    send()
    reached = {one.gid for one in sandbox.company.workspaces if one.is_organization}
    hidden = "Usher cannot see private tasks" in text_of(mails, person.email)
    assert hidden == (not organizations <= reached)


def test_their_manager_is_whom_they_turn_to(sandbox_acme: Connection, mails: MailServer) -> None:
    person, manager = ordinary_people(sandbox_acme, 2)
    last_day_is(manager, None)
    last_day_is(person, timezone.localdate() + timedelta(days=3), manager=manager.email)
    ran(a_rule(), sandbox_acme)
    send()
    assert f"Ask your manager, {manager.name} ({manager.email})" in text_of(mails, person.email)


def test_nobody_is_written_to_twice_whatever_rule_it_is(sandbox_acme: Connection, mails: MailServer) -> None:
    (person,) = leaving(sandbox_acme, 1)
    policy = a_rule()
    assert [ran(policy, sandbox_acme).done for _ in range(2)] == [1, 0]
    changes.delete(policy, REQUESTER)
    other = acting(Definition("Another", Who(leaving_within=30), What(Does.MAKE_PUBLIC)))
    done = ran(other, sandbox_acme)
    assert done.findings.get().left_out.startswith("Written to on")
    send()
    assert len(mails.mailbox(person.email)) == 1


def test_a_run_that_was_killed_goes_on_without_a_second_letter(
    sandbox_acme: Connection, mails: MailServer
) -> None:
    people = leaving(sandbox_acme, 4)
    policy, really_tell, told = a_rule(), letters.tell_address, 0

    class Killed(BaseException):
        pass

    def dies_at_the_third(*arguments: object, **options: object) -> bool:
        nonlocal told
        told += 1
        if told == 3:
            raise Killed
        return really_tell(*arguments, **options)  # type: ignore[arg-type]

    with patch.object(letters, "tell_address", dies_at_the_third), pytest.raises(Killed):
        run(policy, sandbox_acme)
    assert LastDayLetter.objects.count() == 2
    done = run(policy, sandbox_acme)
    assert done is not None
    assert (done.found, done.done, PolicyRun.objects.count()) == (4, 4, 1)
    send()
    assert [len(mails.mailbox(one.email)) for one in people] == [1, 1, 1, 1]


def test_when_the_last_day_moves_by_more_than_a_week_they_are_told_once_more_and_never_again(
    sandbox_acme: Connection, mails: MailServer
) -> None:
    (person,) = leaving(sandbox_acme, 1, within=2)
    policy = acting(Definition("Wide", Who(leaving_within=60), What(Does.MAKE_PUBLIC)))
    written = [ran(policy, sandbox_acme).done]
    for days in (9, 10, 30, 50):
        last_day_is(person, timezone.localdate() + timedelta(days=days))
        written.append(ran(policy, sandbox_acme).done)
    assert written == [1, 0, 1, 0, 0]  # by 7 days, by 8, and twice is enough
    send()
    assert len(mails.mailbox(person.email)) == 2


def test_whoever_came_back_leaves_anew(sandbox_acme: Connection) -> None:
    (person,) = leaving(sandbox_acme, 1, within=5)
    policy = a_rule()
    assert ran(policy, sandbox_acme).done == 1
    LastDayLetter.objects.update(
        last_day=timezone.localdate() - timedelta(days=100), sent_at=timezone.now() - timedelta(days=107)
    )
    LastDayLetter.objects.create(
        person=person,
        connection=sandbox_acme,
        last_day=timezone.localdate() - timedelta(days=80),
        sent_at=timezone.now() - timedelta(days=87),
    )
    assert ran(policy, sandbox_acme).done == 0
    EmployeeChange.objects.create(
        employee=Employee.objects.get(email=person.email),
        kind=EmployeeChange.Kind.RETURNED,
        seen_at=timezone.now() - timedelta(days=40),
    )
    assert ran(policy, sandbox_acme).done == 1


def test_nothing_is_written_after_the_last_day_and_what_still_waits_then_is_not_sent(
    sandbox_acme: Connection, mails: MailServer
) -> None:
    today, gone = leaving(sandbox_acme, 2, within=0)
    last_day_is(gone, timezone.localdate() - timedelta(days=1))
    done = ran(a_rule(), sandbox_acme)
    assert done.findings.get().person_id == today.pk
    assert done.found == 1
    Notice.objects.filter(kind="make_public").update(not_after=timezone.now())
    send()
    assert mails.mailbox(today.email) == []
    assert Delivery.objects.get(address=today.email).state == Delivery.State.FAILED
    assert "a day that is over" in Delivery.objects.get(address=today.email).problem


def test_what_changes_between_looking_and_writing_counts(sandbox_acme: Connection) -> None:
    """Reading from Asana takes time. Meanwhile the directory may say that they stay, or an admin disconnects."""
    people = leaving(sandbox_acme, 2)
    policy, really_write = a_rule(), letters.write

    def after(change: object) -> object:
        def write(*arguments: object, **options: object) -> str:
            change()  # type: ignore[operator]
            return really_write(*arguments, **options)  # type: ignore[arg-type]

        return patch("usher.policy.leaving.acting.write", write)

    with after(lambda: [last_day_is(one, None) for one in people]):  # type: ignore[attr-defined]
        done = ran(policy, sandbox_acme)
    assert {one.left_out for one in done.findings.all()} == {
        "The directory no longer says that they are about to leave."
    }
    leaving(sandbox_acme, 2)
    with after(lambda: Connection.objects.update(disconnected_at=timezone.now())):  # type: ignore[attr-defined]
        done = ran(policy, sandbox_acme)
    assert {one.left_out for one in done.findings.all()} == {"The connection was switched off."}
    assert not LastDayLetter.objects.exists()


def test_protected_people_and_those_without_an_address_are_left_out(sandbox_acme: Connection) -> None:
    protected, nameless, other = leaving(sandbox_acme, 3)
    Protected.objects.create(person=protected, why=Protected.Why.INTEGRATION, by="Ada")
    Person.objects.filter(pk=nameless.pk).update(email="")
    done = ran(a_rule(), sandbox_acme)
    why = dict(done.findings.values_list("person", "left_out"))
    assert why[other.pk] == ""
    assert why[nameless.pk] == "No e-mail address is known."
    assert why[protected.pk] == "Owner of an integration"


def test_the_limit_of_the_day_holds(sandbox_acme: Connection) -> None:
    leaving(sandbox_acme, 5)
    policy = a_rule(at_most=2)
    assert [ran(policy, sandbox_acme).done for _ in range(4)] == [2, 2, 1, 0]


def test_when_asana_cannot_be_read_they_come_with_the_next_run(sandbox_acme: Connection) -> None:
    leaving(sandbox_acme, 1)
    token = Credentials.objects.get(connection=sandbox_acme).access_token
    Credentials.objects.update(access_token="revoked")
    policy = a_rule()
    done = ran(policy, sandbox_acme)
    assert done.done == 0
    assert "could not be read from Asana" in done.findings.get().left_out
    Credentials.objects.update(access_token=token)
    assert ran(policy, sandbox_acme).done == 1


def test_a_case_shows_what_they_were_told_whether_it_was_opened_before_or_later(
    sandbox: RunningSandbox, sandbox_acme: Connection, browser: Client
) -> None:
    person, project = owner_alone(sandbox, sandbox_acme)
    other = next(one for one in ordinary_people(sandbox_acme, 3) if one != person)
    for one in (person, other):
        last_day_is(one, timezone.localdate() + timedelta(days=4))
    wish = CaseRequest(cause=Case.Cause.DIRECTORY, reason="Leaves")
    before = opening.open_case(other, wish, REQUESTER)
    ran(a_rule(), sandbox_acme)
    later = opening.open_case(person, wish, REQUESTER)
    for case in (before, later):
        page = browser.get(f"/cases/{case.pk}/").content.decode()
        assert "they were asked to make private work public" in page
        told = evidence_of(case).told_before_last_day
        assert len(told) == 1
        assert told[0].entry in [entry.number for entry in evidence_of(case).ledger]
    assert any(project in thing for thing in evidence_of(later).told_before_last_day[0].things)
    assert project in browser.get(f"/cases/{later.pk}/").content.decode()
    printed = browser.get(f"/cases/{later.pk}/evidence.html").content.decode()
    assert "Told before the last day" in printed
    Case.objects.filter(pk=before.pk).update(opened_at=timezone.now() + timedelta(days=100))
    before.refresh_from_db()
    assert evidence_of(before).told_before_last_day == []


def test_whoever_slack_does_not_know_gets_an_e_mail_once(
    sandbox_acme: Connection, mails: MailServer, slack: SlackWorkspace
) -> None:
    (person,) = leaving(sandbox_acme, 1)
    ran(a_rule(in_slack=True), sandbox_acme)
    send()
    assert mails.mailbox(person.email) == []
    assert letters.mail_whom_slack_does_not_know() == 1
    assert letters.mail_whom_slack_does_not_know() == 0
    make_due()
    send()
    assert len(mails.mailbox(person.email)) == 1


def test_a_mail_that_bounces_is_shown_by_the_next_run(sandbox_acme: Connection, mails: MailServer) -> None:
    (person,) = leaving(sandbox_acme, 1)
    mails.unknown.add(person.email)
    policy = a_rule()
    ran(policy, sandbox_acme)
    send()
    assert "but the mail bounced" in ran(policy, sandbox_acme).findings.get().left_out


def test_people_are_written_to_at_working_time(sandbox_acme: Connection) -> None:
    policy = a_rule()
    sunday, monday = (datetime(2026, 12, day, 12, tzinfo=UTC) for day in (6, 7))
    for moment in (sunday, monday):
        Connection.objects.update(last_synced_at=moment, time_zone="UTC")
        assert due(moment) == ([(policy, sandbox_acme)] if moment == monday else [])


def test_after_a_restore_nothing_is_sent_before_an_admin_has_looked(sandbox_acme: Connection) -> None:
    Guardrails.objects.update(restored_at=timezone.now())
    assert letters.mail_whom_slack_does_not_know() == 0


def test_the_rule_to_begin_with_writes_a_week_before() -> None:
    definition = STARTING_POINTS["last-day"]
    assert (definition.what.does, definition.who.leaving_within) == (Does.MAKE_PUBLIC, 7)
