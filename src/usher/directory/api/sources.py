"""Sources of employees, for personal tokens.

Nobody gets the token of a source from here: the page of the source shows a new one, once.
"""

from collections.abc import Iterable
from typing import Annotated

from django.db.models import Count, Q
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from ninja import Router, Status
from pydantic import Field

from usher.access.acting import actor_of
from usher.access.roles import Action, require, signed_in
from usher.access.tokens.api_auth import PersonalToken
from usher.directory import sources
from usher.directory.models import Source
from usher.directory.sources import CannotBeSource, SourceOverview
from usher.directory.tokens import revoke_token
from usher.platform.scope import current_scope
from usher.rest.bodies import Name, Number, RequestBody, wrong_fields_named
from usher.rest.choices import one_of
from usher.rest.listing import ListedItem, Listing, Record
from usher.rest.pages import PagedItems
from usher.rest.single import single
from usher.web.csv_export import iso

router = Router(tags=["Directory, for people"], auth=PersonalToken())

SourceKind = Annotated[Source.Kind, one_of(Source.Kind.values)]
Absence = Annotated[Source.Absence, one_of(Source.Absence.values)]
Rank = Annotated[int, Field(ge=0, le=32_767)]
Connections = Annotated[list[Number], Field(max_length=1_000)]


class SourceOut(ListedItem):
    """A list of employees. `connections`: whose people it lists; null: of any. `absence`: what it means to be missing
    from a list, and `lists_everyone`: whether its lists hold everybody; null where nobody has said it, and both for
    sources that send people one by one. `working`: of its employees, who work here.
    """

    id: int
    name: str
    kind: str
    rank: int
    connections: list[int] | None
    absence: str | None
    lists_everyone: bool | None
    has_token: bool
    changed_at: str | None
    employees: int
    working: int
    no_longer_listed: int
    newest_import: int | None
    open_questions: int


class SourceIn(RequestBody):
    """`rank`: of two sources that know the same person, the one with the lower rank counts."""

    name: Name
    kind: SourceKind
    rank: Rank = 1
    connections: Connections | None = None


class SourceChanges(RequestBody):
    """Only what is to change. `connections`: null means people of any; `lists_everyone`: null takes it back."""

    name: Name = ""
    rank: Rank = 1
    connections: Connections | None = None
    absence: Absence = Source.Absence.ASK
    lists_everyone: bool | None = None


def _source_record(one: Source, overview: SourceOverview, open_questions: int) -> Record:
    sends_lists = one.kind == Source.Kind.CSV
    seen = (
        None if one.connections is None else [key for key in one.connections if current_scope().includes(key)]
    )
    return {
        "id": one.pk,
        "name": one.name,
        "kind": one.kind,
        "rank": one.rank,
        "connections": seen,
        "absence": one.absence if sends_lists else None,
        "lists_everyone": one.lists_everyone if sends_lists else None,
        "has_token": bool(one.token_hash),
        "changed_at": iso(one.changed_at),
        "employees": overview.employees,
        "working": overview.working,
        "no_longer_listed": overview.not_listed,
        "newest_import": overview.last_import.pk if overview.last_import else None,
        "open_questions": open_questions,
    }


SOURCES = Listing("sources", SourceOut, sorts={"id": "pk", "name": "name", "rank": "rank"})


@router.get("/sources", response=PagedItems[SourceOut], openapi_extra=SOURCES.described)
def list_sources(request: HttpRequest) -> HttpResponseBase:
    """Where employees come from."""
    require(signed_in(request), Action.READ)
    records: dict[int, Record] = {}
    return SOURCES.answer(
        request,
        Source.objects.all(),
        prepare=lambda some: records.update(_with_figures(some)),
        record=lambda one: records[one.pk],
    )


@router.get("/sources/{number}", response={200: SourceOut, 404: None})
def one_source(request: HttpRequest, number: int) -> Record:
    require(signed_in(request), Action.READ)
    return _shown(source_seen(number))


@router.post("/sources", response={201: SourceOut, 409: None})
def add_source(request: HttpRequest, body: SourceIn) -> Status[Record]:
    """A source that is empty. SCIM and REST API get their token on the page of the source."""
    require(signed_in(request), Action.SETTINGS)
    connections = sorted(set(body.connections or ())) or None
    with wrong_fields_named(CannotBeSource):
        added = sources.add(actor_of(request), body.name, body.kind, body.rank, connections)
    return Status(201, _shown(added))


@router.patch("/sources/{number}", response={200: SourceOut, 404: None, 409: None})
def change_source(request: HttpRequest, number: int, body: SourceChanges) -> Record:
    """Changes what is given. A new meaning of absence holds from the next list on."""
    require(signed_in(request), Action.SETTINGS)
    given = body.dict(exclude_unset=True)
    if "connections" in given:
        given["connections"] = tuple(sorted(set(body.connections or ()))) or None
    with wrong_fields_named(CannotBeSource):
        sources.change_given(actor_of(request), source_seen(number), given)
    return _shown(source_seen(number))


@router.delete("/sources/{number}/token", response={204: None, 404: None})
def revoke_source_token(request: HttpRequest, number: int) -> Status[None]:
    """From now on, the token of the source is not accepted. A new one is made on its page."""
    require(signed_in(request), Action.SETTINGS)
    revoke_token(source_seen(number), actor_of(request))
    return Status(204, None)


def source_seen(number: int) -> Source:
    return single(Source.objects.all(), number, "source", "sources")


def _shown(source: Source) -> Record:
    return _with_figures([source])[source.pk]


def _with_figures(some: Iterable[Source]) -> dict[int, Record]:
    overviews = {each.source.pk: each for each in sources.overviews(timezone.localdate())}
    unanswered = Count("questions", filter=Q(questions__answered_at=None))
    asked = dict(Source.objects.order_by().annotate(open=unanswered).values_list("pk", "open"))
    return {one.pk: _source_record(one, overviews[one.pk], asked[one.pk]) for one in some}
