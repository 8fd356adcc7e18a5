"""The table of seats that could be freed, and the same for spreadsheets."""

from collections.abc import Iterator, Mapping

import django_tables2 as tables
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.safestring import SafeString

from usher.activity.models import ListedMembership
from usher.contracts.seats.to_free import WhyFree
from usher.roster.models import Role
from usher.web.cells import SELECT_COLUMN, badge_cell, person_cell, select_cell
from usher.web.csv_export import iso
from usher.web.templatetags.components import when

FREEABLE_COLUMNS = ("name", "email", "workspace", "role", "licence", "reason", "last_used", "since")


class SeatsToFreeTable(tables.Table):
    """One row for each membership, the safest to free first. People in `in_cases` have an open case."""

    chosen = tables.Column(empty_values=(), orderable=False, verbose_name="Select", attrs=SELECT_COLUMN)
    name = tables.Column(verbose_name="Person", order_by=("name", "pk"))
    workspace = tables.Column(
        accessor="workspace__name", verbose_name="Workspace", order_by=("workspace__name", "name", "pk")
    )
    role = tables.Column(order_by=("role", "name", "pk"))
    why = tables.Column(verbose_name="Why", order_by=("place", "quiet_since", "name", "pk"))
    last_used = tables.Column(
        accessor="last_used_at", verbose_name="Last used", order_by=("last_used_at", "pk"), empty_values=()
    )
    since = tables.Column(verbose_name="Member since", order_by=("since", "pk"))

    caption = "Seats that could be freed"
    empty_title = "No seat could be freed safely"
    empty_icon = "armchair"

    class Meta:
        model = ListedMembership
        empty_text = (
            "Nobody left, never came or is known to be idle. Who may be idle and is not known is not listed."
        )
        fields = ("chosen", "name", "workspace", "role", "why", "last_used", "since")
        order_by = ("why",)

    def __init__(
        self, rows: QuerySet[ListedMembership], in_cases: frozenset[int], *, offers_removal: bool
    ) -> None:
        self.in_cases = in_cases
        self.offers_removal = offers_removal
        super().__init__(rows, exclude=[] if offers_removal else ["chosen"])

    def render_chosen(self, record: ListedMembership) -> SafeString | str:
        if record.person_id in self.in_cases:
            return ""
        return select_cell("person", record.person_id, f"Select {record.name}")

    def render_name(self, record: ListedMembership) -> SafeString:
        return person_cell(record.name, record.email, reverse("person", args=[record.person_id]))

    def render_role(self, record: ListedMembership) -> SafeString:
        return badge_cell("role", record.role)

    def render_why(self, record: ListedMembership) -> str:
        return why_words(record, self.in_cases)

    def render_last_used(self, record: ListedMembership) -> SafeString:
        return when(record.last_used_at, none="Never seen", style="date")

    def render_since(self, record: ListedMembership) -> SafeString:
        return when(record.since, style="date")


def why_words(record: ListedMembership, in_cases: frozenset[int]) -> str:
    """Why a seat could be freed, and what to know before."""
    words = [str(WhyFree(vars(record)["why"]).label)]
    if record.role == Role.ADMIN:
        words.append("an admin")
    if record.person_id in in_cases:
        words.append("a case is open")
    return "; ".join(words)


def freeable_rows(rows: QuerySet[ListedMembership]) -> Iterator[Mapping[str, object]]:
    for record in rows.iterator(chunk_size=1000):
        yield {
            "name": record.name,
            "email": record.email,
            "workspace": record.workspace.name,
            "role": record.role,
            "licence": record.licence,
            "reason": WhyFree(vars(record)["why"]).label,
            "last_used": iso(record.last_used_at),
            "since": iso(record.since),
        }
