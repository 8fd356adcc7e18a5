"""The page of people with what is known of their use: columns, filters, and the questions people ask."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from functools import cached_property, reduce
from operator import or_
from typing import TYPE_CHECKING, cast

import django_filters
import django_tables2 as tables
from django import forms
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import NullIf
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template import Context, Template
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET
from django_stubs_ext import WithAnnotations

from usher.access.roles import Action, signed_in
from usher.activity.models import ConsoleSighting, EvidenceSource
from usher.activity.usage import rules
from usher.activity.usage.figures import (
    SeatUse,
    idle_condition,
    never_condition,
    sources_by_workspace,
    window_of,
    with_use,
)
from usher.activity.usage.rules import Confidence, ObservedMembership, Sources, UsageWindow
from usher.connections.models import Connection, Mode
from usher.roster.export import COLUMNS, as_record
from usher.roster.filters import PeopleFilter
from usher.roster.models import SEAT, Membership, Status, Workspace
from usher.roster.query import memberships
from usher.roster.tables import PeopleTable
from usher.roster.views import PeopleList, people_as_csv, people_page
from usher.web.cells import SELECT_COLUMN, badge_cell, select_cell
from usher.web.csv_export import iso


class KnownUse(SeatUse):
    """What `people_and_use` adds to a membership."""

    in_console: bool


if TYPE_CHECKING:
    MembershipWithUse = WithAnnotations[Membership, KnownUse]

USE = [
    ("recent", "Used in the last 30 days"),
    ("never", "Never seen"),
    ("unknown", "Unknown"),
    ("automated", "Automated use only"),
]

PRESETS = [
    ("Members idle for 90 days", "status=active&role=member&idle=90"),
    ("Admins without use for 30 days", "status=active&role=admin&idle=30"),
    ("Guests never seen", "status=active&role=guest&use=never"),
    ("Invited and never came", "status=active&role=member&role=admin&use=never"),
    ("Kept alive by an integration", "status=active&use=automated"),
]

_LAST_USE = Template("{% include 'insights/_last_use.html' %}")


Found = QuerySet[Membership]


class PeopleWithUse(PeopleTable):
    """One row a membership; use is the person's, over all workspaces of the connection."""

    chosen = tables.Column(empty_values=(), orderable=False, verbose_name="Select", attrs=SELECT_COLUMN)
    last_used = tables.Column(empty_values=(), verbose_name="Last used")
    level = tables.Column(empty_values=(), verbose_name="Usage level")
    active_days = tables.Column(empty_values=(), verbose_name="Active days")
    average = tables.Column(empty_values=(), verbose_name="Average usage time")
    confidence = tables.Column(empty_values=(), orderable=False, verbose_name="Confidence")

    OPTIONAL = (*PeopleTable.OPTIONAL, "last_used", "level", "active_days", "average", "confidence")
    SHOWN_AT_FIRST = ("workspace", "role", "licence", "status", "last_used", "level")

    class Meta(PeopleTable.Meta):
        fields = (
            "chosen",
            *PeopleTable.Meta.fields,
            "last_used",
            "level",
            "active_days",
            "average",
            "confidence",
        )
        sequence = fields

    # What is not known comes last, whichever way one sorts.

    def order_last_used(self, found: Found, is_descending: bool) -> tuple[Found, bool]:
        return _ordered(found, F("last_used_at"), is_descending), True

    def order_active_days(self, found: Found, is_descending: bool) -> tuple[Found, bool]:
        return _ordered(found, F("active_days"), is_descending), True

    order_level = order_active_days

    def order_average(self, found: Found, is_descending: bool) -> tuple[Found, bool]:
        return _ordered(found, F("usage_seconds") / NullIf(F("active_days"), 0), is_descending), True

    @cached_property
    def some_can_be_chosen(self) -> bool:
        """Whether any row of the page can be seen out of Asana, as far as its connection goes."""
        return any(_can_be_chosen(row.record) for row in self.paginated_rows)

    def before_render(self, request: HttpRequest) -> None:
        self._knowledge = Knowledge.of_all()
        if not (signed_in(request).may(Action.OPEN_CASES) and self.some_can_be_chosen):
            self.columns.hide("chosen")

    def render_chosen(self, record: "MembershipWithUse") -> SafeString | str:
        if not _can_be_chosen(record):
            return ""
        return select_cell("person", record.person_id, f"Select {record.person}")

    def render_last_used(self, record: "MembershipWithUse") -> SafeString:
        facts = self._knowledge.facts(record)
        return _LAST_USE.render(
            Context(
                {
                    "at": facts.last_used_at,
                    "source": _source_label(record.last_used_source),
                    "by_day": record.last_used_source == EvidenceSource.CONSOLE,
                    "automated_at": record.last_automated_at,
                    "never": rules.is_never(facts, self._knowledge.now),
                    "unseen_since": rules.watched_since(facts.sources, self._knowledge.now),
                }
            )
        )

    def render_level(self, record: "MembershipWithUse") -> SafeString:
        level = rules.level(record.active_days or 0, self._knowledge.confidence(record))
        return badge_cell("level", level)

    def render_active_days(self, record: "MembershipWithUse") -> str:
        if record.active_days is not None:
            return f"{record.active_days} of 30"
        is_watched = self._knowledge.confidence(record) in (Confidence.HIGH, Confidence.MEDIUM)
        return "0 of 30" if is_watched else "—"

    def render_average(self, record: "MembershipWithUse") -> str:
        if not record.active_days or record.usage_seconds is None:
            return "—"
        return f"{record.usage_seconds / 60 / record.active_days:.0f} min a day"

    def render_confidence(self, record: "MembershipWithUse") -> SafeString:
        return badge_cell("confidence", self._knowledge.confidence(record))


