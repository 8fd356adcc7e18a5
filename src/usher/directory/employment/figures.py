"""How many people each group has, who they are, and which employees have no seat."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.expressions import ExpressionWrapper
from django.db.models.fields import BooleanField

from usher.directory.employees.queries import works_here
from usher.directory.employment.labels import GROUP_MEANINGS
from usher.directory.employment.status import EmploymentGroup, group_on, in_groups, with_employment
from usher.directory.models import Employee, Match, Standing
from usher.roster.models import Person


@dataclass(frozen=True)
class GroupCount:
    group: EmploymentGroup
    meaning: str
    people: int


def group_counts(today: date) -> list[GroupCount]:
    grouped = Standing.objects.exclude(group="").annotate(today=group_on(today)).values_list("today")
    people = dict(grouped.annotate(people=Count("pk")))
    return [GroupCount(group, GROUP_MEANINGS[group], people.get(group, 0)) for group in EmploymentGroup]


def people_of(group: str, today: date) -> QuerySet[Person]:
    """The people of a group, with what its table shows."""
    people = Person.objects.select_related("connection").filter(in_groups([group], today))
    return with_table_columns(with_employment(people, today))


def with_table_columns(people: QuerySet[Person]) -> QuerySet[Person]:
    """Adds `best_role`, `has_seat` and `last_used_at`."""
    return people.annotate(
        best_role=F("standing__role"),
        has_seat=ExpressionWrapper(Q(standing__seats__gt=0), output_field=BooleanField()),
        last_used_at=F("usage__last_used_at"),
    )


def without_seat(today: date) -> QuerySet[Employee]:
    """Employees who work here, and are not matched with anybody who has a seat.

    A person who is in several sources is matched with an employee of each.
    """
    seats = Match.objects.filter(
        employee=OuterRef("pk"), state=Match.State.MATCHED, person__standing__seats__gt=0
    )
    return Employee.objects.filter(works_here(today), ~Exists(seats)).select_related("source")
