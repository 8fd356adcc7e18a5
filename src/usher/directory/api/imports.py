"""Files of employees, for personal tokens: read only. Pages and `usher directory import` import them."""

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Router

from usher.access.roles import Action, require, signed_in
from usher.access.tokens.api_auth import PersonalToken
from usher.directory.models import Import
from usher.rest.listing import ListedItem, Listing, Record
from usher.rest.pages import PagedItems
from usher.rest.parameters import NUMBER, parameter
from usher.rest.single import single
from usher.web.csv_export import iso
from usher.web.lists import parse_id
from usher.web.refused.problems import UnreadableRequest

router = Router(tags=["Directory, for people"], auth=PersonalToken())

FIGURES = ("rows", "joined", "left", "leaving", "returned", "changed", "unlisted", "left_out")


class ImportOut(ListedItem):
    """A CSV file of a source: `preview` waits for somebody's review, `applied` has changed what is counted here.
    `unlisted`: employees whom it lists no more; `left_out`: rows that could not be understood.
    """

    id: int
    source: str
    source_id: int | None
    state: str
    file_name: str
    by: str
    created_at: str
    applied_at: str | None
    rows: int
    joined: int
    left: int
    leaving: int
    returned: int
    changed: int
    unlisted: int
    left_out: int


def _import_record(one: Import) -> Record:
    return {
        "id": one.pk,
        "source": one.source.name if one.source else one.new_source,
        "source_id": one.source_id,
        "state": one.state,
        "file_name": one.file_name,
        "by": one.by,
        "created_at": iso(one.created_at),
        "applied_at": iso(one.applied_at),
        **{name: getattr(one, name) for name in FIGURES},
    }


IMPORTS = Listing(
    "imports", ImportOut, _import_record, more=[parameter("source", NUMBER, "Only of this source.")]
)


@router.get("/imports", response=PagedItems[ImportOut], openapi_extra=IMPORTS.described)
def list_imports(request: HttpRequest) -> HttpResponseBase:
    """Files that were applied or wait for review, without those that were discarded."""
    require(signed_in(request), Action.READ)
    found = _imports()
    if "source" in request.GET:
        key = parse_id(request.GET["source"])
        if key is None:
            raise UnreadableRequest({"source": "The number of a source."})
        found = found.filter(source=key)
    return IMPORTS.answer(request, found)


@router.get("/imports/{number}", response={200: ImportOut, 404: None})
def one_import(request: HttpRequest, number: int) -> Record:
    require(signed_in(request), Action.READ)
    return _import_record(single(_imports(), number, "import", "imports"))


def _imports() -> "QuerySet[Import]":
    return Import.objects.exclude(state=Import.State.DROPPED).select_related("source").defer("content")
