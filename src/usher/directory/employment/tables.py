"""The tables of people by group, and of employees."""

from collections.abc import Iterable
from datetime import date
from itertools import groupby
from operator import itemgetter

import django_tables2 as tables
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from usher.activity.models import ListedMembership
from usher.connections.models import Connection
from usher.directory.employment.figures import count_without_seat, with_details
from usher.directory.employment.status import EmploymentGroup, with_left_on
from usher.directory.models import Employee, Source, Standing
from usher.roster.models import Role
from usher.web.badges import badge_of
from usher.web.cells import badge_cell, person_cell
from usher.web.table.paging import Found, Parts
from usher.web.templatetags.components import when

WITHOUT_DAYS = (EmploymentGroup.EMPLOYED, EmploymentGroup.GUEST, EmploymentGroup.UNKNOWN)
"""The groups in which nobody has a last day, nor has left."""


class GroupTable(tables.Table):
    """The people of one group, from `standings_of`."""

    name = tables.Column(verbose_name="Person", order_by=("name", "pk"))
    role = tables.Column(empty_values=(), order_by=("role", "name", "pk"))
    seat = tables.Column(empty_values=(), verbose_name="Seat", order_by=("has_seat", "name", "pk"))
    employment = tables.Column(
        empty_values=(), verbose_name="Employment", order_by=("last_day", "name", "pk")
    )
    source = tables.Column(empty_values=(), verbose_name="Source", order_by=("source__name", "name", "pk"))
    last_used = tables.Column(
        empty_values=(),
        verbose_name="Last used",
        order_by=("person__usage__last_used_at", "name", "pk"),
    )
    connection = tables.Column(
        accessor="connection__name", verbose_name="Connection", order_by=("connection__name", "name", "pk")
    )

    caption = "People in this group"
    empty_title = "Nobody"
    empty_icon = "user-search"
    filter_form = "filters"

    class Meta:
        model = Standing
        empty_text = "Nobody in this group matches the filters."
        fields = ("name", "role", "seat", "employment", "source", "last_used", "connection")
        order_by = ("name",)

    def __init__(self, standings: QuerySet[Standing], today: date, *, is_filtered: bool) -> None:
        self.today, self.standings, self.is_filtered = today, standings, is_filtered
        super().__init__(standings)

    def details(self, standings: QuerySet[Standing]) -> QuerySet[Standing]:
        """For the rows of the page that is shown."""
        return with_details(standings, self.today)

    def order_employment(
        self, standings: QuerySet[Standing], is_descending: bool
    ) -> tuple[QuerySet[Standing], bool]:
        order = ["last_day", "left_on", "name", "pk"]
        in_order = [f"-{field}" for field in order] if is_descending else order
        return with_left_on(standings, self.today).order_by(*in_order), True

    def finds(self, *, is_near: bool) -> Found | None:
        """For `web.table.paging`: by an index of memberships, of which a person may have several, by last use."""
        aliases = [alias.bare for alias in self.order_by]
        if self.is_filtered or not is_near or aliases != ["last_used"]:
            return None
        earlier = ListedMembership.objects.filter(person=OuterRef("person"), pk__lt=OuterRef("pk"))
        one_each = ListedMembership.objects.filter(
            ~Exists(earlier), person__in=self.standings.order_by().values("person")
        )
        in_order = one_each.order_by("last_used_at", "name", "person_id")
        return Found(in_order.reverse() if self.order_by[0].is_descending else in_order, key="person_id")

    def parts(self, column: str) -> Parts | None:
        """How `web.table.paging` finds pages in the order of a column that has few values."""
        match column:
            case "role":
                return Parts("role", [[role] for role in sorted(Role.values)])
            case "seat":
                return Parts("has_seat", [[False], [True]])
            case "employment":
                return Parts("group", [WITHOUT_DAYS])
            case "source":
                sources = Source.objects.order_by("name").values_list("name", "pk")
                return Parts("source", [*of_equal_names(sources), [None]])
            case "connection":
                connections = Connection.objects.order_by("name").values_list("name", "pk")
                return Parts("connection", of_equal_names(connections))
            case _:
                return None

    def render_name(self, record: Standing) -> SafeString:
        return person_cell(record.name, record.person.email, reverse("person", args=[record.pk]))

    def render_role(self, record: Standing) -> SafeString:
        return badge_cell("role", record.role)

    def render_seat(self, record: Standing) -> str:
        return "Yes" if record.seats else "No"

    def render_employment(self, record: Standing) -> SafeString:
        left_on = vars(record)["left_on"]
        if left_on:
            return format_html("Left {}", when(left_on))
        if record.last_day:
            return format_html("Until {}", when(record.last_day))
        return format_html("{}", badge_of("employment_group", record.group).text)

    def render_last_used(self, record: Standing) -> SafeString:
        return when(vars(record)["last_used_at"], none="Unknown", style="date")

    def render_source(self, record: Standing) -> SafeString:
        if not record.employee_id:
            return format_html('<span class="text-secondary">{}</span>', "None")
        url = reverse("directory:employee", args=[record.employee_id])
        return format_html('<a href="{}">{}</a>', url, record.source)


def of_equal_names(named: Iterable[tuple[str, int]]) -> list[list[int]]:
    """The keys, in the order in which they come, those of one name together."""
    return [[pk for _, pk in group] for _, group in groupby(named, key=itemgetter(0))]


class EmployeeTable(tables.Table):
    """Employees of all sources, without those who have a seat."""

    name = tables.Column(order_by=("name", "email", "pk"), empty_values=())
    department = tables.Column(order_by=("department", "name", "pk"))
    kind = tables.Column(order_by=("kind", "name", "pk"))
    last_day = tables.Column(order_by=("last_day", "name", "pk"), empty_values=())
    source = tables.Column(accessor="source__name", order_by=("source__name", "name", "pk"))
    first_seen = tables.Column(
        accessor="first_seen_at", verbose_name="Known since", order_by=("first_seen_at", "pk")
    )

    counts_with_page = True
    caption = "Employees"
    empty_title = "Nobody"
    empty_icon = "user-search"
    filter_form = "filters"

    class Meta:
        model = Employee
        empty_text = "No employee matches the filters."
        fields = ("name", "department", "kind", "last_day", "source", "first_seen")
        order_by = ("name",)

    def __init__(self, employees: QuerySet[Employee], today: date, *, is_filtered: bool) -> None:
        self.today, self.is_filtered = today, is_filtered
        super().__init__(employees)

    def counted(self) -> int | None:
        """For `web.table.paging`: only an index of names finds some without finding all."""
        by_name = all(alias.bare == "name" for alias in self.order_by)
        return count_without_seat(self.today) if by_name and not self.is_filtered else None

    def render_name(self, record: Employee) -> SafeString:
        return person_cell(
            record.name, record.email or record.key, reverse("directory:employee", args=[record.pk])
        )

    def render_last_day(self, record: Employee) -> SafeString:
        return when(record.last_day)

    def render_first_seen(self, record: Employee) -> SafeString:
        return when(record.first_seen_at, style="date")
