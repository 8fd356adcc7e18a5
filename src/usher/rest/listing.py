"""Lists of the REST API: filtered and sorted as the pages are, in pages by cursor, or as a whole file."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from heapq import nsmallest
from itertools import islice
from operator import itemgetter
from typing import Any
from urllib.parse import urlencode

import django_filters
import msgspec
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import Schema
from pydantic import ConfigDict

from usher.platform.scope import current_scope, each_seen_with
from usher.rest import cursors, parameters
from usher.rest.cursors import Place, UnknownPlace
from usher.rest.parameters import FORMATS, MOST, USUAL, Parameter
from usher.web.csv_export import csv_lines, download
from usher.web.refused.problems import UnreadableRequest

AT_ONCE = 2_000
Record = Mapping[str, object]
CURSOR_PROBLEM = "This is no cursor of this list in this order. Begin without one."


class ListedItem(Schema):
    """What a list contains. All of its fields may be left out by `fields`."""

    model_config = ConfigDict(json_schema_extra=lambda schema: schema.pop("required", None) and None)


@dataclass(frozen=True)
class Query:
    """What the address asks for, beside filters."""

    limit: int
    cursor: str
    sort: str
    fields: tuple[str, ...]
    form: str


@dataclass(frozen=True)
class Listing:
    """One list. `record`: a row as it is sent, with the fields of `item`; what is computed is sent as it is. `sorts`:
    fields of the database by name in the address; the first is the usual order. `more`: parameters that the view
    itself reads.
    """

    name: str
    item: type[ListedItem]
    record: Callable[[Any], Record] = dict
    sorts: Mapping[str, str] = field(default_factory=lambda: {"id": "pk"})
    filters: type[django_filters.FilterSet] | None = None
    more: Sequence[Parameter] = ()

    @property
    def usual_sort(self) -> str:
        return next(iter(self.sorts), "")

    @cached_property
    def parameters(self) -> list[Parameter]:
        return [
            *parameters.of_filters(self.filters),
            *self.more,
            *parameters.of_every_list(list(self.item.model_fields), list(self.sorts), self.usual_sort),
        ]

    @property
    def described(self) -> dict[str, Any]:
        """For `openapi_extra`."""
        as_file = {"schema": {"type": "string"}}
        return {
            "parameters": self.parameters,
            "responses": {
                200: {
                    "headers": {
                        "Link": {"schema": {"type": "string"}, "description": "The next page (RFC 8288)."}
                    },
                    "content": {"application/x-ndjson": as_file, "text/csv": as_file},
                }
            },
        }

    def query(self, request: HttpRequest) -> Query:
        """Raises UnreadableRequest, also for an unknown parameter: a misspelt filter must not find everybody."""
        given, wrong = request.GET, dict[str, str]()
        known = parameters.names_of(self.parameters)
        for name in given:
            if name not in known:
                wrong[name[:100]] = "There is no such parameter."
        limit = given.get("limit", str(USUAL))
        if not (limit.isascii() and limit.isdigit() and len(limit) < 5 and 1 <= int(limit) <= MOST):
            wrong["limit"] = f"A number from 1 to {MOST:,}."
        sort = given.get("sort", self.usual_sort)
        if sort.removeprefix("-") not in self.sorts and (sort or self.sorts):
            wrong["sort"] = f"One of {', '.join(self.sorts)}, with “-” for backwards."
        fields = (
            tuple(dict.fromkeys(",".join(given.getlist("fields")).split(","))) if "fields" in given else ()
        )
        if any(name not in self.item.model_fields for name in fields):
            wrong["fields"] = f"Some of {', '.join(self.item.model_fields)}, separated by commas."
        form = given.get("format", "json")
        if form not in FORMATS:
            wrong["format"] = f"One of {', '.join(FORMATS)}."
        if wrong:
            raise UnreadableRequest(wrong)
        return Query(int(limit), given.get("cursor", ""), sort, fields, form)

    def filtered(self, request: HttpRequest, rows: "QuerySet[Any]") -> "QuerySet[Any]":
        """Raises UnreadableRequest for a filter that cannot be read."""
        if self.filters is None:
            return rows
        found = self.filters(request.GET, queryset=rows, request=request)
        if not found.is_valid():
            raise UnreadableRequest(
                {name: " ".join(map(str, errors)) for name, errors in found.form.errors.items()}
            )
        filtered: QuerySet[Any] = found.qs
        return filtered

    def answer(
        self,
        request: HttpRequest,
        rows: "QuerySet[Any]",
        prepare: Callable[[list[Any]], object] | None = None,
        record: Callable[[Any], Record] | None = None,
    ) -> HttpResponseBase:
        """`prepare`: looks up what many rows need at once. `record`: in place of the list's own."""
        asked = self.query(request)
        path, backwards = self.sorts[asked.sort.removeprefix("-")], asked.sort.startswith("-")
        rows = cursors.in_order(self.filtered(request, rows), path, backwards=backwards)
        as_record = record or self.record
        if asked.form != "json":
            return self._file(asked, (as_record(row) for row in _streamed(rows, prepare)))
        if asked.cursor:
            try:
                place = cursors.read(asked.cursor, asked.sort)
                rows = cursors.after(rows, path, place, backwards=backwards)
            except UnknownPlace:
                raise UnreadableRequest({"cursor": CURSOR_PROBLEM}) from None
        page = list(rows[: asked.limit + 1])
        has_more, page = len(page) > asked.limit, page[: asked.limit]
        if prepare:
            prepare(page)
        following = cursors.place_of(page[-1], asked.sort, path) if has_more else None
        return self._page(request, asked, [as_record(row) for row in page], following)

    def answer_computed(
        self, request: HttpRequest, records: Iterable[tuple[str, Record]]
    ) -> HttpResponseBase:
        """Of what is computed anew for each request, each with a key that no other record has."""

        def page(begin: str, size: int) -> list[tuple[str, Record]]:
            behind = (each for each in records if each[0] > begin)
            return nsmallest(size, behind, key=itemgetter(0))

        return self.answer_walked(request, page, (record for _, record in records))

    def answer_walked(
        self,
        request: HttpRequest,
        page: Callable[[str, int], Sequence[tuple[str, Record]]],
        everything: Iterable[Record],
    ) -> HttpResponseBase:
        """Of what has an order and keys of its own. `page`: so many beyond a key, each with its key; "" begins."""
        asked = self.query(request)
        if asked.form != "json":
            return self._file(asked, everything)
        try:
            begin = str(cursors.read(asked.cursor, asked.sort).key) if asked.cursor else ""
            found = page(begin, asked.limit + 1)
        except UnknownPlace:
            raise UnreadableRequest({"cursor": CURSOR_PROBLEM}) from None
        has_more, found = len(found) > asked.limit, found[: asked.limit]
        following = Place(asked.sort, None, found[-1][0]) if has_more else None
        return self._page(request, asked, [record for _, record in found], following)

    def _page(
        self, request: HttpRequest, asked: Query, records: Sequence[Record], following: Place | None
    ) -> HttpResponse:
        cursor = cursors.write(following) if following else None
        body = {"items": [_only(record, asked.fields) for record in records], "next": cursor}
        answer = HttpResponse(msgspec.json.encode(body), content_type="application/json")
        if cursor:
            answer["Link"] = next_link(request, cursor)
        return answer

    def _file(self, asked: Query, records: Iterable[Record]) -> HttpResponseBase:
        columns = asked.fields or tuple(self.item.model_fields)
        seen = each_seen_with(current_scope(), (_only(record, columns) for record in records))
        if asked.form == "csv":
            flat = ({name: _cell(value) for name, value in record.items()} for record in seen)
            return download(f"{self.name}.csv", "text/csv", csv_lines(columns, flat))
        lines = (msgspec.json.encode(record).decode() + "\n" for record in seen)
        return download(f"{self.name}.jsonl", "application/x-ndjson", lines)


def _streamed(rows: "QuerySet[Any]", prepare: Callable[[list[Any]], object] | None) -> Iterator[Any]:
    found = rows.iterator(chunk_size=AT_ONCE)
    if prepare is None:
        yield from found
        return
    while some := list(islice(found, AT_ONCE)):
        prepare(some)
        yield from some


def _only(record: Record, fields: Sequence[str]) -> Record:
    return {name: record[name] for name in fields} if fields else record


def _cell(value: object) -> object:
    if isinstance(value, list):
        return " ".join(str(_cell(each)) for each in value)
    return "/".join(str(_cell(each)) for each in value.values()) if isinstance(value, dict) else value


def next_link(request: HttpRequest, cursor: str) -> str:
    """For the header `Link` (RFC 8288): the same request with another cursor."""
    given = [(name, value) for name, values in request.GET.lists() for value in values if name != "cursor"]
    address = request.build_absolute_uri(f"{request.path}?{urlencode([*given, ('cursor', cursor)])}")
    return f'<{address}>; rel="next"'
