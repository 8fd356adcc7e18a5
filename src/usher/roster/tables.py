"""The table of people and their memberships. `insights` adds the columns that depend on usage."""

import django_tables2 as tables
from django.urls import reverse
from django.utils.safestring import SafeString

from usher.roster.models import Membership
from usher.web.cells import badge_cell, person_cell
from usher.web.templatetags.components import when


class PeopleTable(tables.Table):
    """One row for each membership: a person in two workspaces has two rows."""

    name = tables.Column(accessor="person__name", verbose_name="Person", order_by=("person__name", "pk"))
    workspace = tables.Column(
        accessor="workspace__name",
        verbose_name="Workspace",
        order_by=("workspace__name", "person__name", "pk"),
    )
    connection = tables.Column(
        accessor="person__connection__name",
        verbose_name="Connection",
        order_by=("person__connection__name", "person__name", "pk"),
    )
    role = tables.Column(order_by=("role", "person__name", "pk"))
    licence = tables.Column(order_by=("licence", "person__name", "pk"))
    status = tables.Column(order_by=("status", "person__name", "pk"))
    domain = tables.Column(
        accessor="person__domain", verbose_name="Domain", order_by=("person__domain", "person__name", "pk")
    )
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
        model = Membership
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

    def render_name(self, record: Membership) -> SafeString:
        person = record.person
        return person_cell(person.name, person.email, reverse("person", args=[person.pk]))

    def render_role(self, record: Membership) -> SafeString:
        return badge_cell("role", record.role)

    def render_licence(self, record: Membership) -> SafeString:
        return badge_cell("licence", record.licence)

    def render_status(self, record: Membership) -> SafeString:
        return badge_cell("status", record.status)

    def render_since(self, record: Membership) -> SafeString:
        return when(record.since, style="date")

    def render_until(self, record: Membership) -> SafeString:
        none = "—" if record.status == "active" else "Before the first sync"
        return when(record.until, none, style="date")
