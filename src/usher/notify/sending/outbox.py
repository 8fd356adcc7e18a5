"""Sends what waits. Each delivery passes through `sending`, so that a process that dies leaves a trace.

1. Claim: `sending` is stored, with the time and the attempt, and committed.
2. Send. No transaction is open meanwhile.
3. Settle: `sent`, or when to try again, or why not any more.

A process can die between any two lines. Before 2, nothing was sent. After 2, the receiver may have taken the message,
and nothing here knows. Whatever is still `sending` after CUT_OFF_AFTER is sent again, with the same id: nothing is
lost, and receivers can drop the second (each module of a channel says how). A living process never takes that long:
every way of sending has a time limit, and a later attempt has a number of its own, which only its own process settles.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from asgiref.sync import sync_to_async
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from usher.notify.models import Delivery, Destination, Notice
from usher.notify.rendering import NoticeMessage, is_forgotten, message_of
from usher.notify.sending.chats import send_by_chat
from usher.notify.sending.mail import send_by_mail
from usher.notify.sending.outcomes import Attempt, Ending, later, refused
from usher.notify.sending.slack import send_by_slack
from usher.notify.sending.spreading import spread_notices
from usher.notify.sending.webhook import send_by_webhook
from usher.platform.encryption import SecretUnreadable

log = logging.getLogger(__name__)

CUT_OFF_AFTER = timedelta(minutes=5)
LONGEST_ATTEMPT_SECONDS = 120
AT_A_TIME = 500
IN_VAIN = 3
"""After as many attempts in a row, a destination is left alone until the next minute: it is probably down."""
KEPT = timedelta(days=90)

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
_FOR_PEOPLE = [_MINUTE, 5 * _MINUTE, 15 * _MINUTE, *(hours * _HOUR for hours in (1, 3, 8, 12))]
_FOR_MACHINES = [
    timedelta(seconds=5),
    5 * _MINUTE,
    30 * _MINUTE,
    *(hours * _HOUR for hours in (2, 5, 10, 14, 18, 24)),
]
PAUSES = {
    channel: _FOR_MACHINES if channel == Destination.Channel.WEBHOOK else _FOR_PEOPLE
    for channel in Destination.Channel
}
"""After each attempt in vain: a day for people, three days for webhooks. Then it stands in the list of failures."""
LONGEST_HELD = timedelta(days=4)

Sender = Callable[[Delivery, NoticeMessage], Awaitable[Attempt]]
SENDERS: dict[str, Sender] = {
    Destination.Channel.MAIL: send_by_mail,
    Destination.Channel.SLACK: send_by_slack,
    Destination.Channel.APPRISE: send_by_chat,
    Destination.Channel.WEBHOOK: send_by_webhook,
}


async def send_waiting(seconds: float = 50) -> int:
    """Sends what is due, and returns how much went out. Begins nothing after `seconds`.

    Destinations are served side by side, so that a dead one holds up no other; what goes to one, in order.
    """
    await sync_to_async(spread_notices)()
    await sync_to_async(take_up_cut_off)()
    queues = await sync_to_async(due_by_destination)()
    until = time.monotonic() + seconds
    return sum(await asyncio.gather(*(_serve(queue, until) for queue in queues)))


async def _serve(queue: list[int], until: float) -> int:
    sent = failures = 0
    for pk in queue:
        if time.monotonic() > until or failures == IN_VAIN:
            break
        claimed = await sync_to_async(claim)(pk)
        if claimed is None:
            continue
        attempt = await _attempt(claimed)
        await sync_to_async(settle)(claimed, attempt)
        sent += attempt.ending is Ending.SENT
        failures = failures + 1 if attempt.ending is Ending.LATER else 0
        if attempt.wait or attempt.is_gone:
            break
    return sent


async def _attempt(delivery: Delivery) -> Attempt:
    if delivery.notice.not_after is not None and timezone.now() >= delivery.notice.not_after:
        return refused("It was to be sent until a day that is over.", "Discard it.")
    if delivery.destination and not delivery.destination.takes(delivery.notice.connection_id):
        return refused("The destination is told of other connections alone, by now.", "Discard it.")
    try:
        message = await sync_to_async(_prepared)(delivery)
        if message is None:
            return refused("Its facts were deleted, since it is old.", "Discard it.")
        async with asyncio.timeout(LONGEST_ATTEMPT_SECONDS):
            return await SENDERS[delivery.channel](delivery, message)
    except SecretUnreadable as error:
        return refused("A secret of this message cannot be read.", str(error))
    except TimeoutError:
        return later(f"No answer within {LONGEST_ATTEMPT_SECONDS} seconds.")
    except Exception as error:  # one message must not hold up the others; its text may hold a secret
        log.exception("The delivery %s failed in an unexpected way.", delivery.pk)
        return later(f"Usher failed ({type(error).__name__}). The log of `usher worker` says more.")


def _prepared(delivery: Delivery) -> NoticeMessage | None:
    """Reads the secrets, too. None for a notice whose facts are gone. Raises SecretUnreadable."""
    if is_forgotten(delivery.notice):
        return None
    if delivery.destination:
        delivery.destination.refresh_from_db(fields=Destination.SECRETS)
    return message_of(delivery.notice)


def take_up_cut_off() -> int:
    """What a dead process left `sending` waits again."""
    return Delivery.objects.filter(
        state=Delivery.State.SENDING, begun_at__lt=timezone.now() - CUT_OFF_AFTER
    ).update(state=Delivery.State.WAITING, was_cut_off=True, next_attempt_at=timezone.now())


def due_by_destination() -> list[list[int]]:
    """The keys of deliveries that are due, the oldest first, for each destination: none crowds out another."""
    due = _due(timezone.now())
    destinations = due.order_by("destination").values_list("destination", flat=True).distinct()
    return [
        list(due.filter(destination=each).order_by("pk").values_list("pk", flat=True)[:AT_A_TIME])
        for each in destinations
    ]


def _due(now: datetime) -> QuerySet[Delivery]:
    is_open = Q(destination=None) | (
        Q(destination__is_on=True) & (Q(destination__held_until=None) | Q(destination__held_until__lte=now))
    )
    return Delivery.objects.filter(is_open, state=Delivery.State.WAITING, next_attempt_at__lte=now)


def claim(pk: int) -> Delivery | None:
    """None if another process has it, or it is no longer due."""
    now = timezone.now()
    with transaction.atomic():
        found = (
            _due(now)
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("notice", "destination")
            .defer("notice__links", *(f"destination__{name}" for name in Destination.SECRETS))
            .filter(pk=pk)
            .first()
        )
        if found is not None:
            found.state, found.begun_at = Delivery.State.SENDING, now
            found.attempts += 1
            found.save(update_fields=["state", "begun_at", "attempts"])
    return found


def settle(delivery: Delivery, attempt: Attempt) -> None:
    """Stores what became of an attempt, unless it was cut off and another has begun."""
    now = timezone.now()
    state, next_at = _state_after(delivery, attempt, now)
    with transaction.atomic():
        was_ours = Delivery.objects.filter(
            pk=delivery.pk, state=Delivery.State.SENDING, attempts=delivery.attempts
        ).update(
            state=state,
            next_attempt_at=next_at,
            ended_at=None if state == Delivery.State.WAITING else now,
            was_cut_off=False,
            problem=attempt.problem[:500],
            remedy=attempt.remedy[:500],
        )
        if was_ours and state == Delivery.State.SENT:
            Notice.objects.filter(pk=delivery.notice_id).exclude(links="").update(links="")
        if attempt.wait and delivery.destination_id:
            Destination.objects.filter(pk=delivery.destination_id).update(held_until=now + attempt.wait)
        if attempt.is_gone and delivery.destination_id:
            Destination.objects.filter(pk=delivery.destination_id).update(
                is_on=False, off_because=attempt.problem[:500]
            )
            Delivery.objects.filter(destination=delivery.destination, state=Delivery.State.WAITING).update(
                state=Delivery.State.FAILED,
                ended_at=now,
                problem=attempt.problem[:500],
                remedy=attempt.remedy[:500],
            )


def _state_after(delivery: Delivery, attempt: Attempt, now: datetime) -> tuple[Delivery.State, datetime]:
    match attempt.ending:
        case Ending.SENT:
            return Delivery.State.SENT, now
        case Ending.BOUNCED:
            return Delivery.State.BOUNCED, now
        case Ending.REFUSED:
            return Delivery.State.FAILED, now
    if attempt.wait:
        # A service that asks to wait has not failed: only its own time counts, within reason.
        is_over = now - delivery.notice.told_at > LONGEST_HELD
        return (Delivery.State.FAILED if is_over else Delivery.State.WAITING), now + attempt.wait
    pauses = PAUSES[delivery.channel]
    if delivery.attempts > len(pauses):
        return Delivery.State.FAILED, now
    spread = random.uniform(1, 1.1)  # noqa: S311  # so that not everything comes back at once; no secret
    return Delivery.State.WAITING, now + pauses[delivery.attempts - 1] * spread


def forget_old() -> None:
    """What was told stays known for ever, but neither to whom nor with which facts."""
    before = timezone.now() - KEPT
    Delivery.objects.filter(ended_at__lt=before).delete()
    old = Notice.objects.filter(told_at__lt=before, spread_at__isnull=False).exclude(facts={})
    old.exclude(deliveries__state__in=Delivery.OPEN).update(facts={}, links="", path="")
