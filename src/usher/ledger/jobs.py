"""Background work on the ledger."""

from asgiref.sync import sync_to_async
from procrastinate.contrib.django import app

from usher.ledger.last_check import verify_and_keep


@app.periodic(cron="41 * * * *")
@app.task(queueing_lock="verify-ledger")
async def verify_ledger(timestamp: int) -> None:
    await sync_to_async(verify_and_keep)()
