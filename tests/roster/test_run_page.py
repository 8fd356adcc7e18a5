"""The page of one sync."""

import pytest
from django.test import Client
from django.utils import timezone

from tests.support.queries import assert_costs_the_same
from tests.support.roster.people import SINCE, a_connection, a_member, a_workspace
from usher.connections.models import SyncRun
from usher.roster.models import Change, Membership, WorkspaceWalk

pytestmark = pytest.mark.django_db


def change(
    membership: Membership, kind: str, before: str = "", after: str = "", run: SyncRun | None = None
) -> None:
    Change.objects.create(
        membership=membership,
        kind=kind,
        before=before,
        after=after,
        run=run,
        happened_at=SINCE,
        seen_at=timezone.now(),
    )


@pytest.fixture
def ada() -> Membership:
    org = a_workspace(a_connection(), "Acme Inc", "acme.example")
    return a_member(org, "Ada <b>Lovelace</b>", "ada@acme.example")


@pytest.mark.parametrize("pk", ["0", "99999", "99999999999999999999999"])
def test_a_run_that_is_not_there_is_answered_with_404(pk: str, page: Client) -> None:
    assert page.get(f"/integrations/1/runs/{pk}/").status_code == 404


@pytest.mark.parametrize("state", SyncRun.State.values)
def test_a_run_is_shown_in_every_state(state: str, page: Client, ada: Membership) -> None:
    connection = ada.workspace.connection
    run = SyncRun.objects.create(
        connection=connection, trigger="person", state=state, error="Why", remedy="Do"
    )
    WorkspaceWalk.objects.create(run=run, workspace=ada.workspace, seen=7, question="Really?")
    change(ada, "role", "member", "admin", run)
    shown = page.get(f"/integrations/{connection.pk}/runs/{run.pk}/").content.decode()
    for text in (
        run.get_state_display(),
        "Why",
        "Do",
        "Role changed",
        "ada@acme.example",
    ):
        assert text in shown


def test_a_run_belongs_to_its_connection(page: Client, ada: Membership) -> None:
    run = SyncRun.objects.create(connection=ada.workspace.connection, trigger="person")
    other = a_connection("Other")
    assert page.get(f"/integrations/{other.pk}/runs/{run.pk}/").status_code == 404


def test_a_run_with_many_changes_has_pages(page: Client, ada: Membership) -> None:
    run = SyncRun.objects.create(connection=ada.workspace.connection, trigger="person", state="done")
    for _ in range(130):
        change(ada, "joined", run=run)
    url = f"/integrations/{run.connection_id}/runs/{run.pk}/"
    assert len(page.get(url).context["page"].object_list) == 100
    for number, rows in (("2", 30), ("99", 30), ("x", 100), ("²", 100)):
        assert len(page.get(url, {"page": number}).context["page"].object_list) == rows


def test_a_run_costs_the_same_queries_however_much_changed(page: Client, ada: Membership) -> None:
    run = SyncRun.objects.create(connection=ada.workspace.connection, trigger="person", state="done")
    names = iter(range(100))

    def add(rows: int) -> None:
        for _ in range(rows):
            member = a_member(ada.workspace, f"Person {next(names)}")
            change(member, "role", "member", "admin", run)

    assert_costs_the_same(page, f"/integrations/{run.connection_id}/runs/{run.pk}/", add)
