"""Matching as a part of every sync: people are matched as soon as the roster knows them, and remarked on."""

from asgiref.sync import sync_to_async

from usher.connections.states import SyncStep
from usher.connections.sync import SyncContext
from usher.directory.employees.mass_leaving import refresh_all_source_questions
from usher.directory.matching.update import bring_up_to_date
from usher.directory.remarks.refresh import refresh_all_remarks


async def match_people(context: SyncContext) -> None:
    """Brings all matches up to date: also those of employees whose last day has passed meanwhile."""
    await context.report_progress(SyncStep.MATCH_EMPLOYEES, at_once=True)
    today = context.now().date()
    await sync_to_async(bring_up_to_date)(today=today)
    await sync_to_async(refresh_all_source_questions)(context.now())
    await sync_to_async(refresh_all_remarks)(today)
