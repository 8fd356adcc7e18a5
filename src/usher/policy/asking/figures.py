"""How many were asked, and what came of it."""

from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from django.db.models import Count

from usher.policy.models import Policy, SeatQuestion

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
