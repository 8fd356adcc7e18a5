"""Who should go: those who left or are leaving and still sit in Asana, and those who were picked."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from usher.connections.models import Connection
from usher.directory.groups import Group, with_employment
from usher.directory.protection import protected_condition
from usher.removal.models import Case
from usher.removal.protection import is_connecting_person, is_last_admin, why_protected
from usher.removal.states import OPEN
from usher.roster.models import SEAT, Person, Status
from usher.roster.query import IN_SCOPE

GOING = (Group.LEFT, Group.LEAVING)


def leavers(connection: Connection | None = None, today: date | None = None) -> QuerySet[Person]:
    """People with an active membership who left or are leaving, or for whom a case was drafted by hand.

    Adds to `with_employment`: `is_protected`, `seats`, `workspace_gids`, `workspace_names`, `case_id`,
    `case_state`, `case_cause` (of the open case), `monthly_cost` and `currency` (where a price is set).
    """
    people = Person.objects.filter(connection__disconnected_at=None)
    if connection is not None:
        people = people.filter(connection=connection)
    open_case = Case.objects.filter(person=OuterRef("pk"), state__in=sorted(OPEN)).order_by("-pk")
    active = Q(memberships__status=Status.ACTIVE) & _of_membership(IN_SCOPE)
    found = with_employment(people, today or timezone.localdate()).annotate(
        case_id=Subquery(open_case.values("pk")[:1]),
        case_state=Subquery(open_case.values("state")[:1]),
        case_cause=Subquery(open_case.values("cause")[:1]),
        is_protected=is_protected(),
    )
    found = found.filter(Q(group__in=GOING) | Q(case_id__isnull=False), group__isnull=False)
    return (
        found.annotate(
            workspace_gids=ArrayAgg("memberships__workspace__gid", filter=active, order_by="memberships__workspace__name"),
            workspace_names=ArrayAgg(
                "memberships__workspace__name", filter=active, order_by="memberships__workspace__name"
            ),
            seats=Count("memberships", filter=active & _of_membership(SEAT)),
            price=F("connection__seat_price__amount"),
            currency=F("connection__seat_price__currency"),
        )
        .select_related("connection")
        .order_by("name", "pk")
    )


def is_protected(prefix: str = "") -> Exists | Q:
    """In SQL, of all reasons."""
    return protected_condition(prefix) | is_connecting_person(prefix) | is_last_admin(prefix)


def to_be_opened(connection: Connection | None = None, today: date | None = None) -> QuerySet[Person]:
    """Leavers for whom nothing has been done yet, and who may be touched."""
    return leavers(connection, today).filter(
        group__in=GOING, case_id=None, is_protected=False, connection__mode="act"
    )


@dataclass(frozen=True)
class Leaver:
    """One row of `leavers`, with words."""

    person: Person
    left_on: date | None
    last_day: date | None
    source: str
    reason: str
    protected: str

    @property
    def monthly_cost(self) -> Decimal | None:
        return _cost(self.person)


def as_leaver(person: Person) -> Leaver:
    """Of a person from `leavers`."""
    facts = vars(person)
    cause = facts["case_cause"]
    return Leaver(
        person=person,
        left_on=facts["left_on"],
        last_day=facts["last_day"],
        source=facts["employment_source"] or _picked(cause),
        reason=_reason(facts),
        protected=why_protected(person) if facts["is_protected"] else "",
    )


def _reason(facts: dict[str, object]) -> str:
    left_on, last_day = facts["left_on"], facts["last_day"]
    if facts["group"] == Group.LEFT:
        return f"Left on {left_on:%-d %b %Y}" if isinstance(left_on, date) else "Left"
    if facts["group"] == Group.LEAVING:
        return f"Leaves after {last_day:%-d %b %Y}" if isinstance(last_day, date) else "Leaving"
    return "Picked because the seat is idle" if facts["case_cause"] == Case.Cause.IDLE else "Picked by hand"


def _picked(cause: object) -> str:
    return "idle seats" if cause == Case.Cause.IDLE else "by hand"


def _cost(person: Person) -> Decimal | None:
    facts = vars(person)
    price, seats = facts["price"], facts["seats"]
    return price * seats if price is not None else None


def leaver_records(connection: Connection | None = None) -> Iterator[dict[str, object]]:
    """For the command line and the API."""
    for person in leavers(connection).iterator(chunk_size=1000):
        found = as_leaver(person)
        facts = vars(person)
        yield {
            "gid": person.gid,
            "email": person.email,
            "name": person.name,
            "connection": person.connection.name,
            "workspace_gids": facts["workspace_gids"],
            "left_on": found.left_on.isoformat() if found.left_on else None,
            "last_day": found.last_day.isoformat() if found.last_day else None,
            "source": found.source,
            "protected": bool(facts["is_protected"]),
            "reason": found.protected or found.reason,
            "seats": facts["seats"],
            "case": facts["case_id"],
            "case_state": facts["case_state"],
        }


def _of_membership(condition: Q) -> Q:
    """A condition over memberships, asked of people."""
    moved = Q(_connector=condition.connector, _negated=condition.negated)
    for child in condition.children:
        if isinstance(child, Q):
            moved.children.append(_of_membership(child))
        else:
            name, value = child
            moved.children.append((f"memberships__{name}", value))
    return moved
