"""What the frame around every page shows: the main navigation and Usher's version."""

from functools import cache
from importlib.metadata import PackageNotFoundError, version

import msgspec
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse


class NavigationEntry(msgspec.Struct, frozen=True):
    """A page that the main navigation links to."""

    title: str
    url_name: str
    icon: str


class NavigationLink(msgspec.Struct, frozen=True):
    """An entry on one page. `active` when that page is at or below the entry's address."""

    title: str
    icon: str
    url: str
    active: bool = False


ENTRIES = [
    NavigationEntry("Dashboard", "dashboard", icon="layout-dashboard"),
    NavigationEntry("Leavers", "removal:leavers", icon="user-minus"),
    NavigationEntry("Cases", "removal:cases", icon="briefcase"),
    NavigationEntry("People", "people", icon="users"),
    NavigationEntry("Rules", "policy:rules", icon="checklist"),
    NavigationEntry("Savings", "contracts:savings", icon="coins"),
    NavigationEntry("Directory", "directory:home", icon="address-book"),
    NavigationEntry("Audit log", "activity:events", icon="list-check"),
    NavigationEntry("Ledger", "ledger:list", icon="notebook"),
    NavigationEntry("Integrations", "connections:list", icon="plug-connected"),
]


def navigation(request: HttpRequest) -> dict[str, list[NavigationLink] | str]:
    """Context processor. Nobody who is signed out sees the navigation."""
    user = getattr(request, "user", None)  # absent when a request fails before it is authenticated
    links = _links(request.path) if user is not None and user.is_authenticated else []
    return {"navigation": links, "usher_version": usher_version()}


def _links(path: str) -> list[NavigationLink]:
    links = []
    for entry in ENTRIES:
        try:
            url = reverse(entry.url_name)
        except NoReverseMatch:  # tests serve single pages
            continue
        active = path == url or (url != "/" and path.startswith(url))
        links.append(NavigationLink(entry.title, entry.icon, url, active))
    return links


@cache
def usher_version() -> str:
    try:
        return version("usher-seats")
    except PackageNotFoundError:  # run from a source tree that was never installed
        return "unreleased"
