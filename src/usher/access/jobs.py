"""Background work on access. Thin: each job calls one verb.

The names of tasks are stored with queued jobs, so they do not change.
"""

from contextlib import suppress

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
def delete_old_trail(timestamp: int) -> None:
    delete_old_entries()
    delete_old_counts()
    delete_ended_sessions()


@app.periodic(cron="23 6 * * *")
@app.task(queueing_lock="tell-of-ending-tokens")
def tell_of_ending_tokens(timestamp: int) -> None:
    tell_of_ends()


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="send-account-mails", lock="send-account-mails")
def send_account_mails(timestamp: int = 0) -> None:
    send_waiting_mails()


@app.periodic(cron="7 6 * * *")
@app.task(queueing_lock="give-out-ledger-head")
def give_out_ledger_head(timestamp: int) -> None:
    give_out_head()


def send_mails_soon() -> None:
    """Not only with the next minute: somebody waits for the link in it."""
    with (
        suppress(AlreadyEnqueued),
        transaction.atomic(),
    ):  # a refused row must not spoil the caller's transaction
        send_account_mails.defer()
