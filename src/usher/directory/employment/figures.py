"""How many people each group has, who they are, and which employees have no seat."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, QuerySet, Value, When

from usher.directory.employees.queries import works_here
from usher.directory.employment.labels import GROUP_MEANINGS
from usher.directory.employment.status import (
    LEAVER_GROUPS,
    EmploymentGroup,
    active_memberships,
    keys_of_leavers,
    with_employment,
)
from usher.directory.models import Employee, Match
from usher.roster.models import SEAT, Membership, Person, Role
from usher.roster.query import IN_SCOPE


@dataclass(frozen=True)
class GroupCount:
    group: EmploymentGroup
    meaning: str
    people: int


def group_counts(today: date) -> list[GroupCount]:
    grouped = with_employment(Person.objects.all(), today).order_by().values_list(F("group"))
    people = dict(grouped.annotate(people=Count("pk")))
    return [GroupCount(group, GROUP_MEANINGS[group], people.get(group, 0)) for group in EmploymentGroup]


def people_of(group: str, today: date) -> QuerySet[Person]:
    """The people of a group, with what its table shows."""
    people = Person.objects.select_related("connection")
    if group in LEAVER_GROUPS:
        people = people.filter(pk__in=keys_of_leavers(people, today))
    return with_table_columns(with_employment(people, today).filter(Q(group=group)))


def with_table_columns(people: QuerySet[Person]) -> QuerySet[Person]:
    """Adds `best_role`, `has_seat` and `last_used_at`."""
    active = active_memberships()
    return people.annotate(
        best_role=Case(
            When(Exists(active.filter(role=Role.ADMIN)), then=Value(Role.ADMIN)),
            When(Exists(active.filter(role=Role.MEMBER)), then=Value(Role.MEMBER)),
            default=Value(Role.GUEST),
            output_field=CharField(),
        ),
        has_seat=Exists(active.filter(SEAT)),
        last_used_at=F("usage__last_used_at"),
    )


def without_seat(today: date) -> QuerySet[Employee]:
    """Employees who work here, and are not matched with anybody who has a seat.

    A person who is in several sources is matched with an employee of each.
    """
    seats = Membership.objects.filter(
        SEAT, IN_SCOPE, person__matches__employee=OuterRef("pk"), person__matches__state=Match.State.MATCHED
    )
    return Employee.objects.filter(works_here(today), ~Exists(seats)).select_related("source")
