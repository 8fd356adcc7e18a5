"""Finding the rows of one page of a table, in lists of hundreds of thousands."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Self

import msgspec
from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet, Window
from django_tables2 import Table
from django_tables2.data import TableQuerysetData
from django_tables2.rows import BoundRows

PAGE_DIGITS = 9
"""No table has a page with a longer number."""
NEAR = 20
"""Up to this page, its rows are found in a fraction of the time that it takes to find them all."""


class Parts(msgspec.Struct, frozen=True):
    """The few values of a field by which a table is sorted, ascending; those of one group are equal in that order.

    Such a field orders almost nothing: within a value, rows are in the order of the rest, which an index may have.
    """

    field: str
    values: Sequence[Sequence[Any]]


class Found(msgspec.Struct, frozen=True):
    """Rows that are found for less than those of the table: as many, in the same order. `key` leads to theirs."""

    rows: "QuerySet[Any]"
    key: str = "pk"


class TablePaginator(Paginator["BoundRows"]):
    """Finds a page by its keys, from the nearer end, and reads everything else for its rows alone.

    PostgreSQL would compute every column of all rows before it. A table may say more:

    - `details(rows)`: the rows of a page with what is shown of them, so that nothing of it is read to find them.
    - `parts(column)`: the `Parts` of a column, or None.
    - `counts_with_page`: true where finding the rows costs more than reading them: one query counts them, too.
    - `finds(is_near)`: `Found`, or None. `is_near`: whether the page is one of the first or of the last.
    - `counted()`: how many rows there are, where that is known for less than from finding them all; or None.
    """

    object_list: BoundRows
    _read: tuple[int, list[int]] = (0, [])
    """A page, and its keys, that were read together with the count."""

    @cached_property
    def rows(self) -> "QuerySet[Any] | None":
        """None for a table that is not of a database."""
        data = self.object_list.data
        return data.data if isinstance(data, TableQuerysetData) else None

    def _found(self, rows: "QuerySet[Any]", *, is_near: bool) -> Found:
        """Where the keys of a page are read."""
        finds = getattr(self.object_list.table, "finds", None)
        return (finds(is_near=is_near) if finds else None) or Found(rows)

    @cached_property
    def count(self) -> int:
        return super().count if self._parts is None else sum(self._parts.sizes)

    def get_page(self, number: float | str | None) -> "Page[BoundRows]":
        if getattr(self.object_list.table, "counts_with_page", False) and self.rows is not None:
            self._count_with_page(self.rows, page_number(number))
        return super().get_page(number)

    def page(self, number: int | str) -> "Page[BoundRows]":
        number = self.validate_number(number)
        if self.rows is None:
            return super().page(number)
        first = (number - 1) * self.per_page
        end = min(first + self.per_page, self.count)
        if self._read[0] == number:
            keys = self._read[1]
        elif self._parts is not None:
            keys = self._parts.keys_between(first, end)
        else:
            found = self._found(self.rows, is_near=min(number, self.num_pages - number) <= NEAR)
            keys = keys_between(found.rows, first, end, self.count, found.key)
        table = self.object_list.table
        shown = getattr(table, "details", lambda rows: rows)(self.rows.filter(pk__in=keys))
        return Page(BoundRows(shown, table), number, self)

    def _count_with_page(self, rows: "QuerySet[Any]", page: int) -> None:
        """Leaves both to the ordinary way where there is no such page."""
        counted = getattr(self.object_list.table, "counted", None)
        known = counted() if counted and page <= NEAR else None
        if known is not None:
            self.count = known
            return
        first = (page - 1) * self.per_page
        found_in = self._found(rows, is_near=page <= NEAR)
        counted = found_in.rows.annotate(how_many=Window(Count("pk"))).values_list(found_in.key, "how_many")
        found = list(counted[first : first + self.per_page])
        if found or page == 1:
            self.count = found[0][1] if found else 0
            self._read = (page, [key for key, _ in found])

    @cached_property
    def _parts(self) -> "_PartsInOrder | None":
        return None if self.rows is None else _PartsInOrder.of(self.object_list.table, self.rows)


def page_number(number: float | str | None) -> int:
    """Of an address; 1 if it is none."""
    text = str(number)
    is_number = text.isascii() and text.isdigit() and len(text) <= PAGE_DIGITS
    return max(int(text), 1) if is_number else 1


class _PartsInOrder:
    """The rows of a table, part by part, in the order in which the table shows them."""

    def __init__(self, rows: "QuerySet[Any]", parts: Parts, order: Sequence[str]) -> None:
        counted = dict(rows.order_by().values_list(parts.field).annotate(Count("pk")))
        groups = parts.values[::-1] if order[0].startswith("-") else parts.values
        self._rows, self._field, self._order, self._groups = rows, parts.field, order[1:], groups
        self.sizes = [sum(counted.get(value, 0) for value in group) for group in groups]
        self.has_all = sum(self.sizes) == sum(counted.values())

    @classmethod
    def of(cls, table: Table, rows: "QuerySet[Any]") -> Self | None:
        """None where the table is not sorted by one such column."""
        parts_of, aliases = getattr(table, "parts", None), list(table.order_by)
        parts = parts_of(aliases[0].bare) if parts_of and len(aliases) == 1 else None
        if parts is None:
            return None
        order = table.columns[aliases[0].bare].order_by
        in_order = cls(rows, parts, [str(each) for each in order])
        return in_order if in_order.has_all else None

    def keys_between(self, first: int, end: int) -> list[int]:
        keys: list[int] = []
        for group, size in zip(self._groups, self.sizes, strict=True):
            if first < size and end > 0:
                rows = self._rows.filter(self._is_in(group)).order_by(*self._order)
                keys += keys_between(rows, max(first, 0), min(end, size), size)
            first, end = first - size, end - size
        return keys

    def _is_in(self, group: Sequence[Any]) -> Q:
        condition = Q(**{f"{self._field}__in": [value for value in group if value is not None]})
        return condition | Q(**{self._field: None}) if None in group else condition


def keys_between(rows: "QuerySet[Any]", first: int, end: int, count: int, key: str = "pk") -> list[int]:
    """The primary keys of `rows[first:end]`; `count`: how many rows there are."""
    keys = rows.values_list(key, flat=True)
    if first + end <= count:
        return list(keys[first:end])
    return list(keys.reverse()[count - end : count - first])
