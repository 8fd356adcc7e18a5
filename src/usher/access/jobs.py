"""Background work on access. Thin: each job calls one verb.

The names of tasks are stored with queued jobs, so they do not change.
"""

from contextlib import suppress

from asgiref.sync import sync_to_async
from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from usher.access.ledger_heads import give_out_head
from usher.access.mails.sending import send_waiting_mails
from usher.access.sessions.own import delete_ended_sessions
from usher.access.throttle.unlocking import delete_old_counts
from usher.access.tokens.api_tokens import tell_of_ends
from usher.access.trail.retention import delete_old_entries


@app.periodic(cron="17 3 * * *")
@app.task(queueing_lock="delete-old-trail")
async def delete_old_trail(timestamp: int) -> None:
    await sync_to_async(delete_old_entries)()
    await sync_to_async(delete_old_counts)()
    await sync_to_async(delete_ended_sessions)()


@app.periodic(cron="23 6 * * *")
@app.task(queueing_lock="tell-of-ending-tokens")
async def tell_of_ending_tokens(timestamp: int) -> None:
    await sync_to_async(tell_of_ends)()


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="send-account-mails", lock="send-account-mails")
async def send_account_mails(timestamp: int = 0) -> None:
    await sync_to_async(send_waiting_mails)()


@app.periodic(cron="7 6 * * *")
@app.task(queueing_lock="give-out-ledger-head")
async def give_out_ledger_head(timestamp: int) -> None:
    await sync_to_async(give_out_head)()


def send_mails_soon() -> None:
    """Not only with the next minute: somebody waits for the link in it."""
    with (
        suppress(AlreadyEnqueued),
        transaction.atomic(),
    ):  # a refused row must not spoil the caller's transaction
        send_account_mails.defer()
