"""The rules of `rules` as conditions over listed memberships, for lists and counts in SQL."""

from collections.abc import Mapping
from datetime import UTC, datetime

from django.db.models import (
    Case,
    CharField,
    DateField,
    F,
    Func,
    JSONField,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Greatest, TruncDate

from usher.activity.models import ListedMembership
from usher.activity.usage import rules
from usher.activity.usage.figures import sources_by_workspace
from usher.activity.usage.rules import Arrival, Level, Sources, UsageWindow
from usher.connections.models import Connection
from usher.roster.models import SEAT, Workspace


def listed(connection: Connection | None = None) -> QuerySet[ListedMembership]:
    """The memberships of one connection, or of all, with person, workspace and connection."""
    in_scope = ListedMembership.objects.select_related("person__connection", "workspace")
    # Usually there is none, and nothing has to be joined in order to count.
    left_out = Workspace.objects.filter(left_out=Workspace.LeftOut.FILTER).values_list("pk", flat=True)
    if keys := list(left_out):
        in_scope = in_scope.exclude(workspace__in=keys)
    return in_scope.filter(connection=connection) if connection else in_scope


def idle_seats(
    connection: Connection, window: UsageWindow, grace_days: int = rules.GRACE_DAYS
) -> QuerySet[ListedMembership]:
    """Seats that a source covers for the whole window, and that were not used in it."""
    sources = sources_by_workspace(connection)
    return listed(connection).filter(SEAT, idle_condition(sources, window, grace_days))


def affiliated(*, is_internal: bool) -> Q:
    """Internal: the e-mail is on a domain of the organization. Only organizations have internal people."""
    domain_in_json = Func(F("domain"), function="to_jsonb", output_field=JSONField())
    internal = Q(workspace__email_domains__contains=domain_in_json)
    within = Q(workspace__is_organization=True) & ~Q(domain="")
    return within & (internal if is_internal else ~internal)


def idle_condition(
    sources: Mapping[int, Sources], window: UsageWindow, grace_days: int = rules.GRACE_DAYS
) -> Q:
    """`rules.is_idle`, over memberships in the workspaces of `sources`."""
    covered = [pk for pk, known in sources.items() if rules.spans_window(known.observed, window)]
    unused = Q(last_used_at__lt=window.begins_at) | Q(last_used_at=None)
    return Q(workspace__in=covered, since__lte=window.settled_by(grace_days)) & unused


def never_condition(sources: Mapping[int, Sources], now: datetime) -> Q:
    """`rules.is_never`, over memberships in the workspaces of `sources`."""
    covered = Q(pk__in=[])
    for pk, known in sources.items():
        for span in known.observed:
            if span.ends_at >= now - rules.FRESH:
                covered |= Q(workspace=pk, since__range=(span.begins_at, span.ends_at))
    return Q(last_used_at=None) & covered


def arrival_case(sources: Mapping[int, Sources], now: datetime) -> Case:
    """`rules.arrival`, over memberships in the workspaces of `sources`."""
    came = ~Q(last_used_at=None) | ~Q(last_automated_at=None) | Q(has_logged_in=True)
    holds_from = {
        pk: day for pk, known in sources.items() if (day := rules.console_holds_from(known, now)) is not None
    }
    holds = Case(
        *(When(workspace=pk, then=Value(day)) for pk, day in holds_from.items()),
        default=None,
        output_field=DateField(null=True),
    )
    says_never = Q(workspace__in=holds_from) & Q(
        never_logged_in_on__gte=Greatest(holds, TruncDate("since", tzinfo=UTC))
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
    return Case(
        *(
            When(active_days__gt=more_than, then=Value(reached.value))
            for more_than, reached in rules.LEVELS_ABOVE
        ),
        default=Value(Level.IDLE.value),
        output_field=CharField(),
    )
