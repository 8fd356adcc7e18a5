"""Jobs of the directory. Each calls one verb."""

from datetime import timedelta

from asgiref.sync import sync_to_async
from procrastinate.contrib.django import app

from usher.directory.employees.mass_leaving import refresh_all_source_questions
from usher.directory.remarks.refresh import refresh_recent_remarks

RECENT = timedelta(minutes=5)
"""Longer than the minute between two runs, for employees whose change was committed late."""


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="refresh-remarks")
async def refresh_remarks_of_changed(timestamp: int) -> None:
    """Remarks about people whose employees have just changed, and about whole sources. The daily sync looks at
    everybody.
    """
    await sync_to_async(refresh_all_source_questions)()
    await sync_to_async(refresh_recent_remarks)(RECENT)
