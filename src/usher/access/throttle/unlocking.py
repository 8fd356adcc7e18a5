"""Who is slowed down now, and letting them try again."""

from datetime import datetime, timedelta

import msgspec
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from usher.access.models import AttemptCount, KnownDevice, User
from usher.access.throttle.attempts import LIMITS
from usher.access.throttle.devices import KNOWN_FOR
from usher.ledger.actors import Actor
from usher.ledger.record import record

LONGEST_WINDOW = max(limit.window for limit in LIMITS.values())
WHAT = {
    "place": "one account from one place",
    "address": "many accounts from one address",
    "account": "one account from many places",
    "everywhere": "many accounts from many places",
    "tokens": "wrong tokens or links from one address",
}


class SlowedDown(msgspec.Struct, frozen=True):
    """Attempts that have to wait until a moment."""

    key: str
    what: str
    user: User | None
    address: str | None
    attempts: int
    until: datetime


def slowed_down(now: datetime | None = None) -> list[SlowedDown]:
    """What has to wait now, the longest wait first."""
    now = now or timezone.now()
    over = Q()
    for limit in LIMITS.values():
        over |= Q(limit=limit.name, count__gt=limit.attempts, since__gt=now - limit.window)
    counts = AttemptCount.objects.filter(over).select_related("user")[:500]
    found = [
        SlowedDown(
            each.key,
            WHAT[each.limit],
            each.user,
            each.address,
            each.count,
            each.since + LIMITS[each.limit].window,
        )
        for each in counts
    ]
    return sorted(found, key=lambda each: each.until, reverse=True)


@transaction.atomic
def unlock(actor: Actor, *, key: str = "", user: User | None = None, address: str = "") -> int:
    """Lets one of those, all of a user, or all from an address try again at once. Returns how many were waiting."""
    chosen = AttemptCount.objects.filter(
        Q(key=key) if key else Q(user=user) if user is not None else Q(address=address)
    )
    waiting = {each.key for each in slowed_down()} & set(chosen.values_list("key", flat=True))
    first = chosen.select_related("user").first()
    chosen.delete()
    if waiting and first is not None:
        whom = user or first.user
        subject = f"user {whom.pk}: {whom.username}" if whom else first.address or WHAT[first.limit]
        record(actor, "access.unlocked", subject, after={"attempts_that_waited": len(waiting)})
    return len(waiting)


def delete_old_counts() -> None:
    """Counts that no limit looks at any more, and browsers that were not used for so long that they forgot it."""
    now = timezone.now()
    AttemptCount.objects.filter(since__lt=now - LONGEST_WINDOW - timedelta(hours=1)).delete()
    KnownDevice.objects.filter(last_seen_at__lt=now - KNOWN_FOR).delete()
