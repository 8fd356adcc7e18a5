"""How many attempts are too many: passwords, sign-in links, and tokens."""

import logging
from datetime import timedelta

from django.http import HttpRequest

from usher.access.models import User
from usher.access.throttle.counting import Counter, Limit, count_attempt, forget, give_back, network_of
from usher.access.throttle.devices import device_of, is_known_address, is_known_device
from usher.access.trail.kinds import Seen
from usher.access.trail.note import note, visitor_address
from usher.access.users.addresses import as_user_name
from usher.platform.scope import whole_installation
from usher.refusals import Refused

log = logging.getLogger(__name__)

QUARTER = timedelta(minutes=15)
ONE_PLACE = Limit("place", 5, QUARTER)
"""One account from one address, or from one browser that its owner signed in with."""
ONE_ADDRESS = Limit("address", 30, QUARTER)
"""Any accounts from one address where they have not signed in before."""
ONE_ACCOUNT = Limit("account", 20, timedelta(hours=1))
"""One account from all addresses and browsers where it has not signed in before."""
EVERYWHERE = Limit("everywhere", 300, QUARTER)
"""All accounts from all such places: spraying from many addresses."""
WRONG_TOKENS = Limit("tokens", 20, QUARTER)
"""Wrong tokens and links from one address. A right one is always accepted: others may share the address."""

LIMITS = {limit.name: limit for limit in (ONE_PLACE, ONE_ADDRESS, ONE_ACCOUNT, EVERYWHERE, WRONG_TOKENS)}


class TooManyAttempts(Refused):
    """Somebody guesses, or mistypes again and again."""

    def __init__(self, wait: timedelta) -> None:
        self.wait = wait
        super().__init__("Too many attempts.", f"Wait {in_minutes(wait)}, then try again.")


def in_minutes(wait: timedelta) -> str:
    minutes = max(1, -(-int(wait.total_seconds()) // 60))
    return "a minute" if minutes == 1 else f"{minutes} minutes"


@whole_installation()
def password_attempt(request: HttpRequest, typed_name: str) -> None:
    """Before a password is compared. Raises TooManyAttempts.

    What succeeds is given back by `succeeded`.
    """
    for counter in _counters(request, as_user_name(typed_name)):
        wait = count_attempt(counter)
        if wait is not None:
            note(request, Seen.SLOWED_DOWN, counter.limit.name, typed_name=typed_name, once_a_minute=True)
            raise TooManyAttempts(wait)
        _taken(request).append(counter)


def succeeded(request: HttpRequest) -> None:
    """After a sign-in: what was counted in this request or its session was no guess."""
    taken = _taken(request)
    give_back([counter for counter in taken if counter.limit is not ONE_PLACE])
    for counter in taken:
        if counter.limit is ONE_PLACE:
            forget(counter)
    taken.clear()


def wrong_token(request: HttpRequest, what: str, kind: Seen = Seen.TOKEN_REFUSED) -> None:
    """After a token or link that does not exist, or is over. Raises TooManyAttempts."""
    address = visitor_address(request) or ""
    log.warning("Refused a wrong %s from %s.", what, address or "an unknown address")
    wait = count_attempt(Counter(WRONG_TOKENS, (network_of(address),), address=address or None))
    note(request, kind if wait is None else Seen.SLOWED_DOWN, what, once_a_minute=True)
    if wait is not None:
        raise TooManyAttempts(wait)


def _counters(request: HttpRequest, name: str) -> list[Counter]:
    """From the narrowest to the widest. Who is refused by one does not count in the next."""
    user = User.objects.filter(username=name).first()
    pk = user.pk if user else None
    address = visitor_address(request) or ""
    network, shown = network_of(address), address or None
    if user is not None and is_known_device(request, user):
        return [Counter(ONE_PLACE, ("device", user.pk, device_of(request)), user.pk, shown)]
    here = Counter(ONE_PLACE, ("address", name, network), pk, shown)
    if user is not None and is_known_address(address, user):
        return [here]
    return [
        here,
        Counter(ONE_ADDRESS, (network,), None, shown),
        Counter(ONE_ACCOUNT, (name,), pk),
        Counter(EVERYWHERE, ()),
    ]


def _taken(request: HttpRequest) -> list[Counter]:
    if not hasattr(request, "attempts_taken"):
        request.attempts_taken = []  # type: ignore[attr-defined]
    return request.attempts_taken  # type: ignore[attr-defined, no-any-return]
