"""Leavers on the dashboard: who is still in Asana, how quickly they are removed, and how many seats that frees."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from statistics import median
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Count, Min, Q, QuerySet, Sum
from django.utils import timezone

from usher.connections.models import Connection
from usher.directory.employment.status import (
    LEAVER_GROUPS,
    EmploymentGroup,
    group_on,
    in_groups,
    with_left_on,
)
from usher.directory.models import Source, Standing
from usher.removal.models import Case, Target
from usher.removal.states import CaseState
from usher.roster.models import Licence, SeatPrice
from usher.web.money import money_by_currency
from usher.web.phrases import brief_duration, counted

MONTHS = 12


class StillHere(NamedTuple):
    """Leavers with an active membership. Seats, what they cost a month, and `oldest`, the first day on which somebody
    left, are of those who left.
    """

    left: int
    leaving: int
    seats: int
    cost: dict[str, Decimal]
    oldest: date | None


@dataclass(frozen=True)
class LeaverOverview:
    """`freed`: a month, by currency, without accounts that have a contract: there, freed seats save what the page of
    savings says. `median_time` is None if nobody has been removed yet.
    """

    now: StillHere
    longest: int | None
    median_time: timedelta | None
    removed: int
    freed_seats: int
    freed: dict[str, Decimal]
    has_contract: bool
    waiting: int
    failed: int

    @property
    def left(self) -> int:
        return self.now.left

    @property
    def leaving(self) -> int:
        return self.now.leaving

    @property
    def median_words(self) -> str | None:
        return brief_duration(self.median_time) if self.median_time is not None else None

    @property
    def left_words(self) -> str:
        """What the seats of those who left cost, and how long the first of them has been gone."""
        if not self.now.left:
            return "nobody who left is still in Asana"
        seats = counted(self.now.seats, "seat")
        cost = f"{seats}, {money_by_currency(self.now.cost)} a month" if self.now.cost else seats
        return f"{cost}; the longest for {self.longest:,} days" if self.longest else cost

    @property
    def freed_words(self) -> str:
        if self.freed:
            return f"{money_by_currency(self.freed)} a month"
        return "by completed cases; see Savings for the money" if self.has_contract else "by completed cases"


def has_leavers(chosen: Connection | None) -> bool:
    """Whether there is anything to say about leavers: a directory or a case."""
    return Source.objects.exists() or _cases(chosen).exists()


def leaver_figures(chosen: Connection | None, today: date) -> LeaverOverview:
    """Of one connection, or of all that are seen."""
    now = still_here(chosen, today)
    freed_seats, freed = _freed(chosen)
    cases = _cases(chosen)
    counts = cases.aggregate(
        removed=Count("pk", filter=Q(state=CaseState.DONE, kind=Case.Kind.REMOVE)),
        waiting=Count("pk", filter=Q(state=CaseState.WAITING)),
        failed=Count("pk", filter=Q(state=CaseState.FAILED)),
    )
    return LeaverOverview(
        now=now,
        longest=(today - now.oldest).days if now.oldest else None,
        median_time=_median_time(cases),
        removed=counts["removed"],
        freed_seats=freed_seats,
        freed=freed,
        has_contract=SeatPrice.objects.filter(
            is_from_contract=True, **({"connection": chosen} if chosen else {})
        ).exists(),
        waiting=counts["waiting"],
        failed=counts["failed"],
    )


def _cases(chosen: Connection | None) -> QuerySet[Case]:
    return Case.objects.filter(connection=chosen) if chosen else Case.objects.exclude(connection=None)


def still_here(chosen: Connection | None, today: date) -> StillHere:
    """The same as `figures_of` says of the list of leavers, from what is kept of each person alone."""
    people = Standing.objects.filter(
        in_groups(LEAVER_GROUPS, today, prefix=""), connection__disconnected_at=None
    )
    if chosen:
        people = people.filter(connection=chosen)
    left = Q(on_day=EmploymentGroup.LEFT)
    rows = list(
        with_left_on(people, today)
        .annotate(on_day=group_on(today))
        .order_by()
        .values_list("connection__seat_price__amount", "connection__seat_price__currency")
        .annotate(
            people=Count("pk"),
            left=Count("pk", filter=left),
            seats_left=Sum("seats", filter=left, default=0),
            oldest=Min("left_on", filter=left),
        )
    )
    cost: defaultdict[str, Decimal] = defaultdict(Decimal)
    for price, currency, _, left_here, seats, _ in rows:
        if price is not None and left_here:
            cost[currency] += price * seats
    left_in_all = sum(row[3] for row in rows)
    return StillHere(
        left=left_in_all,
        leaving=sum(row[2] for row in rows) - left_in_all,
        seats=sum(row[4] for row in rows),
        cost=dict(cost),
        oldest=min((row[5] for row in rows if row[5]), default=None),
    )


def _median_time(cases: QuerySet[Case]) -> timedelta | None:
    """From the end of the last working day until the case was done; never negative."""
    done = cases.filter(state=CaseState.DONE, kind=Case.Kind.REMOVE, cause=Case.Cause.DIRECTORY)
    seconds = []
    for last_day, told, finished_at, zone in done.order_by().values_list(
        "last_day", "facts__employment__left_on", "finished_at", "connection__time_zone"
    ):
        left_on = last_day or (date.fromisoformat(told) if isinstance(told, str) else None)
        if left_on is None or finished_at is None:
            continue
        over = datetime.combine(left_on + timedelta(days=1), time(), ZoneInfo(zone))
        seconds.append(max(0.0, (finished_at - over).total_seconds()))
    return timedelta(seconds=round(median(seconds))) if seconds else None


def _freed(chosen: Connection | None) -> tuple[int, dict[str, Decimal]]:
    """Seats that cases have freed, and their cost a month where no contract says what they save."""
    targets = Target.objects.filter(
        case__in=_cases(chosen),
        case__state=CaseState.DONE,
        case__kind__in=[Case.Kind.REMOVE, Case.Kind.DOWNGRADE],
        outcome=Target.Outcome.DONE,
        licence=Licence.MEMBER,
    )
    prices = targets.values_list(
        "case__connection__seat_price__amount",
        "case__connection__seat_price__currency",
        "case__connection__seat_price__is_from_contract",
    )
    freed: defaultdict[str, Decimal] = defaultdict(Decimal)
    seats = 0
    for amount, currency, is_from_contract in prices:
        seats += 1
        if amount is not None and not is_from_contract:
            freed[currency] += amount
    return seats, dict(freed)


def removed_by_month(chosen: Connection | None, today: date) -> dict[str, object]:
    """A chart of the last twelve months, including the current one."""
    months = _months(today)
    done = _cases(chosen).filter(state=CaseState.DONE, finished_at__date__gte=months[0])
    counts = Counter(
        (kind, timezone.localdate(at).replace(day=1))
        for kind, at in done.order_by().values_list("kind", "finished_at")
    )
    return {
        "categories": [f"{month:%b %Y}" for month in months],
        "series": [
            {
                "name": name,
                "values": [counts[kind, month] for month in months],
                "color": colour,
            }
            for kind, name, colour in (
                (Case.Kind.REMOVE, "Removed", "orange"),
                (Case.Kind.DOWNGRADE, "Downgraded", "teal"),
            )
        ],
        "stacked": True,
    }


def _months(today: date) -> list[date]:
    month = today.replace(day=1)
    months = [month]
    for _ in range(MONTHS - 1):
        month = (month - timedelta(days=1)).replace(day=1)
        months.append(month)
    return months[::-1]
