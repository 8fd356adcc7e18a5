"""Files of employees, imported as a person would: with answers, or with what is asked."""

from datetime import datetime

from tests.support.directory.sources import SEEN
from usher.directory.imports.importing import UnansweredQuestions, apply
from usher.directory.imports.reading import read_file
from usher.directory.models import Employee, Import, Source
from usher.ledger.actors import Actor

ADA = Actor("person", "ada@example.com", via="page")


def a_list(header: str, *lines: str) -> bytes:
    return "\n".join((header, *lines)).encode()


def imported(source: Source, content: bytes, seen_at: datetime = SEEN, **answers: str) -> Import:
    """Raises UnansweredQuestions."""
    source.refresh_from_db()
    reading = read_file(content, source.mapping | answers)
    return apply(source, content, reading, ADA, "people.csv", seen_at)


def asked(source: Source, content: bytes, seen_at: datetime = SEEN, **answers: str) -> list[str]:
    """The questions that keep a file from being imported; none once it is imported."""
    try:
        imported(source, content, seen_at, **answers)
    except UnansweredQuestions as refused:
        return [question.title for question in refused.questions]
    return []


def statuses(day: datetime = SEEN) -> dict[str, str]:
    """By ID, else by e-mail."""
    return {each.key: each.status_on(day.date()).value for each in Employee.objects.all()}
