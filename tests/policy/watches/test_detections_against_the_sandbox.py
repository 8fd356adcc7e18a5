"""Detections find what really comes from Asana's API, through a sync."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from pytest_django import Settings

from tests.support.activity.syncing import connect, sync_at
from tests.support.directory.sources import a_source, an_employee
from usher.connections.models import Connection, SyncRun
from usher.directory.models import Employee, Match
from usher.notify.models import Notice
from usher.policy.watches.detections.run import tell_of_detections
from usher.roster.models import Person
from usher.sandbox import RunningSandbox, running

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = 60.0


@pytest.fixture
def office(settings: Settings) -> Iterator[RunningSandbox]:
    with running(people=40, seed=5, per_minute=0, now=NOW) as box:
        settings.USHER_ASANA_URL = box.url
        yield box


def test_what_happens_in_asana_is_told_after_the_sync(office: RunningSandbox) -> None:
    connection = connect()
    Connection.objects.update(requires_sso=True)
    sync_at(connection, NOW)
    tell_of_detections(NOW)
    before = set(Notice.objects.values_list("pk", flat=True))
    run = SyncRun.objects.latest("pk")
    assert (run.state, run.events > 0) == ("done", True)
    workspace = connection.workspaces.exclude(email_domains=[]).order_by("pk").first()
    assert workspace is not None
    members = Person.objects.filter(memberships__workspace=workspace, memberships__role="member").order_by(
        "pk"
    )
    guessed, leaver, *others = members[:20]
    for number in range(10):
        office.happen(workspace.gid, "user_login_failed", guessed.gid, ago=(30 + number) * MINUTE)
    for other in others:
        office.happen(workspace.gid, "user_login_succeeded", other.gid, ago=25 * MINUTE)
    for event_type in ("service_account_created", "workspace_view_links_enabled"):
        office.happen(workspace.gid, event_type, others[0].gid, ago=20 * MINUTE)
    office.happen(workspace.gid, "task_deleted", leaver.gid, ago=15 * MINUTE, by_token=True)
    employee = an_employee(a_source(), leaver.email, is_active=False, last_day=date(2026, 11, 2))
    Employee.objects.update(ended_at=datetime(2026, 11, 3, tzinfo=UTC))
    Match.objects.filter(person=leaver).delete()
    Match.objects.create(person=leaver, employee=employee, state=Match.State.MATCHED, counts=True)
    sync_at(connection, NOW)
    tell_of_detections(NOW)
    tell_of_detections(NOW)
    told = Notice.objects.exclude(pk__in=before).filter(connection=connection)
    by_kind = {kind: told.filter(kind=kind) for kind in told.values_list("kind", flat=True)}
    assert {
        "failed_sign_ins", "service_account_created", "public_sharing", "token_of_leaver", "sign_in_without_sso",
    } <= set(by_kind)  # fmt: skip
    assert guessed.name in by_kind["failed_sign_ins"].get().facts["who"]
    assert others[0].name in by_kind["service_account_created"].get().facts["who"]
    assert any(leaver.name in one.facts["person"] for one in by_kind["token_of_leaver"])
    ways = {one.facts["way"] for one in by_kind["sign_in_without_sso"]}
    assert ways == {"password and two factor"}
