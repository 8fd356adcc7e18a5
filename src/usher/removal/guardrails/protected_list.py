"""The list of people and patterns that are never removed: adding to it, taking off it, and whom it covers."""

from collections.abc import Collection
from dataclasses import dataclass

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import Case as SqlCase
from django.db.models import F, Func, IntegerField, OuterRef, Q, QuerySet, Subquery, TextField, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Lower

from usher.access.roles import Action, require_person
from usher.directory.models import PersonKey, Protected
from usher.directory.normalise import like, normal_pattern
from usher.directory.protection import Like, protected_condition
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.refusals import Refused
from usher.removal.guardrails.protection import is_connecting_person, is_last_admin, reasons_why_protected
from usher.removal.models import Case
from usher.removal.states import OPEN
from usher.roster.models import Person, Status

MATCHES_EVERYBODY = frozenset("*@.")


class CannotProtect(Refused):
    """`field`: which field of the form was wrong, `person` or `pattern`."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class AlwaysProtected:
    """A person whom a rule protects, whatever the list says."""

    person: Person
    why: str


@dataclass(frozen=True)
class ProtectedPeople:
    """The people whom one entry protects: how many, and the first of them by name."""

    count: int
    first: list[Person]


def protect_person(person: Person, why: Protected.Why, note: str, actor: Actor) -> Protected:
    """Raises CannotProtect if the person is on the list already."""
    if Protected.objects.filter(person_gid=person.gid, pattern="").exists():
        raise CannotProtect(f"{person} is on the list already.", "person")
    return _added(Protected(person=person, why=why, note=note, by=actor.name), actor)


def protect_pattern(pattern: str, why: Protected.Why, note: str, actor: Actor) -> Protected:
    """Raises CannotProtect if the pattern is malformed, matches everybody or is on the list already."""
    check_pattern(pattern)
    pattern = normal_pattern(pattern.strip())
    if Protected.objects.filter(pattern__iexact=pattern).exists():
        raise CannotProtect(f"{pattern} is on the list already.", "pattern")
    return _added(Protected(pattern=pattern, why=why, note=note, by=actor.name), actor)


def unprotect(entry: Protected, actor: Actor, reason: str = "") -> None:
    """Raises ForPeopleOnly."""
    require_person(actor, Action.SETTINGS)
    with transaction.atomic():
        record(
            actor,
            "settings.protected_removed",
            _subject(entry),
            reason=reason,
            before={"why": str(entry.why), "note": entry.note, "by": entry.by},
            connection=entry.person.connection_id if entry.person else None,
        )
        entry.delete()


def check_pattern(pattern: str) -> None:
    """Raises CannotProtect."""
    text = pattern.strip()
    if not text:
        raise CannotProtect("Enter a pattern, such as svc-*@example.com.", "pattern")
    if set(text) <= MATCHES_EVERYBODY:
        raise CannotProtect(
            "This pattern matches everybody. To prevent every removal, stop all removals instead.", "pattern"
        )
    if any(letter.isspace() for letter in text):
        raise CannotProtect("A pattern cannot contain spaces. Add one pattern at a time.", "pattern")


def people_matching(pattern: str) -> QuerySet[Person]:
    """Every active person whose address matches a pattern, as the guardrails see it."""
    wanted = Value(_as_like(pattern))
    return active_people().filter(_has_address_like(wanted, wanted))


def people_protected_by(entry: Protected) -> QuerySet[Person]:
    """Every active person whom an entry protects."""
    return people_matching(entry.pattern) if entry.pattern else active_people().filter(gid=entry.person_gid)


def people_protected_by_each(entries: Collection[Protected], at_most: int) -> dict[int, ProtectedPeople]:
    """As `people_protected_by`, by the key of the entry, with the first people of each.

    The number of queries does not grow with the number of entries.
    """
    patterns = [When(pk=one.pk, then=Value(_as_like(one.pattern))) for one in entries if one.pattern]
    matches_entry = _has_address_like(OuterRef("wanted"), OuterRef(OuterRef("wanted")))
    people = active_people().filter(Q(gid=OuterRef("person_gid")) | matches_entry)
    rows = list(
        Protected.objects.filter(pk__in=[one.pk for one in entries])
        .annotate(wanted=SqlCase(*patterns, default=None, output_field=TextField()))
        .annotate(
            first=ArraySubquery(people.values("pk")[:at_most]),
            people=Subquery(people.order_by().values(count=_count()), output_field=IntegerField()),
        )
        .values_list("pk", "people", "first")
    )
    named = Person.objects.select_related("connection").in_bulk({pk for *_, first in rows for pk in first})
    return {entry: ProtectedPeople(count, [named[pk] for pk in first]) for entry, count, first in rows}


def search_people(text: str) -> QuerySet[Person]:
    """Active people by name or e-mail."""
    return active_people().filter(Q(name__icontains=text) | Q(email__icontains=text))


def always_protected() -> list[AlwaysProtected]:
    """Everyone whom the fixed rules protect, with the reason."""
    people = list(active_people().filter(is_connecting_person() | is_last_admin()))
    reasons = reasons_why_protected(people)
    return [AlwaysProtected(person, reasons.get(person.pk, "")) for person in people]


def open_cases_of_protected() -> QuerySet[Case]:
    """Open cases that will not run, because their person is on the list."""
    return (
        Case.objects.filter(protected_condition("person__"), state__in=sorted(OPEN))
        .exclude(kind=Case.Kind.RESTORE)
        .order_by("pk")
    )


def active_people() -> QuerySet[Person]:
    """People with an active membership in a connected account."""
    active = Person.objects.filter(memberships__status=Status.ACTIVE).values("pk")
    return (
        Person.objects.filter(pk__in=active, connection__disconnected_at=None)
        .select_related("connection")
        .order_by("name", "email", "pk")
    )


def _as_like(pattern: str) -> str:
    return like(normal_pattern(pattern.strip()))


def _has_address_like(wanted: Combinable, wanted_in_keys: Combinable) -> Q:
    """The address as Asana shows it, or as it is compared with the directory.

    Both arguments are the same pattern; the second stands one query deeper.
    """
    keys = PersonKey.objects.annotate(is_match=Like(F("address"), wanted_in_keys)).filter(is_match=True)
    as_shown = Like(Lower(Func(F("email"), function="normalize")), wanted)
    return Q(as_shown) | Q(pk__in=keys.values("person"))


def _count() -> Func:
    """COUNT without a GROUP BY, for a subquery that has one row."""
    return Func("pk", function="COUNT", output_field=IntegerField())


def _added(entry: Protected, actor: Actor) -> Protected:
    with transaction.atomic():
        entry.save()
        after = {"why": str(entry.why), "note": entry.note}
        record(
            actor,
            "settings.protected_added",
            _subject(entry),
            reason=entry.note,
            after=after,
            connection=entry.person.connection_id if entry.person else None,
        )
    return entry


def _subject(entry: Protected) -> str:
    if entry.pattern:
        return f"pattern {entry.pattern}"
    address = f" <{entry.person.email}>" if entry.person and entry.person.email else ""
    return f"{entry}{address} ({entry.person_gid})"
