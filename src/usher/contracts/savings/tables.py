"""The table of seats that could be freed, and the same for spreadsheets."""

from collections.abc import Iterator, Mapping

import django_tables2 as tables
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.safestring import SafeString

from usher.activity.models import ListedMembership
from usher.contracts.seats.to_free import WhyFree
from usher.roster.models import Role
from usher.web.cells import badge_cell, person_cell
from usher.web.csv_export import iso
from usher.web.templatetags.components import when

FREEABLE_COLUMNS = ("name", "email", "workspace", "role", "licence", "reason", "last_used", "since")


class SeatsToFreeTable(tables.Table):
    """One row for each membership, the safest to free first."""

    name = tables.Column(verbose_name="Person", order_by=("name", "pk"))
    workspace = tables.Column(accessor="workspace__name", order_by=("workspace__name", "name", "pk"))
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
        fields = ("name", "workspace", "role", "why", "last_used", "since")
        order_by = ("why",)

    def render_name(self, record: ListedMembership) -> SafeString:
        return person_cell(record.name, record.email, reverse("person", args=[record.person_id]))

    def render_role(self, record: ListedMembership) -> SafeString:
        return badge_cell("role", record.role)

    def render_why(self, value: str, record: ListedMembership) -> str:
        words = str(WhyFree(value).label)
        return f"{words}; an admin" if record.role == Role.ADMIN else words

    def render_last_used(self, record: ListedMembership) -> SafeString:
        return when(record.last_used_at, none="Never seen", style="date")

    def render_since(self, record: ListedMembership) -> SafeString:
        return when(record.since, style="date")


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
