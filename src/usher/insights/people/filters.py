"""Filters of the people list that depend on usage."""

from collections import defaultdict
from collections.abc import Callable
from functools import cached_property, reduce
from operator import or_

import django_filters
from django.db.models import Q, QuerySet
from django.utils import timezone

from usher.activity.models import ListedMembership
from usher.activity.usage import rules
from usher.activity.usage.conditions import affiliated, arrival_case, idle_condition, never_condition
from usher.activity.usage.figures import sources_by_workspace, window_of
from usher.activity.usage.rules import Arrival, Sources
from usher.connections.models import Connection
from usher.roster.models import SEAT, Licence, Person, Role, Status, Workspace
from usher.roster.query import has_words
from usher.web.lists import ListFilter, select_widget

AFFILIATIONS = [("internal", "Internal"), ("external", "External")]

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


FEW = 1_000
"""So many people are named one by one to PostgreSQL, which then looks up their memberships."""


class PeopleFilter(ListFilter):
    """Over memberships. `finds_many` says whether a search has found many people, once `qs` has been read."""

    q = django_filters.CharFilter(method="search", label="Name or e-mail")
    status = django_filters.ChoiceFilter(
        choices=Status.choices, empty_label="Any status", label="Status", widget=select_widget()
    )
    role = django_filters.MultipleChoiceFilter(choices=Role.choices, label="Role", distinct=False)
    licence = django_filters.MultipleChoiceFilter(choices=Licence.choices, label="Licence", distinct=False)
    connection = django_filters.ModelChoiceFilter(
        queryset=Connection.objects.only("name"),
        empty_label="All connections",
        widget=select_widget(),
        label="Connection",
        error_messages={"invalid_choice": "Usher has no such connection. It may have been deleted."},
    )
    workspace = django_filters.ModelChoiceFilter(
        queryset=Workspace.objects.exclude(left_out=Workspace.LeftOut.FILTER).only("name"),
        empty_label="All workspaces",
        widget=select_widget(),
        label="Workspace",
        error_messages={
            "invalid_choice": "No connection reads such a workspace. "
            "The workspace filter may leave it out, or it may have been deleted."
        },
    )
    domain = django_filters.CharFilter(method="of_domain", label="E-mail domain")
    affiliation = django_filters.ChoiceFilter(
        choices=AFFILIATIONS,
        method="affiliated",
        empty_label="Internal and external",
        label="Belongs to",
        widget=select_widget(),
    )
    since = django_filters.DateFromToRangeFilter(field_name="since", label="Member since")
    until = django_filters.DateFromToRangeFilter(field_name="until", label="Member until")

    class Meta:
        model = ListedMembership
        fields: tuple[str, ...] = ()

    finds_many = False

    def search(self, people: QuerySet[ListedMembership], name: str, text: str) -> QuerySet[ListedMembership]:
        found = Person.objects.filter(has_words(text)).values_list("pk", flat=True)
        few = list(found[: FEW + 1])
        self.finds_many = len(few) > FEW
        return people.filter(person__in=found if self.finds_many else few)

    def of_domain(
        self, people: QuerySet[ListedMembership], name: str, text: str
    ) -> QuerySet[ListedMembership]:
        return people.filter(domain=text.strip().lstrip("@").lower())

    def affiliated(
        self, people: QuerySet[ListedMembership], name: str, value: str
    ) -> QuerySet[ListedMembership]:
        return people.filter(affiliated(is_internal=value == "internal"))


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

    def idle_for(
        self, people: QuerySet[ListedMembership], name: str, days: int
    ) -> QuerySet[ListedMembership]:
        return people.filter(
            SEAT,
            self._any(lambda connection, sources: idle_condition(sources, window_of(connection, int(days)))),
        )

    def by_usage(
        self, people: QuerySet[ListedMembership], name: str, value: str
    ) -> QuerySet[ListedMembership]:
        match value:
            case "recent":
                return people.filter(self._in_window("last_used_at"))
            case "automated":
                not_by_hand = Q(last_used_at=None) | ~self._in_window("last_used_at")
                return people.filter(self._in_window("last_automated_at"), not_by_hand)
            case "never":
                return people.filter(self._never)
            case "never_came":
                return self._by_arrival(people, Arrival.NEVER, Arrival.PROBABLY_NEVER)
            case "never_came_sure":
                return self._by_arrival(people, Arrival.NEVER)
            case _:
                unused = people.filter(last_used_at=None).exclude(self._never)
                return self._by_arrival(unused, Arrival.UNKNOWN, Arrival.CAME)

    def _by_arrival(
        self, people: QuerySet[ListedMembership], *arrivals: Arrival
    ) -> QuerySet[ListedMembership]:
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
                connection=connection,
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
