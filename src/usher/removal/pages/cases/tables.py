"""The table of cases."""

from datetime import timedelta

import django_tables2 as tables
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from usher.connections.models import Mode
from usher.ledger.actors import Actor
from usher.removal.guardrails.facts import identity_of, requesters
from usher.removal.models import Case
from usher.removal.states import CaseState
from usher.web.badges import badge_of
from usher.web.cells import SELECT_COLUMN, person_cell, select_cell
from usher.web.templatetags.components import when


class CasesTable(tables.Table):
    """One row per case. `approver` can select the cases that they may approve; None cannot approve."""

    chosen = tables.Column(empty_values=(), orderable=False, verbose_name="Select", attrs=SELECT_COLUMN)
    person = tables.Column(
        accessor="person_name", verbose_name="Person", order_by=("person_name", "pk"), empty_values=()
    )
    number = tables.Column(accessor="pk", verbose_name="Case", order_by=("pk",))
    state = tables.Column(orderable=False)
    kind = tables.Column(verbose_name="Action", order_by=("kind", "pk"))
    why = tables.Column(empty_values=(), accessor="cause", verbose_name="Cause", order_by=("cause", "pk"))
    asked = tables.Column(
        empty_values=(), accessor="opened_at", verbose_name="Requested by", order_by=("opened_at", "pk")
    )

    caption = "Cases"
    empty_title = "No cases match"
    empty_icon = "briefcase"
    filter_form = "filters"

    class Meta:
        model = Case
        empty_text = "Choose another state, or remove a filter."
        fields = ("chosen", "person", "number", "state", "kind", "why", "asked")
        order_by = ("-number",)

    def __init__(self, cases: QuerySet[Case], approver: Actor | None, *, several_connections: bool) -> None:
        self.approver = approver
        self.several_connections = several_connections
        super().__init__(cases, exclude=[] if approver else ["chosen"])

    def render_chosen(self, record: Case) -> SafeString | str:
        if self.approver is None or not offers_approval(self.approver, record):
            return ""
        return select_cell("case", record.pk, f"Select case {record.pk}, {record.person_name}")

    def render_person(self, record: Case) -> SafeString:
        url = reverse("removal:case", args=[record.pk])
        return person_cell(record.person_name or record.person_gid, record.person_email, url)

    def render_number(self, record: Case) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("removal:case", args=[record.pk]), record.pk)

    def render_state(self, record: Case) -> SafeString:
        return render_to_string("removal/_case_row_state.html", {"case": record, "now": timezone.now()})

    def render_kind(self, record: Case) -> SafeString:
        where = ", ".join(target.workspace_name for target in record.targets.all())
        if self.several_connections:
            where = f"{record.connection_name}: {where}"
        return _two_lines(badge_of("case_kind", record.kind).text, where)

    def render_why(self, record: Case) -> SafeString:
        return render_to_string("removal/_case_row_cause.html", {"case": record})

    def render_asked(self, record: Case) -> SafeString:
        return _two_lines(record.asked_by or record.opened_by, when(record.opened_at))


def _two_lines(first: str, second: str) -> SafeString:
    return format_html('<span class="stacked">{}<span class="text-secondary">{}</span></span>', first, second)


def may_approve(actor: Actor, case: Case) -> bool:
    """Whether the case waits for somebody's approval and this user did not request it."""
    return case.state == CaseState.WAITING and identity_of(actor) not in requesters(case)


def has_unanswered_remarks(case: Case) -> bool:
    """Of a case that removes somebody. Each such case is approved on its own page, where its remarks are shown."""
    return bool(vars(case)["remarks"]) and case.kind != Case.Kind.RESTORE


def offers_approval(actor: Actor, case: Case) -> bool:
    """Whether the case can be approved with others: not in a read-only connection, not with unanswered remarks."""
    is_writable = case.connection is not None and case.connection.mode == Mode.ACT
    return is_writable and may_approve(actor, case) and not has_unanswered_remarks(case)


def changes_soon(case: Case) -> bool:
    """Whether the state may change within a minute without anybody's doing."""
    soon = timezone.now() + timedelta(seconds=60)
    is_due = case.scheduled_for is not None and case.scheduled_for <= soon and not case.held_by
    return case.state == CaseState.RUNNING or (case.state == CaseState.SCHEDULED and is_due)
