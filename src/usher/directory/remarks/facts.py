"""Reads from the database what the rules of remarks need to know about people."""

from collections.abc import Collection, Iterator
from datetime import date
from zoneinfo import ZoneInfo

from django.db.models import F, Q
from django.utils import timezone

from usher.directory.employees.managers import managers_among
from usher.directory.models import Employee, SourceQuestion
from usher.directory.normalise import normal_address
from usher.directory.remarks.rules import OpenQuestion, PersonFacts
from usher.directory.remarks.said import SourceWord, words_by_person
from usher.roster.models import Person


def facts_of(people: Collection[int], today: date) -> Iterator[tuple[int, PersonFacts]]:
    """With the person's key. A few queries for any number of people."""
    words = words_by_person(people, today)
    counting = {pk: word for pk, those in words.items() for word in those if word.counts}
    managers = managers_among([word.record for word in counting.values()])
    persons = (
        Person.objects.select_related("connection")
        .annotate(last_used_at=F("usage__last_used_at"))
        .in_bulk(list(people))
    )
    holders = _other_holders({pk: (persons[pk], word) for pk, word in counting.items() if pk in persons})
    questions = _questions({word.record.source_id for word in counting.values()})
    for pk, person in persons.items():
        word = counting.get(pk)
        yield (
            pk,
            PersonFacts(
                name=person.name,
                email=person.email,
                words=words.get(pk, []),
                last_used_on=_last_used_on(person),
                manager=managers.get(word.employee) if word else None,
                other_holder=holders.get(pk),
                question=_question_about(word, questions) if word else None,
            ),
        )


def _last_used_on(person: Person) -> date | None:
    moment = vars(person)["last_used_at"]
    return timezone.localdate(moment, ZoneInfo(person.connection.time_zone)) if moment else None


def _other_holders(counting: dict[int, tuple[Person, SourceWord]]) -> dict[int, Employee]:
    """Another employee of the same source who has the person's address, or had it."""
    addresses = {pk: normal_address(person.email) for pk, (person, _) in counting.items()}
    wanted = sorted(set(addresses.values()) - {""})
    holders = Employee.objects.filter(Q(addresses__overlap=wanted) | Q(past_addresses__overlap=wanted))
    by_address: dict[str, list[Employee]] = {}
    for holder in holders.order_by("pk"):
        for address in {*holder.addresses, *holder.past_addresses}:
            by_address.setdefault(address, []).append(holder)
    others: dict[int, Employee] = {}
    for pk, (_, word) in counting.items():
        for holder in by_address.get(addresses[pk], ()):
            if holder.pk != word.employee and holder.source_id == word.record.source_id:
                others[pk] = holder
    return others


def _questions(sources: Collection[int]) -> dict[int, SourceQuestion]:
    """By source, the newest one."""
    questions = SourceQuestion.objects.filter(source__in=sources).select_related("source").order_by("pk")
    return {question.source_id: question for question in questions}


def _question_about(word: SourceWord, questions: dict[int, SourceQuestion]) -> OpenQuestion | None:
    """Only where they left since, and nobody has said that those people left."""
    question, employee = questions.get(word.record.source_id), word.record
    if question is None or question.answer == SourceQuestion.Answer.THEY_LEFT:
        return None
    if word.status != Employee.Status.LEFT or employee.ended_at is None or employee.ended_at < question.since:
        return None
    if question.answered_at is not None and employee.ended_at > question.answered_at:
        return None
    return OpenQuestion(
        question.pk, question.source.name, question.people, is_mistake=question.answered_at is not None
    )
