"""How people are narrowed down. Every filter is a query parameter, so that a view can be bookmarked and shared."""

import django_filters
from django import forms
from django.db.models import F, Func, JSONField, Q, QuerySet
from django.utils.dateparse import parse_date

from usher.connections.models import Connection
from usher.roster.models import Licence, Membership, Role, Status, Workspace

AFFILIATIONS = [("internal", "Internal"), ("external", "External")]
DAYS = ("since_after", "since_before", "until_after", "until_before")


def _select() -> forms.Select:
    return forms.Select(attrs={"class": "form-select"})


class PeopleFilter(django_filters.FilterSet):
    """Over memberships. What cannot be understood in the address is ignored, field by field."""

    q = django_filters.CharFilter(method="search", label="Name or e-mail")
    status = django_filters.ChoiceFilter(
        choices=Status.choices, empty_label="Any status", label="Status", widget=_select()
    )
    role = django_filters.MultipleChoiceFilter(choices=Role.choices, label="Role")
    licence = django_filters.MultipleChoiceFilter(choices=Licence.choices, label="Licence")
    connection = django_filters.ModelChoiceFilter(
        field_name="workspace__connection",
        queryset=Connection.objects.all(),
        empty_label="All connections",
        widget=_select(),
        label="Connection",
        error_messages={"invalid_choice": "Usher has no such connection. It may have been deleted."},
    )
    workspace = django_filters.ModelChoiceFilter(
        queryset=Workspace.objects.exclude(left_out=Workspace.LeftOut.FILTER),
        empty_label="All workspaces",
        widget=_select(),
        label="Workspace",
        error_messages={
            "invalid_choice": "No connection reads such a workspace. It may be left out by now, or deleted."
        },
    )
    domain = django_filters.CharFilter(method="of_domain", label="E-mail domain")
    affiliation = django_filters.ChoiceFilter(
        choices=AFFILIATIONS,
        method="affiliated",
        empty_label="Internal and external",
        label="Belongs to",
        widget=_select(),
    )
    since = django_filters.DateFromToRangeFilter(field_name="since", label="Member since")
    until = django_filters.DateFromToRangeFilter(field_name="until", label="Member until")

    class Meta:
        model = Membership
        fields: tuple[str, ...] = ()

    def search(self, found: QuerySet[Membership], name: str, text: str) -> QuerySet[Membership]:
        """Every word must occur in the name or the e-mail."""
        for word in text.split():
            found = found.filter(Q(person__name__icontains=word) | Q(person__email__icontains=word))
        return found

    def of_domain(self, found: QuerySet[Membership], name: str, text: str) -> QuerySet[Membership]:
        return found.filter(person__domain=text.strip().lstrip("@").lower())

    def affiliated(self, found: QuerySet[Membership], name: str, value: str) -> QuerySet[Membership]:
        """Internal: the e-mail is on a domain of the organization. Workspaces that are none have no inside."""
        domain_in_json = Func(F("person__domain"), function="to_jsonb", output_field=JSONField())
        internal = Q(workspace__email_domains__contains=domain_in_json)
        within = found.filter(workspace__is_organization=True).exclude(person__domain="")
        return within.filter(internal) if value == "internal" else within.exclude(internal)

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter is set."""
        return any(self.data.get(name) for name in (*self.filters, *DAYS))

    @property
    def days(self) -> dict[str, str]:
        """The days of the address, as the page's date fields take them: empty where it has none or nonsense."""
        return {name: _valid_day(self.data.get(name, "")) for name in DAYS}

    @property
    def problem(self) -> str:
        """Which filters of the address could not be understood."""
        return " ".join(
            f"{self.filters[name].label or name}: {' '.join(map(str, errors))}"
            for name, errors in self.form.errors.items()
            if name in self.filters
        )


def _valid_day(text: str) -> str:
    try:
        day = parse_date(text)
    except ValueError:  # well formed, and no day of the calendar
        return ""
    return day.isoformat() if day else ""
