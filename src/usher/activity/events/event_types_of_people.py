"""The words for events about accounts of people: changes, roles and apps. `event_types` collects all types."""

from usher.activity.events.event_types_of_settings import Words

USER_UPDATES: list[Words] = [
    ("user_deprovisioned", "Person removed", "{actor} removed {person} from the organization"),
    ("user_reprovisioned", "Person restored", "{actor} restored {person} to the organization"),
    (
        "user_forgot_password_started",
        "Password reset requested",
        "{actor} requested a link to reset {whose} password",
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
    (
        "user_csv_import_started",
        "Import of people started",
        "{actor} started to import people from a CSV file",
    ),
    ("domain_user_billing_paused", "Licence paused", "{actor} paused {whose} licence"),
    (
        "domain_user_billing_unpaused",
        "Licence pause ended",
        "{actor} ended the pause of {whose} licence",
    ),
]

ROLES: list[Words] = [
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

USER_APPS: list[Words] = [
    ("user_app_authorized", "App given access", "{actor} gave {app} access to {whose} account"),
    ("user_app_revoked", "App's access revoked", "{actor} revoked the access of {app} to {whose} account"),
    (
        "user_personal_access_token_authorized",
        "Personal access token created",
        "{actor} created a personal access token for {whose} account",
    ),
    (
        "user_personal_access_token_revoked",
        "Personal access token revoked",
        "{actor} revoked a personal access token of {whose} account",
    ),
    (
        "service_account_created",
        "Service account created",
        "{actor} created or restored {thing:service account}",
    ),
    ("service_account_deleted", "Service account deleted", "{actor} deleted {thing:service account}"),
    (
        "service_account_name_changed",
        "Service account renamed",
        "{actor} renamed {thing:service account}{renaming}",
    ),
]
