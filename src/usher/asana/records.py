"""What Asana answers, as structs.

Unknown fields are ignored; values whose list Asana may extend stay plain text.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

import msgspec

T = TypeVar("T")

PERSONAL_PROJECTS = "498346170860"
"""The GID of a pseudo-workspace that many old accounts share. Asana has deprecated it."""


class Record(msgspec.Struct, frozen=True):
    """One object of Asana; `gid` is its id, digits as text."""

    gid: str


class MembershipRole(StrEnum):
    ADMIN = "admin"
    MEMBER = "member"
    GUEST = "guest"


class MembershipLicence(StrEnum):
    MEMBER = "member"
    GUEST = "guest"
    VIEW_ONLY = "view_only"


class MembershipStatus(StrEnum):
    ACTIVE = "active"
    NOT_ACTIVE = "not_active"


class NamedRef(Record, frozen=True):
    name: str | None = None


class WorkspaceRef(NamedRef, frozen=True):
    pass


class TeamRef(NamedRef, frozen=True):
    pass


class ProjectRef(NamedRef, frozen=True):
    pass


class UserRef(NamedRef, frozen=True):
    """A person as other records mention them; `email` is missing where Asana hides it."""

    email: str | None = None


class AsanaUser(NamedRef, frozen=True):
    """A person; `workspaces` are only those that the token sees too."""

    email: str | None = None
    workspaces: list[WorkspaceRef] | None = None


class AsanaWorkspace(NamedRef, frozen=True):
    is_organization: bool | None = None
    email_domains: list[str] | None = None


class WorkspaceMembership(Record, frozen=True):
    """A person in a workspace. A flag is None when Asana did not answer it."""

    user: UserRef | None = None
    workspace: WorkspaceRef | None = None
    created_at: datetime | None = None
    is_active: bool | None = None
    is_admin: bool | None = None
    is_guest: bool | None = None
    is_view_only: bool | None = None

    def __post_init__(self) -> None:
        _in_utc(self)

    @property
    def role(self) -> MembershipRole:
        return (
            MembershipRole.ADMIN
            if self.is_admin
            else MembershipRole.GUEST
            if self.is_guest
            else MembershipRole.MEMBER
        )

    @property
    def licence(self) -> MembershipLicence:
        if self.is_guest:
            return MembershipLicence.GUEST
        return MembershipLicence.VIEW_ONLY if self.is_view_only else MembershipLicence.MEMBER

    @property
    def status(self) -> MembershipStatus:
        """Active unless Asana says otherwise: also true of people invited who never joined."""
        return MembershipStatus.NOT_ACTIVE if self.is_active is False else MembershipStatus.ACTIVE


class Team(NamedRef, frozen=True):
    pass


class TeamMembership(Record, frozen=True):
    user: UserRef | None = None
    team: TeamRef | None = None
    is_guest: bool | None = None
    is_limited_access: bool | None = None
    is_admin: bool | None = None


class TaskRef(NamedRef, frozen=True):
    pass


class Task(NamedRef, frozen=True):
    """`assignee` and `parent` are None where there is none; what was not asked for is None as well."""

    due_on: date | None = None
    completed: bool | None = None
    projects: list[ProjectRef] | None = None
    assignee: UserRef | None = None
    parent: TaskRef | None = None

    @property
    def is_subtask(self) -> bool:
        return self.parent is not None

    @property
    def stands_alone(self) -> bool:
        """In no project that the token sees, and no subtask: likely only its assignee knows of it."""
        return not self.projects and not self.is_subtask


class Project(NamedRef, frozen=True):
    """`owner` is None for a project of nobody."""

    owner: UserRef | None = None
    archived: bool | None = None
    privacy_setting: str | None = None

    @property
    def is_private(self) -> bool | None:
        """Open only to those who were asked in, or to its team; None when Asana does not tell."""
        return None if self.privacy_setting is None else self.privacy_setting.startswith("private")


class AuditActor(msgspec.Struct, frozen=True):
    """Who did it; gid, name and email only where `actor_type` is `user`."""

    actor_type: str | None = None
    gid: str | None = None
    name: str | None = None
    email: str | None = None


class Resource(msgspec.Struct, frozen=True):
    """What it was done to."""

    resource_type: str | None = None
    resource_subtype: str | None = None
    gid: str | None = None
    name: str | None = None
    email: str | None = None


class Context(msgspec.Struct, frozen=True):
    """Where it was done from."""

    context_type: str | None = None
    api_authentication_method: str | None = None
    client_ip_address: str | None = None
    user_agent: str | None = None
    oauth_app_name: str | None = None
    rule_name: str | None = None
    on_behalf_of_user_id: int | str | None = None  # a number in Asana's description, unlike every other id


class AuditLogEvent(Record, frozen=True):
    """`raw` is the whole JSON as Asana sent it, with what no field here names."""

    created_at: datetime
    event_type: str | None = None
    event_category: str | None = None
    actor: AuditActor | None = None
    resource: Resource | None = None
    details: Mapping[str, object] | None = None
    context: Context | None = None
    raw: str = msgspec.field(name="/raw", default="")  # a name that no JSON of Asana has

    def __post_init__(self) -> None:
        _in_utc(self)

    @classmethod
    def from_json(cls, raw: msgspec.Raw) -> "AuditLogEvent":
        """A part that has another shape than described is missing; it stands in `raw` all the same.

        Raises msgspec.DecodeError for what cannot be an event: it has no gid or no time.
        """
        try:
            event = _event.decode(raw)
        except msgspec.DecodeError:
            event = cls(**_readable_parts(raw))
        msgspec.structs.force_setattr(event, "raw", bytes(raw).decode())
        return event


_event = msgspec.json.Decoder(AuditLogEvent)
_parts = msgspec.json.Decoder(dict[str, msgspec.Raw])


def _readable_parts(raw: msgspec.Raw) -> dict[str, Any]:
    given = _parts.decode(raw)
    found = {}
    for field in msgspec.structs.fields(AuditLogEvent):
        try:
            if field.encode_name in given:
                found[field.name] = msgspec.json.decode(given[field.encode_name], type=field.type)
        except msgspec.DecodeError:
            if field.required:
                raise
    missing = {"gid", "created_at"} - found.keys()
    if missing:
        raise msgspec.ValidationError(f"an event without {' and '.join(sorted(missing))}")
    return found


class WorkspaceEvent(msgspec.Struct, frozen=True):
    """One change in a workspace's event stream; `user` is missing where Asana itself acted."""

    created_at: datetime
    user: UserRef | None = None
    resource: "StreamResource | None" = None
    action: str | None = None

    def __post_init__(self) -> None:
        _in_utc(self)


