"""Syncing in a test, and what was stored beside what Asana shows."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from django.db import connection as database
from django.utils import timezone

from usher.connections import sync
from usher.connections.models import Connection, SyncRun
from usher.ledger.actors import SYSTEM
from usher.roster.models import Change, Membership, SeatCount
from usher.sandbox import RunningSandbox

Standing = tuple[str, str, str]
"""Role, licence, status."""


def sync_now(
    connection: Connection,
    *,
    at: datetime | None = None,
    accept_vanished: bool = False,
    on_progress: Callable[[SyncRun], None] | None = None,
) -> SyncRun:
    """One sync to its end; `at` is what Usher's clock shows meanwhile."""
    run = sync.request_run(
        connection, SyncRun.Trigger.PERSON, accepted_by=SYSTEM if accept_vanished else None
    )
    now = timezone.now if at is None else lambda: at
    return asyncio.run(sync.perform(run.pk, now=now, on_progress=on_progress))


def sync_as_if_killed(connection: Connection, *, after: int) -> SyncRun:
    """A sync that ends without a word once it has told of so many people, as if its process were killed."""
    run = sync.request_run(connection, SyncRun.Trigger.PERSON)

    async def perform() -> None:
        def look(run: SyncRun) -> None:
            if run.progress >= after:
                task.cancel()

        task = asyncio.ensure_future(sync.perform(run.pk, on_progress=look))
        try:
            await task
        except asyncio.CancelledError:
            return
        raise AssertionError("the sync was over before it was killed")

    asyncio.run(perform())
    run.refresh_from_db()
    assert run.is_open
    return run


def stored() -> dict[tuple[str, str], Standing]:
    """By workspace gid and user gid."""
    return {
        (m.workspace.gid, m.person.gid): (m.role, m.licence, m.status)
        for m in Membership.objects.select_related("person", "workspace")
    }


def shown_by(sandbox: RunningSandbox, connection: Connection) -> dict[tuple[str, str], Standing]:
    """What Asana lists in the workspaces that the connection walks."""
    walked = set(connection.workspaces.filter(left_out="").values_list("gid", flat=True))
    return {
        (workspace["gid"], m["user"]): (m["role"], m["licence"], m["status"])
        for workspace in sandbox.truth()["workspaces"]
        if workspace["gid"] in walked
        for m in workspace["memberships"]
    }


def vanished_in(sandbox: RunningSandbox) -> set[tuple[str, str]]:
    return {
        (workspace["gid"], m["user"])
        for workspace in sandbox.truth()["workspaces"]
        for m in workspace["vanished"]
    }


def changes() -> list[tuple[str, str, str, str, str]]:
    """Workspace gid, user gid, kind, before, after; in a fixed order."""
    return sorted(
        Change.objects.values_list(
            "membership__workspace__gid", "membership__person__gid", "kind", "before", "after"
        )
    )


def seat_counts() -> dict[tuple[str, str, str, str], int]:
    """By day, workspace gid, role and licence."""
    return {
        (count.day.isoformat(), count.workspace.gid, count.role, count.licence): count.people
        for count in SeatCount.objects.select_related("workspace")
    }


def row_versions() -> list[tuple[str, int, str]]:
    """Changes with every write to people, memberships or their history."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT 'person', id, xmin::text FROM roster_person"
            " UNION ALL SELECT 'membership', id, xmin::text FROM roster_membership"
            " UNION ALL SELECT 'change', id, xmin::text FROM roster_change ORDER BY 1, 2"
        )
        return list(cursor.fetchall())
