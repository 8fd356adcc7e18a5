"""Asana's API as a typed async client. No Django, no database: usable on its own.

async with Asana(BearerToken(token)) as asana:
    async for page in asana.workspace_memberships(workspace_gid):
        for membership in page.items:
            print(membership.user, membership.role, membership.status)
"""

from usher.asana.changes import AnnouncedChange
from usher.asana.client import Asana
from usher.asana.credentials import BearerToken, Credentials, OAuthToken
from usher.asana.errors import (
    AsanaError,
    BadRequest,
    ConsentRefused,
    Forbidden,
    InvalidClient,
    InvalidGrant,
    ListTruncated,
    MalformedAnswer,
    NotAuthorized,
    NotFound,
    OAuthError,
    OffsetExpired,
    PlanTooLow,
    RateLimited,
    Reason,
    ScopeRefused,
    SyncTokenExpired,
    Unavailable,
    Uncertain,
)
from usher.asana.limiter import Limits
from usher.asana.oauth import OAuthApp, TokenSet, pkce_pair, refusal_in
from usher.asana.recording import Exchange, recording
from usher.asana.records import (
    Actor,
    AuditLogEvent,
    Context,
    Licence,
    Page,
    Project,
    ProjectRef,
    Resource,
    Role,
    Status,
    Task,
    TaskRef,
    Team,
    TeamMembership,
    TeamRef,
    User,
    UserRef,
    Workspace,
    WorkspaceMembership,
    WorkspaceRef,
)
from usher.asana.retry import Retries
from usher.asana.scim import ScimUser, UserType
from usher.asana.wire import Tally

__all__ = [
    "Actor",
    "AnnouncedChange",
    "Asana",
    "AsanaError",
    "AuditLogEvent",
    "BadRequest",
    "BearerToken",
    "ConsentRefused",
    "Context",
    "Credentials",
    "Exchange",
    "Forbidden",
    "InvalidClient",
    "InvalidGrant",
    "Licence",
    "Limits",
    "ListTruncated",
    "MalformedAnswer",
    "NotAuthorized",
    "NotFound",
    "OAuthApp",
    "OAuthError",
    "OAuthToken",
    "OffsetExpired",
    "Page",
    "PlanTooLow",
    "Project",
    "ProjectRef",
    "RateLimited",
    "Reason",
    "Resource",
    "Retries",
    "Role",
    "ScimUser",
    "ScopeRefused",
    "Status",
    "SyncTokenExpired",
    "Tally",
    "Task",
    "TaskRef",
    "Team",
    "TeamMembership",
    "TeamRef",
    "TokenSet",
    "Unavailable",
    "Uncertain",
    "User",
    "UserRef",
    "UserType",
    "Workspace",
    "WorkspaceMembership",
    "WorkspaceRef",
    "pkce_pair",
    "recording",
    "refusal_in",
]
