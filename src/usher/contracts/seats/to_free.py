"""Whose seats could be freed, the safest first. Nobody of whom nothing is known is among them."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, TextChoices, Value, When
from django.db.models.functions import Coalesce

from usher.activity.models import ListedMembership
from usher.activity.usage import rules
from usher.activity.usage.conditions import arrival_case, idle_condition
from usher.activity.usage.figures import known_workspaces, window_of
from usher.activity.usage.rules import Arrival, Sources
from usher.connections.models import Connection
from usher.contracts.models import Contract
from usher.contracts.seats.counting import CoveredWorkspaces
from usher.directory.employment.status import EmploymentGroup, in_groups
from usher.removal.leavers.query import is_protected
from usher.roster.models import Status


class WhyFree(TextChoices):
    """Why a seat could be freed, the surest reason first."""

    LEFT = "left", "Left the company"
    LEAVING = "leaving", "Leaves the company before then"
    NEVER = "never", "Never came, says the Admin Console"
    PROBABLY_NEVER = "probably_never", "Never seen since the invitation"
    IDLE = "idle", f"Not used for {rules.IDLE_DAYS} days or longer"


COUNTED_BY: tuple[str, ...] = ("workspace", "licence", "why")
ORDER = {why: place for place, why in enumerate(WhyFree)}


class FreeableCounts(NamedTuple):
    """By contract and licence: how many seats could be freed, by reason."""

    by_reason: dict[tuple[int, str], dict[WhyFree, int]]

    def of(self, contract: int, licence: str) -> dict[WhyFree, int]:
        return self.by_reason.get((contract, licence), {})


def seats_to_free(
    connections: Collection[Connection], workspaces: Mapping[int, date], now: datetime
) -> QuerySet[ListedMembership]:
    """Active memberships in these workspaces whose seat could be freed, with `why`, the safest first.

    `workspaces`: each with the day on which fewer seats can be bought; somebody whose last day is earlier is leaving.
    Without people who are protected: listed, the last admin of a workspace, or connected with Usher.
    """
    sources: dict[int, Sources] = {}
    places: dict[int, list[int]] = defaultdict(list)
    for known in known_workspaces(connections):
        if known.pk in workspaces:
            sources[known.pk] = known.sources
            places[known.connection].append(known.pk)
    left, leaving, settled, idle = Q(pk__in=[]), Q(pk__in=[]), Q(pk__in=[]), Q(pk__in=[])
    for connection in connections:
        mine = places.get(connection.pk, [])
        window = window_of(connection, rules.IDLE_DAYS, now=now)
        left |= Q(workspace__in=mine) & in_groups([EmploymentGroup.LEFT], window.until, "person__standing__")
        for pk in mine:
            until = Q(workspace=pk, person__standing__last_day__lt=workspaces[pk])
            leaving |= until & in_groups([EmploymentGroup.LEAVING], window.until, "person__standing__")
        settled |= Q(workspace__in=mine, since__lte=window.settled_by(rules.GRACE_DAYS))
        idle |= idle_condition({pk: sources[pk] for pk in mine}, window)
    why = Case(
        When(left, then=Value(WhyFree.LEFT.value)),
        When(leaving, then=Value(WhyFree.LEAVING.value)),
        When(settled & Q(arrival=Arrival.NEVER), then=Value(WhyFree.NEVER.value)),
        When(settled & Q(arrival=Arrival.PROBABLY_NEVER), then=Value(WhyFree.PROBABLY_NEVER.value)),
        When(idle, then=Value(WhyFree.IDLE.value)),
        default=Value(""),
    )
    order = Case(
        *(When(why=reason.value, then=Value(place)) for reason, place in ORDER.items()),
        default=Value(len(ORDER)),
        output_field=IntegerField(),
    )
    return (
        ListedMembership.objects.filter(workspace__in=list(sources), status=Status.ACTIVE)
        .annotate(arrival=arrival_case(sources, now))
        .annotate(why=why)
        .annotate(place=order, quiet_since=Coalesce(F("last_used_at"), F("since")))
        .filter(place__lt=len(ORDER))
        .exclude(is_protected("person__"))
        .order_by("place", "quiet_since", "name", "pk")
    )


def count_to_free(
    contracts: Collection[Contract],
    covered_by: Mapping[int, CoveredWorkspaces],
    counts_from: Mapping[int, date],
    now: datetime,
) -> FreeableCounts:
    """In a constant number of queries. `counts_from`: by contract, the day on which fewer seats can be bought."""
    connections = {contract.connection_id: contract.connection for contract in contracts}
    workspaces = {key: counts_from[pk] for pk, places in covered_by.items() for key in places.keys}
    rows = seats_to_free(list(connections.values()), workspaces, now).order_by()
    counts = list(rows.values_list(*COUNTED_BY).annotate(Count("pk")))
    result: dict[tuple[int, str], dict[WhyFree, int]] = defaultdict(dict)
    for contract in contracts:
        places = covered_by[contract.pk]
        for workspace, licence, why, people in counts:
            taken = places.takes(workspace, licence)
            if taken is not None:
                of_contract = result[contract.pk, taken]
                of_contract[WhyFree(why)] = of_contract.get(WhyFree(why), 0) + people
    return FreeableCounts(dict(result))
