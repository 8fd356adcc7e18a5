"""How people of a group, and employees, are narrowed down."""

import django_filters
from django import forms
from django.db.models import Q, QuerySet

from usher.connections.models import Connection
from usher.directory.models import Employee, Source
from usher.roster.models import Person, Role


def _select() -> forms.Select:
    return forms.Select(attrs={"class": "form-select"})


class _Words(django_filters.FilterSet):
    """Every word must occur in the name or the e-mail."""

    q = django_filters.CharFilter(method="search", label="Name or e-mail")

    def search(self, found: QuerySet[Person], name: str, text: str) -> QuerySet[Person]:
        for word in text.split():
            found = found.filter(Q(name__icontains=word) | Q(email__icontains=word))
        return found

    @property
    def is_narrowed(self) -> bool:
        return any(self.data.get(name) for name in self.filters)

    @property
    def problem(self) -> str:
        """Which filters of the address could not be understood."""
        return " ".join(
            f"{self.filters[name].label or name}: {' '.join(map(str, errors))}"
            for name, errors in self.form.errors.items()
            if name in self.filters
        )


class GroupFilter(_Words):
    role = django_filters.ChoiceFilter(
        field_name="best_role", choices=Role.choices, empty_label="Any role", label="Role", widget=_select()
    )
    seat = django_filters.ChoiceFilter(
        field_name="has_seat",
        choices=[("True", "With a seat"), ("False", "Without a seat")],
        empty_label="With and without a seat",
        label="Seat",
        widget=_select(),
    )
    connection = django_filters.ModelChoiceFilter(
        queryset=Connection.objects.all(),
        empty_label="All connections",
        label="Connection",
        widget=_select(),
        error_messages={"invalid_choice": "Usher has no such connection. It may have been deleted."},
    )

    class Meta:
        model = Person
        fields: tuple[str, ...] = ()


class EmployeeFilter(_Words):
    kind = django_filters.ChoiceFilter(
        choices=Employee.Kind.choices,
        empty_label="Employees and contractors",
        label="Kind",
        widget=_select(),
    )
    source = django_filters.ModelChoiceFilter(
        queryset=Source.objects.all(),
        empty_label="All sources",
        label="Source",
        widget=_select(),
        error_messages={"invalid_choice": "Usher has no such source. It may have been deleted."},
    )

    class Meta:
        model = Employee
        fields: tuple[str, ...] = ()
