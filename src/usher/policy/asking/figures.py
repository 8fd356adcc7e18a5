"""How many were asked, what came of it, and what the seats that were released cost."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from statistics import median

from django.db.models import Count

from usher.policy.models import Policy, SeatQuestion
from usher.removal.models import Target
from usher.removal.states import OPEN, CaseState
from usher.roster.models import Licence
from usher.web.money import money_by_currency
from usher.web.phrases import counted

State = SeatQuestion.State


@dataclass(frozen=True)
class AnswerFigures:
    """`median_time`: from the question to the answer; None before the first answer."""

    asked: int
    counts: dict[str, int]
    median_time: timedelta | None

    def __getattr__(self, name: str) -> int:
        """The number of questions in a state, by its name: `figures.kept`."""
        if name in State.values:
            return self.counts.get(name, 0)
        raise AttributeError(name)


def answer_figures(policy: Policy) -> AnswerFigures:
    counts = dict(policy.questions.order_by().values_list("state").annotate(Count("pk")))
    answered = policy.questions.filter(state__in=[State.KEPT, State.RELEASED], answered_at__isnull=False)
    times = [end - begin for begin, end in answered.values_list("asked_at", "answered_at") if end is not None]
    middle = median(time.total_seconds() for time in times) if times else None
    return AnswerFigures(
        sum(counts.values()), counts, timedelta(seconds=middle) if middle is not None else None
    )


@dataclass
class PricedSeats:
    """`cost`: a month, by currency, of the seats whose price is known."""

    seats: int = 0
    unpriced: int = 0
    cost: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def add(self, price: Decimal | None, currency: str | None) -> None:
        self.seats += 1
        if price is None or currency is None:
            self.unpriced += 1
        else:
            self.cost[currency] += price

    @property
    def words(self) -> str:
        """What they cost; empty if there are none."""
        if not self.seats:
            return ""
        if self.unpriced == self.seats:
            return "The price of a seat is not known."
        known = f"{money_by_currency(self.cost)} a month"
        if not self.unpriced:
            return f"Cost: {known}."
        priced = counted(self.seats - self.unpriced, "seat")
        return f"{priced} of these cost {known}; the price of the others is not known."


@dataclass(frozen=True)
class ReleasedSeats:
    """Member seats in the cases of people who released theirs, or whose manager did.

    `waiting`: the case is not over. `done`: the change was made and verified. `kept`: the case ended without changing
    them. `without_case`: answers for which no case could be opened.
    """

    waiting: PricedSeats
    done: PricedSeats
    kept: int
    without_case: int

    @property
    def are_unpriced(self) -> bool:
        return bool(self.waiting.unpriced or self.done.unpriced)


def released_seats(policy: Policy) -> ReleasedSeats:
    """At today's prices."""
    released = policy.questions.filter(state=State.RELEASED)
    waiting, done, kept = PricedSeats(), PricedSeats(), 0
    targets = Target.objects.filter(case__in=released.values("case"), licence=Licence.MEMBER)
    for state, outcome, price, currency in targets.values_list(
        "case__state",
        "outcome",
        "case__connection__seat_price__amount",
        "case__connection__seat_price__currency",
    ):
        if state == CaseState.DONE and outcome == Target.Outcome.DONE:
            done.add(price, currency)
        elif state in OPEN:
            waiting.add(price, currency)
        else:
            kept += 1
    return ReleasedSeats(waiting, done, kept, released.filter(case=None).count())
