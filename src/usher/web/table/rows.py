"""The rows of a table as HTML. A page has hundreds of cells: what is the same in all of a column is found out once.

What a cell shows is what django-tables2 shows in it, but the library looks at the signature of a `render` function, at
the field behind a column and at the attributes of the column again for every cell.
"""

from collections.abc import Iterator
from inspect import signature

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.template import Context
from django.template.base import render_value_in_context
from django.utils.formats import localize
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django_tables2 import Table
from django_tables2.columns import BoundColumn, Column
from django_tables2.rows import BoundRow


def rows_of(table: Table, context: Context) -> SafeString:
    """A `tr` for each row of the page that is shown. The attributes of cells are those of their column."""
    return SafeString("".join(_html(table, context)))


def _html(table: Table, context: Context) -> Iterator[str]:
    cells: list[_Cell] = []
    for row in table.paginated_rows:
        cells = cells or [_Cell(column, row, context) for column in table.columns]
        yield _opening(row)
        for cell in cells:
            yield cell.html(row)
        yield "</tr>"


def _opening(row: BoundRow) -> str:
    if row.table.row_attrs:
        return format_html('<tr {} role="row">', row.attrs.as_html())
    return f'<tr class="{row.get_even_odd_css_class()}" role="row">'


class _Cell:
    """A column, and how its cells are made."""

    def __init__(self, column: BoundColumn, row: BoundRow, context: Context) -> None:
        self._column = column
        self._context = context
        self._opening = format_html(
            '<td {} role="cell" data-label="{}">', column.attrs["td"].as_html(), column.header
        )
        self._render = column.render
        self._arguments = list(signature(self._render).parameters)
        takes_value = "value" in self._arguments
        self._needs_no_value = not column.column.empty_values and not takes_value
        is_plain = type(column.column) is Column and column.link is None
        # A label is never empty where its value is not.
        self._by_library = not is_plain or (takes_value and _has_choices(column, row.record))

    def html(self, row: BoundRow) -> str:
        return f"{self._opening}{self._shown(self._content(row))}</td>"

    def _content(self, row: BoundRow) -> object:
        column, record = self._column, row.record
        if self._by_library:
            return row.get_cell(column.name)
        value = None if self._needs_no_value else column.accessor.resolve(record, quiet=True)
        if value in column.column.empty_values:
            return column.default
        if self._arguments == ["record"]:
            return self._render(record=record)
        known = {
            "value": value,
            "record": record,
            "column": column.column,
            "bound_column": column,
            "bound_row": row,
            "table": row.table,
        }
        return self._render(**{name: known[name] for name in self._arguments})

    def _shown(self, content: object) -> str:
        is_localized = self._column.localize
        if is_localized is None and type(content) is SafeString:
            return content
        if is_localized is None:
            return render_value_in_context(content, self._context)
        return conditional_escape(str(localize(content, use_l10n=is_localized)))


def _has_choices(column: BoundColumn, record: object) -> bool:
    """Then the library shows the label of the value."""
    if not isinstance(record, Model):
        return False
    try:
        return bool(getattr(column.accessor.get_field(record), "choices", ()))
    except FieldDoesNotExist:
        return False
