"""The rules of `rules` as conditions over memberships, for lists and counts in SQL."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, TypedDict

from django.db.models import (
    Case,
    CharField,
    DateField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Greatest, TruncDate
from django_stubs_ext import WithAnnotations

from usher.activity.models import ConsoleSighting
from usher.activity.usage import rules
from usher.activity.usage.figures import sources_by_workspace
from usher.activity.usage.rules import Arrival, Level, Sources, UsageWindow
from usher.connections.models import Connection
from usher.roster.models import SEAT, Membership
from usher.roster.query import memberships

LAST_USED = "person__usage__last_used_at"


class UsageFields(TypedDict):
    """What `with_usage` adds to a membership."""

    last_used_at: datetime | None
    last_used_source: str | None
    last_automated_at: datetime | None
    active_days: int | None
    usage_seconds: int | None
    has_logged_in: bool | None
    never_logged_in_on: date | None


if TYPE_CHECKING:
    MembershipWithUsage = WithAnnotations[Membership, UsageFields]


def with_usage(rows: QuerySet[Membership]) -> "QuerySet[MembershipWithUsage]":
    """The same memberships, with the newest figures of their person: those of the last 30 days."""
    return rows.annotate(
        last_used_at=F(LAST_USED),
        last_used_source=F("person__usage__last_used_source"),
        last_automated_at=F("person__usage__last_automated_at"),
        active_days=F("person__usage__active_days"),
        usage_seconds=F("person__usage__usage_seconds"),
        has_logged_in=F("person__usage__has_logged_in"),
        never_logged_in_on=F("person__usage__never_logged_in_on"),
    )


def idle_seats(
    connection: Connection, window: UsageWindow, grace_days: int = rules.GRACE_DAYS
) -> "QuerySet[MembershipWithUsage]":
    """Seats that a source covers for the whole window, and that were not used in it."""
    sources = sources_by_workspace(connection)
    return with_usage(memberships(connection).filter(SEAT, idle_condition(sources, window, grace_days)))


def idle_condition(
    sources: Mapping[int, Sources], window: UsageWindow, grace_days: int = rules.GRACE_DAYS
) -> Q:
    """`rules.is_idle`, over memberships in the workspaces of `sources`."""
    covered = [pk for pk, known in sources.items() if rules.spans_window(known.observed, window)]
    unused = Q(**{f"{LAST_USED}__lt": window.begins_at}) | Q(**{LAST_USED: None})
    return Q(workspace__in=covered, since__lte=window.ends_at - timedelta(days=grace_days)) & unused


def never_condition(sources: Mapping[int, Sources], now: datetime) -> Q:
    """`rules.is_never`, over memberships in the workspaces of `sources`."""
    covered = Q(pk__in=[])
    for pk, known in sources.items():
        for span in known.observed:
            if span.ends_at >= now - rules.FRESH:
                covered |= Q(workspace=pk, since__range=(span.begins_at, span.ends_at))
    return Q(**{LAST_USED: None}) & covered


def arrival_case(sources: Mapping[int, Sources], now: datetime) -> Case:
    """`rules.arrival`, over memberships in the workspaces of `sources`."""
    came = (
        ~Q(**{LAST_USED: None})
        | ~Q(person__usage__last_automated_at=None)
        | Q(person__usage__has_logged_in=True)
    )
    holds_from = {
        pk: day for pk, known in sources.items() if (day := rules.console_holds_from(known, now)) is not None
    }
    holds = Case(
        *(When(workspace=pk, then=Value(day)) for pk, day in holds_from.items()),
        default=None,
        output_field=DateField(null=True),
    )
    says_never = Q(workspace__in=holds_from) & Q(
        person__usage__never_logged_in_on__gte=Greatest(holds, TruncDate("since", tzinfo=UTC))
    )
    return Case(
        When(came, then=Value(Arrival.CAME.value)),
        When(says_never, then=Value(Arrival.NEVER.value)),
        When(never_condition(sources, now), then=Value(Arrival.PROBABLY_NEVER.value)),
        default=Value(Arrival.UNKNOWN.value),
        output_field=CharField(),
    )


def level_by_active_days() -> Case:
    """`rules.level` as far as the active days alone decide it. Without any active day: "idle"."""
    days = "person__usage__active_days"
    return Case(
        *(
            When(**{f"{days}__gt": more_than}, then=Value(reached.value))
            for more_than, reached in rules.LEVELS_ABOVE
        ),
        default=Value(Level.IDLE.value),
        output_field=CharField(),
    )


def in_console_export() -> Exists:
    """Whether the person of a membership is in any console export of the connection."""
    return Exists(
        ConsoleSighting.objects.filter(
            console_import__connection=OuterRef("workspace__connection"), user_gid=OuterRef("person__gid")
        )
    )
