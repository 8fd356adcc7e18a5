"""Whether what an admin enters for a destination can be used. Nothing is sent here."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from usher.notify.models import Destination
from usher.notify.sending.chats import NoChat, chat_of
from usher.notify.sending.public_addresses import is_allowed
from usher.notify.sending.spreading import addresses_in
from usher.refusals import Refused

CHANNEL = re.compile(r"#?[\w.-]{1,80}")


class UnusableDestination(Refused):
    """`field`: what has to be corrected."""

    def __init__(self, field: str, message: str, remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.field = field


def check_destination(channel: str, target: str, secret: str) -> None:
    """`secret`: empty where the stored one stays. Raises UnusableDestination."""
    match channel:
        case Destination.Channel.MAIL:
            _check_addresses(target)
        case Destination.Channel.SLACK:
            if target and not CHANNEL.fullmatch(target):
                raise UnusableDestination(
                    "target", "This is no Slack channel.", "Enter its ID, such as C0123456789."
                )
            if secret and not secret.startswith("xoxb-"):
                raise UnusableDestination("secret", "This is no bot token.", "It begins with xoxb-.")
        case Destination.Channel.APPRISE:
            if secret:
                try:
                    chat_of(secret)
                except NoChat as error:
                    raise UnusableDestination("secret", error.message, error.remedy) from error
        case Destination.Channel.WEBHOOK:
            check_url(target)


def _check_addresses(target: str) -> None:
    addresses = addresses_in(target)
    if not addresses:
        raise UnusableDestination("target", "There is no address.", "Enter one or more.")
    for address in addresses:
        try:
            validate_email(address)
        except ValidationError:
            raise UnusableDestination(
                "target", f"“{address}” is not an e-mail address.", "Correct it."
            ) from None


def check_url(target: str) -> None:
    """Of what is sent over HTTP, to here and to event streams. Raises UnusableDestination."""
    try:
        parts = urlsplit(target)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise UnusableDestination("target", "This is not an address.", "It begins with https://.") from None
    if parts.scheme not in ("http", "https") or not host or any(each.isspace() for each in target):
        raise UnusableDestination("target", "This is not an address.", "It begins with https://.")
    if parts.username or parts.password:
        raise UnusableDestination(
            "target", "The address must not have a user or password in it.", "The signature is the proof."
        )
    try:
        address = ip_address(host)
    except ValueError:
        address = None
    if address is not None and not is_allowed(address):
        raise UnusableDestination(
            "target",
            f"{address} is not a public address.",
            "The operator can allow it: USHER_WEBHOOK_NETWORKS.",
        )
    is_public = (
        address.is_global if address else not settings.USHER_WEBHOOK_NETWORKS
    )  # a name is looked up later
    if parts.scheme == "http" and is_public:
        raise UnusableDestination(
            "target", "Without TLS, everybody on the way reads the messages.", "Use an address with https://."
        )
