"""Every page, whatever capability it is of: a role that may not is refused, and all others are let through."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, path

from usher.access.guard import declares
from usher.access.models import User
from usher.access.roles import Action, UserRole, may, needs

SAMPLES = {
    "int": "4000000",
    "str": "x",
    "slug": "x",
    "path": "x",
    "uuid": "8d9c1f8e-3c2b-4d7e-9a55-0f4ad1f5d3a1",
}
OPEN = (
    "sign-in/",
    "welcome/",
    "healthz",
    "metrics",
    "scim/v2/",
    "api/",
    "mcp",
    "savings/feed/",
    "rules/answer/",
    "notices/slack/actions/",
)
"""Addresses without a sign-in to the pages: they see for themselves to who may."""
REFUSED = "Your role does not allow this"


def views(patterns: list[Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Each address, with a sample for each of its parts, and its view."""
    for pattern in patterns:
        route = before + str(pattern.pattern).lstrip("^").rstrip("$\\Z")
        if isinstance(pattern, URLResolver):
            yield from views(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield re.sub(r"<(?:(\w+):)?\w+>", lambda part: SAMPLES[part[1] or "str"], route), pattern.callback


ALL = dict(views(get_resolver().url_patterns))
GUARDED = sorted(route for route, view in ALL.items() if getattr(view, "needs", None))


def is_open(route: str) -> bool:
    return not getattr(ALL[route], "login_required", True)


@pytest.mark.parametrize("route", ALL)
def test_only_what_must_be_is_open_without_signing_in(route: str) -> None:
    assert is_open(route) == route.startswith(OPEN)


@pytest.mark.parametrize("route", [route for route in ALL if not is_open(route)])
def test_a_view_says_who_may_or_takes_no_change(route: str) -> None:
    if declares(ALL[route]):
        return
    request = RequestFactory().post("/" + route)
    request.user = AnonymousUser()
    assert ALL[route](request).status_code == 405


@pytest.mark.parametrize("route", GUARDED)
@pytest.mark.parametrize("role", UserRole)
def test_a_change_is_refused_exactly_to_the_roles_that_may_not(db: None, route: str, role: UserRole) -> None:
    browser = Client(raise_request_exception=False)
    browser.force_login(User.objects.create_user("eve@example.com", "eve@example.com", role=role))
    answer = browser.post("/" + route)
    is_refused = REFUSED in answer.content.decode() if not answer.streaming else False
    assert is_refused == (not may(role, ALL[route].needs)), answer.status_code
    assert (answer.status_code == 403) >= is_refused


def test_the_pages_of_today_are_among_those_held_to_this() -> None:
    expected = {
        "integrations/connect/": Action.CONNECT,
        "integrations/app/": Action.CONNECT,
        "integrations/return/": Action.CONNECT,
        "integrations/4000000/sync/": Action.SYNC,
        "integrations/4000000/answer/": Action.SYNC,
        "integrations/4000000/test/": Action.SYNC,
        "integrations/4000000/change/": Action.CONNECT,
        "integrations/4000000/reconnect/": Action.CONNECT,
        "integrations/4000000/disconnect/": Action.CONNECT,
        "console/": Action.IMPORT_DIRECTORY,
        "console/4000000/": Action.IMPORT_DIRECTORY,
        "console/4000000/discard/": Action.IMPORT_DIRECTORY,
        "settings/users/": Action.USERS,
        "settings/users/add/": Action.USERS,
        "settings/users/4000000/": Action.USERS,
        "settings/users/4000000/switch/": Action.USERS,
        "settings/users/4000000/link/": Action.USERS,
        "settings/users/4000000/untie/": Action.USERS,
        "settings/single-sign-on/": Action.SETTINGS,
        "settings/single-sign-on/policy/": Action.SETTINGS,
        "settings/single-sign-on/add/x/": Action.SETTINGS,
        "settings/single-sign-on/x/": Action.SETTINGS,
        "settings/single-sign-on/x/test/": Action.SETTINGS,
        "settings/single-sign-on/x/delete/": Action.SETTINGS,
    }
    assert {route: ALL[route].needs for route in expected} == expected


def test_where_reading_takes_less_it_is_let_through_and_the_change_is_not(ada: User, client: Client) -> None:
    client.force_login(ada)
    assert REFUSED not in client.get("/console/").text
    assert REFUSED in client.post("/console/").text


def test_the_refusal_says_who_one_is_what_it_takes_and_whom_to_ask(ada: User, client: Client) -> None:
    User.objects.create_user("root@example.com", "root@example.com", name="Ruth Root", role=UserRole.ADMIN)
    client.force_login(ada)
    answer = client.get("/integrations/connect/")
    assert answer.status_code == 403
    assert "Only an admin may connect, change and disconnect accounts." in answer.text
    assert "You are signed in as ada@example.com, viewer." in answer.text
    assert "Ask one of: Ruth Root." in answer.text


def test_a_change_of_role_counts_from_the_next_request_on(ada: User, client: Client) -> None:
    client.force_login(ada)
    assert client.get("/settings/users/").status_code == 403
    User.objects.update(role=UserRole.ADMIN)
    assert client.get("/settings/users/").status_code == 200


def forgetful(request: object) -> HttpResponse:
    return HttpResponse("changed")


@needs(Action.READ)
def declared(request: object) -> HttpResponse:
    return HttpResponse("changed")


urlpatterns = [path("forgetful/", forgetful), path("declared/", declared)]


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_whoever_forgot_to_say_who_may_lets_nobody_change_anything(
    ada: User, client: Client, method: str
) -> None:
    User.objects.update(role=UserRole.ADMIN)
    client.force_login(ada)
    assert client.get("/forgetful/").text == "changed"
    assert "changed" not in getattr(client, method)("/forgetful/").text
    assert getattr(client, method)("/declared/").text == "changed"
