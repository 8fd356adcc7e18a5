"""From a press of a button to the capability that offered it. This package knows no button itself."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

import msgspec
from django.conf import settings
from django.utils.module_loading import import_string
from slack_sdk.signature import SignatureVerifier

from usher.notify.models import Destination
from usher.refusals import Refused

HAS_ONLY_A_LINK = "open-"
"""Buttons that open a page: Slack reports them too, and nothing is to be done."""


class PressedButton(msgspec.Struct, frozen=True):
    """`action`: the id of the button; `value`: what was stored in it. `user_id`: Slack's, of who pressed it."""

    action: str
    value: str
    user_id: str
    destination: int
    """The key of the destination by whose signing secret it was proved."""


Handler = Callable[[PressedButton], str]
"""Does it, and returns what Slack shows to whoever pressed. Raises Refused. May be called twice for one press."""


def handlers() -> dict[str, Handler]:
    """Who handles buttons whose action begins with the key: `USHER_SLACK_BUTTONS`."""
    return {prefix: import_string(path) for prefix, path in settings.USHER_SLACK_BUTTONS.items()}


class NotFromSlack(Refused):
    """The request has no signature of a Slack app that Usher knows, or is too old."""


def pressed_button(body: bytes, headers: Mapping[str, str]) -> PressedButton | None:
    """None for what is no button of ours to act on. Raises NotFromSlack: nothing of the body is read before that."""
    destination = _signed_by(body, headers)
    if destination is None:
        raise NotFromSlack(
            "This request is not signed by a Slack app that Usher knows.",
            "Enter the signing secret of your Slack app under Settings → Notices.",
        )
    try:
        payload: dict[str, Any] = json.loads(parse_qs(body.decode())["payload"][0])
        pressed = payload["actions"][0]
        return PressedButton(
            str(pressed["action_id"]), str(pressed.get("value", "")), str(payload["user"]["id"]), destination
        )
    except (ValueError, KeyError, IndexError, TypeError):
        return None


def answer_to(button: PressedButton) -> str:
    """What Slack shows; empty for a button that only opens a page."""
    if button.action.startswith(HAS_ONLY_A_LINK):
        return ""
    for prefix, handler in handlers().items():
        if button.action.startswith(prefix):
            try:
                return handler(button)
            except Refused as refusal:
                return f"{refusal.message} {refusal.remedy}".strip()
    return "Usher does not know this button any more. Open the message's page in Usher instead."


def _signed_by(body: bytes, headers: Mapping[str, str]) -> int | None:
    """The verifier also refuses what is older than five minutes, so a copied request is of no use later."""
    if not headers.get("X-Slack-Request-Timestamp", "").isdecimal():
        return None
    apps = Destination.objects.filter(channel=Destination.Channel.SLACK, is_on=True).exclude(
        signing_secret=""
    )
    for key, secret in apps.values_list("pk", "signing_secret"):
        if SignatureVerifier(secret).is_valid_request(body, dict(headers)):
            return key
    return None
