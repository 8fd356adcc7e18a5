"""Tables of whom a rule finds, and of its runs."""

import django_tables2 as tables
from django.db.models import F
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from usher.policy.models import PolicyFinding, PolicyRun, TrialStretch
from usher.policy.sentence import outcome_in_words
from usher.web.cells import badge_cell, person_cell
from usher.web.templatetags.components import when


class TriedTable(tables.Table):
    """Whom a trial finds on one day."""

    person = tables.Column(
        accessor="membership__listed__name", verbose_name="Person", order_by="membership__listed__name"
    )
    workspace = tables.Column(accessor="membership__workspace__name", verbose_name="Workspace")
    role = tables.Column(accessor="membership__role", verbose_name="Role")
    first = tables.Column(verbose_name="Found since")
    last_used = tables.Column(
        accessor="membership__listed__last_used_at", verbose_name="Last used", empty_values=()
    )
    left_out = tables.Column(verbose_name="Left out", attrs={"td": {"class": "wide-cell"}})

    caption = "People found"
    empty_title = "The rule finds nobody on this day"
    empty_icon = "circle-check"

    class Meta:
        model = TrialStretch
        empty_text = "Choose another day, or change the rule."
        fields = ("person", "workspace", "role", "first", "last_used", "left_out")
        order_by = ("person",)

    def order_last_used(self, rows, is_descending):  # type: ignore[no-untyped-def]
        column = F("membership__listed__last_used_at")
        order = column.desc(nulls_last=True) if is_descending else column.asc(nulls_first=True)
        return rows.order_by(order, "pk"), True

    def render_person(self, record: TrialStretch) -> SafeString:
        listed = record.membership.listed
        return person_cell(listed.name, listed.email, reverse("person", args=[listed.person_id]))

    def render_role(self, record: TrialStretch) -> SafeString:
        return badge_cell("role", record.membership.role)

    def render_first(self, record: TrialStretch) -> SafeString:
        return when(record.first, style="date")

    def render_last_used(self, record: TrialStretch) -> SafeString | str:
        listed = record.membership.listed
        return when(listed.last_used_at, style="relative") if listed.last_used_at else "Not seen"


class FindingsTable(tables.Table):
    """Whom a run found, and what was done."""

    person = tables.Column(accessor="name", verbose_name="Person", order_by=("name", "pk"))
    outcome = tables.Column(
        accessor="done",
        verbose_name="Outcome",
        order_by=("left_out", "done"),
        empty_values=(),
        attrs={"td": {"class": "wide-cell"}},
    )
    case = tables.Column(empty_values=(), order_by="case")

    caption = "People found"
    empty_title = "The run found nobody"
    empty_icon = "circle-check"

    class Meta:
        model = PolicyFinding
        empty_text = "Everybody whom the rule is about was in order."
        fields = ("person", "outcome", "case")
        order_by = ("person",)

    def render_person(self, record: PolicyFinding) -> SafeString:
        return person_cell(record.name, record.email, reverse("person", args=[record.person_id]))

    def render_outcome(self, record: PolicyFinding) -> str:
        return outcome_in_words(record)

    def render_case(self, record: PolicyFinding) -> SafeString | str:
        if record.case_id is None:
            return "—"
        return format_html(
            '<a href="{}">Case {}</a>', reverse("removal:case", args=[record.case_id]), record.case_id
        )


class RunsTable(tables.Table):
    """The runs of a rule."""

    started_at = tables.Column(verbose_name="When", order_by="pk")
    connection = tables.Column(order_by="connection__name")
    state = tables.Column(empty_values=())
    found = tables.Column(attrs={"td": {"class": "text-end"}, "th": {"class": "text-end"}})
    left_out = tables.Column(attrs={"td": {"class": "text-end"}, "th": {"class": "text-end"}})
    done = tables.Column(
        verbose_name="Acted on", attrs={"td": {"class": "text-end"}, "th": {"class": "text-end"}}
    )

    caption = "Runs"
    empty_title = "No runs yet"
    empty_icon = "clock"

    class Meta:
        model = PolicyRun
        empty_text = "A rule that is on runs once a day, after the sync."
        fields = ("started_at", "connection", "state", "found", "left_out", "done")
        order_by = ("-started_at",)

    def render_started_at(self, record: PolicyRun) -> SafeString:
        link = reverse("policy:run", args=[record.policy_id, record.pk])
        return format_html('<a href="{}">{}</a>', link, when(record.started_at, style="full"))

    def render_state(self, record: PolicyRun) -> SafeString:
        badge = badge_cell("policy_run", record.state)
        return format_html("{} {}", badge, "" if record.is_acting else "while watching")
