"""Searches, page by page in a stable order."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol, TypeVar

from django.db.models import F, Model, Q, QuerySet
from django.db.models.functions import Collate
from scim2_models import Resource, SearchRequest
from scim2_server.storage import SearchPage

from usher.directory.scim.filters import Equality, Prefilter, prefilter

READ_AT_ONCE = 500
FURTHEST = 10**9
"""No source has so many resources, and the database counts no further than 2**63."""


Row = TypeVar("Row", bound=Model)


class Shelf(Protocol[Row]):
    """The stored resources of one type."""

    @property
    def schema(self) -> str: ...

    @property
    def equalities(self) -> Mapping[str, Equality]: ...

    @property
    def order(self) -> Mapping[str, F | Collate]:
        """Attribute in lower case → what sorts like the attribute."""

    def rows(self, *, described: bool) -> QuerySet[Row]:
        """All of the source. `described`: with what is needed to show them."""

    def shown(self, row: Row, /) -> Resource[Any]: ...


def search(shelf: Shelf[Row], wanted: SearchRequest[Any]) -> SearchPage:
    """One page. If the database can apply filter and order, it reads only that page."""
    part = (
        prefilter(wanted.filter.ast, shelf.equalities, shelf.schema)
        if wanted.filter
        else Prefilter(exact=True)
    )
    column = shelf.order.get(str(wanted.sort_by).lower()) if wanted.sort_by else F("pk")
    if part.exact and column:
        descending = wanted.sort_by and wanted.sort_order == SearchRequest.SortOrder.descending
        order = (column.desc(), F("pk").desc()) if descending else (column.asc(), F("pk").asc())
        rows = shelf.rows(described=True).filter(part.condition).order_by(*order)
        start, stop = _bounds(wanted)
        page = list(rows[start:stop])
        # A page that is not full is the last one, so nothing has to be counted.
        is_last = stop is not None and len(page) < stop - start and (page or not start)
        total = start + len(page) if is_last else shelf.rows(described=False).filter(part.condition).count()
        return SearchPage(total, [shelf.shown(row) for row in page])
    return page_of(matching(shelf, wanted, part), wanted)


def _bounds(wanted: SearchRequest[Any]) -> tuple[int, int | None]:
    start, stop = wanted.start_index_0 or 0, wanted.stop_index_0
    return min(start, FURTHEST), None if stop is None else min(stop, FURTHEST)


def matching(
    shelf: Shelf[Row], wanted: SearchRequest[Any], part: Prefilter | None = None
) -> Iterator[Resource[Any]]:
    """Everything that a filter matches, by id. `part` is what the database can answer of it."""
    rows = shelf.rows(described=True).filter(part.condition if part else Q()).order_by("pk")
    for row in rows.iterator(chunk_size=READ_AT_ONCE):
        resource = shelf.shown(row)
        if wanted.filter is None or wanted.filter.match(resource):
            yield resource


def page_of(resources: Iterator[Resource[Any]], wanted: SearchRequest[Any]) -> SearchPage:
    """Counts all and keeps the page. If sorted, keeps everything in memory."""
    start, stop = wanted.start_index_0 or 0, wanted.stop_index_0
    if wanted.sort_by is not None:
        everything = wanted.sort(list(resources))
        return SearchPage(len(everything), everything[start:stop])
    total, page = 0, []
    for resource in resources:
        if total >= start and (stop is None or total < stop):
            page.append(resource)
        total += 1
    return SearchPage(total, page)
