"""Searching deliveries."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from usher.notify.kinds import KINDS
from usher.notify.models import Delivery
from usher.web.csv_export import iso

COLUMNS = ("told_at", "kind", "what", "receiver", "channel", "state", "attempts", "ended_at", "problem")
AT_A_TIME = 2000


@dataclass(frozen=True)
class DeliverySearch:
    """The conditions that deliveries have to match."""

    receiver: str = ""
    """Part of an address, or of the name of a destination."""
    kind: str = ""
    state: str = ""

    def deliveries(self) -> QuerySet[Delivery]:
        found = Delivery.objects.select_related("notice", "destination").defer(
            "notice__links",
            "destination__secret",
            "destination__old_secret",
            "destination__signing_secret",
        )
        if self.receiver:
            found = found.filter(
                Q(address__icontains=self.receiver) | Q(destination__name__icontains=self.receiver)
            )
        if self.kind:
            found = found.filter(notice__kind=self.kind)
        if self.state:
            found = found.filter(state=self.state)
        return found

    def records(self) -> Iterator[dict[str, object]]:
        """One for each delivery, oldest first, in constant memory."""
        for each in self.deliveries().order_by("id").iterator(chunk_size=AT_A_TIME):
            yield {
                "told_at": iso(each.notice.told_at),
                "kind": each.notice.kind,
                "what": KINDS[each.notice.kind].label,
                "receiver": each.receiver,
                "channel": each.way,
                "state": each.state,
                "attempts": each.attempts,
                "ended_at": iso(each.ended_at),
                "problem": each.problem,
            }
