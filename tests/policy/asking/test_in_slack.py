"""Asking in Slack, by buttons."""

import json
import time
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from django.test import Client
from pytest_django import Settings
from slack_sdk.signature import SignatureVerifier

from tests.policy.asking.test_asking import YAN, ZOE, acme, asking, noon_of_a_working_day, of, workspace
from tests.support.notify.mail_server import MailServer
from tests.support.notify.receivers import SlackWorkspace, receivers
from tests.support.notify.telling import a_slack, make_due, send
from usher.connections.models import Connection
from usher.policy.asking.answer import follow_up
from usher.policy.models import SeatQuestion
from usher.policy.running import run
from usher.removal.models import Case
from usher.roster.models import Workspace

pytestmark = pytest.mark.django_db(transaction=True)

__all__ = ["acme", "workspace"]

State = SeatQuestion.State


@pytest.fixture
def slack(settings: Settings) -> Iterator[SlackWorkspace]:
    with receivers() as (_, slack):
        settings.USHER_SLACK_URL = slack.url
        destination = a_slack()
        destination.signing_secret = "s1gn"
        destination.save()
        yield slack


def press(button: dict[str, str]) -> str:
    payload = {"type": "block_actions", "user": {"id": "U1"}, "actions": [button]}
    body, at = urlencode({"payload": json.dumps(payload)}), str(int(time.time()))
    signature = SignatureVerifier("s1gn").generate_signature(timestamp=at, body=body)
    response = Client(enforce_csrf_checks=True).post(
        "/notices/slack/actions/",
        body,
        content_type="application/x-www-form-urlencoded",
        headers={"X-Slack-Request-Timestamp": at, "X-Slack-Signature": signature or ""},
    )
    assert response.status_code == 200
    return str(json.loads(response.content)["text"])


def buttons(posted: dict) -> dict[str, dict[str, str]]:  # type: ignore[type-arg]
    """Those that answer, by their action."""
    elements = [each for block in posted["blocks"] for each in block.get("elements", ())]
    return {each["action_id"]: each for each in elements if each.get("action_id", "").startswith("seat-")}


def test_a_button_releases_the_seat_once(
    acme: Connection,
    workspace: Workspace,
    slack: SlackWorkspace,
) -> None:
    slack.people = {ZOE: "U1", YAN: "U2"}
    run(asking(in_slack=True), acme)
    send()
    to_zoe = next(each for each in slack.posted if each["channel"] == "DU1")
    assert "An admin decides" in press(buttons(to_zoe)["seat-release"])
    assert of(ZOE).state == State.RELEASED
    assert Case.objects.get().person_email == ZOE
    assert "This question is over" in press(buttons(to_zoe)["seat-keep"])
    to_yan = next(each for each in slack.posted if each["channel"] == "DU2")
    assert "The seat stays" in press(buttons(to_yan)["seat-keep"])
    assert Case.objects.count() == 1


def test_whoever_slack_does_not_know_gets_a_mail(
    acme: Connection,
    workspace: Workspace,
    slack: SlackWorkspace,
    mails: MailServer,
) -> None:
    slack.people = {YAN: "U2"}
    run(asking(in_slack=True), acme)
    for _ in range(20):
        make_due()
        send()
    follow_up(noon_of_a_working_day())
    send()
    assert len(mails.mailbox(ZOE)) == 1
    assert not mails.mailbox(YAN)
    assert of(ZOE).state == State.ASKED
