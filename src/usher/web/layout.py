"""What the frame around every page needs: navigation and version."""

from functools import cache
from importlib.metadata import PackageNotFoundError, version

import msgspec
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse


class Place(msgspec.Struct, frozen=True):
    """An entry of the main navigation. `active` when the page shown is at or below its address."""

    title: str
    icon: str
    url: str
    active: bool = False


class Entry(msgspec.Struct, frozen=True):
    title: str
    url_name: str
    icon: str


ENTRIES = [
    Entry("Dashboard", "dashboard", icon="layout-dashboard"),
    Entry("Leavers", "removal:leavers", icon="user-minus"),
    Entry("Cases", "removal:cases", icon="briefcase"),
    Entry("People", "people", icon="users"),
    Entry("Directory", "directory:home", icon="address-book"),
    Entry("Audit log", "activity:events", icon="list-check"),
    Entry("Ledger", "ledger:list", icon="notebook"),
    Entry("Integrations", "connections:list", icon="plug-connected"),
]


def navigation(request: HttpRequest) -> dict[str, list[Place] | str]:
    """Context processor. Entries whose page does not exist (yet) are left out."""
    user = getattr(request, "user", None)  # absent when a request fails before it is authenticated
    places = _places(request.path) if user is not None and user.is_authenticated else []
    return {"navigation": places, "usher_version": usher_version()}


def _places(path: str) -> list[Place]:
    places = []
    for entry in ENTRIES:
        try:
            url = reverse(entry.url_name)
        except NoReverseMatch:
            continue
        active = path == url or (url != "/" and path.startswith(url))
        places.append(Place(entry.title, entry.icon, url, active))
    return places


@cache
def usher_version() -> str:
    try:
        return version("usher-seats")
    except PackageNotFoundError:  # run from a source tree that was never installed
        return "unreleased"
