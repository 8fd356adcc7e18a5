"""Records changes that Usher itself made in Asana at once, instead of waiting for the next walk."""

from datetime import datetime

from django.db import transaction

from usher.roster.models import Change, Licence, Membership, Status


def record_left(membership: Membership, at: datetime) -> None:
    """Does nothing when the membership is already recorded as ended."""
    with transaction.atomic():
        changed = Membership.objects.filter(pk=membership.pk, status=Status.ACTIVE).update(
            status=Status.NOT_ACTIVE, until=at
        )
        if changed:
            _add_to_history(membership, Change.Kind.LEFT, at)


def record_returned(membership: Membership, at: datetime) -> None:
    with transaction.atomic():
        changed = Membership.objects.filter(pk=membership.pk, status=Status.NOT_ACTIVE).update(
            status=Status.ACTIVE, until=None
        )
        if changed:
            _add_to_history(membership, Change.Kind.RETURNED, at)


def record_view_only(membership: Membership, at: datetime) -> None:
    with transaction.atomic():
        changed = Membership.objects.filter(pk=membership.pk, licence=Licence.MEMBER).update(
            licence=Licence.VIEW_ONLY
        )
        if changed:
            _add_to_history(membership, Change.Kind.LICENCE, at, Licence.MEMBER, Licence.VIEW_ONLY)


def _add_to_history(
    membership: Membership, kind: Change.Kind, at: datetime, before: str = "", after: str = ""
) -> None:
    Change.objects.create(
        membership=membership, kind=kind, before=before, after=after, happened_at=at, seen_at=at
    )
