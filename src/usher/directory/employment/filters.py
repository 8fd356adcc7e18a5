"""The filters of groups and of employees without a seat."""

from typing import Any

import django_filters
from django.db.models import QuerySet

from usher.connections.models import Connection
from usher.directory.models import Employee, Source, Standing
from usher.roster.models import Role
from usher.roster.query import has_words
from usher.web.lists import ListFilter, every_word, select_widget


class NameFilter(ListFilter):
    """Every word must occur in the name or the e-mail."""

    q = django_filters.CharFilter(method="search", label="Name or e-mail")

    def search(self, rows: "QuerySet[Any]", name: str, text: str) -> "QuerySet[Any]":
        return rows.filter(every_word(text, "name", "email"))


class GroupFilter(NameFilter):
    """Over Standings with `has_seat`."""

    role = django_filters.ChoiceFilter(
        choices=Role.choices,
        empty_label="Any role",
        label="Role",
        widget=select_widget(),
    )
    seat = django_filters.ChoiceFilter(
        field_name="has_seat",
        choices=[("True", "With a seat"), ("False", "Without a seat")],
        empty_label="With and without a seat",
        label="Seat",
        widget=select_widget(),
    )
    connection = django_filters.ModelChoiceFilter(
        queryset=Connection.objects.only("name"),
        empty_label="All connections",
        label="Connection",
        widget=select_widget(),
        error_messages={"invalid_choice": "Usher has no such connection. It may have been deleted."},
    )

    class Meta:
        model = Standing
        fields: tuple[str, ...] = ()

    def search(self, rows: "QuerySet[Any]", name: str, text: str) -> "QuerySet[Any]":
        return rows.filter(has_words(text, "words"))


class EmployeeFilter(NameFilter):
    kind = django_filters.ChoiceFilter(
        choices=Employee.Kind.choices,
        empty_label="Employees and contractors",
        label="Kind",
        widget=select_widget(),
    )
    source = django_filters.ModelChoiceFilter(
        queryset=Source.objects.all(),
        empty_label="All sources",
        label="Source",
        widget=select_widget(),
        error_messages={"invalid_choice": "Usher has no such source. It may have been deleted."},
    )

    class Meta:
        model = Employee
        fields: tuple[str, ...] = ()
