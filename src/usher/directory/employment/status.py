"""What the directory says about each person in Asana: employed, leaving, left, or in no directory at all."""

from dataclasses import dataclass
from datetime import UTC, date

from django.db.models import (
    Case,
    CharField,
    DateField,
    Exists,
    F,
    FilteredRelation,
    Func,
    OuterRef,
    Q,
    QuerySet,
    TextChoices,
    Value,
    When,
)
from django.db.models.functions import TruncDate

from usher.directory.models import Employee, Match, Protected
from usher.directory.protection import protected_condition, protection_of
from usher.roster.models import Membership, Person, Role, Status, Workspace
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


def with_employment(people: QuerySet[Person], today: date) -> QuerySet[Person]:
    """Adds, in SQL: `group` (None without an active membership), `employee_id`, `employee_status`, `left_on`
    (of those who left), `last_day`, and `employment_source`, the name of the source that counts.
    """
    counting = people.annotate(
        counting=FilteredRelation("matches", condition=Q(matches__counts=True, matches__state="matched"))
    ).annotate(
        employee_id=F("counting__employee_id"),
        employment_source=F("counting__employee__source__name"),
        last_day=F("counting__employee__last_day"),
        employee_status=_status(today),
    )
    ended_on = TruncDate("counting__employee__ended_at", tzinfo=UTC)
    return counting.annotate(
        left_on=Case(
            When(
                employee_status=Employee.Status.LEFT,
                then=Func(F("last_day"), ended_on, function="LEAST", output_field=DateField()),
            ),
            default=None,
            output_field=DateField(null=True),
        ),
        group=Case(
            When(~Exists(active_memberships()), then=None),
            When(
                protected_condition(why=Protected.Why.SERVICE_ACCOUNT),
                then=Value(EmploymentGroup.SERVICE_ACCOUNT),
            ),
            When(employee_status=Employee.Status.ACTIVE, then=Value(EmploymentGroup.EMPLOYED)),
            When(employee_status=Employee.Status.LEAVING, then=Value(EmploymentGroup.LEAVING)),
            When(employee_status=Employee.Status.LEFT, then=Value(EmploymentGroup.LEFT)),
            When(employee_status=Employee.Status.NOT_LISTED, then=Value(EmploymentGroup.NOT_LISTED)),
            When(~Exists(active_memberships().exclude(role=Role.GUEST)), then=Value(EmploymentGroup.GUEST)),
            default=Value(EmploymentGroup.UNKNOWN),
            output_field=CharField(null=True),
        ),
    )


def keys_of_leavers(people: QuerySet[Person], today: date) -> list[int]:
    """Those of these people who are in one of LEAVER_GROUPS.

    A list, because they are few: PostgreSQL cannot know that of `group`, and takes seconds in a large company for a
    query that does not begin with them.
    """
    ends = Q(employee__is_active=False) | Q(employee__last_day__isnull=False)
    accepted = Q(employee__absence_accepted_at__isnull=False)
    counting = Match.objects.filter(
        ends | accepted, Exists(active_memberships("person__")), counts=True, state=Match.State.MATCHED
    )
    with_end = people.filter(pk__in=list(counting.values_list("person", flat=True)))
    in_groups = with_employment(with_end, today).filter(Q(group__in=LEAVER_GROUPS))
    return list(in_groups.order_by().values_list("pk", flat=True))


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


def _status(today: date) -> Case:
    """`Employee.status_on` in SQL; NULL if nobody is matched."""
    prefix = "counting__employee__"
    not_listed = Q(**{f"{prefix}is_listed": False})
    accepted = not_listed & Q(**{f"{prefix}absence_accepted_at__isnull": False})
    left = Q(**{f"{prefix}is_active": False}) | accepted | Q(last_day__lt=today)
    return Case(
        When(employee_id=None, then=None),
        When(left, then=Value(Employee.Status.LEFT)),
        When(not_listed, then=Value(Employee.Status.NOT_LISTED)),
        When(last_day__isnull=False, then=Value(Employee.Status.LEAVING)),
        default=Value(Employee.Status.ACTIVE),
        output_field=CharField(null=True),
    )
