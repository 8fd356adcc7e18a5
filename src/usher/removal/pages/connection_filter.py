"""The filter by connection, which every list of removals has."""

import django_filters

from usher.connections.models import Connection
from usher.web.lists import select_widget


def connection_filter() -> django_filters.ModelChoiceFilter:
    return django_filters.ModelChoiceFilter(
        queryset=Connection.objects.only("name"),
        empty_label="All connections",
        widget=select_widget(),
        label="Connection",
        error_messages={"invalid_choice": "Usher has no such connection. It may have been deleted."},
    )
