"""Memberships with the usage of their person, for the table and for spreadsheets."""

from typing import TYPE_CHECKING, cast

from django.db.models import QuerySet
from django_stubs_ext import WithAnnotations

from usher.activity.usage.conditions import (
    UsageFields,
    in_console_export,
    with_usage,
)
from usher.activity.usage.rules import Arrival
from usher.roster.export import COLUMNS, as_record
from usher.roster.models import Membership
from usher.roster.query import memberships
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


class ListFields(UsageFields):
    """What `people_with_usage` adds to a membership."""

    in_console: bool


if TYPE_CHECKING:
    ListedMembership = WithAnnotations[Membership, ListFields]


def people_with_usage() -> "QuerySet[ListedMembership]":
    people = with_usage(memberships().annotate(in_console=in_console_export()))
    return cast("QuerySet[ListedMembership]", people)


def as_usage_record(membership: "ListedMembership", arrival: Arrival) -> dict[str, str | None]:
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
