"""Every type of audit log event that Asana is known to write, in plain words.

Names and categories as Asana lists them, in January 2023 and what was confirmed since. Asana adds types without
notice: what is not here is kept and shown all the same (see `sentences`).
"""

from collections.abc import Iterable

import msgspec

from usher.activity.events.event_types_of_settings import (
    ANNOUNCEMENTS,
    CATEGORY_NOT_CONFIRMED,
    SETTINGS,
    Words,
)


class EventType(msgspec.Struct, frozen=True):
    """`category` and `resource_type` are None where they were never seen confirmed.

    `template` has the parts that `sentences` fills in; `own_template` stands in for it where actor and resource
    are the same person.
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

_USER_UPDATES: list[Words] = [
    ("user_deprovisioned", "Person removed", "{actor} removed {person} from the organization"),
    ("user_reprovisioned", "Person brought back", "{actor} brought {person} back into the organization"),
    (
        "user_forgot_password_started",
        "Password reset asked for",
        "{actor} asked for a link to reset {whose} password",
    ),
    ("user_password_reset", "Password reset", "{actor} reset {whose} password"),
    ("user_password_changed", "Password changed", "{actor} changed {whose} password"),
    (
        "user_two_factor_auth_enabled",
        "Two-factor sign-in turned on",
        "{actor} turned on two-factor sign-in for {whose} account",
    ),
    (
        "user_two_factor_auth_disabled",
        "Two-factor sign-in turned off",
        "{actor} turned off two-factor sign-in for {whose} account",
    ),
    ("user_csv_import_started", "Import of people started", "{actor} began to import people from a CSV file"),
    ("domain_user_billing_paused", "Licence paused", "{actor} paused {whose} licence"),
    (
        "domain_user_billing_unpaused",
        "Licence no longer paused",
        "{actor} ended the pause of {whose} licence",
    ),
]

_ROLES: list[Words] = [
    (
        "user_workspace_admin_role_changed",
        "Role changed",
        "{actor} changed {whose} role{group}{change}",
    ),
    (
        "user_division_admin_role_changed",
        "Role in a division changed",
        "{actor} changed {whose} role as a division admin{group}{change}",
    ),
]

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
        "Link for joining a project turned on",
        "{actor} turned on the link for joining {thing:project}",
    ),
    (
        "project_share_link_disabled",
        "Link for joining a project turned off",
        "{actor} turned off the link for joining {thing:project}",
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
        "{actor} changed how private {thing:project} is{change}",
    ),
]

_TEAM_PRIVACY: Words = (
    "team_privacy_settings_changed",
    "Privacy of a team changed",
    "{actor} changed how private {thing:team} is{change}",
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

_USER_APPS: list[Words] = [
    ("user_app_authorized", "App given access", "{actor} gave {app} access to {whose} account"),
    ("user_app_revoked", "App's access ended", "{actor} ended the access of {app} to {whose} account"),
    (
        "user_personal_access_token_authorized",
        "Personal access token made",
        "{actor} made a personal access token for {whose} account",
    ),
    (
        "user_personal_access_token_revoked",
        "Personal access token revoked",
        "{actor} revoked a personal access token of {whose} account",
    ),
    (
        "service_account_created",
        "Service account created",
        "{actor} created or brought back {thing:service account}",
    ),
    ("service_account_deleted", "Service account deleted", "{actor} deleted {thing:service account}"),
    (
        "service_account_name_changed",
        "Service account renamed",
        "{actor} renamed {thing:service account}{renaming}",
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
"""Asana's API calls a comment or an entry in the history of a task a story; nobody else does."""


def _deletions() -> list[EventType]:
    found = []
    for start, resource_type, can_be_deleted_for_good in _CAN_BE_DELETED:
        noun = _NOUNS.get(start, start.replace("_", " "))
        endings = [("deleted", "deleted", ""), ("undeleted", "restored", "")]
        if can_be_deleted_for_good:
            endings.append(("permanently_deleted", "deleted", " for good"))
        found += [
            EventType(
                f"{start}_{ending}",
                "deletion",
                resource_type,
                f"{noun.capitalize()} {verb}{how}",
                f"{{actor}} {verb} {{thing:{noun}}}{how}",
            )
            for ending, verb, how in endings
        ]
    return found


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
        *_types("user_updates", "user", _USER_UPDATES),
        *_types("admin_settings", "workspace", SETTINGS),
        *_types("admin_settings", "workspace_announcement", ANNOUNCEMENTS),
        *_types(None, None, CATEGORY_NOT_CONFIRMED),
        *_types("roles", "user", _ROLES),
        *(found for kind, rows in _EXPORTS.items() for found in _types("content_export", kind, rows)),
        *_types("access_control", "project", _PROJECT_ACCESS),
        *_types("access_control", "team", [_TEAM_PRIVACY]),
        *(found for place in ("team", "project", "portfolio") for found in _access_to(place)),
        *_types("apps", "team", _TEAM_APPS),
        *_types("apps", "user", _USER_APPS),
        *(found for kind, rows in _CREATION.items() for found in _types("creation", kind, rows)),
        *_deletions(),
    ]


KNOWN: dict[str, EventType] = {found.name: found for found in _all_types()}
