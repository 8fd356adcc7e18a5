"""By Slack: a direct message, found by the e-mail address, or a channel.

Slack drops no second message. So each carries its id as metadata, and after an attempt that was cut off, Usher looks
for it in the conversation before it sends again. Without the scope for that (channels:history, im:history), it sends:
a message that is lost is worse than one that comes twice.
"""

from typing import Any

import aiohttp
from django.conf import settings
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from usher.notify.models import Delivery, Destination
from usher.notify.rendering import NoticeMessage
from usher.notify.sending.outcomes import SENT, Attempt, later, refused, retry_after

SECONDS = 20
EVENT = "usher_notice"
CLOCKS_MAY_DIFFER_SECONDS = 60
LONGEST_SECTION, LONGEST_HEADER, LONGEST_BUTTON = 2900, 150, 75

SETTINGS = "Correct it under Settings → Notices, then try again."
_REFUSALS = {
    "invalid_auth": (
        "Slack does not know the bot token.",
        "Copy the Bot User OAuth Token of your Slack app again.",
    ),
    "not_authed": ("The bot token is missing.", "Enter the Bot User OAuth Token of your Slack app."),
    "account_inactive": ("The bot or its workspace was deactivated.", "Install the Slack app again."),
    "token_revoked": ("The bot token was revoked.", "Install the Slack app again, and enter the new token."),
    "token_expired": (
        "The bot token has expired.",
        "Switch token rotation off for the app, and enter a new token.",
    ),
    "not_in_channel": (
        "The bot is not in the channel.",
        "In the channel, write: /invite @ and the name of the bot.",
    ),
    "channel_not_found": (
        "There is no such channel, or the bot does not see it.",
        "Invite the bot, or correct the name.",
    ),
    "is_archived": ("The channel is archived.", "Choose another channel."),
    "missing_scope": (
        "The Slack app lacks a permission.",
        "Add chat:write, im:write and users:read.email; reinstall it.",
    ),
    "users_not_found": (
        "Nobody in Slack has this e-mail address.",
        "Use the same address in Slack and in Usher.",
    ),
    "msg_too_long": ("The message is too long for Slack.", "Discard it."),
}


def slack_client(destination: Destination) -> AsyncWebClient:
    return AsyncWebClient(
        destination.secret, base_url=f"{settings.USHER_SLACK_URL}/api/", timeout=SECONDS, retry_handlers=[]
    )


async def send_by_slack(delivery: Delivery, message: NoticeMessage) -> Attempt:
    assert delivery.destination
    client = slack_client(delivery.destination)
    try:
        to = await _conversation(client, delivery)
        if delivery.was_cut_off and await _is_there(client, delivery, to):
            return SENT
        await client.chat_postMessage(
            channel=to,
            text=escaped(message.subject),
            blocks=blocks_of(message),
            metadata={"event_type": EVENT, "event_payload": {"id": str(delivery.idempotency)}},
            unfurl_links=False,
        )
    except SlackApiError as error:
        return _outcome_of(error)
    except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError) as error:
        return later(f"Slack could not be reached ({type(error).__name__}).")
    return SENT


async def _conversation(client: AsyncWebClient, delivery: Delivery) -> str:
    if not delivery.address:
        assert delivery.destination
        return delivery.destination.target
    found = await client.users_lookupByEmail(email=delivery.address)
    opened = await client.conversations_open(users=found["user"]["id"])
    return str(opened["channel"]["id"])


async def _is_there(client: AsyncWebClient, delivery: Delivery, channel: str) -> bool:
    """Whether the attempt before was taken. Only a channel's id can be looked through, not its name."""
    since = delivery.notice.told_at.timestamp() - CLOCKS_MAY_DIFFER_SECONDS
    try:
        history = await client.conversations_history(
            channel=channel, oldest=str(since), include_all_metadata=True, limit=200
        )
    except SlackApiError as error:
        if error.response.status_code == 429:
            raise
        return False
    found: list[dict[str, Any]] = history.get("messages", [])
    ids = [(each.get("metadata") or {}).get("event_payload", {}).get("id") for each in found]
    return str(delivery.idempotency) in ids


def blocks_of(message: NoticeMessage) -> list[dict[str, object]]:
    """Slack's blocks: header, sections, and a button for each link."""
    blocks: list[dict[str, object]] = [
        {
            "type": "header",
            "text": {"type": "plain_text", "text": message.subject[:LONGEST_HEADER], "emoji": False},
        }
    ]
    for each in message.paragraphs:
        text = escaped(each) if isinstance(each, str) else "\n".join(f"• {escaped(line)}" for line in each)
        blocks.append(
            {"type": "section", "text": {"type": "mrkdwn", "text": text[:LONGEST_SECTION], "verbatim": True}}
        )
    buttons = [
        {
            "type": "button",
            "text": {"type": "plain_text", "text": link.label[:LONGEST_BUTTON], "emoji": False},
            "url": link.url,
            "action_id": f"open-{number}",
        }
        for number, link in enumerate(message.links)
    ]
    buttons += [
        {
            "type": "button",
            "text": {"type": "plain_text", "text": button.label[:LONGEST_BUTTON], "emoji": False},
            "action_id": button.action,
            "value": button.value,
        }
        for button in message.buttons
    ]
    return [*blocks, {"type": "actions", "elements": buttons}] if buttons else blocks


def escaped(text: str) -> str:
    """Nothing in it is a link or calls anybody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _outcome_of(error: SlackApiError) -> Attempt:
    code = str(error.response.get("error", "")) if isinstance(error.response.data, dict) else ""
    if error.response.status_code == 429 or code == "ratelimited":
        wait = retry_after(error.response.headers.get("Retry-After")) or retry_after("30")
        return later("Slack asked Usher to wait.", wait=wait)
    if code in _REFUSALS:
        problem, remedy = _REFUSALS[code]
        return refused(f"{problem} ({code})", remedy)
    if (
        code
        and error.response.status_code < 500
        and code not in ("internal_error", "fatal_error", "service_unavailable")
    ):
        return refused(f"Slack refused the message ({code}).", SETTINGS)
    return later(f"Slack failed ({code or error.response.status_code}).")
