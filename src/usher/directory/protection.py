"""Who is never touched: listed one by one, or by a pattern of e-mail addresses."""

from collections.abc import Collection

from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Lower, Replace

from usher.directory.models import PersonKey, Protected
from usher.directory.normal_forms import fits
from usher.roster.models import Person


class Like(Func):
    """SQL's LIKE with a pattern that stands in a column. Its escape character is PostgreSQL's own, the backslash."""

    arg_joiner = " LIKE "
    template = "(%(expressions)s)"
    output_field = BooleanField()


def protected_condition(prefix: str = "", why: Protected.Why | None = None) -> Q:
    """In SQL, for a query in which `prefix` leads to the person, as `person__` does. Of all reasons, or of one."""
    entries = Protected.objects.filter(**({"why": why} if why else {}))
    address = OuterRef(f"{prefix}email")
    key = PersonKey.objects.filter(person=OuterRef(OuterRef(f"{prefix}pk")))
    by_pattern = entries.exclude(pattern="").annotate(
        like=_like_of_pattern(),
        is_as_written=Like(Lower(_composed(address)), F("like")),
        is_as_compared=Exists(key.annotate(fits=Like(F("address"), OuterRef("like"))).filter(fits=True)),
    )
    return Q(Exists(entries.filter(person=OuterRef(f"{prefix}pk")))) | Q(
        Exists(by_pattern.filter(Q(is_as_written=True) | Q(is_as_compared=True)))
    )


def protection_of(person: Person) -> Protected | None:
    """The entry that protects a person: their own before a pattern."""
    own = person.protections.first()
    if own is not None:
        return own
    patterns = Protected.objects.exclude(pattern="")
    return next((entry for entry in patterns if fits(entry.pattern, person.email)), None)


def reason_protected(person: Person) -> str:
    """Why a person is protected, in words; empty for those who are not."""
    entry = protection_of(person)
    return in_words(entry) if entry else ""


def reasons_protected(people: Collection[Person]) -> dict[int, str]:
    """As `reason_protected`, of many at once: by the person's key, of those who are protected."""
    own: dict[int, Protected] = {}
    for entry in Protected.objects.filter(person__in=people):
        own.setdefault(entry.person_id or 0, entry)
    patterns = list(Protected.objects.exclude(pattern=""))
    found = {}
    for person in people:
        fitting = (entry for entry in patterns if fits(entry.pattern, person.email))
        listed = own.get(person.pk) or next(fitting, None)
        if listed is not None:
            found[person.pk] = in_words(listed)
    return found


def in_words(entry: Protected) -> str:
    which = f" ({entry.pattern})" if entry.pattern else ""
    note = f": {entry.note}" if entry.note else ""
    return f"{entry.get_why_display()}{which}{note}"


def _composed(text: Combinable) -> Func:
    return Func(text, function="normalize")


def _like_of_pattern() -> Replace:
    """As `normal_forms.like`, in SQL."""
    text: Combinable = Lower(_composed(F("pattern")))
    for letter in ("\\", "%", "_"):
        text = Replace(text, Value(letter), Value(f"\\{letter}"))
    return Replace(text, Value("*"), Value("%"))
