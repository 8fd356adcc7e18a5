"""Jobs that run and try rules. Each calls one verb."""

import logging

from asgiref.sync import sync_to_async
from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from usher.connections.models import Connection
from usher.platform.outages import is_outage
from usher.policy.asking.answer import follow_up
from usher.policy.leaving.letters import mail_whom_slack_does_not_know
from usher.policy.models import Policy, PolicyTrial
from usher.policy.running import run
from usher.policy.schedule import due
from usher.policy.trial import fail_trial, perform_trial, request_trial

log = logging.getLogger(__name__)


def start_trial(policy: Policy) -> PolicyTrial:
    """Has a worker try the rule. Returns the trial to watch."""
    trial = request_trial(policy)
    lock = f"try-rule-{policy.pk}"
    try:
        with transaction.atomic():  # a refused row must not spoil the caller's transaction
            try_rule.configure(lock=lock, queueing_lock=lock).defer(trial_id=trial.pk)
    except AlreadyEnqueued:
        pass
    return trial


@app.task
async def try_rule(trial_id: int) -> None:
    try:
        await sync_to_async(perform_trial)(trial_id)
    except Exception as error:
        if not is_outage(error):
            await sync_to_async(fail_trial)(trial_id, error)
        raise


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="follow-up-questions", lock="follow-up-questions")
async def follow_up_questions(timestamp: int) -> None:
    """Reminders, and what follows without an answer."""
    await sync_to_async(follow_up)()


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="follow-up-letters", lock="follow-up-letters")
async def follow_up_letters(timestamp: int) -> None:
    """Whoever Slack does not know gets an e-mail."""
    await sync_to_async(mail_whom_slack_does_not_know)()


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="run-rules", lock="run-rules")
async def run_rules(timestamp: int) -> None:
    """Each rule once a day for each connection, after its sync."""
    for policy, connection in await sync_to_async(due)():
        try:
            await sync_to_async(run)(policy, connection)
        except (Policy.DoesNotExist, Connection.DoesNotExist):
            log.info("A rule or a connection was deleted while it ran.")
