"""The stages of a sync that read the event stream and the audit log, and compute usage from them."""

import logging
from collections.abc import Callable
from datetime import datetime

from asgiref.sync import sync_to_async
from django.db import IntegrityError
from django.db.models import QuerySet
from django.utils import timezone

from usher.activity.console.unmatched import match_again
from usher.activity.ingest.audit_walk import AuditWalk
from usher.activity.ingest.stream import poll_stream
from usher.activity.models import StreamCursor, UsageState
from usher.activity.usage.compute import bring_up_to_date
from usher.activity.usage.figures import local_day, today_of
from usher.asana import Asana, AsanaError, Forbidden, NotAuthorized, PlanTooLow
from usher.connections.client import ServiceTokenRefused, open_service
from usher.connections.models import Connection
from usher.connections.states import ProblemKind, SyncStep
from usher.connections.sync import SyncContext
from usher.roster.models import Workspace

log = logging.getLogger(__name__)


async def read_events(context: SyncContext) -> None:
    """Reads what is new in every organization in scope, if the connection has a service-account token.

    People are read at the same time, with the other token, which has a request limit of its own.

    Raises ServiceTokenRefused if Asana refuses the token. Raises the first other failure after everything else has
    been read. A missing plan or permission is stored, not raised, since the people are up to date all the same.
    """
    service = await open_service(context.run.connection)
    if service is None:
        return
    async with service:
        context.also_count(service.tally)
        await context.workspaces_known.wait()
        try:
            trouble = await _read(service, context)
        except NotAuthorized:
            trouble = ServiceTokenRefused()
    # Asana may refuse the stream, the log, or both: the page shows each.
    refused = StreamCursor.objects.filter(workspace__in=organizations(context.run.connection))
    context.unread += [
        f"{cursor.workspace.name}, event stream: {cursor.problem}"
        async for cursor in refused.exclude(problem="").select_related("workspace")
    ]
    if trouble is not None:
        raise trouble


async def compute_usage(context: SyncContext) -> None:
    """Computes the figures of everyone with new evidence, and keeps why a part of it could not be read.

    First, people who are new may be those whom the newest member CSV had already.
    """
    connection = context.run.connection
    await context.report_progress(SyncStep.COMPUTE_USAGE, at_once=True)
    await connection.arefresh_from_db(fields=["time_zone"])  # it may have changed while the sync ran
    await sync_to_async(match_again)(connection)
    await sync_to_async(bring_up_to_date)(connection, local_day(connection, context.now()))
    await UsageState.objects.filter(connection=connection).aupdate(problem=" ".join(context.unread))


async def _read(service: Asana, context: SyncContext) -> AsanaError | None:
    """Reads the stream and the log of each organization, even if others fail. Returns the first failure."""
    first: AsanaError | None = None
    async for workspace in organizations(context.run.connection):
        try:
            await poll_stream(service, workspace, context.now)
        except NotAuthorized:
            raise
        except AsanaError as error:
            log.warning("The stream of %s could not be read: %s", workspace, error)
            first = first or error
        try:
            await _read_log(service, context, workspace)
        except NotAuthorized:
            raise
        except (Forbidden, PlanTooLow) as refused:
            log.warning("The audit log of %s cannot be read: %s", workspace, refused)
            context.unread.append(f"{workspace.name}: {refused} {refused.remedy}")
        except AsanaError as error:
            log.warning("The audit log of %s could not be read: %s", workspace, error)
            first = first or error
    return first


async def _read_log(service: Asana, context: SyncContext, workspace: Workspace) -> None:
    async def report(events: int) -> None:
        if context.people_read.is_set():
            await context.report_progress(SyncStep.READ_AUDIT_LOG, events, workspaces=workspace.name)

    walk = AuditWalk(service, workspace, context.now(), report)
    try:
        await walk.run()
    finally:
        context.run.events += walk.stored
        await context.run.asave(update_fields=["events"])


def organizations(connection: Connection) -> QuerySet[Workspace]:
    """The workspaces in scope that have an audit log and an event stream."""
    return Workspace.objects.filter(connection=connection, left_out="", is_organization=True)


async def poll_streams(now: Callable[[], datetime] = timezone.now) -> None:
    """Reads the streams of all connected accounts, even if some fail."""
    async for connection in Connection.objects.filter(disconnected_at=None, has_service_token=True):
        try:
            await _poll_streams_of(connection, now)
        except NotAuthorized:
            refused = ServiceTokenRefused()
            log.warning("The streams of %s could not be read: %s", connection, refused)
            # Shown at once, since each day without reading loses events for ever.
            await sync_to_async(connection.set_problem)(
                ProblemKind.SERVICE_TOKEN, str(refused), refused.remedy
            )
        except AsanaError as error:
            log.warning("The streams of %s could not be read: %s", connection, error)


async def _poll_streams_of(connection: Connection, now: Callable[[], datetime]) -> None:
    service = await open_service(connection)
    if service is None:
        return
    async with service:
        async for workspace in organizations(connection):
            try:
                await poll_stream(service, workspace, now)
            except NotAuthorized:
                raise
            except AsanaError as error:
                log.warning("The stream of %s could not be read: %s", workspace, error)


def bring_all_up_to_date() -> None:
    """Computes the figures of everyone with new evidence, for all connections, and moves all windows at midnight."""
    for connection in Connection.objects.all():
        try:
            bring_up_to_date(connection, today_of(connection))
        except IntegrityError:  # deleted meanwhile
            log.info("The figures of %s could not be computed.", connection, exc_info=True)
