"""The classes of OCSF that are used here, with their names and activities (schema.ocsf.io/1.5.0)."""

import msgspec

OCSF_VERSION = "1.5.0"
OTHER = 99

_IAM = (3, "Identity & Access Management")
_APPLICATION = (6, "Application Activity")


class OcsfClass(msgspec.Struct, frozen=True):
    """Not every class has src_endpoint and http_request, and some have an actor by the profile "host" alone."""

    uid: int
    category: tuple[int, str]
    name: str
    activities: dict[int, str]
    has_source: bool = True
    has_request: bool = True
    profiles: tuple[str, ...] = ()


def _activities(*names: str) -> dict[int, str]:
    return dict(enumerate(("Unknown", *names))) | {OTHER: "Other"}


BASE_EVENT = OcsfClass(
    0,
    (0, "Uncategorized"),
    "Base Event",
    _activities(),
    has_source=False,
    has_request=False,
    profiles=("host",),
)
ACCOUNT_CHANGE = OcsfClass(
    3001,
    _IAM,
    "Account Change",
    _activities(
        "Create",
        "Enable",
        "Password Change",
        "Password Reset",
        "Disable",
        "Delete",
        "Attach Policy",
        "Detach Policy",
        "Lock",
        "MFA Factor Enable",
        "MFA Factor Disable",
        "Unlock",
    ),
)
AUTHENTICATION = OcsfClass(3002, _IAM, "Authentication", _activities("Logon", "Logoff"))
ENTITY_MANAGEMENT = OcsfClass(
    3004,
    _IAM,
    "Entity Management",
    _activities("Create", "Read", "Update", "Delete", "Move", "Enroll", "Unenroll", "Enable", "Disable"),
)
USER_ACCESS = OcsfClass(
    3005, _IAM, "User Access Management", _activities("Assign Privileges", "Revoke Privileges")
)
GROUP_MANAGEMENT = OcsfClass(
    3006,
    _IAM,
    "Group Management",
    _activities("Assign Privileges", "Revoke Privileges", "Add User", "Remove User", "Delete", "Create"),
)
WEB_RESOURCES = OcsfClass(
    6001,
    _APPLICATION,
    "Web Resources Activity",
    _activities("Create", "Read", "Update", "Delete", "Search", "Import", "Export", "Share"),
    profiles=("host",),
)
APPLICATION_LIFECYCLE = OcsfClass(
    6002,
    _APPLICATION,
    "Application Lifecycle",
    _activities("Install", "Remove", "Start", "Stop", "Restart", "Enable", "Disable", "Update"),
    has_source=False,
    has_request=False,
    profiles=("host",),
)
DATASTORE = OcsfClass(
    6005,
    _APPLICATION,
    "Datastore Activity",
    _activities("Read", "Update", "Connect", "Query", "Write", "Create", "Delete"),
)
FILE_HOSTING = OcsfClass(
    6006,
    _APPLICATION,
    "File Hosting Activity",
    _activities("Upload", "Download", "Update", "Delete", "Rename", "Copy", "Move", "Restore"),
    has_request=False,
)

CLASSES = {
    each.uid: each
    for each in (
        BASE_EVENT,
        ACCOUNT_CHANGE,
        AUTHENTICATION,
        ENTITY_MANAGEMENT,
        USER_ACCESS,
        GROUP_MANAGEMENT,
        WEB_RESOURCES,
        APPLICATION_LIFECYCLE,
        DATASTORE,
        FILE_HOSTING,
    )
}
SEVERITIES = {1: "Informational", 2: "Low", 3: "Medium", 4: "High", 5: "Critical"}