class StreamResource(msgspec.Struct, frozen=True):
    """What was changed: only of which kind, for that is all that Usher keeps."""

    resource_type: str | None = None


class StreamPage(msgspec.Struct, frozen=True):
    """Events since a sync token, and the token to ask with next."""

    data: list[WorkspaceEvent]
    sync: str
    has_more: bool = False


class RawStreamPage(msgspec.Struct, frozen=True):
    """The same, not yet read."""

    data: list[msgspec.Raw]
    sync: str
    has_more: bool = False


class NextPage(msgspec.Struct, frozen=True):
    offset: str | None = None


class Answer(msgspec.Struct, Generic[T], frozen=True):
    data: T


class ListAnswer(msgspec.Struct, Generic[T], frozen=True):
    data: list[T]
    next_page: NextPage | None = None

    @property
    def next_offset(self) -> str | None:
        return (self.next_page and self.next_page.offset) or None


class Page(msgspec.Struct, Generic[T], frozen=True):
    """Some items of a list. `next_offset` leads on from here; None on the last page."""

    items: list[T]
    next_offset: str | None


def _in_utc(record: WorkspaceMembership | AuditLogEvent | WorkspaceEvent) -> None:
    moment = record.created_at
    if moment is None or moment.tzinfo is UTC:
        return
    utc = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    msgspec.structs.force_setattr(record, "created_at", utc)
