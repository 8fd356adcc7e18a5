"""Sending event streams. Thin: each job calls one verb.

The names of tasks are stored with queued jobs, so they do not change.
"""

from asgiref.sync import sync_to_async
from procrastinate.contrib.django import app

from usher.streams.queueing import enqueue_due_streams
from usher.streams.running import run_stream


@app.task
async def send_stream(destination_id: int) -> None:
    await run_stream(destination_id)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="send-streams")
async def send_streams(timestamp: int) -> None:
    await sync_to_async(enqueue_due_streams)()
