"""Sending notices. Thin: each job calls one verb.

The names of tasks are stored with queued jobs, so they do not change.
"""

from asgiref.sync import sync_to_async
from procrastinate.contrib.django import app

from usher.notify.sending.outbox import forget_old, send_waiting


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="send-notices", lock="send-notices")
async def send_notices(timestamp: int = 0) -> None:
    await send_waiting()


@app.periodic(cron="41 3 * * *")
@app.task(queueing_lock="forget-old-notices")
async def forget_old_notices(timestamp: int) -> None:
    await sync_to_async(forget_old)()
