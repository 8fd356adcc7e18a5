"""Memberships with the usage of their person, for the table and for spreadsheets."""

from usher.activity.models import ListedMembership
from usher.activity.usage.rules import Arrival
from usher.roster.export import COLUMNS, as_record
from usher.web.csv_export import iso

PEOPLE_COLUMNS = (
    *COLUMNS,
    "last_used",
    "last_used_source",
    "automated_last_used",
    "active_days_of_30",
    "usage_minutes_of_30",
    "arrival",
)


def as_usage_record(membership: ListedMembership, arrival: Arrival) -> dict[str, str | None]:
    """One row of the CSV. An empty cell means unknown."""
    return as_record(membership) | {
        "last_used": iso(membership.last_used_at),
        "last_used_source": membership.last_used_source or None,
        "automated_last_used": iso(membership.last_automated_at),
        "active_days_of_30": None if membership.active_days is None else str(membership.active_days),
        "usage_minutes_of_30": None
        if membership.usage_seconds is None
        else f"{membership.usage_seconds / 60:.1f}",
        "arrival": None if arrival == Arrival.UNKNOWN else arrival.value,
    }
