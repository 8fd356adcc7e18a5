"""Who uses Asana, how much, and how much of that is known: the figures of the dashboard."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import reduce
from operator import or_
from typing import NamedTuple

from django.db.models import Min, Q, Sum

from usher.activity.models import Coverage, PeriodUse
from usher.activity.usage import rules
from usher.activity.usage.cells import IDLE_LENGTHS, LONGER_AGO, NOT_SEEN, ConnectionCells
from usher.activity.usage.rules import Confidence, Level
from usher.connections.models import Connection
from usher.roster.models import Licence, Role

PERIODS_SHOWN = {"day": 60, "week": 26, "month": 12}

UNKNOWN = -2

LAST_USE_LABELS = {
    1: "Today",
    7: "Last 7 days",
    30: "Last 30 days",
    60: "31–60 days ago",
    90: "61–90 days ago",
    LONGER_AGO: "Longer ago",
    NOT_SEEN: "Not seen",
    UNKNOWN: "Unknown",
}


@dataclass
class UsageNow:
    """Counts of active memberships, including guests; they add up to `people`. Seats are counted apart.

    `idle_known_from`: the day from which on idleness of a length will be known, where it is not known yet.
    """

    people: int = 0
    by_level: dict[Level, int] = field(default_factory=lambda: dict.fromkeys(Level, 0))
    by_confidence: dict[Confidence, int] = field(default_factory=lambda: dict.fromkeys(Confidence, 0))
    by_last_use: dict[int, int] = field(default_factory=lambda: dict.fromkeys(LAST_USE_LABELS, 0))
    seats: int = 0
    idle_seats: dict[tuple[Role, int], int] = field(default_factory=lambda: defaultdict(int))
    idle_is_known: set[int] = field(default_factory=set)
    idle_known_from: dict[int, date] = field(default_factory=dict)

    @property
    def is_observed(self) -> bool:
        """Whether audit log or event stream cover anybody, and not the Admin Console alone."""
        return any(self.by_confidence[confidence] for confidence in Confidence if confidence.is_observed)

    @property
    def known_share(self) -> float | None:
        """The percentage of memberships for which any source has usage data."""
        if not self.people:
            return None
        return 100 * (self.people - self.by_confidence[Confidence.NONE]) / self.people

    def idle(self, days: int) -> int | None:
        """Seats idle for at least so many of IDLE_LENGTHS; None where no workspace is covered that long."""
        if days not in self.idle_is_known:
            return None
        return sum(count for (_, length), count in self.idle_seats.items() if length >= days)

    @property
    def median_level(self) -> Level:
        """The median usage level of the memberships whose level is known."""
        known = [level for level in Level if level != Level.UNKNOWN]
        total = sum(self.by_level[level] for level in known)
        if not total:
            return Level.UNKNOWN
        passed = 0
        for level in known:
            passed += self.by_level[level]
            if 2 * passed >= total:
                return level
        return Level.UNKNOWN


@dataclass(frozen=True)
class Periods:
    """Active people per period, oldest first, and how much they did. None where coverage is incomplete."""

    starts: list[date]
    people: list[int | None]
    average_days: list[float | None]
    average_minutes: list[float | None]


class _Alike(NamedTuple):
    """Memberships of any connection that are the same in all that is shown of use."""

    confidence: Confidence
    level: Level
    age: int
    is_seat: bool
    role: Role
    idle_for: int


def usage_now(counted: Sequence[ConnectionCells]) -> UsageNow:
    """Of one connection or of several together."""
    result = UsageNow()
    alike: dict[tuple[Confidence, Level, int, bool, Role, int], int] = {}
    for of_connection in counted:
        _note_what_is_known(result, of_connection)
        confidence, idle_for = of_connection.confidence, of_connection.idle_for
        for cell in of_connection.counted.cells:
            is_seat = cell.licence is Licence.MEMBER
            kind = (
                confidence(cell),
                cell.level,
                cell.age,
                is_seat,
                cell.role,
                idle_for(cell) if is_seat else 0,
            )
            alike[kind] = alike.get(kind, 0) + cell.people
    for kind, people in alike.items():
        _add(result, _Alike(*kind), people)
    return result


def _note_what_is_known(result: UsageNow, of_connection: ConnectionCells) -> None:
    for days in IDLE_LENGTHS:
        window = of_connection.windows[days]
        for workspace, known in of_connection.sources.items():
            if of_connection.is_covered(workspace, days):
                result.idle_is_known.add(days)
            elif known.observed and (day := rules.not_known_before(known, window)):
                result.idle_known_from[days] = min(day, result.idle_known_from.get(days, day))


def _add(result: UsageNow, alike: _Alike, people: int) -> None:
    confidence = alike.confidence
    level = rules.level(0, confidence) if alike.level == Level.IDLE else alike.level
    is_unknown = alike.age == NOT_SEEN and confidence == Confidence.NONE
    result.people += people
    result.by_confidence[confidence] += people
    result.by_level[level] += people
    result.by_last_use[UNKNOWN if is_unknown else alike.age] += people
    if not alike.is_seat:
        return
    result.seats += people
    if alike.idle_for:
        result.idle_seats[alike.role, alike.idle_for] += people


def usage_by_period(chosen: Connection | None, periods: Iterable[str], today: date) -> dict[str, Periods]:
    """The last periods of each kind up to today, of one connection or of all that are seen.

    A covered period without use counts as zero. One in the middle of which coverage began is left out, since its
    figures would be too low.
    """
    starts = {period: _starts(period, today) for period in periods}
    wanted = reduce(or_, (Q(period=period, starts_on__gte=days[0]) for period, days in starts.items()))
    known = PeriodUse.objects.filter(wanted)
    if chosen:
        known = known.filter(connection=chosen)
    rows = (
        known.order_by()
        .values_list("period", "starts_on")
        .annotate(Sum("people"), Sum("active_days"), Sum("usage_seconds"))
    )
    figures = {(period, start): sums for period, start, *sums in rows}
    covered_from = _covered_from(chosen)
    return {
        period: _periods([(start, figures.get((period, start))) for start in days], covered_from)
        for period, days in starts.items()
    }


def _periods(figures: list[tuple[date, list[int] | None]], covered_from: date | None) -> Periods:
    people: list[int | None] = []
    average_days: list[float | None] = []
    average_minutes: list[float | None] = []
    for start, sums in figures:
        is_covered = covered_from is not None and start >= covered_from
        if sums is None or not is_covered:
            people.append(0 if is_covered else None)
            average_days.append(None)
            average_minutes.append(None)
            continue
        all_people, all_days, all_seconds = sums
        people.append(all_people)
        average_days.append(round(all_days / all_people, 1))
        average_minutes.append(round(all_seconds / 60 / all_days, 1))
    return Periods([start for start, _ in figures], people, average_days, average_minutes)


def _covered_from(chosen: Connection | None) -> date | None:
    """The first whole day for which the audit log or the event stream of any workspace was read."""
    spans = Coverage.objects.filter(workspace__connection=chosen) if chosen else Coverage.objects.all()
    first = spans.aggregate(at=Min("begins_at"))["at"]
    return first.date() + timedelta(days=1) if first else None


def _starts(period: str, today: date) -> list[date]:
    count = PERIODS_SHOWN[period]
    if period == "day":
        return [today - timedelta(days=back) for back in reversed(range(count))]
    if period == "week":
        monday = today - timedelta(days=today.weekday())
        return [monday - timedelta(weeks=back) for back in reversed(range(count))]
    months = today.year * 12 + today.month - 1
    return [date((months - back) // 12, (months - back) % 12 + 1, 1) for back in reversed(range(count))]
