"""By Apprise: Microsoft Teams and many other chats, each by an address of its own kind.

Apprise has no way to tell a service that a message is the same as before. After an attempt that was cut off, Usher
sends again: it may come twice, but is never lost.
"""

import asyncio
import logging
import re

import apprise

from usher.notify.models import Delivery
from usher.notify.rendering import NoticeMessage
from usher.notify.sending.outcomes import SENT, Attempt, later, refused
from usher.notify.sending.public_addresses import HostUnknown, NotPublic, public_address
from usher.refusals import Refused

SECONDS = 40
LOCAL = frozenset(
    {"dbus", "glib", "gnome", "kde", "qt", "macosx", "windows", "syslog", "rsyslog", "mqtt", "mqtts"}
)
"""They show something on this machine, or speak to one beside it."""
GENERIC = frozenset(
    ["form", "forms", "json", "jsons", "xml", "xmls", "apprise", "apprises", "mailto", "mailtos"]
)
"""What Usher does itself, with signatures and checks that these lack."""

_STATUS = re.compile(r"error=(\d{3})")


class NoChat(Refused):
    """The address cannot be used."""


def chat_of(url: str) -> apprise.NotifyBase:
    """Raises NoChat. The address holds a secret, so it is not repeated."""
    scheme = url.partition(":")[0].strip().lower()
    if scheme in LOCAL | GENERIC:
        raise NoChat(
            f"Addresses that begin with {scheme}:// are not used here.",
            "For your own receiver, add a webhook. For e-mail, add addresses.",
        )
    chat = apprise.Apprise.instantiate(url, suppress_exceptions=True)
    if chat is None:
        raise NoChat(
            "Apprise does not understand this address.",
            "See https://appriseit.com/services/ for how the address of your chat is written.",
        )
    return chat


async def send_by_chat(delivery: Delivery, message: NoticeMessage) -> Attempt:
    assert delivery.destination
    try:
        chat = chat_of(delivery.destination.secret)
        if chat.host:  # of a service that may stand anywhere; others have fixed addresses
            await public_address(str(chat.host), int(chat.port or 443))
    except (NoChat, NotPublic) as error:
        return refused(error.message, error.remedy)
    except HostUnknown:
        return later("The name in the address could not be resolved.", "Check the address.")
    try:
        async with asyncio.timeout(SECONDS):
            return await asyncio.to_thread(_send, chat, message)
    except TimeoutError:
        return later(f"{chat.service_name} did not answer within {SECONDS} seconds.")


def _send(chat: apprise.NotifyBase, message: NoticeMessage) -> Attempt:
    with _Statuses() as statuses:
        was_taken = chat.notify(
            body=message.text, title=message.subject, body_format=apprise.NotifyFormat.TEXT
        )
    if was_taken:
        return SENT
    status = f" (HTTP {statuses.last})" if statuses.last else ""
    return later(
        f"{chat.service_name} did not take the message{status}.",
        "Check that the address is still valid, and that the service is up.",
    )


class _Statuses(logging.Handler):
    """Apprise says only in its log what a service answered. Nothing else of that is kept: it may hold secrets."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last = ""

    def emit(self, record: logging.LogRecord) -> None:
        if found := _STATUS.search(record.getMessage()):
            self.last = found[1]

    def __enter__(self) -> "_Statuses":
        logging.getLogger("apprise").addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger("apprise").removeHandler(self)
