"""Who should go: those who left or are leaving and still sit in Asana, and those who were picked."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.utils import timezone

from usher.connections.models import Connection, Mode
from usher.directory.employment.status import EmploymentGroup, active_memberships, with_employment
from usher.directory.protection import protected_condition
from usher.removal.guardrails.protection import is_connecting_person, is_last_admin, why_protected
from usher.removal.models import Case
from usher.removal.states import OPEN
from usher.roster.models import SEAT, Person

LEAVER_GROUPS = (EmploymentGroup.LEFT, EmploymentGroup.LEAVING)


def leavers(connection: Connection | None = None, today: date | None = None) -> QuerySet[Person]:
    """People with an active membership who left or are leaving, or for whom a case was drafted by hand.

    Adds to `with_employment`: `is_protected`, `seats`, `workspace_gids`, `workspace_names`, `case_id`,
    `case_state`, `case_cause` (of the open case), `monthly_cost` and `currency` (where a price is set).
    """
    people = Person.objects.filter(connection__disconnected_at=None)
    if connection is not None:
        people = people.filter(connection=connection)
    found = _known_of(people, today or timezone.localdate())
    return found.filter(Q(group__in=LEAVER_GROUPS) | Q(case_id__isnull=False), Q(group__isnull=False))


def people_with_details(keys: Collection[int], today: date | None = None) -> QuerySet[Person]:
    """These people, whoever they are, with what `leavers` adds."""
    return _known_of(Person.objects.filter(pk__in=keys), today or timezone.localdate())


def _known_of(people: QuerySet[Person], today: date) -> QuerySet[Person]:
    open_case = Case.objects.filter(person=OuterRef("pk"), state__in=sorted(OPEN)).order_by("-pk")
    active = active_memberships().order_by("workspace__name", "workspace__gid")
    seats = active_memberships().filter(SEAT).order_by().values("person").values(count=Count("pk"))
    found = with_employment(people, today).annotate(
        case_id=Subquery(open_case.values("pk")[:1]),
        case_state=Subquery(open_case.values("state")[:1]),
        case_cause=Subquery(open_case.values("cause")[:1]),
        is_protected=is_protected(),
    )
    return (
        found.annotate(
            workspace_gids=ArraySubquery(active.values("workspace__gid")),
            workspace_names=ArraySubquery(active.values("workspace__name")),
            seats=Coalesce(Subquery(seats), 0),
            price=F("connection__seat_price__amount"),
            currency=F("connection__seat_price__currency"),
        )
        .select_related("connection")
        .order_by("name", "pk")
    )


def is_protected(prefix: str = "") -> Combinable | Q:
    """In SQL, of all reasons."""
    return protected_condition(prefix) | is_connecting_person(prefix) | is_last_admin(prefix)


def removable_leavers(connection: Connection | None = None, today: date | None = None) -> QuerySet[Person]:
    """Leavers for whom nothing has been done yet, and who may be touched."""
    return leavers(connection, today).filter(
        Q(group__in=LEAVER_GROUPS, case_id=None, is_protected=False), connection__mode=Mode.ACT
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
    return Leaver(
        person=person,
        left_on=facts["left_on"],
        last_day=facts["last_day"],
        source=source_of(person),
        reason=reason_of(person),
        protected=why_protected(person) if facts["is_protected"] else "",
    )


def reason_of(person: Person) -> str:
    """Why a person from `leavers` should go, in words."""
    facts = vars(person)
    left_on, last_day = facts["left_on"], facts["last_day"]
    if facts["group"] == EmploymentGroup.LEFT:
        return f"Left on {left_on:%-d %b %Y}" if isinstance(left_on, date) else "Left"
    if facts["group"] == EmploymentGroup.LEAVING:
        return f"Leaves after {last_day:%-d %b %Y}" if isinstance(last_day, date) else "Leaving"
    return "Picked because the seat is idle" if facts["case_cause"] == Case.Cause.IDLE else "Picked by hand"


def source_of(person: Person) -> str:
    """Who says that a person from `leavers` should go."""
    facts = vars(person)
    if facts["group"] in LEAVER_GROUPS:
        return str(facts["employment_source"])
    return "idle seats" if facts["case_cause"] == Case.Cause.IDLE else "by hand"


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
