"""The walk brings the roster to what Asana shows, and keeps what was."""

import asyncio

import pytest

from usher.connections import sync
from usher.connections.models import Connection, SyncRun
from usher.roster.models import Membership
from usher.sandbox import RunningSandbox


def sync_now(connection: Connection, *, accept_vanished: bool = False) -> SyncRun:
    run = sync.request_run(connection, SyncRun.Trigger.PERSON, accept_vanished=accept_vanished)
    return asyncio.run(sync.perform(run.pk))


def stored() -> dict[tuple[str, str], tuple[str, str, str]]:
    return {
        (m.workspace.gid, m.person.gid): (m.role, m.licence, m.status)
        for m in Membership.objects.select_related("person", "workspace")
    }


def shown_by(
    sandbox: RunningSandbox, connection_gids: set[str]
) -> dict[tuple[str, str], tuple[str, str, str]]:
    return {
        (workspace["gid"], m["user"]): (m["role"], m["licence"], m["status"])
        for workspace in sandbox.truth()["workspaces"]
        if workspace["gid"] in connection_gids
        for m in workspace["memberships"]
        if m["status"] != "vanished"
    }


@pytest.mark.django_db(transaction=True)
def test_after_a_sync_the_roster_is_what_asana_shows(sandbox: RunningSandbox, connection: Connection) -> None:
    run = sync_now(connection)
    assert run.state == SyncRun.State.DONE
    workspaces = set(connection.workspaces.values_list("gid", flat=True))
    assert stored() == shown_by(sandbox, workspaces)
    assert len(workspaces) == 4
