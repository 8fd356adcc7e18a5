"""Matching as a part of every sync: people are matched as soon as the roster knows them, and remarked on."""

from asgiref.sync import sync_to_async

from usher.connections.states import SyncStep
from usher.connections.sync import SyncContext
from usher.directory.employees.mass_leaving import refresh_all_source_questions
from usher.directory.matching.after_sync import match_after_sync
from usher.directory.remarks.refresh import refresh_all_remarks


async def match_people(context: SyncContext) -> None:
    """Brings all matches up to date: also those of employees whose last day has passed meanwhile.

    Where nobody had to be matched, remarks can have changed about people of this connection only.
    """
    await context.report_progress(SyncStep.MATCH_EMPLOYEES, at_once=True)
    connection, today = context.run.connection, context.now().date()
    matched = await sync_to_async(match_after_sync)(connection, today)
    await sync_to_async(refresh_all_source_questions)(context.now())
    await sync_to_async(refresh_all_remarks)(today, None if matched else connection)
