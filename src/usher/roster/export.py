"""Memberships for programs and spreadsheets."""

from usher.roster.models import Membership
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


def as_record(membership: Membership) -> dict[str, str | None]:
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
