"""Jobs that watch. Thin: each calls verbs, and what was told before is not told again."""

from asgiref.sync import sync_to_async
from django.utils import timezone
from procrastinate.contrib.django import app

from usher.policy.watches.asana import tell_of_admins, tell_of_exports
from usher.policy.watches.detections.run import tell_of_detections
from usher.policy.watches.digest import tell_weekly
from usher.policy.watches.health import tell_of_ledger, tell_of_syncs, tell_of_tokens, tell_of_workers
from usher.policy.watches.renewals import tell_of_renewals
from usher.policy.watches.streams import tell_of_streams

WATCH_TASK = "usher.policy.watches.jobs.watch"


@app.periodic(cron="*/5 * * * *")
@app.task(name=WATCH_TASK, queueing_lock="watch")
async def watch(timestamp: int) -> None:
    await sync_to_async(_watch)()


def _watch() -> None:
    now = timezone.now()
    tell_of_workers(now, WATCH_TASK)
    tell_of_syncs(now)
    tell_of_tokens()
    tell_of_streams(now)
    tell_of_ledger()
    tell_of_admins(now)
    tell_of_exports(now)
    tell_of_detections(now)
    tell_of_renewals(timezone.localdate(now))


@app.periodic(cron="0 7 * * 1")
@app.task(queueing_lock="tell-weekly")
async def tell_weekly_summary(timestamp: int) -> None:
    await sync_to_async(tell_weekly)(timezone.now())
