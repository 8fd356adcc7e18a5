"""The table of leavers."""

from datetime import date

import django_tables2 as tables
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from usher.connections.models import Mode
from usher.directory.employment.status import LEAVER_GROUPS, EmploymentGroup
from usher.removal.leavers.query import source_of
from usher.roster.models import Person
from usher.web.badges import badge_of
from usher.web.cells import SELECT_COLUMN, person_cell, select_cell
from usher.web.money import money
from usher.web.phrases import counted

LATE_AFTER_DAYS = 7
OVERDUE_AFTER_DAYS = 30


class LeaversTable(tables.Table):
    """One row per person. `protected` maps the keys of protected people to the reason."""

    chosen = tables.Column(empty_values=(), orderable=False, verbose_name="Select", attrs=SELECT_COLUMN)
    name = tables.Column(verbose_name="Person", order_by=("name", "pk"))
    workspaces = tables.Column(empty_values=(), orderable=False, verbose_name="Workspaces and role")
    since = tables.Column(empty_values=(), verbose_name="Employment")
    owns = tables.Column(empty_values=(), orderable=False, verbose_name="Owns in Asana")
    cost = tables.Column(empty_values=(), verbose_name="Monthly cost")
    case = tables.Column(empty_values=(), orderable=False, verbose_name="Case")

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
        *,
        offers_removal: bool,
        has_prices: bool,
        several_connections: bool,
    ) -> None:
        self.today = today
        self.several_connections = several_connections
        self.protected: dict[int, str] = {}
        hidden = [*([] if offers_removal else ["chosen"]), *([] if has_prices else ["cost"])]
        super().__init__(leavers, exclude=hidden)

    def order_since(self, leavers: QuerySet[Person], is_descending: bool) -> tuple[QuerySet[Person], bool]:
        """The longest gone first; people selected by hand come last."""
        day = Coalesce("left_on", "last_day")
        order = day.desc(nulls_last=True) if is_descending else day.asc(nulls_last=True)
        return leavers.order_by(order, "name", "pk"), True

    def order_cost(self, leavers: QuerySet[Person], is_descending: bool) -> tuple[QuerySet[Person], bool]:
        cost = F("price") * F("seats")
        order = cost.desc(nulls_last=True) if is_descending else cost.asc(nulls_last=True)
        return leavers.order_by(order, "name", "pk"), True

    def render_chosen(self, record: Person) -> SafeString | str:
        return select_cell("person", record.pk, f"Select {record}") if can_be_selected(record) else ""

    def render_name(self, record: Person) -> SafeString:
        return person_cell(record.name, record.email, reverse("person", args=[record.pk]))

    def render_workspaces(self, record: Person) -> SafeString:
        context = {"person": record, "several": self.several_connections}
        return render_to_string("removal/_leaver_workspaces.html", context)

    def render_since(self, record: Person) -> SafeString:
        is_leaver = vars(record)["group"] in LEAVER_GROUPS
        context = {
            **employment_pill(record, self.today),
            "source": source_of(record) if is_leaver else "",
            "remarks": vars(record)["unanswered_remarks"],
            "person": record,
        }
        return render_to_string("removal/_leaver_since.html", context)

    def render_owns(self, record: Person) -> SafeString:
        return render_to_string("removal/_show_owned.html", {"person": record, "user": self.request.user})

    def render_cost(self, record: Person) -> str:
        annotations = vars(record)
        price = annotations["price"]
        return "—" if price is None else money(price * annotations["seats"], annotations["currency"])

    def render_case(self, record: Person) -> SafeString:
        reason = self.protected.get(record.pk, "")
        return render_to_string("removal/_leaver_case.html", {**vars(record), "protected": reason})


def can_be_selected(leaver: Person) -> bool:
    """Whether the page offers to remove this person."""
    annotations = vars(leaver)
    is_free = not annotations["case_id"] and not annotations["is_protected"]
    return leaver.connection.mode == Mode.ACT and is_free


def employment_pill(leaver: Person, today: date) -> dict[str, object]:
    """When the person left or leaves; the longer ago they left, the stronger the tone."""
    annotations = vars(leaver)
    if annotations["group"] == EmploymentGroup.LEFT:
        left_on: date | None = annotations["left_on"]
        if left_on is None:
            return {"words": "Left", "tone": "warning", "day": None}
        days = (today - left_on).days
        tone = "neutral" if days < LATE_AFTER_DAYS else "warning" if days < OVERDUE_AFTER_DAYS else "danger"
        words = "Left today" if days <= 0 else f"Left {counted(days, 'day')} ago"
        return {"words": words, "tone": tone, "day": left_on}
    if annotations["group"] == EmploymentGroup.LEAVING:
        days = (annotations["last_day"] - today).days
        words = "Last day today" if days == 0 else f"Leaves in {counted(days, 'day')}"
        return {"words": words, "tone": "info", "day": annotations["last_day"]}
    return {"words": badge_of("cause", annotations["case_cause"]).text, "tone": "neutral", "day": None}
