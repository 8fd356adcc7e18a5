"""Pages of what a search finds, in an order that stays the same from page to page."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol, TypeVar

from django.db.models import F, Model, Q, QuerySet
from django.db.models.functions import Collate
from scim2_models import Resource, SearchRequest
from scim2_server.storage import SearchPage

from usher.directory.scim.filters import Equality, Prefilter, prefilter

READ_AT_ONCE = 500


Row = TypeVar("Row", bound=Model)


class Shelf(Protocol[Row]):
    """Resources of one type, as the database keeps them."""

    @property
    def schema(self) -> str: ...

    @property
    def equalities(self) -> Mapping[str, Equality]: ...

    @property
    def order(self) -> Mapping[str, F | Collate]:
        """Attribute in small letters → what sorts as the attribute does."""

    def rows(self, *, described: bool) -> QuerySet[Row]:
        """All of the source; `described`: with what is needed to show them."""

    def shown(self, row: Row, /) -> Resource[Any]: ...


def search(shelf: Shelf[Row], wanted: SearchRequest[Any]) -> SearchPage:
    """One page. Where filter and order are the database's business, only that page is read."""
    part = (
        prefilter(wanted.filter.ast, shelf.equalities, shelf.schema)
        if wanted.filter
        else Prefilter(exact=True)
    )
    column = shelf.order.get(str(wanted.sort_by).lower()) if wanted.sort_by else F("pk")
    if part.exact and column:
        descending = wanted.sort_by and wanted.sort_order == SearchRequest.SortOrder.descending
        order = (column.desc(), F("pk").desc()) if descending else (column.asc(), F("pk").asc())
        found = shelf.rows(described=True).filter(part.condition).order_by(*order)
        start, stop = wanted.start_index_0 or 0, wanted.stop_index_0
        rows = list(found[start:stop])
        # A page that is not full is the last one, and needs no counting.
        is_last = stop is not None and len(rows) < stop - start and (rows or not start)
        total = start + len(rows) if is_last else shelf.rows(described=False).filter(part.condition).count()
        return SearchPage(total, [shelf.shown(row) for row in rows])
    return page_of(matching(shelf, wanted, part), wanted)


def matching(
    shelf: Shelf[Row], wanted: SearchRequest[Any], part: Prefilter | None = None
) -> Iterator[Resource[Any]]:
    """Everything that a filter matches, by id. `part`: what the database answers of it."""
    rows = shelf.rows(described=True).filter(part.condition if part else Q()).order_by("pk")
    for row in rows.iterator(chunk_size=READ_AT_ONCE):
        resource = shelf.shown(row)
        if wanted.filter is None or wanted.filter.match(resource):
            yield resource


def page_of(found: Iterator[Resource[Any]], wanted: SearchRequest[Any]) -> SearchPage:
    """Counts what was found and keeps the page; sorted, it keeps all up to the end of the page."""
    start, stop = wanted.start_index_0 or 0, wanted.stop_index_0
    if wanted.sort_by is not None:
        everything = wanted.sort(list(found))
        return SearchPage(len(everything), everything[start:stop])
    total, page = 0, []
    for resource in found:
        if total >= start and (stop is None or total < stop):
            page.append(resource)
        total += 1
    return SearchPage(total, page)
