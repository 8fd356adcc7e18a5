"""Leavers on the dashboard: who is still in Asana, how quickly they are removed, and how many seats that frees."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from statistics import median
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.utils import timezone

from usher.connections.models import Connection
from usher.directory.employment.status import LEAVER_GROUPS
from usher.directory.models import Source
from usher.removal.leavers.figures import LeaverFigures, LeaverTab, figures_of
from usher.removal.leavers.query import leavers
from usher.removal.models import Case, Target
from usher.removal.states import CaseState
from usher.roster.models import Licence
from usher.web.money import money_by_currency
from usher.web.phrases import brief_duration, counted

MONTHS = 12


@dataclass(frozen=True)
class LeaverOverview:
    """`freed`: a month, by currency. `median_time` is None if nobody has been removed yet."""

    now: LeaverFigures
    longest: int | None
    median_time: timedelta | None
    removed: int
    freed_seats: int
    freed: dict[str, Decimal]
    waiting: int
    failed: int

    @property
    def left(self) -> int:
        return self.now.left

    @property
    def leaving(self) -> int:
        return self.now.counts[LeaverTab.LEAVING]

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
        return f"{money_by_currency(self.freed)} a month" if self.freed else "by completed cases"


def has_leavers(shown: Sequence[Connection]) -> bool:
    """Whether there is anything to say about leavers: a directory or a case."""
    return Source.objects.exists() or Case.objects.filter(connection__in=shown).exists()


def leaver_figures(shown: Sequence[Connection], today: date) -> LeaverOverview:
    people = leavers(None, today).filter(Q(group__in=LEAVER_GROUPS), connection__in=shown)
    now = figures_of(people)
    freed_seats, freed = _freed(shown)
    cases = Case.objects.filter(connection__in=shown)
    return LeaverOverview(
        now=now,
        longest=now.days_since_oldest(today),
        median_time=_median_time(cases),
        removed=cases.filter(state=CaseState.DONE, kind=Case.Kind.REMOVE).count(),
        freed_seats=freed_seats,
        freed=freed,
        waiting=cases.filter(state=CaseState.WAITING).count(),
        failed=cases.filter(state=CaseState.FAILED).count(),
    )


def _median_time(cases: QuerySet[Case]) -> timedelta | None:
    """From the end of the last working day until the case was done; never negative."""
    done = cases.filter(state=CaseState.DONE, kind=Case.Kind.REMOVE, cause=Case.Cause.DIRECTORY)
    seconds = []
    for case in done.select_related("connection").only("facts", "last_day", "finished_at", "connection"):
        left_on = case.last_day or _left_on(case)
        if left_on is None or case.finished_at is None or case.connection is None:
            continue
        zone = ZoneInfo(case.connection.time_zone)
        over = datetime.combine(left_on + timedelta(days=1), time(), zone)
        seconds.append(max(0.0, (case.finished_at - over).total_seconds()))
    return timedelta(seconds=round(median(seconds))) if seconds else None


def _left_on(case: Case) -> date | None:
    employment = case.facts.get("employment")
    text = employment.get("left_on") if isinstance(employment, dict) else None
    return date.fromisoformat(text) if isinstance(text, str) else None


def _freed(shown: Sequence[Connection]) -> tuple[int, dict[str, Decimal]]:
    """Seats that cases have freed, and their cost a month at the present price."""
    targets = Target.objects.filter(
        case__connection__in=shown,
        case__state=CaseState.DONE,
        case__kind__in=[Case.Kind.REMOVE, Case.Kind.DOWNGRADE],
        outcome=Target.Outcome.DONE,
        licence=Licence.MEMBER,
    )
    prices = targets.values_list(
        "case__connection__seat_price__amount", "case__connection__seat_price__currency"
    )
    freed: defaultdict[str, Decimal] = defaultdict(Decimal)
    seats = 0
    for amount, currency in prices:
        seats += 1
        if amount is not None:
            freed[currency] += amount
    return seats, dict(freed)


def removed_by_month(shown: Sequence[Connection], today: date) -> dict[str, object]:
    """A chart of the last twelve months, including the current one."""
    months = _months(today)
    done = Case.objects.filter(
        connection__in=shown, state=CaseState.DONE, finished_at__date__gte=months[0]
    ).values_list("kind", "finished_at")
    counts = Counter((kind, timezone.localdate(at).replace(day=1)) for kind, at in done)
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
