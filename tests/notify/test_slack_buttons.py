"""Buttons in Slack: nothing happens without Slack's signature."""

import json
import time
from urllib.parse import urlencode

import pytest
from django.test import Client
from slack_sdk.signature import SignatureVerifier

from tests.support.notify.telling import a_slack
from usher.notify.models import Destination
from usher.notify.slack_actions import routing
from usher.notify.slack_actions.routing import PressedButton
from usher.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/notices/slack/actions/"


@pytest.fixture
def pressed(monkeypatch: pytest.MonkeyPatch) -> list[PressedButton]:
    """What reached the capability that handles “ask-”."""
    reached: list[PressedButton] = []

    def handle(button: PressedButton) -> str:
        if button.value == "late":
            raise Refused("This question is closed.", "Ask an admin.")
        reached.append(button)
        return "Thank you. You keep your seat."

    monkeypatch.setattr(routing, "handlers", lambda: {"ask-": handle})
    destination = a_slack()
    Destination.objects.filter(pk=destination.pk).update(signing_secret="")
    destination.signing_secret = "s1gn"
    destination.save()
    return reached


def press(
    action: str, value: str = "7", *, secret: str = "s1gn", age: int = 0, tampered: bool = False
) -> tuple[int, dict]:
    payload = {
        "type": "block_actions",
        "user": {"id": "U1"},
        "actions": [{"action_id": action, "value": value}],
    }
    body = urlencode({"payload": json.dumps(payload)})
    at = str(int(time.time()) - age)
    signature = (
        SignatureVerifier(secret).generate_signature(timestamp=at, body=body) if secret else "v0=" + "0" * 64
    )
    response = Client(enforce_csrf_checks=True).post(
        PATH,
        body.replace("U1", "U2") if tampered else body,
        content_type="application/x-www-form-urlencoded",
        headers={"X-Slack-Request-Timestamp": at, "X-Slack-Signature": signature or ""},
    )
    return response.status_code, json.loads(response.content or b"{}")


def test_a_signed_press_reaches_who_handles_it(pressed: list[PressedButton]) -> None:
    status, said = press("ask-keep")
    assert (status, said["text"]) == (200, "Thank you. You keep your seat.")
    assert pressed == [PressedButton("ask-keep", "7", "U1", Destination.objects.get().pk)]


@pytest.mark.parametrize("how", [{"secret": "another"}, {"age": 600}, {"tampered": True}])
def test_a_press_that_slack_did_not_sign_now_is_refused(pressed: list[PressedButton], how: dict) -> None:
    status, said = press("ask-keep", **how)
    assert status == 401
    assert "signing secret" in said["remedy"]
    assert not pressed


def test_without_a_signature_or_a_signing_secret_everything_is_refused(pressed: list[PressedButton]) -> None:
    for headers in ({}, {"X-Slack-Request-Timestamp": "soon", "X-Slack-Signature": "v0=1"}):
        form = "application/x-www-form-urlencoded"
        assert Client().post(PATH, "payload={}", content_type=form, headers=headers).status_code == 401
    assert Client().post(PATH, {"payload": "{}"}).status_code == 401
    destination = Destination.objects.get()
    destination.signing_secret = ""
    destination.save()
    assert press("ask-keep", secret="")[0] == 401
    assert not pressed


def test_a_refusal_is_shown_to_who_pressed(pressed: list[PressedButton]) -> None:
    assert press("ask-keep", "late") == (
        200,
        {
            "response_type": "ephemeral",
            "replace_original": False,
            "text": "This question is closed. Ask an admin.",
        },
    )


def test_an_unknown_button_says_so_and_one_that_opens_a_page_says_nothing(
    pressed: list[PressedButton],
) -> None:
    assert "does not know this button" in press("other")[1]["text"]
    assert press("open-0") == (200, {})
    assert not pressed
