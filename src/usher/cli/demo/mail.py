"""Mail of the demo's past: no mail server runs, so what is told is taken as delivered."""

import json

from usher.notify.models import Delivery
from usher.notify.sending.outbox import claim, settle
from usher.notify.sending.outcomes import SENT, Attempt, Ending

NO_SUCH_ADDRESS = Attempt(
    Ending.BOUNCED,
    "The mail server does not take mail for this address: 550 5.1.1 User unknown",
    "Correct the address.",
)


def take_mail(bounces: str = "") -> dict[str, str]:
    """Delivers what waits, apart from what is about `bounces`. Returns the first link of each, by what it is about."""
    links: dict[str, str] = {}
    for waiting in Delivery.objects.filter(state=Delivery.State.WAITING).order_by("pk"):
        delivery = claim(waiting.pk)
        if delivery is None:
            continue
        key = delivery.notice.key
        if delivery.notice.links:
            links[key] = json.loads(delivery.notice.links)["links"][0][1]
        settle(delivery, NO_SUCH_ADDRESS if key == bounces else SENT)
    return links
