"""Memberships for programs and spreadsheets."""

from datetime import datetime
from typing import Protocol

from usher.roster.models import Person, Workspace
from usher.web.csv_export import iso

COLUMNS = (
    "connection",
    "workspace_gid",
    "workspace",
    "gid",
    "name",
    "email",
    "role",
    "licence",
    "status",
    "since",
    "until",
)


class AnyMembership(Protocol):
    """A membership as it is stored, or as lists have it."""

    person: Person
    workspace: Workspace
    role: str
    licence: str
    status: str
    since: datetime
    until: datetime | None


def as_record(membership: AnyMembership) -> dict[str, str | None]:
    """One membership, times in UTC (ISO 8601); `until` is null while it lasts or where it is unknown."""
    person, workspace = membership.person, membership.workspace
    return {
        "connection": person.connection.name,
        "workspace_gid": workspace.gid,
        "workspace": workspace.name,
        "gid": person.gid,
        "name": person.name,
        "email": person.email,
        "role": membership.role,
        "licence": membership.licence,
        "status": membership.status,
        "since": iso(membership.since),
        "until": iso(membership.until),
    }
