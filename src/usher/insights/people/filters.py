"""Filters of the people list that depend on usage."""

from collections import defaultdict
from collections.abc import Callable
from functools import cached_property, reduce
from operator import or_

import django_filters
from django.db.models import Q, QuerySet
from django.utils import timezone

from usher.activity.usage import rules
from usher.activity.usage.conditions import LAST_USED, arrival_case, idle_condition, never_condition
from usher.activity.usage.figures import sources_by_workspace, window_of
from usher.activity.usage.rules import Arrival, Sources
from usher.connections.models import Connection
from usher.roster.filters import PeopleFilter
from usher.roster.models import SEAT, Membership, Workspace
from usher.web.lists import select_widget

USAGE = [
    ("recent", "Used in the last 30 days"),
    ("never", "Never used"),
    ("never_came", "Invited and never came"),
    ("never_came_sure", "Never came, says the Admin Console"),
    ("unknown", "Unknown"),
    ("automated", "Automated use only"),
]

PRESETS = [
    ("Members idle for 90 days", "status=active&role=member&idle=90"),
    ("Admins without use for 30 days", "status=active&role=admin&idle=30"),
    ("Guests who never used Asana", "status=active&role=guest&use=never"),
    ("Invited and never came", "status=active&role=member&role=admin&use=never_came"),
    ("Kept alive by an integration", "status=active&use=automated"),
]


class UsageFilter(PeopleFilter):
    """`idle` finds only seats that a source covers for the whole time."""

    idle = django_filters.NumberFilter(
        method="idle_for",
        label="Seat idle for at least (days)",
        min_value=1,
        max_value=3660,
    )
    use = django_filters.ChoiceFilter(
        choices=USAGE, method="by_usage", empty_label="Any usage", label="Usage", widget=select_widget()
    )

    def idle_for(self, people: QuerySet[Membership], name: str, days: int) -> QuerySet[Membership]:
        return people.filter(
            SEAT,
            self._any(lambda connection, sources: idle_condition(sources, window_of(connection, int(days)))),
        )

    def by_usage(self, people: QuerySet[Membership], name: str, value: str) -> QuerySet[Membership]:
        match value:
            case "recent":
                return people.filter(self._in_window(LAST_USED))
            case "automated":
                human = people.filter(self._in_window(LAST_USED))
                automated = people.filter(self._in_window("person__usage__last_automated_at"))
                return automated.exclude(pk__in=human.values("pk"))
            case "never":
                return people.filter(self._never)
            case "never_came":
                return self._by_arrival(people, Arrival.NEVER, Arrival.PROBABLY_NEVER)
            case "never_came_sure":
                return self._by_arrival(people, Arrival.NEVER)
            case _:
                unused = people.filter(**{LAST_USED: None}).exclude(self._never)
                return self._by_arrival(unused, Arrival.UNKNOWN, Arrival.CAME)

    def _by_arrival(self, people: QuerySet[Membership], *arrivals: Arrival) -> QuerySet[Membership]:
        sources = {
            pk: known
            for _, of_connection in self._sources_by_connection
            for pk, known in of_connection.items()
        }
        return people.annotate(arrival=arrival_case(sources, timezone.now())).filter(arrival__in=arrivals)

    @property
    def _never(self) -> Q:
        now = timezone.now()
        return self._any(lambda _, sources: never_condition(sources, now))

    def _in_window(self, field: str) -> Q:
        """Whether the moment lies in the last 30 days of the connection's time zone."""
        return self._any(
            lambda connection, _: Q(
                workspace__connection=connection,
                **{f"{field}__gte": window_of(connection, rules.WINDOW_DAYS).begins_at},
            )
        )

    def _any(self, condition: Callable[[Connection, dict[int, Sources]], Q]) -> Q:
        """Whether the condition holds for the connection of the membership."""
        return reduce(or_, (condition(*each) for each in self._sources_by_connection), Q(pk__in=[]))

    @cached_property
    def _sources_by_connection(self) -> list[tuple[Connection, dict[int, Sources]]]:
        connections = list(Connection.objects.all())
        sources = sources_by_workspace(*connections)
        of_connection: dict[int, dict[int, Sources]] = defaultdict(dict)
        for pk, connection in Workspace.objects.values_list("pk", "connection"):
            of_connection[connection][pk] = sources.get(pk, Sources())
        return [(connection, of_connection[connection.pk]) for connection in connections]
