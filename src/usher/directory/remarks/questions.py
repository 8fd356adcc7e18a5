"""Asking for remarks, and remarks that others find."""

from django.db.models import Exists, OuterRef, QuerySet

from usher.directory.models import Remark
from usher.roster.models import Person


def current(person: Person) -> QuerySet[Remark]:
    """What does not fit now, answered or not."""
    return Remark.objects.filter(person=person, is_current=True)


def unanswered(person: Person) -> QuerySet[Remark]:
    return current(person).filter(answered_at=None)


def has_unanswered(prefix: str = "") -> Exists:
    """Over people, or what leads to them by `prefix`."""
    return Exists(Remark.objects.filter(person=OuterRef(f"{prefix}pk"), is_current=True, answered_at=None))


def put_remark(person: Person, kind: Remark.Kind, text: str, fingerprint: str) -> Remark:
    """A remark that somebody else found; its answer holds as long as the fingerprint stays the same."""
    remark, _ = Remark.objects.update_or_create(
        person=person,
        kind=kind,
        fingerprint=fingerprint[:64],
        defaults={"text": text[:1000], "is_current": True},
    )
    Remark.objects.filter(person=person, kind=kind, is_current=True).exclude(pk=remark.pk).update(
        is_current=False
    )
    return remark


def take_back(person: Person, kind: Remark.Kind) -> None:
    """It no longer holds. Answers are kept."""
    Remark.objects.filter(person=person, kind=kind, answered_at=None).delete()
    Remark.objects.filter(person=person, kind=kind, is_current=True).update(is_current=False)
