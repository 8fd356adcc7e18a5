"""The tables of people by group, and of employees."""

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from usher.directory.models import Employee
from usher.roster.models import Person
from usher.web.badges import badge_of
from usher.web.cells import badge_cell, person_cell
from usher.web.templatetags.components import when


class GroupTable(tables.Table):
    """The people of one group, annotated by `people_of`."""

    name = tables.Column(verbose_name="Person", order_by=("name", "pk"))
    role = tables.Column(empty_values=(), order_by=("best_role", "name", "pk"))
    seat = tables.Column(empty_values=(), verbose_name="Seat", order_by=("has_seat", "name", "pk"))
    employment = tables.Column(
        empty_values=(), verbose_name="Employment", order_by=("last_day", "left_on", "name", "pk")
    )
    source = tables.Column(
        empty_values=(), verbose_name="Source", order_by=("employment_source", "name", "pk")
    )
    last_used = tables.Column(
        empty_values=(), verbose_name="Last used", order_by=("last_used_at", "name", "pk")
    )
    connection = tables.Column(
        accessor="connection__name", verbose_name="Connection", order_by=("connection__name", "name", "pk")
    )

    caption = "People in this group"
    empty_title = "Nobody"
    empty_icon = "user-search"
    filter_form = "filters"

    class Meta:
        model = Person
        empty_text = "Nobody in this group matches the filters."
        fields = ("name", "role", "seat", "employment", "source", "last_used", "connection")
        order_by = ("name",)

    def render_name(self, record: Person) -> SafeString:
        return person_cell(record.name, record.email, reverse("person", args=[record.pk]))

    def render_role(self, record: Person) -> SafeString:
        return badge_cell("role", vars(record)["best_role"])

    def render_seat(self, record: Person) -> str:
        return "Yes" if vars(record)["has_seat"] else "No"

    def render_employment(self, record: Person) -> SafeString:
        annotations = vars(record)
        if annotations["left_on"]:
            return format_html("Left {}", when(annotations["left_on"]))
        if annotations["last_day"]:
            return format_html("Until {}", when(annotations["last_day"]))
        return format_html("{}", badge_of("employment_group", annotations["group"]).text)

    def render_last_used(self, record: Person) -> SafeString:
        return when(vars(record)["last_used_at"], none="Unknown", style="date")

    def render_source(self, record: Person) -> SafeString:
        annotations = vars(record)
        if not annotations["employee_id"]:
            return format_html('<span class="text-secondary">{}</span>', "None")
        url = reverse("directory:employee", args=[annotations["employee_id"]])
        return format_html('<a href="{}">{}</a>', url, annotations["employment_source"])


class EmployeeTable(tables.Table):
    """Employees of all sources."""

    name = tables.Column(order_by=("name", "email", "pk"), empty_values=())
    department = tables.Column(order_by=("department", "name", "pk"))
    kind = tables.Column(order_by=("kind", "name", "pk"))
    last_day = tables.Column(order_by=("last_day", "name", "pk"), empty_values=())
    source = tables.Column(accessor="source__name", order_by=("source__name", "name", "pk"))
    first_seen = tables.Column(
        accessor="first_seen_at", verbose_name="Known since", order_by=("first_seen_at", "pk")
    )

    caption = "Employees"
    empty_title = "Nobody"
    empty_icon = "user-search"
    filter_form = "filters"

    class Meta:
        model = Employee
        empty_text = "No employee matches the filters."
        fields = ("name", "department", "kind", "last_day", "source", "first_seen")
        order_by = ("name",)

    def render_name(self, record: Employee) -> SafeString:
        return person_cell(
            record.name, record.email or record.key, reverse("directory:employee", args=[record.pk])
        )

    def render_last_day(self, record: Employee) -> SafeString:
        return when(record.last_day)

    def render_first_seen(self, record: Employee) -> SafeString:
        return when(record.first_seen_at, style="date")
