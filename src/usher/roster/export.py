"""Memberships for programs and spreadsheets."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
        "since": iso(membership.since),
        "until": iso(membership.until),
    }


def safe_cell(value: str | None) -> str:
    """A CSV cell that no spreadsheet takes for a formula."""
    text = value or ""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


class _Echo:
    """A file that hands back what is written to it: what csv writes goes straight to the browser."""

    def write(self, line: str) -> str:
        return line


def csv_lines(columns: Sequence[str], records: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """Lines of a CSV that spreadsheets read, one record after the other: in constant memory."""
    writer = csv.writer(_Echo())
    yield "\ufeff"  # so that they take it for UTF-8
    yield writer.writerow(columns)
    for record in records:
        yield writer.writerow([safe_cell(None if value is None else str(value)) for value in record.values()])


def iso(moment: datetime | None) -> str | None:
    """UTC, in milliseconds, as Asana writes moments."""
    return (
        moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else None
    )
