"""Everybody off at once: when a source says within a day that many have left, a person is asked whether that is true.

The source still gets its answer. Cases that rest on it wait for the person's.
"""

import time
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec
from django.db import IntegrityError, transaction
from django.db import connection as database
from django.utils import timezone

from usher.directory.models import Source, SourceQuestion
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.platform.scope import whole_installation
from usher.refusals import Refused

WITHIN = timedelta(hours=24)
ALWAYS_HARMLESS = 3
"""So many people may leave in a day without a question."""
HARMLESS_PART = 10
"""One in so many may leave in a day without a question."""
WAIT_PER_SECOND_OF_COUNTING = 50
"""Counting takes at most a fiftieth of the time in which a source reports leavers."""
LONGEST_WAIT = 5.0

LONGEST_WHY = 500

# Who was off when the source first named them has not gone. A record that gave up its user name is of nobody.
COUNT = """
    SELECT
        count(*) FILTER (WHERE is_active AND is_listed AND (last_day IS NULL OR last_day >= %(today)s)),
        count(*) FILTER (
            WHERE NOT (is_active AND is_listed) AND ended_at >= %(since)s AND ended_at > first_seen_at
                AND key NOT LIKE '%%#' || id
        )
    FROM directory_employee WHERE source_id = %(source)s
"""

_next_count: dict[int, float] = {}
"""By source: when this process counts again at the earliest, on the monotonic clock."""


class AlreadyAnswered(Refused):
    """Two people answered at the same time."""

    def __init__(self) -> None:
        super().__init__("The question was answered meanwhile.", "Open the source's page to see the answer.")


class ReasonMissing(Refused):
    """An answer says why, for those who look at it later."""

    field = "why"

    def __init__(self) -> None:
        super().__init__("The answer needs a word of why.", "Write what you know, and answer again.")


class SourceTally(msgspec.Struct, frozen=True):
    """How many employees of a source work here, and how many of them went since a moment."""

    here: int
    gone: int

    @property
    def is_worth_asking(self) -> bool:
        return self.gone > ALWAYS_HARMLESS and self.gone * HARMLESS_PART > self.here + self.gone


def somebody_left(source: int) -> None:
    """To be called in the transaction in which a source says that somebody has left. Counts after it, if it is time."""
    if time.monotonic() >= _next_count.get(source, 0.0):
        transaction.on_commit(lambda: _count_when_due(source), robust=True)


@whole_installation()
def refresh_source_questions(source: Source, now: datetime | None = None) -> None:
    """Opens the question, brings its numbers up to date, or takes it back once enough people are here again."""
    if source.kind == Source.Kind.CSV:
        return
    now = now or timezone.now()
    with transaction.atomic():
        asked = (
            SourceQuestion.objects.select_for_update()
            .filter(source=source, kind=SourceQuestion.Kind.MANY_OFF, answered_at=None)
            .first()
        )
        since = asked.since if asked else _unasked_since(source, now)
        tally = _tally(source, since, now)
        if asked is None:
            if tally.is_worth_asking:
                _ask(source, since, tally)
        elif not tally.is_worth_asking:
            asked.delete()
        elif (asked.people, asked.of) != (tally.gone, tally.here + tally.gone):
            asked.people, asked.of = tally.gone, tally.here + tally.gone
            asked.save(update_fields=["people", "of"])


def refresh_all_source_questions(now: datetime | None = None) -> None:
    """`refresh_source_questions` of every source that reports people one by one."""
    for source in Source.objects.exclude(kind=Source.Kind.CSV):
        refresh_source_questions(source, now)


def open_questions(sources: Iterable[int] | None = None) -> "list[SourceQuestion]":
    """The questions that nobody has answered yet, by source."""
    questions = (
        SourceQuestion.objects.filter(answered_at=None).select_related("source").order_by("source", "pk")
    )
    return list(questions if sources is None else questions.filter(source__in=sources))


@transaction.atomic
def answer(question: SourceQuestion, said: SourceQuestion.Answer, why: str, actor: Actor) -> None:
    """What a person knows about those who left. Raises ReasonMissing, AlreadyAnswered."""
    if not why.strip():
        raise ReasonMissing
    locked = SourceQuestion.objects.select_for_update().filter(pk=question.pk, answered_at=None).first()
    if locked is None:
        raise AlreadyAnswered
    locked.answer, locked.why = said.value, why.strip()[:LONGEST_WHY]
    locked.answered_at, locked.answered_by = timezone.now(), actor.name
    locked.save()
    record(
        actor,
        "directory.source_question_answered",
        f"source {locked.source_id}: {locked.source.name}",
        after={"people": locked.people, "of": locked.of, "answer": said.value, "why": locked.why},
    )


def _count_when_due(source: int) -> None:
    began = time.monotonic()
    if began < _next_count.get(source, 0.0):
        return
    _next_count[source] = began + LONGEST_WAIT
    refresh_source_questions(Source.objects.get(pk=source))
    ended = time.monotonic()
    _next_count[source] = ended + min(LONGEST_WAIT, (ended - began) * WAIT_PER_SECOND_OF_COUNTING)


def _unasked_since(source: Source, now: datetime) -> datetime:
    """A day ago, or later, when somebody last answered: an answer is about those who had left before it."""
    answered = source.questions.filter(kind=SourceQuestion.Kind.MANY_OFF).exclude(answered_at=None)
    last = answered.order_by("-answered_at").values_list("answered_at", flat=True).first()
    return max(now - WITHIN, last) if last else now - WITHIN


def _tally(source: Source, since: datetime, now: datetime) -> SourceTally:
    with database.cursor() as cursor:
        cursor.execute(COUNT, {"source": source.pk, "since": since, "today": now.date()})
        here, gone = cursor.fetchone() or (0, 0)
    return SourceTally(here, gone)


def _ask(source: Source, since: datetime, tally: SourceTally) -> None:
    try:
        with transaction.atomic():
            SourceQuestion.objects.create(
                source=source,
                kind=SourceQuestion.Kind.MANY_OFF,
                since=since,
                people=tally.gone,
                of=tally.here + tally.gone,
            )
    except IntegrityError:
        return  # another process has asked at the same time
