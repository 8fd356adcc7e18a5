"""The figures of the directory's first page, and who has no seat."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, QuerySet, Value, When

from usher.directory.employment.labels import GROUP_WORDS
from usher.directory.employment.status import EmploymentGroup, active_memberships, with_employment
from usher.directory.models import Employee, Import, Match, Source
from usher.roster.models import SEAT, Membership, Person, Role
from usher.roster.query import IN_SCOPE
from usher.web.badges import Badge, badge_of


@dataclass(frozen=True)
class GroupCount:
    group: EmploymentGroup
    word: Badge
    words: str
    people: int


@dataclass(frozen=True)
class SourceLine:
    """A source, its newest import that counts, and whom it lists."""

    source: Source
    last_import: Import | None
    employees: int
    here: int


def working(today: date) -> Q:
    """Employees who work here, leaving or not."""
    return Q(is_active=True, is_listed=True) & (Q(last_day=None) | Q(last_day__gte=today))


def group_counts(today: date) -> list[GroupCount]:
    grouped = with_employment(Person.objects.all(), today).order_by().values_list(F("group"))
    people = dict(grouped.annotate(people=Count("pk")))
    return [
        GroupCount(group, badge_of("employment_group", group), GROUP_WORDS[group], people.get(group, 0))
        for group in EmploymentGroup
    ]


def people_of(group: str, today: date) -> QuerySet[Person]:
    """The people of a group, with what its table shows: `best_role`, `has_seat`, `last_used_at`."""
    here = active_memberships()
    found = with_employment(Person.objects.select_related("connection"), today).filter(Q(group=group))
    return found.annotate(
        best_role=Case(
            When(Exists(here.filter(role=Role.ADMIN)), then=Value(Role.ADMIN)),
            When(Exists(here.filter(role=Role.MEMBER)), then=Value(Role.MEMBER)),
            default=Value(Role.GUEST),
            output_field=CharField(),
        ),
        has_seat=Exists(here.filter(SEAT)),
        last_used_at=F("usage__last_used_at"),
    )


def source_lines(today: date) -> list[SourceLine]:
    sources = Source.objects.annotate(
        employees_count=Count("employees"),
        here_count=Count(
            "employees",
            filter=Q(employees__is_active=True, employees__is_listed=True)
            & (Q(employees__last_day=None) | Q(employees__last_day__gte=today)),
        ),
    )
    applied = Import.objects.filter(state=Import.State.APPLIED).defer("content")
    newest = {each.source_id: each for each in applied.order_by("source_id", "-pk").distinct("source_id")}
    return [
        SourceLine(each, newest.get(each.pk), vars(each)["employees_count"], vars(each)["here_count"])
        for each in sources
    ]


def without_seat(today: date) -> QuerySet[Employee]:
    """Employees who work here, and are matched with nobody who has a billed membership.

    Of a person who is in several sources, the employee that counts speaks for all.
    """
    seats = Membership.objects.filter(
        SEAT, IN_SCOPE, person__matches__employee=OuterRef("pk"), person__matches__state=Match.State.MATCHED
    )
    return Employee.objects.filter(working(today), ~Exists(seats)).select_related("source")


def proposals() -> QuerySet[Match]:
    """What waits for a look: the oldest doubt first."""
    return (
        Match.objects.filter(state=Match.State.PROPOSED)
        .select_related("person__connection", "employee__source")
        .order_by(F("person__name").asc(), "person", "pk")
    )
