"""Asana's API as a typed async client. No Django, no database: usable on its own.

async with Asana(BearerToken(token)) as asana:
    async for page in asana.workspace_memberships(workspace_gid):
        for membership in page.items:
            print(membership.user, membership.role, membership.status)
"""

from usher.asana.changes import AnnouncedChange
from usher.asana.client import Asana
from usher.asana.credentials import BearerToken, OAuthToken, TokenSource
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
from usher.asana.events import AuditActor, AuditLogEvent, Context, Resource
from usher.asana.limiter import Limiter, Pace, RateLimits
from usher.asana.oauth import OAuthApp, TokenSet, pkce_pair, refusal_in
from usher.asana.recording import CallSeen, Exchange, OnCall, recording
from usher.asana.records import (
    PERSONAL_PROJECTS,
    AsanaUser,
    AsanaWorkspace,
    MembershipLicence,
    MembershipRole,
    MembershipStatus,
    Page,
    Project,
    ProjectRef,
    Task,
    TaskRef,
    Team,
    TeamMembership,
    TeamRef,
    UserRef,
    WorkspaceMembership,
    WorkspaceRef,
    precedence,
)
from usher.asana.responsibilities import OutOfOffice, OwnedThing, ProjectMember, Responsibilities
from usher.asana.retry import Retries
from usher.asana.scim import ScimUser, UserType
from usher.asana.wire import RequestCounts

__all__ = [
    "PERSONAL_PROJECTS",
    "AnnouncedChange",
    "Asana",
    "AsanaError",
    "AsanaUser",
    "AsanaWorkspace",
    "AuditActor",
    "AuditLogEvent",
    "BadRequest",
    "BearerToken",
    "CallSeen",
    "ConsentRefused",
    "Context",
    "Exchange",
    "Forbidden",
    "InvalidClient",
    "InvalidGrant",
    "Limiter",
    "ListTruncated",
    "MalformedAnswer",
    "MembershipLicence",
    "MembershipRole",
    "MembershipStatus",
    "NotAuthorized",
    "NotFound",
    "OAuthApp",
    "OAuthError",
    "OAuthToken",
    "OffsetExpired",
    "OnCall",
    "OutOfOffice",
    "OwnedThing",
    "Pace",
    "Page",
    "PlanTooLow",
    "Project",
    "ProjectMember",
    "ProjectRef",
    "RateLimited",
    "RateLimits",
    "Reason",
    "RequestCounts",
    "Resource",
    "Responsibilities",
    "Retries",
    "ScimUser",
    "ScopeRefused",
    "SyncTokenExpired",
    "Task",
    "TaskRef",
    "Team",
    "TeamMembership",
    "TeamRef",
    "TokenSet",
    "TokenSource",
    "Unavailable",
    "Uncertain",
    "UserRef",
    "UserType",
    "WorkspaceMembership",
    "WorkspaceRef",
    "pkce_pair",
    "precedence",
    "recording",
    "refusal_in",
]
