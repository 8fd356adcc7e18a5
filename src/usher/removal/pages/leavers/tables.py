"""The table of leavers."""

from datetime import date
from typing import Any, NamedTuple, TypeVar

import django_tables2 as tables
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django_tables2.utils import OrderBy

from usher.connections.models import Mode
from usher.directory.employment.status import LEAVER_GROUPS, EmploymentGroup
from usher.directory.models import Standing
from usher.removal.leavers.query import source_of
from usher.removal.templatetags.removal import remarks_in_words, show_owned
from usher.roster.models import Licence, Person
from usher.web.badges import badge_of
from usher.web.cells import SELECT_COLUMN, badge_cell, person_cell, select_cell
from usher.web.money import money
from usher.web.phrases import counted
from usher.web.table.paging import Found
from usher.web.templatetags.components import pill, when

LATE_AFTER_DAYS = 7
OVERDUE_AFTER_DAYS = 30
VIEW_ONLY = ", view-only"

Rows = TypeVar("Rows", QuerySet[Person], QuerySet[Standing])


class LeaversTable(tables.Table):
    """One row per person. `protected` maps the keys of protected people to the reason."""

    chosen = tables.Column(empty_values=(), orderable=False, verbose_name="Select", attrs=SELECT_COLUMN)
    name = tables.Column(verbose_name="Person", order_by=("standing__name", "pk"))
    workspaces = tables.Column(empty_values=(), orderable=False, verbose_name="Workspaces and role")
    since = tables.Column(empty_values=(), verbose_name="Employment")
    owns = tables.Column(empty_values=(), orderable=False, verbose_name="Owns in Asana")
    cost = tables.Column(empty_values=(), verbose_name="Monthly cost")
    case = tables.Column(empty_values=(), orderable=False, verbose_name="Case")

    counts_with_page = True
    caption = "Leavers"
    empty_title = "Nobody matches these filters"
    empty_icon = "user-search"
    filter_form = "filters"

    class Meta:
        model = Person
        empty_text = "Remove a filter, or clear them all."
        fields = ("chosen", "name", "workspaces", "since", "owns", "cost", "case")

    def __init__(
        self,
        leavers: QuerySet[Person],
        today: date,
        standings: QuerySet[Standing] | None,
        *,
        offers_removal: bool,
        has_prices: bool,
        several_connections: bool,
    ) -> None:
        self.today = today
        self.standings = standings
        self.several_connections = several_connections
        self.protected: dict[int, str] = {}
        hidden = [*([] if offers_removal else ["chosen"]), *([] if has_prices else ["cost"])]
        super().__init__(leavers, exclude=hidden)

    def order_since(self, leavers: Rows, is_descending: bool) -> tuple[Rows, bool]:
        """The longest gone first; people selected by hand come last."""
        day = Coalesce("left_on", "last_day")
        order = day.desc(nulls_last=True) if is_descending else day.asc(nulls_last=True)
        return leavers.order_by(order, *_by_name(leavers)), True

    def order_cost(self, leavers: Rows, is_descending: bool) -> tuple[Rows, bool]:
        cost = F("price") * F("seats")
        order = cost.desc(nulls_last=True) if is_descending else cost.asc(nulls_last=True)
        return leavers.order_by(order, *_by_name(leavers)), True

    def finds(self, *, is_near: bool) -> Found | None:
        """For `web.table.paging`: the Standings of the same people, on every page."""
        if self.standings is None or len(self.order_by) > 1:
            return None
        alias = self.order_by[0] if self.order_by else OrderBy("name")
        match alias.bare:
            case "name":
                in_order = self.standings.order_by("name", "pk")
                return Found(in_order.reverse() if alias.is_descending else in_order)
            case "since":
                return Found(self.order_since(self.standings, alias.is_descending)[0])
            case "cost":
                return Found(self.order_cost(self.standings, alias.is_descending)[0])
            case _:
                return None

    def render_chosen(self, record: Person) -> SafeString | str:
        return select_cell("person", record.pk, f"Select {record}") if can_be_selected(record) else ""

    def render_name(self, record: Person) -> SafeString:
        return person_cell(record.name, record.email, reverse("person", args=[record.pk]))

    def render_workspaces(self, record: Person) -> SafeString:
        held = [
            (
                one.workspace.name,
                f"{one.get_role_display()}{VIEW_ONLY if one.licence == Licence.VIEW_ONLY else ''}",
            )
            for one in vars(record)["active_now"]
        ]
        lines = format_html_join("", '<li>{} <span class="text-secondary">{}</span></li>', held)
        if self.several_connections:
            lines += format_html('<li class="quiet-connection">{}</li>', record.connection.name)
        return format_html('<ul class="quiet-list">{}</ul>', lines)

    def render_since(self, record: Person) -> SafeString:
        shown = employment_pill(record, self.today)
        day = format_html("{}, ", when(shown.day)) if shown.day else ""
        source = source_of(record) if vars(record)["group"] in LEAVER_GROUPS else ""
        remarks, count = SafeString(), vars(record)["unanswered_remarks"]
        if count:
            url = f"{reverse('person', args=[record.pk])}#remarks"
            badge = pill(remarks_in_words(count), "warning", "alert-triangle")
            remarks = format_html(' <a href="{}">{}</a>', url, badge)
        return format_html(
            '<span class="stacked">{}<span class="text-secondary">{}{}</span>{}</span>',
            pill(shown.words, shown.tone),
            day,
            source,
            remarks,
        )

    def render_owns(self, record: Person) -> SafeString:
        return show_owned(record, self.request.user)

    def render_cost(self, record: Person) -> str:
        annotations = vars(record)
        price = annotations["price"]
        return "—" if price is None else money(price * annotations["seats"], annotations["currency"])

    def render_case(self, record: Person) -> SafeString:
        protected, case = self.protected.get(record.pk, ""), vars(record)["case_id"]
        cell = SafeString()
        if protected:
            why = format_html('<span class="text-secondary">{}</span>', protected)
            cell += format_html(
                '<span class="stacked">{}{}</span>', pill("Protected", "accent", "shield"), why
            )
        if case:
            number = format_html('<span class="visually-hidden"> case {}</span>', case)
            state = badge_cell("case", vars(record)["case_state"])
            cell += format_html('<a href="{}">{}{}</a>', reverse("removal:case", args=[case]), state, number)
        return cell or format_html('<span class="text-secondary">{}</span>', "—")


