"""What a walk has read so far: one row for each person, page by page."""

from django.db import transaction
from django.utils import timezone

from usher.asana import Page, UserRef, WorkspaceMembership, precedence
from usher.roster.models import Sighting, WorkspaceWalk


@transaction.atomic
def store_page(walk: WorkspaceWalk, page: Page[WorkspaceMembership]) -> None:
    """Stores the people of a page together with the position in the list."""
    sightings = _of_people(walk, page)
    Sighting.objects.bulk_create(
        sightings.values(),
        update_conflicts=True,
        unique_fields=["walk", "user_gid"],
        update_fields=["gid", "name", "email", "role", "licence", "status", "since"],
    )
    walk.offset = page.next_offset or ""
    walk.seen += len(sightings)
    if page.next_offset is None:
        walk.is_read = True
        # Some people were returned twice: by a list that restarted, or for a second membership.
        walk.seen = walk.sightings.count()
    walk.updated_at = timezone.now()
    walk.save(update_fields=["offset", "seen", "is_read", "updated_at"])


def _of_people(walk: WorkspaceWalk, page: Page[WorkspaceMembership]) -> dict[str, Sighting]:
    """What is new on the page, by person.

    Who was removed and invited again has two memberships, perhaps on two pages: the active one counts. A membership
    that was read before, because the list restarted, is as it was read last.
    """
    read = [_sighting(walk, item, item.user) for item in page.items if item.user is not None]
    stored = walk.sightings.filter(user_gid__in={sighting.user_gid for sighting in read})
    best = {sighting.user_gid: sighting for sighting in stored}
    new: dict[str, Sighting] = {}
    for sighting in read:
        before = best.get(sighting.user_gid)
        if before is None or before.gid == sighting.gid or _precedence(before) < _precedence(sighting):
            sighting.email = sighting.email or (before.email if before else "")
            best[sighting.user_gid] = new[sighting.user_gid] = sighting
    return new


def _precedence(sighting: Sighting) -> tuple[object, ...]:
    return precedence(sighting.status, sighting.licence, sighting.role, sighting.since)


def _sighting(walk: WorkspaceWalk, item: WorkspaceMembership, user: UserRef) -> Sighting:
    return Sighting(
        walk=walk,
        user_gid=user.gid,
        gid=item.gid,
        name=storable(user.name, 255),
        email=storable(user.email, 320).strip(),
        role=item.role.value,
        licence=item.licence.value,
        status=item.status.value,
        since=item.created_at,
    )


def storable(text: str | None, longest: int) -> str:
    """Text that PostgreSQL can store: without NUL, which JSON allows, and no longer than the column."""
    return (text or "").replace("\0", "")[:longest]
