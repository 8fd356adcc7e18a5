"""Asana's answers as structs.

Unknown fields are ignored. Values that Asana may extend stay plain text.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")

PERSONAL_PROJECTS = "498346170860"
"""The GID of a pseudo-workspace that many old accounts share. Asana has deprecated it."""


class Record(msgspec.Struct, frozen=True):
    """An object of Asana. `gid` is its id: digits, as text."""

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


def in_utc(record: msgspec.Struct, moment: datetime | None) -> None:
    """Changes `created_at` of a record, which is `moment`, to UTC. Times without a zone are in UTC."""
    if moment is None or moment.tzinfo is UTC:
        return
    utc = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    msgspec.structs.force_setattr(record, "created_at", utc)


class NamedRef(Record, frozen=True):
    name: str | None = None


class WorkspaceRef(NamedRef, frozen=True):
    pass


class TeamRef(NamedRef, frozen=True):
    pass


class ProjectRef(NamedRef, frozen=True):
    pass


class UserRef(NamedRef, frozen=True):
    """A person, as other records refer to them. `email` is missing where Asana hides it."""

    email: str | None = None


class AsanaUser(NamedRef, frozen=True):
    """A person. `workspaces` has only those that the token can see."""

    email: str | None = None
    workspaces: list[WorkspaceRef] | None = None


class AsanaWorkspace(NamedRef, frozen=True):
    is_organization: bool | None = None
    email_domains: list[str] | None = None


class WorkspaceMembership(Record, frozen=True):
    """A person in a workspace. A flag is None when Asana did not return it."""

    user: UserRef | None = None
    workspace: WorkspaceRef | None = None
    created_at: datetime | None = None
    is_active: bool | None = None
    is_admin: bool | None = None
    is_guest: bool | None = None
    is_view_only: bool | None = None

    def __post_init__(self) -> None:
        in_utc(self, self.created_at)

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
        """Active unless Asana says otherwise, so also for people who were invited and never joined."""
        return MembershipStatus.NOT_ACTIVE if self.is_active is False else MembershipStatus.ACTIVE


def prevailing(memberships: Iterable[WorkspaceMembership]) -> WorkspaceMembership | None:
    """Of several memberships of one person in one workspace, the one that counts.

    Who was removed and invited again has two: an active one, and an ended one. Active comes before ended, what
    allows or costs more before what allows or costs less, newer before older.
    """
    return max(
        memberships,
        key=lambda one: precedence(one.status, one.licence, one.role, one.created_at),
        default=None,
    )


def precedence(
    status: str, licence: str, role: str, created_at: datetime | None
) -> tuple[bool, bool, bool, datetime]:
    """The larger, the more a membership counts."""
    return (
        status == MembershipStatus.ACTIVE,
        licence == MembershipLicence.MEMBER,
        role == MembershipRole.ADMIN,
        created_at or datetime.min.replace(tzinfo=UTC),
    )


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
    """Fields are None when they are empty, and when they were not requested."""

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
        """In no project that the token can see, and no subtask: probably only its assignee knows it."""
        return not self.projects and not self.is_subtask


class Project(NamedRef, frozen=True):
    """`owner` is None for a project without an owner."""

    owner: UserRef | None = None
    archived: bool | None = None
    privacy_setting: str | None = None

    @property
    def is_private(self) -> bool | None:
        """Open only to invited people or to its team. None when Asana does not say."""
        return None if self.privacy_setting is None else self.privacy_setting.startswith("private")


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
    """Some items of a list. `next_offset` is the next page; None on the last page."""

    items: list[T]
    next_offset: str | None
