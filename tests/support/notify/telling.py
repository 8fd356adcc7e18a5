"""Telling examples, and sending what is due."""

from asgiref.sync import async_to_sync
from django.utils import timezone

from usher.notify.kinds import KINDS
from usher.notify.models import Delivery, Destination
from usher.notify.sending.outbox import send_waiting
from usher.notify.sending.webhook import new_secret
from usher.notify.telling import tell

send = async_to_sync(send_waiting)


def tell_of(kind: str, key: str, **options: object) -> bool:
    """With the facts of the example."""
    return tell(kind, key, KINDS[kind].example, **options)  # type: ignore[arg-type]


def make_due() -> None:
    """Everything that waits for its next attempt."""
    Delivery.objects.filter(state=Delivery.State.WAITING).update(next_attempt_at=timezone.now())


def a_webhook(url: str, *kinds: str) -> Destination:
    return Destination.objects.create(
        name="SIEM", channel="webhook", target=url, secret=new_secret(), kinds=kinds or ["ledger_broken"]
    )


def a_slack(channel: str = "#asana", *kinds: str) -> Destination:
    return Destination.objects.create(
        name="Slack", channel="slack", target=channel, secret="xoxb-right", kinds=kinds or ["ledger_broken"]
    )
