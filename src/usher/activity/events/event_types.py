"""Every known type of audit log event, with its title and its sentence in plain English.

Names and categories come from Asana's list of January 2023, with types confirmed since. Asana adds types without
notice. Usher keeps and shows unknown types too (see `sentences`).
"""

from collections.abc import Iterable

import msgspec

from usher.activity.events.event_types_of_people import ROLES, USER_APPS, USER_UPDATES
from usher.activity.events.event_types_of_settings import (
    ANNOUNCEMENTS,
    CATEGORY_NOT_CONFIRMED,
    SETTINGS,
    Words,
)


class EventType(msgspec.Struct, frozen=True):
    """`category` and `resource_type` are None where they were never confirmed.

    `sentences` fills in the parts of `template`, or of `own_template` if actor and resource are the same person.
    """

    name: str
    category: str | None
    resource_type: str | None
    title: str
    template: str
    own_template: str = ""


CATEGORIES: dict[str, str] = {
    "logins": "Sign-ins",
    "user_updates": "People and accounts",
    "admin_settings": "Settings",
    "roles": "Admin roles",
    "content_export": "Exports and downloads",
    "access_control": "Sharing and access",
    "apps": "Apps and tokens",
    "creation": "Created",
    "deletion": "Deleted and restored",
}

_LOGINS = [
    EventType(
        "user_login_succeeded",
        "logins",
        "user",
        "Signed in",
        "{actor} signed in as {person}{method}",
        "{actor} signed in{method}",
    ),
    EventType(
        "user_login_failed",
        "logins",
        "user",
        "Sign-in failed",
        "{actor} tried to sign in as {person} and failed",
        "{actor} tried to sign in and failed",
    ),
    EventType(
        "user_logged_out",
        "logins",
        "user",
        "Signed out",
        "{actor} signed out {person}",
        "{actor} signed out",
    ),
]

_INVITED = EventType(
    "user_invited",
    "user_updates",
    "user",
    "Person invited or joined",
    "{actor} invited {person}",
    "{actor} joined",
)

_EXPORTS: dict[str, list[Words]] = {
    "workspace": [
        ("workspace_export_started", "Everything exported", "{actor} exported all of {workspace}"),
        ("workspace_teams_export_started", "Teams exported", "{actor} exported the teams of {workspace}"),
        (
            "workspace_members_export_started",
            "Members exported",
            "{actor} exported the members of {workspace}",
        ),
        (
            "object_export_started",
            "Objects exported",
            "{actor} exported objects from the whole of {workspace}",
        ),
    ],
    "search": [
        (
            "search_report_export_started",
            "Search results exported",
            "{actor} exported the results of {thing:search}",
        ),
    ],
    "division": [
        (
            "division_teams_export_started",
            "Teams of a division exported",
            "{actor} exported the teams of {thing:division}",
        ),
    ],
    "project": [("project_csv_export_started", "Project exported", "{actor} exported {thing:project}")],
    "attachment": [
        ("attachment_downloaded", "Attachment downloaded", "{actor} downloaded {thing:attachment}"),
        (
            "workspace_attachment_export_started",
            "Attachments exported",
            "{actor} exported attachments from the whole organization",
        ),
    ],
}

_PROJECT_ACCESS: list[Words] = [
    (
        "project_share_link_enabled",
        "Join link of a project turned on",
        "{actor} turned on the join link of {thing:project}",
    ),
    (
        "project_share_link_disabled",
        "Join link of a project turned off",
        "{actor} turned off the join link of {thing:project}",
    ),
    (
        "project_view_link_enabled",
        "Read-only link of a project turned on",
        "{actor} turned on the read-only link of {thing:project}",
    ),
    (
        "project_view_link_disabled",
        "Read-only link of a project turned off",
        "{actor} turned off the read-only link of {thing:project}",
    ),
    (
        "project_privacy_settings_changed",
        "Privacy of a project changed",
        "{actor} changed the privacy of {thing:project}{change}",
    ),
]

