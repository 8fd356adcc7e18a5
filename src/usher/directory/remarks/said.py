"""What each source says of people in Asana, side by side."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from usher.directory.models import Employee, Match
from usher.roster.models import Person
from usher.web.phrases import day_in_words

MOST_KEYS = 5_000


@dataclass(frozen=True)
class SourceWord:
    """What one source says of one person. `as_of`: when the source last said anything; `text` is a sentence."""

    source: str
    rank: int
    status: Employee.Status
    text: str
    as_of: datetime
    counts: bool
    employee: int
    match: Match
    """With its employee and source."""

    @property
    def record(self) -> Employee:
        return self.match.employee


def what_sources_say(person: Person, today: date) -> list[SourceWord]:
    """By rank; the one that counts is marked."""
    return words_by_person([person.pk], today).get(person.pk, [])


def words_by_person(people: Collection[int], today: date) -> dict[int, list[SourceWord]]:
    """By the person's key; people in no source are missing."""
    words: dict[int, list[SourceWord]] = {}
    keys = sorted(people)
    for start in range(0, len(keys), MOST_KEYS):
        matches = (
            Match.objects.filter(person__in=keys[start : start + MOST_KEYS], state=Match.State.MATCHED)
            .select_related("employee__source")
            .order_by("person", "-counts", "employee__source__rank", "pk")
        )
        for match in matches:
            words.setdefault(match.person_id, []).append(_word(match, today))
    return words


def sentence(words: Sequence[SourceWord]) -> str:
    """All that the sources say, each with its day."""
    return (
        "; ".join(f"{word.source} ({day_in_words(word.as_of.date())}): {word.text}" for word in words) + "."
    )


def _word(match: Match, today: date) -> SourceWord:
    employee = match.employee
    status = employee.status_on(today)
    return SourceWord(
        source=employee.source.name,
        rank=employee.source.rank,
        status=status,
        text=_text(employee, status),
        as_of=max(filter(None, (employee.source.changed_at, employee.changed_at))),
        counts=match.counts,
        employee=employee.pk,
        match=match,
    )


def _text(employee: Employee, status: Employee.Status) -> str:
    match status:
        case Employee.Status.LEFT:
            return f"left on {day_in_words(employee.left_on)}" if employee.left_on else "left"
        case Employee.Status.LEAVING:
            return f"leaves after {day_in_words(employee.last_day)}"
        case Employee.Status.NOT_LISTED:
            return f"no longer listed since {day_in_words(employee.left_on)}"
    if employee.on_leave:
        return "on leave" + (f" until {day_in_words(employee.returns_on)}" if employee.returns_on else "")
    return "works here, with the sign-in switched off" if employee.sign_in_off else "works here"
