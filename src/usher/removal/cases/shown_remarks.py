"""Remarks, and what each source says, as pages, e-mails and the evidence show them: now, or as kept with a case."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from usher.directory.models import Remark
from usher.directory.remarks.questions import current
from usher.directory.remarks.said import what_sources_say
from usher.removal.guardrails.employment import facts_seen_last
from usher.removal.models import Case
from usher.roster.models import Person

LATER = {"run": "When it ran", "approved": "When it was approved", "asked": "When approval was requested"}
"""The later facts of a case, the latest first."""
PREFETCHED = "current_remarks"
OPENED = "When it was opened"


@dataclass(frozen=True)
class ShownRemark:
    """`number` is None if it is not known."""

    number: int | None
    kind: str
    text: str
    seen_at: datetime | None
    answered_at: datetime | None
    answered_by: str
    why: str

    @property
    def in_words(self) -> str:
        """With its answer, if it has one."""
        return f"{self.text} Answered by {self.answered_by}: {self.why}" if self.answered_at else self.text

    @property
    def label(self) -> str:
        return str(Remark.Kind(self.kind).label) if self.kind in Remark.Kind.values else self.kind


@dataclass(frozen=True)
class SaidThen:
    """What one source said at one time; `text` is empty if it said nothing."""

    status: str = ""
    text: str = ""
    as_of: datetime | None = None


@dataclass(frozen=True)
class SourceRow:
    """What one source said, at each time that the table has a column for."""

    source: str
    counts: bool
    said: list[SaidThen]


@dataclass(frozen=True)
class SourceTable:
    times: list[str]
    rows: list[SourceRow]


def with_remarks() -> "Prefetch[str]":
    """For a query of cases: the current remarks on their people, in two more queries."""
    remarks = Prefetch("remarks", Remark.objects.filter(is_current=True), to_attr=PREFETCHED)
    return Prefetch("person", Person.objects.prefetch_related(remarks))


def remarks_now(person: Person) -> list[ShownRemark]:
    return [
        ShownRemark(one.pk, one.kind, one.text, one.seen_at, one.answered_at, one.answered_by, one.why)
        for one in (vars(person)[PREFETCHED] if PREFETCHED in vars(person) else current(person))
    ]


def remarks_then(facts: Mapping[str, object]) -> list[ShownRemark]:
    """From the facts of a case. Cases from before Usher had remarks have none."""
    return [
        ShownRemark(
            number if isinstance(number := one.get("number"), int) else None,
            str(one.get("kind", "")),
            str(one.get("text", "")),
            _moment(one.get("seen_at")),
            _moment(one.get("answered_at")),
            str(one.get("answered_by", "")),
            str(one.get("why", "")),
        )
        for one in _list(facts.get("remarks"))
    ]


def remarks_of(case: Case, facts_now: Mapping[str, object] | None = None) -> list[ShownRemark]:
    """The current ones of an open case; of a case that ended, those at the last time that was kept.

    `facts_now`: as they were read a moment ago, if they were.
    """
    if case.is_open and facts_now is not None:
        return remarks_then(facts_now)
    if case.is_open and case.person is not None:
        return remarks_now(case.person)
    return remarks_then(case.later_facts.get("run") or facts_seen_last(case))


def said_then(facts: Mapping[str, object]) -> dict[str, SaidThen]:
    """By source, from the facts of a case."""
    return {source: said for source, (_, said) in _said_then(facts).items()}


def said_now(person: Person) -> SourceTable:
    return _table([("Now", _said_now(person))])


def said_about(case: Case, facts_now: Mapping[str, object] | None) -> SourceTable:
    """When the case was last approved, requested or opened, and now; of a case that ended, when it ran."""
    times = [(words, case.later_facts[name]) for name, words in LATER.items() if name in case.later_facts]
    kept = [(words, _said_then(facts)) for words, facts in times] or [(OPENED, _said_then(case.facts))]
    if case.is_open and facts_now is not None:
        before = [one for one in kept if one[0] != LATER["run"]]
        return _table([*before[:1], ("Now", _said_then(facts_now))])
    return _table(kept[1::-1])


def all_said_about(case: Case) -> SourceTable:
    """At each time that was kept, for the evidence."""
    times = [(LATER[name], case.later_facts[name]) for name in reversed(LATER) if name in case.later_facts]
    return _table([(OPENED, _said_then(case.facts)), *((words, _said_then(facts)) for words, facts in times)])


def _said_now(person: Person) -> dict[str, tuple[bool, SaidThen]]:
    today = timezone.localdate(timezone=ZoneInfo(person.connection.time_zone))
    return {
        one.source: (one.counts, SaidThen(str(one.status), one.text, one.as_of))
        for one in what_sources_say(person, today)
    }


def _said_then(facts: Mapping[str, object]) -> dict[str, tuple[bool, SaidThen]]:
    return {
        str(one.get("source", "")): (
            bool(one.get("counts")),
            SaidThen(str(one.get("status", "")), str(one.get("text", "")), _moment(one.get("as_of"))),
        )
        for one in _list(facts.get("said"))
    }


def _table(times: list[tuple[str, dict[str, tuple[bool, SaidThen]]]]) -> SourceTable:
    sources = list(dict.fromkeys(source for _, said in reversed(times) for source in said))
    nothing = (False, SaidThen())
    return SourceTable(
        [words for words, _ in times],
        [
            SourceRow(
                source,
                times[-1][1].get(source, nothing)[0],
                [said.get(source, nothing)[1] for _, said in times],
            )
            for source in sources
        ],
    )


def _list(value: object) -> Iterable[Mapping[str, object]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _moment(value: object) -> datetime | None:
    return parse_datetime(value) if isinstance(value, str) and value else None