def _can_be_chosen(membership: Membership) -> bool:
    connection = membership.person.connection
    return membership.status == Status.ACTIVE and connection.mode == Mode.ACT and connection.is_connected


class Knowledge:
    """What is known of every workspace, read once a page."""

    def __init__(self, connections: list[Connection], now: datetime) -> None:
        self.now = now
        self._sources = sources_by_workspace(*connections)
        self._windows: dict[int, UsageWindow] = {
            connection.pk: window_of(connection, 30, now=now) for connection in connections
        }

    @classmethod
    def of_all(cls) -> "Knowledge":
        return cls(list(Connection.objects.all()), timezone.now())

    def facts(self, record: "MembershipWithUse") -> ObservedMembership:
        return ObservedMembership(record.since, record.last_used_at, self._of(record))

    def confidence(self, record: "MembershipWithUse") -> Confidence:
        window = self._windows[record.workspace.connection_id]
        trust = rules.confidence(self._of(record), window, record.since)
        # A console export speaks only of those who stand in it.
        if trust == Confidence.CONSOLE and not record.in_console:
            return Confidence.NONE
        return trust

    def _of(self, record: "MembershipWithUse") -> Sources:
        return self._sources.get(record.workspace_id, Sources())


class UseFilter(PeopleFilter):
    """Also by use. Idle is said only of seats that were watched for the whole time."""

    idle = django_filters.NumberFilter(
        method="idle_for",
        label="Seat idle for at least (days)",
        min_value=1,
        max_value=3660,
    )
    use = django_filters.ChoiceFilter(
        choices=USE,
        method="by_use",
        empty_label="Any use",
        label="Use",
        widget=forms.Select(attrs={"class": "form-select"}),
    )

    def idle_for(self, found: QuerySet[Membership], name: str, days: int) -> QuerySet[Membership]:
        return found.filter(SEAT).filter(
            self._any(
                lambda connection, sources: idle_condition(
                    connection, window_of(connection, int(days)), sources=sources
                )
            )
        )

    def by_use(self, found: QuerySet[Membership], name: str, value: str) -> QuerySet[Membership]:
        never = Q(person__usage__last_used_at=None) & self._any(
            lambda connection, sources: never_condition(connection, sources=sources)
        )
        match value:
            case "recent":
                return found.filter(self._lately("last_used_at"))
            case "automated":
                by_hand = found.filter(self._lately("last_used_at"))
                return found.filter(self._lately("last_automated_at")).exclude(pk__in=by_hand.values("pk"))
            case "never":
                return found.filter(never)
            case _:
                return found.filter(person__usage__last_used_at=None).exclude(never)

    def _lately(self, moment: str) -> Q:
        """In the last 30 days of the connection's own clock."""
        return self._any(
            lambda connection, _: Q(
                workspace__connection=connection,
                **{f"person__usage__{moment}__gte": window_of(connection, 30).begins_at},
            )
        )

    def _any(self, condition: Callable[[Connection, dict[int, Sources]], Q]) -> Q:
        """What holds in one connection or another."""
        return reduce(or_, (condition(*known) for known in self._known), Q(pk__in=[]))

    @cached_property
    def _known(self) -> list[tuple[Connection, dict[int, Sources]]]:
        connections = list(Connection.objects.all())
        sources = sources_by_workspace(*connections)
        of_connection: dict[int, dict[int, Sources]] = defaultdict(dict)
        for pk, connection in Workspace.objects.values_list("pk", "connection"):
            of_connection[connection][pk] = sources.get(pk, Sources())
        return [(connection, of_connection[connection.pk]) for connection in connections]


def _ordered(found: Found, value: F | CombinedExpression, is_descending: bool) -> Found:
    order = value.desc if is_descending else value.asc
    return found.order_by(order(nulls_last=True), "person__name", "pk")


def _source_label(source: str | None) -> str:
    return EvidenceSource(source).label if source else ""


def people_and_use() -> "QuerySet[MembershipWithUse]":
    exported = ConsoleSighting.objects.filter(
        console_import__connection=OuterRef("workspace__connection"), user_gid=OuterRef("person__gid")
    )
    found = with_use(memberships().annotate(in_console=Exists(exported)))
    return cast("QuerySet[MembershipWithUse]", found)


def use_record(membership: Membership) -> dict[str, str | None]:
    """One membership of `people_and_use` for a spreadsheet."""
    record = cast("MembershipWithUse", membership)
    return as_record(record) | {
        "last_used": iso(record.last_used_at),
        "last_used_source": record.last_used_source or None,
        "automated_last_used": iso(record.last_automated_at),
        "active_days_of_30": None if record.active_days is None else str(record.active_days),
        "usage_minutes_of_30": None if record.usage_seconds is None else f"{record.usage_seconds / 60:.1f}",
    }


WITH_USE = PeopleList(
    table=PeopleWithUse,
    filters=UseFilter,
    query=people_and_use,
    template="insights/people.html",
    csv_columns=(
        *COLUMNS,
        "last_used",
        "last_used_source",
        "automated_last_used",
        "active_days_of_30",
        "usage_minutes_of_30",
    ),
    record=use_record,
    presets=PRESETS,
)


@require_GET
def people(request: HttpRequest) -> HttpResponse:
    return people_page(request, WITH_USE)


@require_GET
def people_csv(request: HttpRequest) -> StreamingHttpResponse:
    return people_as_csv(request, WITH_USE)
