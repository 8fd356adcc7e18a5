"""Who should be removed: people who left or are leaving but are still in Asana, and people picked by hand."""

from collections.abc import Collection, Iterator
from datetime import date
from itertools import islice

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.utils import timezone

from usher.connections.models import Connection, Mode
from usher.directory.employment.status import (
    LEAVER_GROUPS,
    EmploymentGroup,
    active_memberships,
    in_groups,
    with_employment,
    with_left_on,
)
from usher.directory.models import Standing
from usher.directory.protection import protected_condition
from usher.removal.guardrails.protection import is_connecting_person, is_last_admin, reasons_why_protected
from usher.removal.guardrails.remarks import current_remarks, in_words, unanswered_count
from usher.removal.models import Case
from usher.removal.states import OPEN
from usher.roster.models import Person

BATCH_SIZE = 1000


def people_in_cases(connection: Connection | None = None) -> list[int]:
    """Primary keys of the people with an open case. They are few, and read so that PostgreSQL knows it."""
    open_cases = Case.objects.filter(state__in=sorted(OPEN), person__connection__disconnected_at=None)
    if connection is not None:
        open_cases = open_cases.filter(person__connection=connection)
    return list(open_cases.order_by().values_list("person", flat=True))


def leavers(
    connection: Connection | None = None,
    today: date | None = None,
    in_cases: Collection[int] | None = None,
) -> QuerySet[Person]:
    """People with an active membership who left or are leaving, or who have an open case.

    Adds to `with_employment`: `is_protected`, `seats`, `case_id`, `case_state`, `case_cause` (of the open case),
    `unanswered_remarks` (how many), and `price` and `currency` of a seat, if a price is set.

    `in_cases`: from `people_in_cases`, if that is known.
    """
    today = today or timezone.localdate()
    people = Person.objects.filter(connection__disconnected_at=None)
    if connection is not None:
        people = people.filter(connection=connection)
    if in_cases is None:
        in_cases = people_in_cases(connection)
    chosen = people.filter(in_groups(LEAVER_GROUPS, today) | Q(pk__in=in_cases))
    return _with_details(chosen, today).filter(standing__group__gt="")


def standings_of_leavers(
    today: date, groups: Collection[str] = LEAVER_GROUPS, in_cases: Collection[int] = ()
) -> QuerySet[Standing]:
    """The same people as of `leavers`, or of some groups, with what orders them, from few tables.

    Adds `left_on`, `price` and `currency`. A Standing has the primary key of its person.
    """
    chosen = Standing.objects.filter(
        in_groups(groups, today, prefix="") | Q(pk__in=in_cases),
        connection__disconnected_at=None,
        group__gt="",
    )
    return (
        with_left_on(chosen, today)
        .annotate(price=F("connection__seat_price__amount"), currency=F("connection__seat_price__currency"))
        .order_by("name", "pk")
    )


def people_with_details(keys: Collection[int], today: date | None = None) -> QuerySet[Person]:
    """These people, leavers or not, with what `leavers` adds."""
    return _with_details(Person.objects.filter(pk__in=keys), today or timezone.localdate())


def _with_details(people: QuerySet[Person], today: date) -> QuerySet[Person]:
    open_case = Case.objects.filter(person=OuterRef("pk"), state__in=sorted(OPEN)).order_by("-pk")
    return (
        with_employment(people, today)
        .annotate(
            case_id=Subquery(open_case.values("pk")[:1]),
            case_state=Subquery(open_case.values("state")[:1]),
            case_cause=Subquery(open_case.values("cause")[:1]),
            is_protected=is_protected(),
            unanswered_remarks=unanswered_count(),
        )
        .annotate(
            seats=F("standing__seats"),
            price=F("connection__seat_price__amount"),
            currency=F("connection__seat_price__currency"),
        )
        .select_related("connection")
        # The person's name, where PostgreSQL does not walk through everybody's.
        .order_by("standing__name", "pk")
    )


def is_protected(prefix: str = "") -> Combinable | Q:
    """In SQL, for whatever reason."""
    return protected_condition(prefix) | is_connecting_person(prefix) | is_last_admin(prefix)


def removable_leavers(connection: Connection | None = None, today: date | None = None) -> QuerySet[Person]:
    """Leavers without an open case who are not protected and whose connection may act."""
    return leavers(connection, today).filter(
        Q(group__in=LEAVER_GROUPS, case_id=None, is_protected=False), connection__mode=Mode.ACT
    )


def reason_of(person: Person) -> str:
    """Why a person from `leavers` should be removed, in words."""
    details = vars(person)
    left_on, last_day = details["left_on"], details["last_day"]
    if details["group"] == EmploymentGroup.LEFT:
        return f"Left on {left_on:%-d %b %Y}" if isinstance(left_on, date) else "Left"
    if details["group"] == EmploymentGroup.LEAVING:
        return f"Leaves after {last_day:%-d %b %Y}" if isinstance(last_day, date) else "Leaving"
    return {
        Case.Cause.IDLE: "Idle seat when the case was opened",
        Case.Cause.RELEASED: "Seat released when asked",
    }.get(details["case_cause"], "Selected by hand")


def source_of(person: Person) -> str:
    """Who says that a person from `leavers` should be removed."""
    details = vars(person)
    if details["group"] in LEAVER_GROUPS:
        return str(details["employment_source"])
    return {Case.Cause.IDLE: "idle seats", Case.Cause.RELEASED: "released seats"}.get(
        details["case_cause"], "by hand"
    )


def leaver_records(
    connection: Connection | None = None, among: Collection[int] | None = None
) -> Iterator[dict[str, object]]:
    """One row a leaver, for the command line and the API. `among`: only these, in the order of their keys."""
    active = active_memberships().order_by("workspace__name", "workspace__gid")
    with_gids = leavers(connection).annotate(workspace_gids=ArraySubquery(active.values("workspace__gid")))
    if among is not None:
        with_gids = with_gids.filter(pk__in=among).order_by("pk")
    people = with_gids.iterator(chunk_size=BATCH_SIZE)
    while batch := list(islice(people, BATCH_SIZE)):
        protected = reasons_why_protected([one for one in batch if vars(one)["is_protected"]])
        remarks = current_remarks([person.pk for person in batch])
        for person in batch:
            in_record = [in_words(remark) for remark in remarks.get(person.pk, ())]
            yield _record(person, protected.get(person.pk, ""), in_record)


def _record(person: Person, protected: str, remarks: list[str]) -> dict[str, object]:
    details = vars(person)
    return {
        "gid": person.gid,
        "email": person.email,
        "name": person.name,
        "connection": person.connection.name,
        "workspace_gids": details["workspace_gids"],
        "left_on": details["left_on"].isoformat() if details["left_on"] else None,
        "last_day": details["last_day"].isoformat() if details["last_day"] else None,
        "source": source_of(person),
        "protected": bool(details["is_protected"]),
        "reason": protected or reason_of(person),
        "remarks": remarks,
        "unanswered_remarks": details["unanswered_remarks"],
        "seats": details["seats"],
        "case": details["case_id"],
        "case_state": details["case_state"],
        "person": person.pk,
    }
