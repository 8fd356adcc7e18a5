"""The table of licences to pause."""

from collections.abc import Mapping
from datetime import datetime

import django_tables2 as tables
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from usher.removal.models import LicencePause
from usher.removal.pauses.console import members_page
from usher.removal.pauses.states import PauseState, standing_of, state_of
from usher.web.cells import SELECT_COLUMN, person_cell, select_cell
from usher.web.templatetags.components import icon, when


class PausesTable(tables.Table):
    """One row per entry. `may_change`: the user can tick and take off."""

    chosen = tables.Column(empty_values=(), orderable=False, verbose_name="Select", attrs=SELECT_COLUMN)
    person = tables.Column(
        accessor="membership__person__name",
        verbose_name="Person",
        order_by=("membership__person__name", "pk"),
        empty_values=(),
    )
    workspace = tables.Column(
        accessor="membership__workspace__name",
        verbose_name="Workspace",
        order_by=("membership__workspace__name", "pk"),
    )
    state = tables.Column(
        empty_values=(),
        order_by=("taken_off_at", "billed_at", "paused_at", "ticked_at", "pk"),
        attrs={"td": {"class": "pause-state wide-cell"}},
    )
    why = tables.Column(
        verbose_name="Reason", order_by=("why", "pk"), attrs={"td": {"class": "pause-why wide-cell"}}
    )
    put = tables.Column(accessor="put_at", verbose_name="On the list since", order_by=("put_at", "pk"))
    change = tables.Column(empty_values=(), orderable=False, verbose_name="Change")

    caption = "Licences to pause"
    empty_title = "Nobody is on this part of the list"
    empty_icon = "circle-check"
    filter_form = "filters"

    class Meta:
        model = LicencePause
        empty_text = "Choose another state, or remove a filter."
        fields = ("chosen", "person", "workspace", "state", "why", "put", "change")
        order_by = ("-put",)

    read_until: Mapping[int, datetime] = {}

    def __init__(
        self,
        pauses: QuerySet[LicencePause],
        now: datetime,
        *,
        may_change: bool,
        several_connections: bool,
        csrf_token: str = "",
    ) -> None:
        self.now, self.several_connections, self.csrf_token = now, several_connections, csrf_token
        super().__init__(pauses, exclude=[] if may_change else ["chosen", "change"])

    def render_chosen(self, record: LicencePause) -> SafeString | str:
        if state_of(record) is not PauseState.TO_DO:
            return ""
        return select_cell("pause", record.pk, f"Select {record}")

    def render_person(self, record: LicencePause) -> SafeString:
        person = record.membership.person
        return person_cell(str(person), person.email, reverse("person", args=[person.pk]))

    def render_workspace(self, record: LicencePause) -> SafeString:
        workspace = record.membership.workspace
        where = f"{record.connection}: {workspace}" if self.several_connections else str(workspace)
        return format_html(
            '<span class="stacked">{}<a href="{}" target="_blank" rel="noopener noreferrer">Admin Console{}'
            '<span class="visually-hidden"> of {}, in a new tab</span></a></span>',
            where,
            members_page(workspace),
            icon("external-link"),
            workspace,
        )

    def render_state(self, record: LicencePause) -> SafeString:
        standing = standing_of(record, self.read_until, self.now)
        return render_to_string("removal/_pause_state.html", {"pause": record, "standing": standing})

    def render_put(self, record: LicencePause) -> SafeString:
        by = format_html('<span class="text-secondary">{}</span>', record.put_by)
        return format_html('<span class="stacked">{}{}</span>', when(record.put_at), by)

    def render_change(self, record: LicencePause) -> SafeString:
        context = {"pause": record, "state": state_of(record), "csrf_token": self.csrf_token}
        return render_to_string("removal/_pause_change.html", context)
