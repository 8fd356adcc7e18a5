"""The walk: reads every membership of every workspace in scope, then applies each workspace as a whole.

Each page goes to `Sighting` first, together with the position in the list, so that a killed walk can continue there
unless the position is too old. Only a workspace that was read to its end is applied, in one transaction
(`apply.py`), so an interrupted walk changes nothing.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TypeVar

from asgiref.sync import sync_to_async
from django.db import transaction
from django.utils import timezone

from usher.asana import PERSONAL_PROJECTS, NotFound, Page
from usher.connections.models import SyncRun
from usher.connections.states import SyncStep
from usher.connections.sync import NeedsAnswer, SyncContext
from usher.roster.addresses import add_missing_addresses
from usher.roster.apply import apply_walk
from usher.roster.models import Membership, Sighting, Status, Workspace, WorkspaceWalk
from usher.roster.sightings import storable, store_page

T = TypeVar("T")

OFFSET_GOOD_FOR = timedelta(minutes=10)
"""Asana's offsets expire "after some time". In practice 15 minutes expired them, so older walks restart."""


async def walk_roster(context: SyncContext) -> None:
    """Brings people and memberships of all workspaces in scope up to date. Raises NeedsAnswer."""
    try:
        await _walk_all(context)
    finally:
        context.workspaces_known.set()
        context.people_read.set()


async def _walk_all(context: SyncContext) -> None:
    await context.report_progress(SyncStep.FIND_WORKSPACES, 0, at_once=True)
    await _delete_sightings_of_other_runs(context.run)
    workspaces = await _find_workspaces(context)
    context.workspaces_known.set()
    walks = [await sync_to_async(_walk_of)(context.run, workspace) for workspace in workspaces]
    progress = _Progress(context, walks, await sync_to_async(_expected)(workspaces))
    # A workspace that fails does not stop the others.
    outcomes = await asyncio.gather(
        *(_walk_workspace(context, walk, progress) for walk in walks), return_exceptions=True
    )
    context.run.memberships = sum(walk.seen for walk in walks)
    await context.run.asave(update_fields=["memberships"])
    for outcome in outcomes:
        if outcome is not None:
            raise outcome
    questions = [walk.question for walk in walks if walk.question]
    if questions:
        raise NeedsAnswer(" ".join(questions))


class _Progress:
    def __init__(self, context: SyncContext, walks: list[WorkspaceWalk], expected: int) -> None:
        self._context, self._walks, self._expected = context, walks, expected

    async def report(self) -> None:
        seen = sum(walk.seen for walk in self._walks)
        open_walks = [walk.workspace.name for walk in self._walks if walk.applied_at is None]
        step = SyncStep.READ_PEOPLE if open_walks else SyncStep.PEOPLE_READ
        # The first walk has nothing to estimate from, so it shows no total.
        total = max(self._expected, seen) if self._expected else None
        await self._context.report_progress(step, seen, total, workspaces=", ".join(open_walks))


async def _delete_sightings_of_other_runs(run: SyncRun) -> None:
    """Deletes what failed runs had read, because each run starts with its own list."""
    others = Sighting.objects.filter(walk__run__connection=run.connection_id).exclude(walk__run=run.pk)
    await others.adelete()


async def _find_workspaces(context: SyncContext) -> list[Workspace]:
    """The workspaces to walk. Raises NotFound when there are none, because a sync that reads nothing has failed."""
    connection = context.run.connection
    visible = [workspace async for page in context.asana.workspaces() for workspace in page.items]
    to_walk = await sync_to_async(_store_workspaces)(
        connection.pk,
        connection.workspace_gid,
        [
            Workspace(
                connection_id=connection.pk,
                gid=workspace.gid,
                name=storable(workspace.name, 255) or workspace.gid,
                is_organization=bool(workspace.is_organization),
                email_domains=[domain.lower() for domain in workspace.email_domains or []],
                left_out="" if connection.workspace_gid in ("", workspace.gid) else Workspace.LeftOut.FILTER,
            )
            for workspace in visible
            if workspace.gid != PERSONAL_PROJECTS
        ],
    )
    if not to_walk:
        which = f"the workspace {connection.workspace_gid}" if connection.workspace_gid else "any workspace"
        raise NotFound(f"{connection.asana_user_name} can no longer see {which} in Asana.")
    return to_walk


@transaction.atomic
def _store_workspaces(connection_id: int, only_gid: str, visible: list[Workspace]) -> list[Workspace]:
    unique = list({workspace.gid: workspace for workspace in visible}.values())
    Workspace.objects.bulk_create(
        unique,
        update_conflicts=True,
        unique_fields=["connection", "gid"],
        update_fields=["name", "is_organization", "email_domains", "left_out"],
    )
    Workspace.objects.filter(connection=connection_id).exclude(gid__in=[w.gid for w in unique]).update(
        left_out=Workspace.LeftOut.NOT_VISIBLE
    )
    if only_gid:  # an excluded workspace counts as excluded even when it is no longer visible
        Workspace.objects.filter(connection=connection_id, left_out=Workspace.LeftOut.NOT_VISIBLE).exclude(
            gid=only_gid
        ).update(left_out=Workspace.LeftOut.FILTER)
    return list(Workspace.objects.filter(connection=connection_id, left_out=""))


def _walk_of(run: SyncRun, workspace: Workspace) -> WorkspaceWalk:
    walk, _ = WorkspaceWalk.objects.select_related("workspace").get_or_create(run=run, workspace=workspace)
    if walk.updated_at < timezone.now() - OFFSET_GOOD_FOR:
        _restart(walk)
    return walk


@transaction.atomic
def _restart(walk: WorkspaceWalk) -> None:
    """Also restarts a walk that was read or applied completely, because it is out of date."""
    walk.sightings.all().delete()
    walk.offset, walk.seen, walk.is_read, walk.applied_at = "", 0, False, None
    walk.updated_at = timezone.now()
    walk.save(update_fields=["offset", "seen", "is_read", "applied_at", "updated_at"])


def _expected(workspaces: list[Workspace]) -> int:
    return Membership.objects.filter(workspace__in=workspaces, status=Status.ACTIVE).count()


async def _walk_workspace(context: SyncContext, walk: WorkspaceWalk, progress: _Progress) -> None:
    if walk.applied_at is not None:
        return
    if not walk.is_read:
        pages = context.asana.workspace_memberships(walk.workspace.gid, offset=walk.offset or None)
        async for page in _one_ahead(pages):
            await sync_to_async(store_page)(walk, page)
            await progress.report()
    await add_missing_addresses(context.asana, walk)
    await sync_to_async(apply_walk)(walk, context.run, context.now())
    await progress.report()


async def _one_ahead(pages: AsyncIterator[Page[T]]) -> AsyncIterator[Page[T]]:
    """The same pages. The next one is requested while the last one is stored."""
    coming = asyncio.ensure_future(anext(pages, None))
    try:
        while (page := await coming) is not None:
            coming = asyncio.ensure_future(anext(pages, None))
            yield page
    finally:
        coming.cancel()
        await asyncio.gather(
            coming, return_exceptions=True
        )  # or asyncio reports its error as never retrieved
