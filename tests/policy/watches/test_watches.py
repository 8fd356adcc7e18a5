"""What Usher watches by itself is told once, and only when it is so."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection as database
from django.utils import timezone

from tests.support.activity.written_events import an_event, user, write
from tests.support.notify.mail_server import MailServer, mail_server
from tests.support.notify.telling import send
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.access.models import User
from usher.access.roles import UserRole
from usher.connections.models import Connection, SyncRun
from usher.ledger.models import LedgerCheck
from usher.notify.models import Delivery, Notice
from usher.policy.watches.asana import tell_of_admins, tell_of_exports
from usher.policy.watches.digest import tell_weekly
from usher.policy.watches.health import tell_of_ledger, tell_of_syncs, tell_of_tokens, tell_of_workers
from usher.policy.watches.jobs import WATCH_TASK
from usher.roster.models import Change, Membership, Role, SeatCount

pytestmark = pytest.mark.django_db(transaction=True)

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def told(kind: str) -> list[dict[str, object]]:
    return list(Notice.objects.filter(kind=kind).order_by("pk").values_list("facts", flat=True))


def test_an_account_without_a_sync_for_a_day_is_told_once_until_it_synced_again() -> None:
    now = timezone.now()
    acme = a_connection("Acme", last_synced_at=now - 26 * HOUR, problem="Asana refused the token (401).")
    a_connection("Well", last_synced_at=now - 24 * HOUR)
    a_connection("Gone", last_synced_at=now - 9 * DAY, disconnected_at=now)
    for _ in range(3):
        tell_of_syncs(now)
    assert [facts["account"] for facts in told("sync_failing")] == ["Acme"]
    assert "Asana refused the token (401)." in str(told("sync_failing")[0]["problem"])
    Connection.objects.filter(pk=acme.pk).update(last_synced_at=now)
    tell_of_syncs(now + 26 * HOUR)
    assert [facts["account"] for facts in told("sync_failing")] == ["Acme", "Acme", "Well"]


def test_a_long_sync_that_moves_on_is_not_failing() -> None:
    now = timezone.now()
    acme = a_connection("Acme", created_at=now - 2 * DAY)
    run = SyncRun.objects.create(connection=acme, state=SyncRun.State.RUNNING)
    tell_of_syncs(now)
    assert not told("sync_failing")
    SyncRun.objects.filter(pk=run.pk).update(updated_at=now - 3 * HOUR)
    tell_of_syncs(now)
    assert len(told("sync_failing")) == 1


def test_a_refused_token_is_told_at_once() -> None:
    a_connection("Acme", problem_kind="not_authorized", problem="Asana refused the token (401).")
    a_connection("Well", problem_kind="asking", problem="A tenth vanished.")
    for _ in range(2):
        tell_of_tokens()
    assert [facts["account"] for facts in told("token_ending")] == ["Acme"]


def test_a_ledger_that_does_not_verify_is_told_once() -> None:
    tell_of_ledger()
    LedgerCheck.objects.create(pk=1, at=timezone.now(), checked_to=9)
    tell_of_ledger()
    assert not told("ledger_broken")
    for problem in ("Entry 7 was changed.", "Entry 7 was changed.", "Entry 6 is missing."):
        LedgerCheck.objects.update(problem=problem, at=timezone.now())
        tell_of_ledger()
    assert [facts["problem"] for facts in told("ledger_broken")] == [
        "Entry 7 was changed.",
        "Entry 6 is missing.",
    ]


def ran(ago: timedelta) -> None:
    """The job that watches ended then."""
    with database.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status) VALUES ('default', %s, 'succeeded')"
            " RETURNING id",
            [WATCH_TASK],
        )
        (job,) = cursor.fetchone()
        cursor.execute("DELETE FROM procrastinate_events WHERE job_id = %s", [job])
        cursor.execute(
            "INSERT INTO procrastinate_events (job_id, type, at) VALUES (%s, 'succeeded', %s)",
            [job, timezone.now() - ago],
        )


def test_a_time_without_a_worker_is_told_afterwards() -> None:
    now = timezone.now()
    tell_of_workers(now, WATCH_TASK)  # the first run of all
    ran(3 * HOUR + timedelta(seconds=30))
    tell_of_workers(now, WATCH_TASK)
    ran(timedelta(minutes=5))
    tell_of_workers(now, WATCH_TASK)
    assert [facts["long"] for facts in told("no_worker")] == ["3 h"]


def an_admin(
    name: str, kind: str, after: str, seen_at: datetime, member: Membership | None = None
) -> Membership:
    member = member or a_member(a_workspace(a_connection(name)), name, f"{name}@example.com", role=Role.ADMIN)
    Change.objects.create(
        membership=member, kind=kind, before="member", after=after, happened_at=seen_at, seen_at=seen_at
    )
    return member


def test_whoever_becomes_an_admin_in_asana_is_told_once_and_the_first_sync_makes_none() -> None:
    now = timezone.now()
    first = an_admin("first", "joined", "", now)  # known from the first walk
    made = an_admin("made", "role", "admin", now)
    came = an_admin("came", "joined", "", now)
    old = an_admin("old", "role", "admin", now - 9 * DAY)
    for each in (made, came, old):
        SeatCount.objects.create(
            workspace=each.workspace, day=now.date() - 20 * DAY, role="member", licence="member", people=1
        )
    SeatCount.objects.create(
        workspace=first.workspace, day=now.date(), role="member", licence="member", people=1
    )
    an_admin("made", "role", "member", now, made)
    for _ in range(2):
        tell_of_admins(now)
    assert [facts["person"] for facts in told("new_asana_admin")] == [
        "made (made@example.com)",
        "came (came@example.com)",
    ]


def test_a_mass_export_is_told_once_with_who_started_it() -> None:
    now = datetime.now(UTC)
    workspace = a_workspace(a_connection("Acme"))
    member = a_member(workspace, "Zoë", "zoe@example.com")
    write(
        workspace,
        an_event(now - HOUR, event_type="workspace_members_export_started", event_category="content_export",
                 actor=user(member.person.gid, "Zoë")),
        an_event(now - HOUR, event_type="project_csv_export_started", event_category="content_export"),
        an_event(now - 30 * DAY, event_type="workspace_export_started", event_category="content_export"),
    )  # fmt: skip
    for _ in range(2):
        tell_of_exports(now)
    (facts,) = told("mass_export")
    assert (facts["what"], facts["who"]) == ("Members exported", "Zoë (zoe@example.com)")
    assert "type=workspace_members_export_started" in Notice.objects.get(kind="mass_export").path


@pytest.fixture
def mails(settings: object) -> object:
    from tests.support.notify.mail_server import use_mail_server

    with mail_server() as server:
        use_mail_server(settings, server)  # type: ignore[arg-type]
        yield server


def test_the_weekly_summary_comes_once_and_shows_each_what_they_may_see(mails: MailServer) -> None:
    now = datetime(2026, 11, 25, 12, tzinfo=UTC)  # a Wednesday: an hour later is the same week
    mine, other = a_connection("Mine"), a_connection("Other")
    for connection, joined in ((mine, 1), (other, 2)):
        workspace = a_workspace(connection)
        for number in range(joined):
            member = a_member(workspace, f"P{number}")
            Change.objects.create(membership=member, kind="joined", happened_at=now, seen_at=now)
    for address, scope in (("all@example.com", None), ("some@example.com", [mine.pk])):
        User.objects.create_user(
            address, address, "correct horse battery 9", role=UserRole.VIEWER, scope=scope
        )
    tell_weekly(now)
    tell_weekly(now + HOUR)
    send()
    texts = {address: message.get_body(("plain",)).get_content() for address, message in mails.taken}
    assert len(mails.taken) == 2
    assert "2 accounts" in texts["all@example.com"]
    assert "- Joined or came back in Asana: 3" in texts["all@example.com"]
    assert "Mine" in texts["some@example.com"]
    assert "- Joined or came back in Asana: 1" in texts["some@example.com"]
    assert Delivery.objects.count() == 2
