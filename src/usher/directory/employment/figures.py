"""How many people each group has, who they are, and which employees have no seat."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.expressions import ExpressionWrapper
from django.db.models.fields import BooleanField

from usher.directory.employees.queries import works_here
from usher.directory.employment.labels import GROUP_MEANINGS
from usher.directory.employment.status import (
    TURN_INTO_LEFT,
    EmploymentGroup,
    in_groups,
    with_left_on,
)
from usher.directory.models import Employee, Match, Standing

HAS_SEAT = ExpressionWrapper(Q(seats__gt=0), output_field=BooleanField())
"""Over Standings."""


@dataclass(frozen=True)
class GroupCount:
    group: EmploymentGroup
    meaning: str
    people: int


def group_counts(today: date) -> list[GroupCount]:
    """As `group_on` says: counted before the last day, of which an index knows, without those for whom it is over."""
    people = _by_group(Standing.objects.all())
    over = _by_group(Standing.objects.filter(group__in=TURN_INTO_LEFT, last_day__lt=today))
    people = people - over + Counter({EmploymentGroup.LEFT.value: over.total()})
    return [GroupCount(group, GROUP_MEANINGS[group], people[group]) for group in EmploymentGroup]


def _by_group(standings: QuerySet[Standing]) -> Counter[str]:
    return Counter(dict(standings.order_by().values_list("group").annotate(people=Count("group"))))


def standings_of(group: str, today: date) -> QuerySet[Standing]:
    """The people of a group. Nothing else is read: see `with_details`."""
    return Standing.objects.filter(in_groups([group], today, prefix="")).annotate(has_seat=HAS_SEAT)


def with_details(standings: QuerySet[Standing], today: date) -> QuerySet[Standing]:
    """With the person, the connection and the source, and `last_used_at`, `employee_status` and `left_on`.

    For few rows: a query with all that would read it for every row that it counts or skips.
    """
    return with_left_on(standings.select_related("person", "connection", "source"), today).annotate(
        last_used_at=F("person__usage__last_used_at")
    )


def without_seat(today: date) -> QuerySet[Employee]:
    """Employees who work here, and are not matched with anybody who has a seat."""
    here = Employee.objects.filter(works_here(today), ~Exists(_seated()), ~Exists(_seated_beside()))
    return here.select_related("source")


def count_without_seat(today: date, working: int | None = None) -> int:
    """How many `without_seat` has, in a third of the time. `working`: how many employees work here, if known."""
    if working is None:
        working = Employee.objects.filter(works_here(today)).count()
    works = Q(status=Employee.Status.ACTIVE) | Q(status=Employee.Status.LEAVING, last_day__gte=today)
    seated = Standing.objects.filter(works, seats__gt=0).aggregate(count=Count("employee", distinct=True))
    beside = Employee.objects.filter(works_here(today), Exists(_seated_beside()), ~Exists(_seated()))
    return working - int(seated["count"]) - beside.count()


def _seated() -> QuerySet[Standing]:
    """People with a seat for whom the employee of the outer query counts."""
    return Standing.objects.filter(employee=OuterRef("pk"), seats__gt=0)


def _seated_beside() -> QuerySet[Match]:
    """A person who is in several sources is matched with an employee of each, of whom one counts."""
    return Match.objects.filter(
        employee=OuterRef("pk"),
        state=Match.State.MATCHED,
        counts=False,
        person__in=Standing.objects.filter(seats__gt=0).values("person"),
    )
