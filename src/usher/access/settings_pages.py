"""The pages that the settings page links to."""

import msgspec
from django.urls import reverse

from usher.access.models import User
from usher.access.roles import Action


class SettingsPage(msgspec.Struct, frozen=True):
    """One page of settings."""

    title: str
    url_name: str
    icon: str
    description: str
    needs: Action


class SettingsLink(msgspec.Struct, frozen=True):
    """The link for one user. `url` is empty for a user who may not open the page."""

    page: SettingsPage
    url: str


SETTINGS_PAGES = [
    SettingsPage(
        "Users",
        "access:users",
        icon="users",
        description="Who can sign in, and what they may do",
        needs=Action.USERS,
    ),
    SettingsPage(
        "Security",
        "access:security",
        icon="key",
        description="Who needs a second factor, and how long sessions last",
        needs=Action.SETTINGS,
    ),
    SettingsPage(
        "Service accounts",
        "access:service_accounts",
        icon="key",
        description="Programs that act in their own name, what they may do, and until when",
        needs=Action.USERS,
    ),
    SettingsPage(
        "API tokens",
        "access:tokens",
        icon="key",
        description="The tokens of people and service accounts, and until when they work",
        needs=Action.USERS,
    ),
    SettingsPage(
        "Trail",
        "access:trail",
        icon="eye",
        description="Who signed in, was refused, exported or looked at tasks",
        needs=Action.USERS,
    ),
    SettingsPage(
        "Single sign-on",
        "access:sso",
        icon="key",
        description="Identity providers, the roles of their groups, and whether passwords still sign in",
        needs=Action.SETTINGS,
    ),
    SettingsPage(
        "Notices",
        "notify:settings",
        icon="bell",
        description="Where Usher tells people what happens, and what failed to arrive",
        needs=Action.SETTINGS,
    ),
    SettingsPage(
        "Event streams",
        "streams:settings",
        icon="upload",
        description="Where audit log events and ledger entries are sent: a SIEM, syslog, files",
        needs=Action.SETTINGS,
    ),
    SettingsPage(
        "Guardrails",
        "removal:guardrails",
        icon="shield-check",
        description="How many removals, when, and who approves them",
        needs=Action.READ,
    ),
    SettingsPage(
        "Protected people",
        "removal:protected",
        icon="shield",
        description="Who is never removed from Asana",
        needs=Action.READ,
    ),
    SettingsPage(
        "Seat prices",
        "roster:prices",
        icon="coin",
        description="What a seat costs per month",
        needs=Action.READ,
    ),
    SettingsPage(
        "REST API",
        "api_reference",
        icon="external-link",
        description="Every request that a program can send, with examples",
        needs=Action.READ,
    ),
    SettingsPage(
        "Asana OAuth app",
        "connections:app",
        icon="plug-connected",
        description="How Usher identifies itself when you connect an account",
        needs=Action.CONNECT,
    ),
]


def settings_links(user: User) -> list[SettingsLink]:
    return [
        SettingsLink(page, reverse(page.url_name) if user.may(page.needs) else "") for page in SETTINGS_PAGES
    ]
