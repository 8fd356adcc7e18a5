"""Memberships for programs and spreadsheets."""

from datetime import UTC, datetime

from usher.roster.models import Membership

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

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


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
        "since": _iso(membership.since),
        "until": _iso(membership.until),
    }


def safe_cell(value: str | None) -> str:
    """A CSV cell that no spreadsheet takes for a formula."""
    text = value or ""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _iso(moment: datetime | None) -> str | None:
    return (
        moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else None
    )
