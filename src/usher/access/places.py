"""What the settings page leads to."""

import msgspec
from django.urls import NoReverseMatch, reverse

from usher.access.models import User
from usher.access.roles import Action


class Place(msgspec.Struct, frozen=True):
    """A page of settings. One whose page does not exist is left out."""

    title: str
    url_name: str
    icon: str
    words: str
    needs: Action


class ShownPlace(msgspec.Struct, frozen=True):
    """A place as one user meets it: without an address where it is not theirs to open."""

    place: Place
    url: str


PLACES = [
    Place(
        "People of Usher",
        "access:users",
        icon="users",
        words="Who signs in, and what they may do",
        needs=Action.PEOPLE,
    ),
    Place(
        "Guardrails",
        "removal:guardrails",
        icon="shield-check",
        words="How many removals, when, and who approves them",
        needs=Action.READ,
    ),
    Place(
        "Protected people",
        "removal:protected",
        icon="shield",
        words="Who is never removed from Asana",
        needs=Action.READ,
    ),
    Place(
        "Prices of seats",
        "roster:prices",
        icon="coin",
        words="What a seat costs a month",
        needs=Action.READ,
    ),
    Place(
        "Asana OAuth app",
        "connections:app",
        icon="plug-connected",
        words="What Usher shows to Asana when an account is connected",
        needs=Action.CONNECT,
    ),
]


def places_for(user: User) -> list[ShownPlace]:
    shown = []
    for place in PLACES:
        try:
            url = reverse(place.url_name)
        except NoReverseMatch:
            continue
        shown.append(ShownPlace(place, url if user.may(place.needs) else ""))
    return shown
