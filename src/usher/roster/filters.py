"""Filters of people by their memberships. `insights` adds those that depend on usage."""

import django_filters
from django.db.models import F, Func, JSONField, Q, QuerySet

from usher.connections.models import Connection
from usher.roster.models import Licence, Membership, Role, Status, Workspace
from usher.web.lists import ListFilter, every_word, select_widget

AFFILIATIONS = [("internal", "Internal"), ("external", "External")]


class PeopleFilter(ListFilter):
    """Over memberships."""

    q = django_filters.CharFilter(method="search", label="Name or e-mail")
    status = django_filters.ChoiceFilter(
        choices=Status.choices, empty_label="Any status", label="Status", widget=select_widget()
    )
    role = django_filters.MultipleChoiceFilter(choices=Role.choices, label="Role")
    licence = django_filters.MultipleChoiceFilter(choices=Licence.choices, label="Licence")
    connection = django_filters.ModelChoiceFilter(
        field_name="workspace__connection",
        queryset=Connection.objects.all(),
        empty_label="All connections",
        widget=select_widget(),
        label="Connection",
        error_messages={"invalid_choice": "Usher has no such connection. It may have been deleted."},
    )
    workspace = django_filters.ModelChoiceFilter(
        queryset=Workspace.objects.exclude(left_out=Workspace.LeftOut.FILTER),
        empty_label="All workspaces",
        widget=select_widget(),
        label="Workspace",
        error_messages={
            "invalid_choice": "No connection reads such a workspace. "
            "The workspace filter may leave it out, or it may have been deleted."
        },
    )
    domain = django_filters.CharFilter(method="of_domain", label="E-mail domain")
    affiliation = django_filters.ChoiceFilter(
        choices=AFFILIATIONS,
        method="affiliated",
        empty_label="Internal and external",
        label="Belongs to",
        widget=select_widget(),
    )
    since = django_filters.DateFromToRangeFilter(field_name="since", label="Member since")
    until = django_filters.DateFromToRangeFilter(field_name="until", label="Member until")

    class Meta:
        model = Membership
        fields: tuple[str, ...] = ()

    def search(self, people: QuerySet[Membership], name: str, text: str) -> QuerySet[Membership]:
        return people.filter(every_word(text, "person__name", "person__email"))

    def of_domain(self, people: QuerySet[Membership], name: str, text: str) -> QuerySet[Membership]:
        return people.filter(person__domain=text.strip().lstrip("@").lower())

    def affiliated(self, people: QuerySet[Membership], name: str, value: str) -> QuerySet[Membership]:
        """Internal: the e-mail is on a domain of the organization. Only organizations have internal people."""
        domain_in_json = Func(F("person__domain"), function="to_jsonb", output_field=JSONField())
        internal = Q(workspace__email_domains__contains=domain_in_json)
        within = people.filter(workspace__is_organization=True).exclude(person__domain="")
        return within.filter(internal) if value == "internal" else within.exclude(internal)
