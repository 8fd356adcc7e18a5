"""What Usher itself changed in Asana is known at once; the next walk finds it so."""

from datetime import datetime

from django.db import transaction

from usher.roster.models import Change, Licence, Membership, Status


def note_left(membership: Membership, at: datetime) -> None:
    """Does nothing where it is known already."""
    with transaction.atomic():
        changed = Membership.objects.filter(pk=membership.pk, status=Status.ACTIVE).update(
            status=Status.NOT_ACTIVE, until=at
        )
        if changed:
            _remember(membership, Change.Kind.LEFT, at)


def note_returned(membership: Membership, at: datetime) -> None:
    with transaction.atomic():
        changed = Membership.objects.filter(pk=membership.pk, status=Status.NOT_ACTIVE).update(
            status=Status.ACTIVE, until=None
        )
        if changed:
            _remember(membership, Change.Kind.RETURNED, at)


def note_view_only(membership: Membership, at: datetime) -> None:
    with transaction.atomic():
        changed = Membership.objects.filter(pk=membership.pk, licence=Licence.MEMBER).update(
            licence=Licence.VIEW_ONLY
        )
        if changed:
            _remember(membership, Change.Kind.LICENCE, at, Licence.MEMBER, Licence.VIEW_ONLY)


def _remember(
    membership: Membership, kind: Change.Kind, at: datetime, before: str = "", after: str = ""
) -> None:
    Change.objects.create(
        membership=membership, kind=kind, before=before, after=after, happened_at=at, seen_at=at
    )
