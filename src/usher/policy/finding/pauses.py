"""On which days somebody was back from a paused licence: the pause had ended, and Asana billed the licence again."""

from datetime import date, datetime, timedelta
from itertools import zip_longest

from usher.activity.events.pauses import PauseSpan, pause_moves, pauses_of
from usher.activity.models import ListedMembership
from usher.activity.usage.figures import local_day
from usher.connections.models import Connection
from usher.policy.finding.days import LastDays

DAY = timedelta(days=1)


class BackFromPauseDays:
    """The day of the return and the days after it, until so many are full or the licence is paused again.

    Asana's log of a workspace counts for the membership there. A day counts as it ended, and today as it is now.
    """

    def __init__(self, connection: Connection, days: LastDays, within: int) -> None:
        self._connection, self._days, self._within = connection, days, within
        self._spans = {key: pauses_of(moves) for key, moves in pause_moves(connection).items()}

    def of(self, listed: ListedMembership) -> int:
        back, paused = 0, 0
        spans = self._spans_of(listed)
        for span, following in zip_longest(spans, spans[1:]):
            if span.billed_at is not None:
                begins = self._day(span.billed_at)
                back |= self._days.between(begins, begins + (self._within - 1) * DAY)
            if span.paused_at is not None:
                paused |= self._days.between(self._day(span.paused_at), self._last_day(span, following))
        return back & ~paused

    def says(self, listed: ListedMembership) -> str:
        """When the newest return was, and by what."""
        for span in reversed(self._spans_of(listed)):
            if span.billed_at is not None:
                how = "signed in" if span.by_sign_in else "unpaused"
                began = f"Paused on {span.paused_at:%-d %B %Y}, {how}" if span.paused_at else how.capitalize()
                return f"{began} on {span.billed_at:%-d %B %Y, %H:%M} UTC."
        return ""

    def _spans_of(self, listed: ListedMembership) -> list[PauseSpan]:
        return self._spans.get((listed.workspace_id, listed.person.gid), [])

    def _last_day(self, span: PauseSpan, following: PauseSpan | None) -> date | None:
        """At whose end it was paused; None if it is now. An end that the log misses was before what follows."""
        ended = span.billed_at or (following and (following.paused_at or following.billed_at))
        return self._day(ended) - DAY if ended else None

    def _day(self, moment: datetime) -> date:
        return local_day(self._connection, moment)