def _by_name(rows: QuerySet[Any]) -> tuple[str, str]:
    return ("name" if rows.model is Standing else "standing__name"), "pk"


def can_be_selected(leaver: Person) -> bool:
    """Whether the page offers to remove this person."""
    annotations = vars(leaver)
    is_free = not annotations["case_id"] and not annotations["is_protected"]
    return leaver.connection.mode == Mode.ACT and is_free


class EmploymentPill(NamedTuple):
    words: str
    tone: str
    day: date | None = None


def employment_pill(leaver: Person, today: date) -> EmploymentPill:
    """When the person left or leaves; the longer ago they left, the stronger the tone."""
    annotations = vars(leaver)
    if annotations["group"] == EmploymentGroup.LEFT:
        left_on: date | None = annotations["left_on"]
        if left_on is None:
            return EmploymentPill("Left", "warning")
        days = (today - left_on).days
        tone = "neutral" if days < LATE_AFTER_DAYS else "warning" if days < OVERDUE_AFTER_DAYS else "danger"
        words = "Left today" if days <= 0 else f"Left {counted(days, 'day')} ago"
        return EmploymentPill(words, tone, left_on)
    if annotations["group"] == EmploymentGroup.LEAVING:
        last_day: date = annotations["last_day"]
        days = (last_day - today).days
        words = "Last day today" if days == 0 else f"Leaves in {counted(days, 'day')}"
        return EmploymentPill(words, "info", last_day)
    return EmploymentPill(badge_of("cause", annotations["case_cause"]).text, "neutral")