_TEAM_PRIVACY: Words = (
    "team_privacy_settings_changed",
    "Privacy of a team changed",
    "{actor} changed the privacy of {thing:team}{change}",
)

_TEAM_APPS: list[Words] = [
    (
        "team_harvest_integration_enabled",
        "Harvest turned on for a team",
        "{actor} turned on time tracking with Harvest for {thing:team}",
    ),
    (
        "team_harvest_integration_disabled",
        "Harvest turned off for a team",
        "{actor} turned off time tracking with Harvest for {thing:team}",
    ),
]

_CREATION: dict[str, list[Words]] = {
    "team": [("team_created", "Team created", "{actor} created {thing:team}")],
    "attachment": [("attachment_uploaded", "Attachment uploaded", "{actor} uploaded {thing:attachment}")],
}

_CAN_BE_DELETED = [
    # (start of the type's name, resource type, whether it can be deleted for good)
    ("task", "task", True),
    ("project", "project", False),
    ("portfolio", "portfolio", False),
    ("goal", "goal", False),
    ("custom_field", "custom_field", False),
    ("message", "message", True),
    ("team", "team", False),
    ("attachment", "attachment", False),
    ("comment", "story", False),
    ("status_update", "status_update", True),
    ("task_template", "task_template", False),
    ("project_template", "project_template", False),
    ("story", "story", False),
]

_NOUNS = {"story": "activity entry"}
"""Asana's API calls a comment, or an entry in the history of a task, a story."""


def _deletions() -> list[EventType]:
    types: list[EventType] = []
    for start, resource_type, can_be_deleted_for_good in _CAN_BE_DELETED:
        noun = _NOUNS.get(start, start.replace("_", " "))
        endings = [("deleted", "deleted", ""), ("undeleted", "restored", "")]
        if can_be_deleted_for_good:
            endings.append(("permanently_deleted", "deleted", " for good"))
        types += [
            EventType(
                f"{start}_{ending}",
                "deletion",
                resource_type,
                f"{noun.capitalize()} {verb}{how}",
                f"{{actor}} {verb} {{thing:{noun}}}{how}",
            )
            for ending, verb, how in endings
        ]
    return types


def _access_to(place: str) -> list[EventType]:
    return [
        EventType(
            f"{place}_member_added",
            "access_control",
            place,
            f"Person added to a {place}",
            f"{{actor}} added {{member}} to {{place:{place}}}",
        ),
        EventType(
            f"{place}_member_removed",
            "access_control",
            place,
            f"Person removed from a {place}",
            f"{{actor}} removed {{member}} from {{place:{place}}}",
        ),
    ]


def _types(category: str | None, resource_type: str | None, rows: Iterable[Words]) -> list[EventType]:
    return [EventType(name, category, resource_type, title, template) for name, title, template in rows]


def _all_types() -> list[EventType]:
    return [
        *_LOGINS,
        _INVITED,
        *_types("user_updates", "user", USER_UPDATES),
        *_types("admin_settings", "workspace", SETTINGS),
        *_types("admin_settings", "workspace_announcement", ANNOUNCEMENTS),
        *_types(None, None, CATEGORY_NOT_CONFIRMED),
        *_types("roles", "user", ROLES),
        *(each for kind, rows in _EXPORTS.items() for each in _types("content_export", kind, rows)),
        *_types("access_control", "project", _PROJECT_ACCESS),
        *_types("access_control", "team", [_TEAM_PRIVACY]),
        *(each for place in ("team", "project", "portfolio") for each in _access_to(place)),
        *_types("apps", "team", _TEAM_APPS),
        *_types("apps", "user", USER_APPS),
        *(each for kind, rows in _CREATION.items() for each in _types("creation", kind, rows)),
        *_deletions(),
    ]


KNOWN: dict[str, EventType] = {each.name: each for each in _all_types()}
