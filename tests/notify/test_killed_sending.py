"""The process that sends is killed at random. The receivers count: nothing is lost, and nothing is handled twice."""

import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from django.db import connection as database

from tests.support.notify.mail_server import MailServer
from tests.support.notify.receivers import SlackWorkspace, WebhookReceiver
from tests.support.notify.telling import a_slack, a_webhook, tell_of
from usher.access.models import User
from usher.notify.kinds import KINDS
from usher.notify.models import Delivery
from usher.notify.telling import tell_address

pytestmark = pytest.mark.django_db(transaction=True)

NOTICES = 15
MOST_DEATHS = 200


@contextmanager
def forks(mails: MailServer, slack: SlackWorkspace) -> "Iterator[subprocess.Popen[str]]":
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database.settings_dict['NAME']}").geturl()
    reached = {
        "DATABASE_URL": url,
        "USHER_SMTP_HOST": "127.0.0.1",
        "USHER_SMTP_PORT": str(mails.port),
        "USHER_SMTP_TLS": "none",
        "USHER_SLACK_URL": slack.url,
        "USHER_WEBHOOK_NETWORKS": "127.0.0.1",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.notify.sends_in_forks"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | reached,
    ) as process:
        try:
            yield process
        finally:
            assert process.stdin
            process.stdin.close()


def send_and_die(process: "subprocess.Popen[str]") -> int:
    """Starts processes until one lives to the end. Returns how many were killed."""
    assert process.stdin and process.stdout
    for deaths in range(MOST_DEATHS):
        process.stdin.write(f"{random.randrange(2**31)}\n")
        process.stdin.flush()
        end = process.stdout.readline().strip()
        if end == "ended":
            return deaths
        assert end == "killed"
    raise AssertionError("It never came to its end.")


def test_killed_at_random_nothing_is_lost_or_handled_twice(
    user: User, mails: MailServer, webhooks: WebhookReceiver, slack: SlackWorkspace
) -> None:
    webhooks.secrets = [a_webhook(webhooks.url, "rule_stopped").secret]
    a_slack("C1", "rule_stopped")
    for number in range(NOTICES):
        tell_of("rule_stopped", str(number))
        tell_address("ask_person", str(number), f"p{number}@example.com", KINDS["ask_person"].example)
    with forks(mails, slack) as process:
        deaths = send_and_die(process)
    assert deaths
    assert set(Delivery.objects.values_list("state", flat=True)) == {Delivery.State.SENT}

    by_mail = Counter(str(message["Message-ID"]) for _, message in mails.taken)
    assert len(by_mail) == 2 * NOTICES  # mail servers drop a second with the same Message-ID
    assert {receiver for receiver, _ in mails.taken} == {
        user.email,
        *(f"p{n}@example.com" for n in range(NOTICES)),
    }
    by_webhook = Counter(message_id for message_id, _ in webhooks.taken)
    assert len(by_webhook) == NOTICES  # receivers drop a second with the same webhook-id
    in_slack = Counter(post["metadata"]["event_payload"]["id"] for post in slack.posted)
    assert len(in_slack) == NOTICES
    assert set(in_slack.values()) == {1}  # Usher looks before it posts again
    # What came twice is what a process had handed over when it died, and no more.
    twice = sum(by_mail.values()) - len(by_mail) + sum(by_webhook.values()) - len(by_webhook)
    assert twice <= 2 * deaths
