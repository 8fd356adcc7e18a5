"""Who is protected from removal: listed singly, or by a pattern of e-mail addresses."""

from collections.abc import Collection

from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, F, Func, Q, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Lower

from usher.directory.models import Protected
from usher.directory.normalise import fits, likes_of
from usher.platform.scope import whole_installation
from usher.roster.models import Person


class Like(Func):
    """SQL's LIKE with a pattern from a column. The escape character is PostgreSQL's default, the backslash."""

    arg_joiner = " LIKE "
    template = "(%(expressions)s)"
    output_field = BooleanField()


class LikeAny(Like):
    """`Like` with an array of patterns."""

    arg_joiner = " LIKE ANY ("
    template = "(%(expressions)s))"


def protected_condition(prefix: str = "") -> Q:
    """A condition for a query in which `prefix`, such as `person__`, leads to the person. For whatever reason.

    The patterns are read when this is called: as constants, they make queries seconds faster in a large company.
    """
    entries = Protected.objects.all()
    # Read once, not for each person.
    by_gid = Q(**{f"{prefix}gid__in": entries.exclude(person_gid="").values("person_gid")})
    with whole_installation():  # patterns protect in every connection
        patterns = list(entries.exclude(pattern="").values_list("pattern", flat=True))
    if not patterns:
        return by_gid
    likes = _array([one for pattern in patterns for one in likes_of(pattern)])
    # People whom no sync has matched yet have no key. They are protected all the same.
    as_written = LikeAny(Lower(_composed(F(f"{prefix}email"))), likes)
    address = Coalesce(F(f"{prefix}key__address"), Value(""))  # with NULL, "not protected" would be unknown
    as_compared = LikeAny(address, likes)
    return by_gid | Q(as_written) | Q(as_compared)


@whole_installation()
def protection_of(person: Person) -> Protected | None:
    """The entry that protects a person. Their own entry comes before a pattern."""
    own = Protected.objects.filter(person_gid=person.gid).exclude(person_gid="").first()
    if own is not None:
        return own
    patterns = Protected.objects.exclude(pattern="")
    return next((entry for entry in patterns if fits(entry.pattern, person.email)), None)


def reason_protected(person: Person) -> str:
    """Why a person is protected; empty if they are not."""
    entry = protection_of(person)
    return in_words(entry) if entry else ""


@whole_installation()
def reasons_protected(people: Collection[Person]) -> dict[int, str]:
    """`reason_protected` of many at once: primary key → reason, of those who are protected."""
    own: dict[str, Protected] = {}
    for entry in Protected.objects.filter(person_gid__in={person.gid for person in people}, pattern=""):
        own.setdefault(entry.person_gid, entry)
    patterns = list(Protected.objects.exclude(pattern=""))
    reasons = {}
    for person in people:
        fitting = (entry for entry in patterns if fits(entry.pattern, person.email))
        listed = own.get(person.gid) or next(fitting, None)
        if listed is not None:
            reasons[person.pk] = in_words(listed)
    return reasons


def in_words(entry: Protected) -> str:
    which = f" ({entry.pattern})" if entry.pattern else ""
    note = f": {entry.note}" if entry.note else ""
    return f"{entry.get_why_display()}{which}{note}"


def _composed(text: Combinable) -> Func:
    return Func(text, function="normalize")


def _array(patterns: list[str]) -> Value:
    return Value(patterns, output_field=ArrayField(TextField()))
