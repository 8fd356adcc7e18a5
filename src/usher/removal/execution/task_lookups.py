"""Reading somebody's tasks and projects from Asana, with their titles: noted in the trail, and limited in rate."""

from datetime import timedelta

from django.http import HttpRequest
from django.utils import timezone

from usher.access.models import TrailEntry, User
from usher.access.roles import signed_in
from usher.access.trail.kinds import Seen
from usher.access.trail.note import note
from usher.platform.scope import whole_installation
from usher.refusals import Refused

AT_MOST = 120
WITHIN = timedelta(hours=1)


class TooManyLookups(Refused):
    """A person has read the tasks of many others within an hour."""

    def __init__(self) -> None:
        super().__init__(
            f"You have looked up the tasks and projects of {AT_MOST} people within an hour, which is the most.",
            "Wait a few minutes. Cases can be opened and approved without it.",
        )


def note_lookup(request: HttpRequest, about: str) -> None:
    """Before the titles of somebody's tasks and private projects are read. Raises TooManyLookups.

    `about`: whose, for the trail.
    """
    note_lookup_by(signed_in(request), about, request)


def note_lookup_by(user: User, about: str, request: HttpRequest | None = None) -> None:
    """The same for a person who may have come without a request: through a program on the machine."""
    lately = timezone.now() - WITHIN
    with whole_installation():
        lookups = TrailEntry.objects.filter(user=user, kind=Seen.TASKS_LOOKED_UP, at__gt=lately).count()
    if lookups >= AT_MOST:
        raise TooManyLookups
    note(request, Seen.TASKS_LOOKED_UP, about, user=user)
