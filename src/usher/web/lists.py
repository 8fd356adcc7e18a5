"""What all list pages share: filters, page and page size from the address, and ids from a request."""

from collections.abc import Iterable, Sequence, Set
from html import escape
from typing import Any

import django_filters
from django import forms
from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.forms.utils import flatatt
from django.http import HttpRequest
from django.utils.dateparse import parse_date
from django.utils.safestring import SafeString
from django_tables2 import RequestConfig, Table

from usher.web.table.links import PAGE_SIZES
from usher.web.table.paging import TablePaginator, page_number

DEFAULT_PAGE_SIZE = 50
LONGEST_ID = 18  # digits; a number of that length always fits the database's bigint

Choices = Sequence[tuple[str, str | Sequence[tuple[str, str]]]]


def configure_table(request: HttpRequest, table: Table) -> None:
    """Sorts and pages a table as the address asks. An invalid page number shows the first page."""
    RequestConfig(request, paginate=False).configure(table)
    table.paginator = TablePaginator(table.rows, page_size(request))
    table.page = table.paginator.get_page(request.GET.get("page"))


def page_size(request: HttpRequest) -> int:
    """`per_page` of the address if it is one of the sizes on offer, else the default."""
    requested = request.GET.get("per_page")
    return next((size for size in PAGE_SIZES if str(size) == requested), DEFAULT_PAGE_SIZE)


def rows_asked(request: HttpRequest) -> slice:
    """The rows of the page that the address asks for, whether or not there are so many."""
    number, size = page_number(request.GET.get("page")), page_size(request)
    return slice((number - 1) * size, number * size)


def page_of(request: HttpRequest, rows: "QuerySet[Any]", size: int) -> "Page[Any]":
    """The page that `page` in the address asks for. An invalid page number shows the first page."""
    return Paginator(rows, size).get_page(request.GET.get("page"))


def parse_id(text: str | None) -> int | None:
    """A database id from a request, or None if the text is not one."""
    if not text or len(text) > LONGEST_ID or not (text.isascii() and text.isdigit()):
        return None
    return int(text)


def parse_ids(texts: Iterable[str]) -> list[int]:
    """The ids among the values of a request parameter. Anything else is ignored."""
    return [number for number in map(parse_id, texts) if number is not None]


def valid_day(text: str | None) -> str:
    """A date as date fields take it (YYYY-MM-DD), or "" if the text is not a date."""
    try:
        day = parse_date(text or "")
    except ValueError:  # the right form, but no day of the calendar
        return ""
    return day.isoformat() if day else ""


class Select(forms.Select):
    """Django's, which renders a template for each option, of which a provider's lists of connections have hundreds."""

    def render(
        self,
        name: str,
        value: object,
        attrs: dict[str, object] | None = None,
        renderer: object = None,
    ) -> SafeString:
        chosen = set(self.format_value(value))
        shown = "\n".join(
            f'<optgroup label="{escape(str(value))}">{_options(label, chosen)}</optgroup>'
            if isinstance(label, list | tuple)
            else _option(value, label, chosen)
            for value, label in self.choices
        )
        attributes = flatatt(self.build_attrs(self.attrs, attrs))
        return SafeString(f'<select name="{escape(name)}"{attributes}>{shown}</select>')


def _options(choices: Iterable[tuple[object, object]], chosen: Set[str]) -> str:
    return "\n".join(_option(value, label, chosen) for value, label in choices)


def _option(value: object, label: object, chosen: Set[str]) -> str:
    text = "" if value is None else str(value)
    return (
        f'<option value="{escape(text)}"{" selected" if text in chosen else ""}>{escape(str(label))}</option>'
    )


def select_widget(choices: Choices = ()) -> forms.Select:
    return Select(attrs={"class": "form-select"}, choices=choices)


def text_widget(placeholder: str = "") -> forms.TextInput:
    return forms.TextInput(attrs={"class": "form-control", "placeholder": placeholder, "autocomplete": "off"})


def day_widget() -> forms.DateInput:
    return forms.DateInput(attrs={"class": "form-control", "type": "date"}, format="%Y-%m-%d")


def every_word(text: str, *fields: str) -> Q:
    """Each word of `text` must occur in at least one of the fields."""
    condition = Q()
    for word in text.split():
        in_any_field = Q()
        for field in fields:
            in_any_field |= Q(**{f"{field}__icontains": word})
        condition &= in_any_field
    return condition


class ListFilter(django_filters.FilterSet):
    """Filters of a list page, one query parameter each, so that a view can be shared.

    A value that cannot be read filters nothing; `problem` names it.
    """

    @property
    def day_parameters(self) -> list[str]:
        """Query parameters of the date range filters: two for each."""
        return [
            f"{name}_{end}"
            for name, each in self.filters.items()
            if isinstance(each, django_filters.DateFromToRangeFilter)
            for end in ("after", "before")
        ]

    @property
    def has_filters(self) -> bool:
        return any(self.data.get(name) for name in (*self.filters, *self.day_parameters))

    @property
    def days(self) -> dict[str, str]:
        """Values for the date fields of the page, "" where the address has no valid date."""
        return {name: valid_day(self.data.get(name)) for name in self.day_parameters}

    @property
    def problem(self) -> str:
        """Names the filters that cannot be read, and says why."""
        return " ".join(
            f"{self.filters[name].label or name}: {' '.join(map(str, errors))}"
            for name, errors in self.form.errors.items()
            if name in self.filters
        )


class FilterForm(forms.Form):
    """The same for a list whose query is not a queryset of one model: an ordinary form, read from the address."""

    @property
    def has_filters(self) -> bool:
        return any(self.cleaned_data.get(name) for name in self.fields)

    @property
    def problem(self) -> str:
        """Names the filters that cannot be read, and says why."""
        return " ".join(
            f"{self[name].label}: {' '.join(map(str, errors))}" for name, errors in self.errors.items()
        )
