"""The e-mail addresses that Asana leaves out of its list of memberships, where it gives them elsewhere.

Asana returns `user.email` with memberships, but does not document it, and may leave it out for some people or for all.
People whose address stays unknown keep the one that was read before.
"""

import asyncio
import logging

from asgiref.sync import sync_to_async
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from usher.asana import Asana, AsanaError, AsanaUser, Forbidden, NotAuthorized, Page
from usher.roster.models import Person, Sighting, Status, WorkspaceWalk
from usher.roster.sightings import storable

log = logging.getLogger(__name__)

ASKED_ONE_BY_ONE = 50
"""At most this many people of a workspace are asked for individually in a sync."""
AT_ONCE = 8


async def add_missing_addresses(asana: Asana, walk: WorkspaceWalk) -> None:
    """From the list of users if many addresses are missing, then from the users themselves, for some of the rest."""
    missing = await _missing(walk).acount()
    if not missing:
        return
    if missing > ASKED_ONE_BY_ONE or missing == await walk.sightings.acount():
        await _read_list(asana, walk)
    people = [gid async for gid in _most_needed(walk)]
    turns = asyncio.Semaphore(AT_ONCE)
    found: dict[str, str] = {}

    async def ask(gid: str) -> None:
        async with turns:
            user = await _user(asana, gid)
        if user is not None and user.email:
            found[gid] = storable(user.email, 320).strip()

    await asyncio.gather(*map(ask, people))
    await sync_to_async(_store)(walk, found)
    if missing := await _missing(walk).acount():
        log.info("Asana gives no e-mail address for %d people in %s.", missing, walk.workspace)


def _missing(walk: WorkspaceWalk) -> QuerySet[Sighting]:
    return walk.sightings.filter(email="")


def _most_needed(walk: WorkspaceWalk) -> QuerySet[Sighting, str]:
    """Active people first, of them those without an address from an earlier sync."""
    known = Person.objects.filter(
        connection=OuterRef("walk__workspace__connection"), gid=OuterRef("user_gid")
    ).exclude(email="")
    needed = _missing(walk).annotate(is_known=Exists(known), is_ended=~Q(status=Status.ACTIVE))
    return needed.order_by("is_ended", "is_known", "user_gid").values_list("user_gid", flat=True)[
        :ASKED_ONE_BY_ONE
    ]


async def _read_list(asana: Asana, walk: WorkspaceWalk) -> None:
    try:
        async for page in asana.users(walk.workspace.gid):
            await sync_to_async(_store)(walk, _addresses(page))
    except Forbidden:
        log.warning("The token may not list the users of %s.", walk.workspace)


async def _user(asana: Asana, gid: str) -> AsanaUser | None:
    """None where Asana does not answer: an address that is missing is no reason to end a sync."""
    try:
        return await asana.user(gid)
    except NotAuthorized:
        raise
    except AsanaError:
        return None


def _addresses(page: Page[AsanaUser]) -> dict[str, str]:
    return {user.gid: storable(user.email, 320).strip() for user in page.items if user.email}


@transaction.atomic
def _store(walk: WorkspaceWalk, addresses: dict[str, str]) -> None:
    sightings = list(_missing(walk).filter(user_gid__in=addresses))
    for sighting in sightings:
        sighting.email = addresses[sighting.user_gid]
    Sighting.objects.bulk_update(sightings, ["email"])
