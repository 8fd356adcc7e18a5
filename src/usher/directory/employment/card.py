"""The employment of one person, as their page shows it."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone

from usher.directory.employment.status import Employment, employment_of
from usher.directory.models import EmployeeChange, Match
from usher.directory.protection import reason_protected
from usher.roster.models import Person

CHANGES_SHOWN = 10


@dataclass(frozen=True)
class EmploymentCard:
    """`matches` are made or proposed, in all sources; `changes` are of the employee who counts."""

    person: Person
    employment: Employment
    protected: str
    matches: list[Match]
    changes: list[EmployeeChange]


def employment_context(person: Person) -> EmploymentCard:
    current = employment_of(person, timezone.localdate())
    changes: QuerySet[EmployeeChange] = EmployeeChange.objects.none()
    if current.employee is not None:
        changes = current.employee.changes.all()[:CHANGES_SHOWN]
    matches = (
        Match.objects.filter(person=person)
        .exclude(state=Match.State.REJECTED)
        .select_related("employee__source")
        .order_by("-counts", "state", "employee__source__rank", "pk")
    )
    return EmploymentCard(person, current, reason_protected(person), list(matches), list(changes))
