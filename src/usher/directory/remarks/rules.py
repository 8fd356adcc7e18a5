"""What about a person does not fit. Pure: facts in, remarks out."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from usher.directory.employees.list_tally import ROW_UNREADABLE
from usher.directory.matching.names import may_be_same
from usher.directory.models import LEAVES, Employee, Match, Remark
from usher.directory.remarks.said import SourceWord
from usher.web.phrases import day_in_words

Kind = Remark.Kind
BY_ANOTHER_ADDRESS = (Match.How.OTHER_ADDRESS, Match.How.PAST_ADDRESS)


@dataclass(frozen=True)
class FoundRemark:
    """`fingerprint` stays the same as long as the same thing does not fit."""

    kind: Kind
    text: str
    fingerprint: str


@dataclass(frozen=True)
class OpenQuestion:
    """A question about a whole source that concerns somebody. `is_mistake`: it was answered so."""

    key: int
    source: str
    people: int
    is_mistake: bool


@dataclass(frozen=True)
class PersonFacts:
    """`last_used_on` is in the connection's time zone. `manager` and `other_holder` are what the employee who counts
    has: their manager, and another employee who has or had the address.
    """

    name: str
    email: str
    words: Sequence[SourceWord]
    last_used_on: date | None = None
    manager: Employee | None = None
    other_holder: Employee | None = None
    question: OpenQuestion | None = None


def remarks_about(person: PersonFacts, today: date) -> list[FoundRemark]:
    """In the order in which they matter."""
    counting = next((word for word in person.words if word.counts), None)
    if counting is None:
        return []
    return [
        *_sources_disagree(person.words),
        *_used_since(person, counting),
        *_other_name(person, counting),
        *_other_address(person, counting),
        *_address_of_two(person, counting),
        *_manager_leaves(person.manager, today),
        *_entries(person.words),
        *_source_asks(person.question),
    ]


def _sources_disagree(words: Sequence[SourceWord]) -> Iterator[FoundRemark]:
    """Who works here by a source of the same or a later day is not a leaver without a question. That a last day is to
    come contradicts nobody.
    """
    left = [word for word in words if word.status == Employee.Status.LEFT]
    here = [word for word in words if word.status == Employee.Status.ACTIVE]
    later = [
        word for word in here if any((one.record.left_on or date.min) <= word.as_of.date() for one in left)
    ]
    on_leave = [
        word
        for word in here
        if word.record.on_leave and any(one.status == Employee.Status.LEAVING for one in words)
    ]
    if not later and not on_leave:
        return
    said = sorted(f"{word.record.source_id} {word.status} {word.record.left_on or ''}" for word in words)
    texts = [f"{word.source}: {word.text} (as of {day_in_words(word.as_of.date())})" for word in words]
    yield _found(Kind.SOURCES_DISAGREE, f"Sources disagree. {'; '.join(texts)}.", *said)


def _used_since(person: PersonFacts, counting: SourceWord) -> Iterator[FoundRemark]:
    left_on = counting.record.left_on
    if counting.status != Employee.Status.LEFT or left_on is None or person.last_used_on is None:
        return
    if person.last_used_on > left_on:
        text = (
            f"Used Asana on {day_in_words(person.last_used_on)}, after they left on {day_in_words(left_on)}."
        )
        yield _found(Kind.USED_SINCE, text, left_on.isoformat())


def _other_name(person: PersonFacts, counting: SourceWord) -> Iterator[FoundRemark]:
    theirs = counting.record.name
    if counting.match.how != Match.How.BY_HAND and not may_be_same(person.name, theirs):
        text = f"In Asana they are called “{person.name}”, in {counting.source} “{theirs}”."
        yield _found(Kind.OTHER_NAME, text, person.name, theirs)


def _other_address(person: PersonFacts, counting: SourceWord) -> Iterator[FoundRemark]:
    if counting.match.how in BY_ANOTHER_ADDRESS:
        which = (
            "an address that they had before"
            if counting.match.how == Match.How.PAST_ADDRESS
            else "another address"
        )
        text = f"Matched by {person.email}, {which}. Their address in {counting.source} is {counting.record.email}."
        yield _found(Kind.OTHER_ADDRESS, text, person.email, counting.record.email)


def _address_of_two(person: PersonFacts, counting: SourceWord) -> Iterator[FoundRemark]:
    holder = person.other_holder
    if holder is None or (
        counting.match.how == Match.How.BY_HAND and not (holder.is_active and holder.is_listed)
    ):
        return
    if counting.match.how == Match.How.BY_HAND:
        text = (
            f"{person.email} is now the address of {holder} in {counting.source}, who works here. The match with "
            f"{counting.record} was made by hand before."
        )
        yield _found(Kind.ADDRESS_REUSED, text, str(holder.pk), "by hand")
    else:
        text = f"{person.email} is or was also the address of {holder} in {counting.source}."
        yield _found(Kind.ADDRESS_REUSED, text, str(holder.pk))


def _manager_leaves(manager: Employee | None, today: date) -> Iterator[FoundRemark]:
    if manager is None:
        return
    status = manager.status_on(today)
    if status in LEAVES:
        when = manager.left_on if status == Employee.Status.LEFT else manager.last_day
        verb = "left on" if status == Employee.Status.LEFT else "leaves after"
        yield _found(
            Kind.MANAGER_LEAVES, f"Their manager, {manager}, {verb} {day_in_words(when)}.", str(manager.pk)
        )


def _entries(words: Sequence[SourceWord]) -> Iterator[FoundRemark]:
    for word in words:
        for each in word.record.row_remarks:
            kind = Kind.ENTRY_UNREADABLE if each["kind"] == ROW_UNREADABLE else Kind.ENTRY_DOUBTFUL
            yield _found(kind, f"{word.source}: {each['text']}", str(word.record.source_id), each["text"])


def _source_asks(question: OpenQuestion | None) -> Iterator[FoundRemark]:
    if question is None:
        return
    text = f"They are one of {question.people:,} people whom {question.source} switched off within a day"
    text += (
        ", which somebody called a mistake."
        if question.is_mistake
        else ", and nobody has said that they left."
    )
    yield _found(Kind.SOURCE_ASKS, text, str(question.key), str(question.is_mistake))


def _found(kind: Kind, text: str, *parts: str) -> FoundRemark:
    joined = "\0".join((kind.value, *parts))
    return FoundRemark(kind, text[:1000], hashlib.sha256(joined.encode()).hexdigest())
