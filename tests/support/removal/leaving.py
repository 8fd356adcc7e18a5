"""People who leave, in a test: the directory says so, a case is opened, approved and run."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta

from django.utils import timezone

from usher.access.models import User
from usher.connections.models import Connection, Mode
from usher.directory.models import Employee, Match, Source
from usher.ledger.actors import Actor
from usher.removal.cases import opening, transitions
from usher.removal.cases.opening import CaseRequest
from usher.removal.execution.runner import RunReport, run_due
from usher.removal.models import Case, Guardrails
from usher.roster.models import Membership, Person, Role, Status

REQUESTER = Actor("person", "olga@example.com", 1_000_101, via="page", role="operator")
APPROVER = Actor("person", "bob@example.com", 1_000_102, via="page", role="approver")
ADMIN = Actor("person", "ada@example.com", 1_000_103, via="page", role="admin")


def with_accounts() -> None:
    """The approvals of these two count only while they have accounts that may approve."""
    for approver in (APPROVER, ADMIN):
        name = f"{approver.role}-{approver.user_id}@example.com"
        User.objects.get_or_create(
            pk=approver.user_id, defaults={"username": name, "email": name, "role": approver.role}
        )


def may_act(connection: Connection) -> Connection:
    connection.mode = Mode.ACT
    connection.save(update_fields=["mode"])
    return connection


def no_waiting(**changed: object) -> Guardrails:
    """No grace, no quiet hours, no limits; approval as ever."""
    with_accounts()
    settings = Guardrails.get()
    fields: dict[str, object] = {
        "grace_minutes": 0,
        "quiet_from": None,
        "quiet_until": None,
        "daily_limit": 100_000,
        "share_limit": 100,
        **changed,
    }
    for name, value in fields.items():
        setattr(settings, name, value)
    settings.save()
    return settings


def ordinary_people(connection: Connection, count: int) -> list[Person]:
    """Active members who are no admins anywhere and not who connected Usher, always the same."""
    admins = Membership.objects.filter(role=Role.ADMIN).values("person")
    found = (
        Person.objects.filter(connection=connection, memberships__status=Status.ACTIVE)
        .filter(memberships__role=Role.MEMBER)
        .exclude(pk__in=admins)
        .exclude(gid=connection.asana_user_gid)
        .exclude(email="")
        .distinct()
        .order_by("gid")
    )
    people = list(found[:count])
    assert len(people) == count
    return people


def hires(people: Iterable[Person], **fields: object) -> list[Employee]:
    """Employees of a source, matched by e-mail."""
    source, _ = Source.objects.get_or_create(name="HR", defaults={"kind": Source.Kind.CSV})
    found = []
    for person in people:
        employee = Employee.objects.create(
            source=source, key=person.email, email=person.email, name=person.name, **fields
        )
        Match.objects.create(
            person=person,
            employee=employee,
            state=Match.State.MATCHED,
            how=Match.How.EMAIL,
            reason="Same e-mail",
            counts=True,
        )
        found.append(employee)
    return found


def leaves(person: Person, *, last_day: date | None = None) -> Employee:
    """The directory says that the person left."""
    employee = Employee.objects.filter(matches__person=person).first() or hires([person])[0]
    employee.is_active, employee.last_day, employee.ended_at = False, last_day, timezone.now()
    employee.save()
    return employee


def comes_back(person: Person) -> None:
    Employee.objects.filter(matches__person=person).update(is_active=True, last_day=None, ended_at=None)


def approved_case(person: Person, wish: CaseRequest | None = None) -> Case:
    """Opened, asked for and approved: it may run."""
    with_accounts()
    case = opening.open_case(
        person, wish or CaseRequest(cause=Case.Cause.DIRECTORY, reason="Left"), REQUESTER
    )
    case = transitions.request_approval(case, REQUESTER)
    return transitions.approve(case, APPROVER)


def run_now(connection: Connection, *, at: datetime | None = None) -> RunReport:
    now: Callable[[], datetime] = timezone.now if at is None else lambda: at
    return asyncio.run(run_due(connection.pk, now=now))


def tomorrow() -> datetime:
    return timezone.now() + timedelta(days=1)
