"""What needs a person today. Each item counts exactly the rows of the list that it links to."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from urllib.parse import urlencode

import msgspec
from django.urls import reverse
from django.utils import timezone

from usher.access.acting import actor_for
from usher.access.models import User
from usher.access.roles import Action
from usher.activity.usage import rules
from usher.activity.usage.cells import ConnectionCells
from usher.connections.models import Connection
from usher.directory.employees.mass_leaving import open_questions
from usher.directory.employment.possible_leavers import possible_leavers
from usher.directory.scim.refusals import unsettled
from usher.insights.leavers import LeaverOverview
from usher.notify.models import Delivery
from usher.removal.guardrails.facts import waiting_for
from usher.removal.leavers.figures import LeaverTab
from usher.removal.models import Case
from usher.roster.models import Licence, Person, SeatPrice, Status
from usher.web.money import money_by_currency


class AttentionItem(msgspec.Struct, frozen=True):
    key: str
    label: str
    count: int
    detail: str
    url: str
    icon: str


def attention_items(
    user: User,
    counted: Sequence[ConnectionCells],
    chosen: Connection | None,
    leavers: LeaverOverview | None,
    troubled: Sequence[Connection],
) -> list[AttentionItem]:
    """Those that count anything. `counted`: the connections that the dashboard is about; `chosen`: the only one;
    `troubled`: those of them that need attention.
    """
    items = [
        _leavers(leavers, chosen) if leavers else None,
        _possible_leavers(chosen) if leavers else None,
        _approvals(user, chosen) if user.may(Action.APPROVE) else None,
        _connections(troubled, chosen),
        _source_questions(),
        _refused_changes(),
        _undelivered() if user.may(Action.SETTINGS) and chosen is None else None,
        _idle_seats(counted, chosen),
    ]
    return [item for item in items if item and item.count]


def _leavers(leavers: LeaverOverview, chosen: Connection | None) -> AttentionItem:
    return AttentionItem(
        "leavers",
        "Leavers still in Asana",
        leavers.left,
        leavers.left_words,
        _address("removal:leavers", chosen, show=LeaverTab.LEFT.value),
        icon="user-minus",
    )


def _possible_leavers(chosen: Connection | None) -> AttentionItem:
    people = Person.objects.filter(connection=chosen) if chosen else Person.objects.all()
    return AttentionItem(
        "possible_leavers",
        "Possible leavers",
        possible_leavers(people, timezone.localdate()).count(),
        "matches to confirm, sources that disagree, or no longer listed",
        _address("directory:possible_leavers", chosen),
        icon="user-question",
    )


def _approvals(user: User, chosen: Connection | None) -> AttentionItem:
    waiting = Case.objects.filter(waiting_for(actor_for(user, via="page")))
    count = waiting.filter(connection=chosen).count() if chosen else waiting.count()
    return AttentionItem(
        "approvals",
        "Cases waiting for your approval",
        count,
        "requested by others",
        _address("removal:cases", chosen, queue="waiting", approver="me"),
        icon="hourglass",
    )


def _connections(troubled: Sequence[Connection], chosen: Connection | None) -> AttentionItem:
    return AttentionItem(
        "connections",
        "Connections need attention" if len(troubled) != 1 else "Connection needs attention",
        len(troubled),
        ", ".join(connection.name for connection in troubled[:3])
        + (f" and {len(troubled) - 3} more" if len(troubled) > 3 else ""),
        reverse("connections:detail", args=[chosen.pk])
        if chosen
        else f"{reverse('connections:list')}?state=attention",
        icon="plug-connected-x",
    )


def _source_questions() -> AttentionItem:
    """Sources that reported many leavers at once. They are of the whole company, not of a connection."""
    asked = open_questions()
    return AttentionItem(
        "source_questions",
        "Questions about the directory" if len(asked) != 1 else "Question about the directory",
        len(asked),
        ", ".join(f"{each.source}: have {each.people:,} of {each.of:,} left?" for each in asked[:3]),
        _sources_address([each.source_id for each in asked]),
        icon="alert-triangle",
    )


def _refused_changes() -> AttentionItem:
    """Requests of identity providers that would have switched somebody on or off, and were refused."""
    refused = unsettled(timezone.now())
    names = list(dict.fromkeys(each.person_name or "somebody unknown" for each in refused))
    return AttentionItem(
        "refused_changes",
        "Refused SCIM requests about who works here"
        if len(refused) != 1
        else "Refused SCIM request about who works here",
        len(refused),
        ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else ""),
        _sources_address([each.source_id for each in refused], "#refusals"),
        icon="user-question",
    )


def _sources_address(sources: Sequence[int], part: str = "") -> str:
    """The page of the only source, else the one that lists all."""
    if len(set(sources)) == 1:
        return reverse("directory:source", args=[sources[0]]) + part
    return reverse("directory:home")


def _undelivered() -> AttentionItem:
    """Notices that reached nobody, and that no admin has looked at."""
    state = Delivery.State.FAILED
    return AttentionItem(
        "undelivered",
        "Notices that were not delivered",
        Delivery.objects.filter(state=state).count(),
        "try again when the cause is mended",
        f"{reverse('notify:deliveries')}?{urlencode({'state': state.value})}",
        icon="bell",
    )


def _idle_seats(counted: Sequence[ConnectionCells], chosen: Connection | None) -> AttentionItem:
    """Over seats that are known to be idle; the list has the same condition."""
    priced = SeatPrice.objects.filter(connection=chosen) if chosen else SeatPrice.objects.all()
    prices = {
        connection: (amount, currency)
        for connection, amount, currency in priced.values_list("connection", "amount", "currency")
    }
    seats, priced_seats, cost = 0, 0, defaultdict[str, Decimal](Decimal)
    for of_connection in counted:
        idle = sum(
            cell.people
            for cell in of_connection.counted.cells
            if cell.licence is Licence.MEMBER and of_connection.idle_for(cell) >= rules.IDLE_DAYS
        )
        seats += idle
        if idle and (price := prices.get(of_connection.connection.pk)):
            priced_seats += idle
            amount, currency = price
            cost[currency] += amount * idle
    detail = f"{money_by_currency(cost)} a month" if cost else "set a seat price to see what they cost"
    if cost and priced_seats < seats:
        detail += f" for the {priced_seats:,} with a price"
    return AttentionItem(
        "idle",
        f"Seats idle for {rules.IDLE_DAYS} days",
        seats,
        detail,
        _address("people", chosen, status=Status.ACTIVE.value, idle=rules.IDLE_DAYS),
        icon="zzz",
    )


def _address(name: str, chosen: Connection | None, **parameters: object) -> str:
    if chosen:
        parameters = {"connection": chosen.pk, **parameters}
    return f"{reverse(name)}?{urlencode(parameters)}"
