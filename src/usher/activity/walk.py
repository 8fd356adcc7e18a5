"""The stage of a sync that reads what people do: stream, audit log, and the figures computed from them."""

import logging
from collections.abc import AsyncIterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

from asgiref.sync import sync_to_async
from django.utils import timezone

from usher.activity.audit_walk import AuditWalk
from usher.activity.models import UsageState
from usher.activity.stream import poll_stream
from usher.activity.usage import bring_up_to_date
from usher.asana import Asana, AsanaError, Forbidden, NotAuthorized, PlanTooLow
from usher.connections.client import open_service
from usher.connections.models import Connection
from usher.connections.sync import Work
from usher.roster.models import Workspace

log = logging.getLogger(__name__)


async def walk_activity(work: Work) -> None:
    """Reads everything new of every organization in scope. Without a service-account token there is nothing to read.

    Raises NotAuthorized where Asana refuses that token. A plan or permission that is missing is noted, not raised:
    the people are up to date all the same.
    """
    connection = work.run.connection
    service = await open_service(connection)
    if service is not None:
        async with service:
            work.also_count(service.tally)
            try:
                await _read(service, work)
            except NotAuthorized as error:
                raise NotAuthorized(
                    "Asana does not accept the service-account token any more.", reason=error.reason
                ) from error
    await work.tell("Computing usage", work.run.progress, work.run.progress_total, at_once=True)
    await sync_to_async(bring_up_to_date)(connection, local_day(connection, work.now()))


async def _read(service: Asana, work: Work) -> None:
    problems = []
    async for workspace in organizations(work.run.connection):
        await poll_stream(service, workspace, work.now())

        async def tell(events: int, name: str = workspace.name) -> None:
            await work.tell(f"Reading the audit log of {name}", events, None)

        try:
            walk = AuditWalk(service, workspace, work.now(), tell)
            work.run.events += await walk.run()
            await work.run.asave(update_fields=["events"])
        except (Forbidden, PlanTooLow) as refused:
            log.warning("The audit log of %s cannot be read: %s", workspace, refused)
            problems.append(f"{workspace.name}: {refused} {refused.remedy}")
    await UsageState.objects.filter(connection=work.run.connection).aupdate(problem=" ".join(problems))


def organizations(connection: Connection) -> AsyncIterator[Workspace]:
    """Workspaces in scope that have an audit log and a stream."""
    return Workspace.objects.filter(connection=connection, left_out="", is_organization=True).aiterator()


async def poll_streams() -> None:
    """Reads the streams of all connected accounts. One that fails does not keep the others from being read."""
    async for connection in Connection.objects.filter(disconnected_at=None, has_service_token=True):
        service = await open_service(connection)
        if service is None:
            continue
        async with service:
            async for workspace in organizations(connection):
                try:
                    await poll_stream(service, workspace, timezone.now())
                except AsanaError as error:
                    log.warning("The stream of %s could not be read: %s", workspace, error)


def bring_all_up_to_date() -> None:
    """Computes figures for whoever gained evidence, over all connections, and moves windows on at midnight."""
    for connection in Connection.objects.all():
        bring_up_to_date(connection, today_of(connection))


def today_of(connection: Connection) -> date:
    """Today in the connection's time zone."""
    return local_day(connection, timezone.now())


def local_day(connection: Connection, moment: datetime) -> date:
    """The calendar day in the connection's time zone."""
    return moment.astimezone(ZoneInfo(connection.time_zone)).date()
