"""What a person does with deliveries: send them again, or discard what failed."""

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.notify.models import Delivery, Destination
from usher.notify.telling import send_soon
from usher.refusals import Refused

FAILED = Q(state__in=Delivery.ENDED_BADLY)
TO_SEND_AGAIN = FAILED | Q(state=Delivery.State.SENT, destination__channel=Destination.Channel.WEBHOOK)
"""Also what a webhook took: the receiver may have lost it. It has the same id, so that nothing is handled twice."""


class NothingToHandle(Refused):
    """The delivery is not one that this can be done with."""


@transaction.atomic
def send_again(chosen: QuerySet[Delivery], actor: Actor) -> int:
    """Begins anew with those of `chosen` that may be sent again. Returns how many."""
    keys = _locked(chosen.filter(TO_SEND_AGAIN))
    Delivery.objects.filter(pk__in=keys).update(
        state=Delivery.State.WAITING,
        attempts=0,
        next_attempt_at=timezone.now(),
        ended_at=None,
        problem="",
        remedy="",
    )
    if keys:
        record(actor, "notices.sent_again", _subject(keys))
        send_soon()
    return len(keys)


@transaction.atomic
def discard(chosen: QuerySet[Delivery], actor: Actor) -> int:
    """Takes those of `chosen` that failed off the list. Returns how many."""
    keys = _locked(chosen.filter(FAILED))
    Delivery.objects.filter(pk__in=keys).update(state=Delivery.State.DISCARDED, ended_at=timezone.now())
    if keys:
        record(actor, "notices.discarded", _subject(keys))
    return len(keys)


def send_delivery_again(key: int, actor: Actor) -> None:
    """Raises NothingToHandle."""
    if not send_again(Delivery.objects.filter(pk=key), actor):
        raise NothingToHandle(
            "Only what failed is sent again, and what went to a webhook.", "Look at the state of this one."
        )


def discard_delivery(key: int, actor: Actor) -> None:
    """Raises NothingToHandle."""
    if not discard(Delivery.objects.filter(pk=key), actor):
        raise NothingToHandle("Only what failed can be discarded.", "Look at the state of this one.")


def _locked(chosen: QuerySet[Delivery]) -> list[int]:
    return list(chosen.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))


def _subject(keys: list[int]) -> str:
    return f"delivery {keys[0]}" if len(keys) == 1 else f"{len(keys):,} deliveries, {keys[0]} to {keys[-1]}"
