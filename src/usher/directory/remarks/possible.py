"""Why people may be leavers, in words."""

from collections.abc import Collection, Iterator
from datetime import date
from itertools import islice

from django.db.models import QuerySet

from usher.directory.employment.export import CHUNK, COLUMNS, person_record, with_group
from usher.directory.employment.figures import HAS_SEAT, with_details
from usher.directory.employment.possible_leavers import possible_leavers
from usher.directory.models import LEAVES, Employee, Match, Standing
from usher.directory.remarks.said import sentence, words_by_person
from usher.roster.models import Person

POSSIBLE_COLUMNS = (*COLUMNS, "why")


def possible_leavers_listed(today: date) -> QuerySet[Standing]:
    """As the table of a group takes them."""
    people = possible_leavers(Person.objects.filter(connection__disconnected_at=None), today)
    return Standing.objects.filter(pk__in=list(people.values_list("pk", flat=True))).annotate(
        has_seat=HAS_SEAT
    )


def possible_records(people: QuerySet[Standing], today: date) -> Iterator[dict[str, str | None]]:
    """`people` come from `possible_leavers_listed`."""
    rows = with_group(with_details(people, today), today).iterator(chunk_size=CHUNK)
    while batch := list(islice(rows, CHUNK)):
        reasons = why_possible([person.pk for person in batch], today)
        for person in batch:
            yield person_record(person) | {"why": reasons.get(person.pk, "")}


def why_possible(keys: Collection[int], today: date) -> dict[int, str]:
    """By the person's key: the proposed match with its reason, else what each source says."""
    reasons = {pk: sentence(words) for pk, words in words_by_person(keys, today).items()}
    proposals = Match.objects.filter(person__in=keys, state=Match.State.PROPOSED).select_related(
        "employee__source"
    )
    for match in proposals.order_by("-pk"):
        status = match.employee.status_on(today)
        if status in LEAVES:
            who = f"{match.employee} ({match.employee.email or match.employee.key})"
            verb = "has left" if status == Employee.Status.LEFT else "is leaving"
            reasons[match.person_id] = (
                f"May be {who}, who {verb} according to {match.employee.source}. {match.reason}."
            )
    return reasons
