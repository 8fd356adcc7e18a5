"""The Test button: sends one message now, and says what happened."""

from asgiref.sync import async_to_sync

from usher.access.models import User
from usher.notify.models import Delivery, Destination, Notice
from usher.notify.rendering import NoticeMessage
from usher.notify.sending.outbox import SENDERS
from usher.notify.sending.outcomes import Attempt, Ending
from usher.notify.sending.spreading import addresses_in

TEST = NoticeMessage(
    "A test from Usher",
    ["Notices from Usher arrive here.", "Somebody pressed Test under Settings → Notices."],
    [],
)


def test_destination(destination: Destination, user: User) -> list[tuple[str, Attempt]]:
    """What became of a message to each receiver. Slack without a channel writes to the user who tests."""
    if destination.channel == Destination.Channel.MAIL:
        receivers = addresses_in(destination.target)
    elif destination.channel == Destination.Channel.SLACK and not destination.target:
        receivers = [user.email]
    else:
        receivers = [""]
    return [(address or destination.name, _send(destination, address)) for address in receivers]


def test_own_mail(user: User) -> Attempt:
    return _send(None, user.email)


def _send(destination: Destination | None, address: str) -> Attempt:
    """Nothing is stored: a test is not sent again."""
    delivery = Delivery(notice=Notice(kind="test", key="test"), destination=destination, address=address)
    return async_to_sync(SENDERS[delivery.channel])(delivery, TEST)


def in_words(receiver: str, attempt: Attempt) -> str:
    if attempt.ending is Ending.SENT:
        return f"{receiver}: the message was taken. See whether it arrived."
    return f"{receiver}: {attempt.problem} {attempt.remedy}".strip()
