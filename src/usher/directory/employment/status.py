"""What the directory says about each person in Asana: employed, leaving, left, or in no directory at all."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import (
    Case,
    CharField,
    DateField,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    TextChoices,
    Value,
    When,
)

from usher.directory.models import Employee, Match, Standing
from usher.directory.protection import protection_of
from usher.roster.models import Membership, Person, Status, Workspace
from usher.web.phrases import day_in_words


class EmploymentGroup(TextChoices):
    """Every person with an active membership is in one of these."""

    EMPLOYED = "employed"
    LEAVING = "leaving"
    LEFT = "left"
    NOT_LISTED = "not_listed"
    GUEST = "guest"
    SERVICE_ACCOUNT = "service_account"
    UNKNOWN = "unknown"


LEAVER_GROUPS = (EmploymentGroup.LEFT, EmploymentGroup.LEAVING)
TURN_INTO_LEFT = (EmploymentGroup.LEAVING, EmploymentGroup.NOT_LISTED)
"""The groups of a Standing that a last day ends."""


@dataclass(frozen=True)
class Employment:
    """What the directory says about one person. `group` is None without an active membership."""

    group: EmploymentGroup | None
    employee: Employee | None
    status: Employee.Status | None
    left_on: date | None
    last_day: date | None
    source: str
    reason: str


def active_memberships(prefix: str = "") -> QuerySet[Membership]:
    """Memberships in scope of the person to whom `prefix` leads in an outer query."""
    return Membership.objects.filter(person=OuterRef(f"{prefix}pk"), status=Status.ACTIVE).exclude(
        workspace__left_out=Workspace.LeftOut.FILTER
    )


def in_groups(groups: Collection[str], today: date, prefix: str = "standing__") -> Q:
    """Those who are in one of these groups: the same as of `group`, but PostgreSQL knows how many they are.

    `prefix` leads to their Standing.
    """
    stay = sorted(set(groups).difference(TURN_INTO_LEFT))
    turn = sorted(set(groups).intersection(TURN_INTO_LEFT))
    condition = Q(**{f"{prefix}group__in": stay})
    if turn:
        not_over = Q(**{f"{prefix}last_day": None}) | Q(**{f"{prefix}last_day__gte": today})
        condition |= Q(**{f"{prefix}group__in": turn}) & not_over
    if EmploymentGroup.LEFT in groups:
        condition |= Q(**{f"{prefix}group__in": TURN_INTO_LEFT, f"{prefix}last_day__lt": today})
    return condition


def group_on(today: date, prefix: str = "") -> Case:
    """In SQL, the group of the Standing to which `prefix` leads; None without an active membership."""
    return Case(
        When(**{f"{prefix}group": ""}, then=None),
        When(
            **{f"{prefix}group__in": TURN_INTO_LEFT, f"{prefix}last_day__lt": today},
            then=Value(EmploymentGroup.LEFT),
        ),
        default=F(f"{prefix}group"),
        output_field=CharField(null=True),
    )


def with_employment(people: QuerySet[Person], today: date) -> QuerySet[Person]:
    """Adds, in SQL: `group` (None without an active membership), `employee_id`, `employee_status`, `left_on`
    (of those who left), `last_day`, and `employment_source`, the name of the source that counts.
    """
    return people.annotate(
        employee_id=F("standing__employee_id"),
        employment_source=F("standing__source__name"),
        last_day=F("standing__last_day"),
        employee_status=_status_on(today, "standing__"),
        group=group_on(today, "standing__"),
    ).annotate(left_on=_left_on("standing__"))


def with_left_on(standings: QuerySet[Standing], today: date) -> QuerySet[Standing]:
    """Adds, in SQL, `employee_status` and `left_on`, as `with_employment`."""
    return standings.annotate(employee_status=_status_on(today)).annotate(left_on=_left_on())


def _left_on(prefix: str = "") -> Case:
    """Over `employee_status`."""
    ended_on = F(f"{prefix}ended_on")
    return Case(
        When(
            employee_status=Employee.Status.LEFT,
            then=Func(F(f"{prefix}last_day"), ended_on, function="LEAST", output_field=DateField()),
        ),
        default=None,
        output_field=DateField(null=True),
    )


def employment_of(person: Person, today: date) -> Employment:
    annotated = with_employment(Person.objects.filter(pk=person.pk), today).get()
    annotations = vars(annotated)
    employee_id, group = annotations["employee_id"], annotations["group"]
    counting = (
        Match.objects.select_related("employee__source").get(person=person, employee=employee_id, counts=True)
        if employee_id
        else None
    )
    status = Employee.Status(annotations["employee_status"]) if counting else None
    return Employment(
        group=EmploymentGroup(group) if group else None,
        employee=counting.employee if counting else None,
        status=status,
        left_on=annotations["left_on"],
        last_day=annotations["last_day"],
        source=annotations["employment_source"] or "",
        reason=_reason(
            person, EmploymentGroup(group) if group else None, counting, status, annotations["left_on"]
        ),
    )


def _reason(
    person: Person,
    group: EmploymentGroup | None,
    counting: Match | None,
    status: Employee.Status | None,
    left_on: date | None,
) -> str:
    if group == EmploymentGroup.SERVICE_ACCOUNT:
        entry = protection_of(person)
        which = f" by the pattern {entry.pattern}" if entry and entry.pattern else ""
        return f"Listed as a service account{which}."
    if counting is not None:
        return f"{_status_text(counting.employee, status, left_on)} ({counting.employee.source}). {counting.reason}."
    if group == EmploymentGroup.GUEST:
        return "A guest in every workspace, and in no directory."
    if group == EmploymentGroup.UNKNOWN:
        return "No employee in any source has this address, and nobody has matched this person by hand."
    return "No longer in any workspace, and in no directory."


def _status_text(employee: Employee, status: Employee.Status | None, left_on: date | None) -> str:
    match status:
        case Employee.Status.LEFT:
            if not employee.is_active and not employee.is_listed and left_on != employee.last_day:
                return f"Deleted by the source on {day_in_words(left_on)}"
            if (
                employee.is_active
                and employee.absence_accepted_at is not None
                and left_on != employee.last_day
            ):
                who = f", according to {employee.absence_accepted_by}" if employee.absence_accepted_by else ""
                return f"No longer listed since {day_in_words(left_on)}: they have left{who}"
            return f"Left on {day_in_words(left_on)}" if left_on else "Left on an unknown day"
        case Employee.Status.NOT_LISTED:
            return (
                f"No longer listed since {day_in_words(employee.left_on)}: nobody has said whether they left"
            )
        case Employee.Status.LEAVING:
            return f"Leaves after {day_in_words(employee.last_day)}"
        case _:
            if employee.on_leave:
                until = f" until {day_in_words(employee.returns_on)}" if employee.returns_on else ""
                return f"On leave{until}, works here"
            return "Works here"


def _status_on(today: date, prefix: str = "") -> Case:
    """`Employee.status_on` in SQL; NULL if nobody is matched. `prefix` leads to the Standing."""
    ending = [Employee.Status.LEAVING, Employee.Status.NOT_LISTED]
    return Case(
        When(**{f"{prefix}status": ""}, then=None),
        When(
            **{f"{prefix}status__in": ending, f"{prefix}last_day__lt": today},
            then=Value(Employee.Status.LEFT),
        ),
        default=F(f"{prefix}status"),
        output_field=CharField(null=True),
    )
