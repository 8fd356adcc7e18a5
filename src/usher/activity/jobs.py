"""Background jobs for usage. Each calls one function."""

from asgiref.sync import sync_to_async
from procrastinate.contrib.django import app

from usher.activity.console import uploads
from usher.activity.ingest import retention
from usher.activity.records.closing import close_months
from usher.activity.sync_stage import bring_all_up_to_date, poll_streams
from usher.activity.usage import counting


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="poll-streams", lock="poll-streams")
async def read_everyday_work(timestamp: int) -> None:
    """Runs often, since a stream token expires after a day and a page holds 1,000 events."""
    await poll_streams()
    await sync_to_async(bring_all_up_to_date)()


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="keep-counted", lock="keep-counted")
async def keep_counted(timestamp: int) -> None:
    """Once a minute, so that a page seldom has to count for itself."""
    await sync_to_async(counting.keep_all)()


@app.periodic(cron="37 3 * * *")
@app.task(queueing_lock="fold-listing-changes", lock="keep-counted")
async def fold_listing_changes(timestamp: int) -> None:
    await sync_to_async(counting.fold_changes)()


@app.periodic(cron="41 3 * * *")
@app.task(queueing_lock="drop-old-events")
async def drop_old_events(timestamp: int) -> None:
    await sync_to_async(retention.drop_old_events)()
    await sync_to_async(uploads.forget_old)()


@app.periodic(cron="53 3 * * *")
@app.task(queueing_lock="close-event-months")
async def close_event_months(timestamp: int) -> None:
    await close_months()
