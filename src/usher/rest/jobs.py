from asgiref.sync import sync_to_async
from django.utils import timezone
from procrastinate.contrib.django import app

from usher.rest.serving import forget_old_answers


@app.periodic(cron="23 * * * *")
@app.task(queueing_lock="forget-old-answers")
async def forget_answers(timestamp: int) -> None:
    await sync_to_async(forget_old_answers)(timezone.now())
