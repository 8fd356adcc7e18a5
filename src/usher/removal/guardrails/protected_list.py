"""Putting people and patterns on the list of those who are never touched, and taking them off."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, Func, Q, QuerySet, Value
from django.db.models.functions import Lower

from usher.directory.matching.normalise import like, normal_pattern
from usher.directory.models import PersonKey, Protected
from usher.directory.protection import Like, protected_condition
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.refusals import Refused
from usher.removal.guardrails.protection import is_connecting_person, is_last_admin, why_protected
from usher.removal.models import Case
from usher.removal.states import OPEN
from usher.roster.models import Person, Status

EVERYBODY = frozenset("*@.")


class CannotProtect(Refused):
    """`field`: what was wrong, `person` or `pattern`."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class AlwaysProtected:
    """Somebody whom a rule protects, whatever the list says."""

    person: Person
    why: str


def protect_person(person: Person, why: Protected.Why, note: str, actor: Actor) -> Protected:
    """Raises CannotProtect where they are on the list already."""
    if Protected.objects.filter(person_gid=person.gid, pattern="").exists():
        raise CannotProtect(f"{person} is on the list already.", "person")
    return _added(Protected(person=person, why=why, note=note, by=actor.name), actor)


def protect_pattern(pattern: str, why: Protected.Why, note: str, actor: Actor) -> Protected:
    """Raises CannotProtect for a pattern that is everybody's, is none, or is on the list already."""
    check_pattern(pattern)
    pattern = normal_pattern(pattern.strip())
    if Protected.objects.filter(pattern__iexact=pattern).exists():
        raise CannotProtect(f"{pattern} is on the list already.", "pattern")
    return _added(Protected(pattern=pattern, why=why, note=note, by=actor.name), actor)


def unprotect(entry: Protected, actor: Actor, reason: str = "") -> None:
    with transaction.atomic():
        record(
            actor,
            "settings.protected_removed",
            _subject(entry),
            reason=reason,
            before={"why": str(entry.why), "note": entry.note, "by": entry.by},
        )
        entry.delete()


def check_pattern(pattern: str) -> None:
    """Raises CannotProtect."""
    text = pattern.strip()
    if not text:
        raise CannotProtect("Write a pattern, such as svc-*@example.com.", "pattern")
    if set(text) <= EVERYBODY:
        raise CannotProtect(
            "That would be everybody. To remove nobody at all, stop all removals instead.", "pattern"
        )
    if any(letter.isspace() for letter in text):
        raise CannotProtect("A pattern has no blanks. Add one pattern after the other.", "pattern")


def people_matching(pattern: str) -> QuerySet[Person]:
    """Everyone active whose address a pattern fits, as the guardrails see it."""
    wanted = Value(like(normal_pattern(pattern.strip())))
    keys = PersonKey.objects.annotate(fits=Like(F("address"), wanted)).filter(fits=True)
    return (
        active_people()
        .annotate(is_as_written=Like(Lower(Func(F("email"), function="normalize")), wanted))
        .filter(Q(is_as_written=True) | Q(pk__in=keys.values("person")))
    )


def people_protected_by(entry: Protected) -> QuerySet[Person]:
    """Everyone active whom an entry protects."""
    return people_matching(entry.pattern) if entry.pattern else active_people().filter(gid=entry.person_gid)


def search_people(text: str) -> QuerySet[Person]:
    """By name or e-mail, among the active ones."""
    return active_people().filter(Q(name__icontains=text) | Q(email__icontains=text))


def always_protected() -> list[AlwaysProtected]:
    """Who is protected by the rules that always hold, with the reason."""
    people = active_people().filter(is_connecting_person() | Q(is_last_admin()))
    return [AlwaysProtected(person, why_protected(person)) for person in people]


def open_cases_of_protected() -> QuerySet[Case]:
    """Cases that will not run any more, since their person is on the list."""
    return (
        Case.objects.filter(protected_condition("person__"), state__in=sorted(OPEN))
        .exclude(kind=Case.Kind.RESTORE)
        .order_by("pk")
    )


def active_people() -> QuerySet[Person]:
    """People with an active membership of accounts that are connected."""
    active = Person.objects.filter(memberships__status=Status.ACTIVE).values("pk")
    return (
        Person.objects.filter(pk__in=active, connection__disconnected_at=None)
        .select_related("connection")
        .order_by("name", "email", "pk")
    )


def _added(entry: Protected, actor: Actor) -> Protected:
    with transaction.atomic():
        entry.save()
        after = {"why": str(entry.why), "note": entry.note}
        record(actor, "settings.protected_added", _subject(entry), reason=entry.note, after=after)
    return entry


def _subject(entry: Protected) -> str:
    if entry.pattern:
        return f"pattern {entry.pattern}"
    address = f" <{entry.person.email}>" if entry.person and entry.person.email else ""
    return f"{entry}{address} ({entry.person_gid})"
