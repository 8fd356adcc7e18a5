"""What the filters of every list share. A filter is a query parameter, so that a list can be shared as a link."""

import django_filters
from django import forms

from usher.web.lists import filter_problem, has_filters, valid_day


def select() -> forms.Select:
    """The widget of a filter with a few choices."""
    return forms.Select(attrs={"class": "form-select"})


class ListFilter(django_filters.FilterSet):
    """A filter that cannot be read is ignored, and the page says so."""

    @property
    def has_filters(self) -> bool:
        """Whether the address sets any filter."""
        return has_filters(self.data, (*self.filters, *self._day_names))

    @property
    def days(self) -> dict[str, str]:
        """The days of the address, as the page's date fields take them; empty where it has none."""
        return {name: valid_day(self.data.get(name, "")) for name in self._day_names}

    @property
    def problem(self) -> str:
        """Which filters of the address cannot be read, and why."""
        return filter_problem(self.form)

    @property
    def _day_names(self) -> list[str]:
        ranges = [
            name
            for name, one in self.filters.items()
            if isinstance(one, django_filters.DateFromToRangeFilter)
        ]
        return [f"{name}_{end}" for name in ranges for end in ("after", "before")]
