"""The table of the people list."""

from functools import cached_property

import django_tables2 as tables
from django.db.models import F, QuerySet
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import NullIf
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from usher.access.roles import Action, signed_in
from usher.activity.models import ListedMembership
from usher.activity.usage import rules
from usher.connections.models import Mode
from usher.insights.people.confidence import CoverageLookup
from usher.insights.people.last_use import last_use_cell
from usher.roster.models import Licence, Status
from usher.web.cells import SELECT_COLUMN, badge_cell, person_cell, select_cell
from usher.web.templatetags.components import when

Rows = QuerySet[ListedMembership]


class PeopleTable(tables.Table):
    """One row for each membership: a person in two workspaces has two rows."""

    name = tables.Column(verbose_name="Person", order_by=("name", "pk"))
    workspace = tables.Column(
        accessor="workspace__name",
        verbose_name="Workspace",
        order_by=("workspace__name", "name", "pk"),
    )
    connection = tables.Column(
        accessor="person__connection__name",
        verbose_name="Connection",
        order_by=("connection__name", "name", "pk"),
    )
    role = tables.Column(order_by=("role", "name", "pk"))
    licence = tables.Column(order_by=("licence", "name", "pk"))
    status = tables.Column(order_by=("status", "name", "pk"))
    domain = tables.Column(verbose_name="Domain", order_by=("domain", "name", "pk"))
    since = tables.Column(order_by=("since", "pk"))
    until = tables.Column(order_by=("until", "pk"), empty_values=())

    OPTIONAL: tuple[str, ...] = (
        "workspace",
        "connection",
        "role",
        "licence",
        "status",
        "domain",
        "since",
        "until",
    )
    SHOWN_AT_FIRST: tuple[str, ...] = ("workspace", "role", "licence", "status", "since")

    caption = "People"
    empty_title = "Nobody matches these filters"
    empty_icon = "user-search"
    filter_form = "filters"

    class Meta:
        model = ListedMembership
        empty_text = "Remove a filter, or clear them all."
        fields: tuple[str, ...] = (
            "name",
            "workspace",
            "connection",
            "role",
            "licence",
            "status",
            "domain",
            "since",
            "until",
        )
        order_by = ("name",)

    def render_name(self, record: ListedMembership) -> SafeString:
        person = record.person
        return person_cell(person.name, person.email, reverse("person", args=[person.pk]))

    def render_role(self, record: ListedMembership) -> SafeString:
        return badge_cell("role", record.role)

    def render_licence(self, record: ListedMembership) -> SafeString:
        return badge_cell("licence", record.licence)

    def render_status(self, record: ListedMembership) -> SafeString:
        return badge_cell("status", record.status)

    def render_since(self, record: ListedMembership) -> SafeString:
        return when(record.since, style="date")

    def render_until(self, record: ListedMembership) -> SafeString:
        none = "—" if record.status == "active" else "Before the first sync"
        return when(record.until, none, style="date")


class PeopleWithUsageTable(PeopleTable):
    """One row for each membership. Usage is the person's, over all workspaces of the connection."""

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

    counts_with_page = False
    """Set for a search that finds many."""

    # Unknown values come last in both directions.

    def order_last_used(self, rows: Rows, is_descending: bool) -> tuple[Rows, bool]:
        return _ordered(rows, F("last_used_at"), is_descending), True

    def order_active_days(self, rows: Rows, is_descending: bool) -> tuple[Rows, bool]:
        return _ordered(rows, F("active_days"), is_descending), True

    order_level = order_active_days

    def order_average(self, rows: Rows, is_descending: bool) -> tuple[Rows, bool]:
        return _ordered(rows, F("usage_seconds") / NullIf(F("active_days"), 0), is_descending), True

    @cached_property
    def some_can_be_removed(self) -> bool:
        """Whether the connection of any row on the page allows removals."""
        return any(_can_be_removed(row.record) for row in self.paginated_rows)

    @cached_property
    def some_can_be_paused(self) -> bool:
        """Usher changes nothing in Asana for it, so any connection allows it."""
        return any(_can_be_paused(row.record) for row in self.paginated_rows)

    def before_render(self, request: HttpRequest) -> None:
        shown = {row.record.person.connection for row in self.paginated_rows}
        self._coverage = CoverageLookup(list(shown), timezone.now())
        offers_some = self.some_can_be_removed or self.some_can_be_paused
        if not (signed_in(request).may(Action.OPEN_CASES) and offers_some):
            self.columns.hide("chosen")

    def render_chosen(self, record: ListedMembership) -> SafeString | str:
        if not (_can_be_removed(record) or _can_be_paused(record)):
            return ""
        return select_cell("person", record.person_id, f"Select {record.person}")

    def render_last_used(self, record: ListedMembership) -> SafeString:
        return last_use_cell(record, self._coverage)

    def render_level(self, record: ListedMembership) -> SafeString:
        level = rules.level(record.active_days or 0, self._coverage.confidence(record))
        return badge_cell("level", level)

    def render_active_days(self, record: ListedMembership) -> str:
        if record.active_days:
            return f"{record.active_days} of 30"
        return "0 of 30" if self._coverage.confidence(record).is_observed else "—"

    def render_average(self, record: ListedMembership) -> str:
        if not record.active_days or record.usage_seconds is None:
            return "—"
        return f"{record.usage_seconds / 60 / record.active_days:.0f} min a day"

    def render_confidence(self, record: ListedMembership) -> SafeString:
        return badge_cell("confidence", self._coverage.confidence(record))


def _can_be_removed(membership: ListedMembership) -> bool:
    connection = membership.person.connection
    return membership.status == Status.ACTIVE and connection.mode == Mode.ACT and connection.is_connected


def _can_be_paused(membership: ListedMembership) -> bool:
    is_seat = membership.status == Status.ACTIVE and membership.licence == Licence.MEMBER
    return is_seat and membership.workspace.is_organization and membership.person.connection.is_connected


def _ordered(rows: Rows, value: F | CombinedExpression, is_descending: bool) -> Rows:
    order = value.desc if is_descending else value.asc
    return rows.order_by(order(nulls_last=True), "name", "pk")
