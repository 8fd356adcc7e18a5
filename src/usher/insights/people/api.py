"""People, their memberships and their history in the REST API: the people list of the pages, for programs."""

from collections.abc import Mapping

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Router, Schema

from usher.access.roles import Action, require, signed_in
from usher.access.tokens.api_auth import PersonalToken
from usher.activity.models import ListedMembership
from usher.activity.usage.conditions import listed
from usher.insights.people.confidence import CoverageLookup
from usher.insights.people.export import as_usage_record
from usher.insights.people.filters import UsageFilter
from usher.rest.listing import ListedItem, Listing
from usher.rest.pages import PagedItems
from usher.rest.single import single
from usher.roster.models import Change, Person
from usher.web.csv_export import iso

router = Router(tags=["People"], auth=PersonalToken())
TEXTS_OF_NUMBERS = {"active_days_of_30": int, "usage_minutes_of_30": float}


class MembershipOut(ListedItem):
    """A person in a workspace, with their use of the last 30 days. Null means unknown, never zero."""

    id: int
    person: int
    connection: str
    workspace_gid: str
    workspace: str
    gid: str
    name: str
    email: str
    role: str
    licence: str
    status: str
    since: str | None
    until: str | None
    last_used: str | None
    last_used_source: str | None
    automated_last_used: str | None
    active_days_of_30: int | None
    usage_minutes_of_30: float | None
    arrival: str | None
    confidence: str


class PersonOut(ListedItem):
    id: int
    connection: str
    gid: str
    name: str
    email: str
    domain: str


class PersonWithMemberships(Schema):
    id: int
    connection: str
    gid: str
    name: str
    email: str
    domain: str
    memberships: list[dict[str, object]]


class ChangeOut(ListedItem):
    """One step in the history of a membership. `before` and `after`: of a role or licence."""

    id: int
    person: int
    gid: str
    workspace_gid: str
    kind: str
    before: str
    after: str
    happened_at: str
    seen_at: str


def _person_record(person: Person) -> Mapping[str, object]:
    return {
        "id": person.pk,
        "connection": person.connection.name,
        "gid": person.gid,
        "name": person.name,
        "email": person.email,
        "domain": person.domain,
    }


def _membership_record(row: ListedMembership, coverage: CoverageLookup) -> Mapping[str, object]:
    record: dict[str, object] = {"id": row.pk, "person": row.person_id}
    for name, value in as_usage_record(row, coverage.arrival(row)).items():
        number = TEXTS_OF_NUMBERS.get(name)
        record[name] = number(value) if number and value is not None else value
    return record | {"confidence": coverage.confidence(row).value}


def _change_record(change: Change) -> Mapping[str, object]:
    person, workspace = change.membership.person, change.membership.workspace
    return {
        "id": change.pk,
        "person": person.pk,
        "gid": person.gid,
        "workspace_gid": workspace.gid,
        "kind": change.kind,
        "before": change.before,
        "after": change.after,
        "happened_at": iso(change.happened_at),
        "seen_at": iso(change.seen_at),
    }


MEMBERSHIPS = Listing(
    "memberships",
    MembershipOut,
    sorts={"id": "pk", "name": "name", "email": "email", "since": "since", "last_used": "last_used_at"},
    filters=UsageFilter,
)
PEOPLE = Listing("people", PersonOut, _person_record, {"id": "pk", "name": "name", "email": "email"})
HISTORY = Listing("history", ChangeOut, _change_record, {"id": "pk", "happened_at": "happened_at"})


@router.get("/memberships", response=PagedItems[MembershipOut], openapi_extra=MEMBERSHIPS.described)
def list_memberships(request: HttpRequest) -> HttpResponseBase:
    """One for each person and workspace, by the filters of the people list."""
    require(signed_in(request), Action.READ)
    coverage = CoverageLookup.of_all()
    rows = listed().select_related("person__connection", "workspace")
    return MEMBERSHIPS.answer(request, rows, record=lambda row: _membership_record(row, coverage))


@router.get("/people", response=PagedItems[PersonOut], openapi_extra=PEOPLE.described)
def list_people(request: HttpRequest) -> HttpResponseBase:
    """Everybody once for each connection, whatever workspaces they are in."""
    require(signed_in(request), Action.READ)
    return PEOPLE.answer(request, Person.objects.select_related("connection"))


@router.get("/people/{number}", response={200: PersonWithMemberships, 404: None})
def one_person(request: HttpRequest, number: int) -> dict[str, object]:
    require(signed_in(request), Action.READ)
    person, coverage = _person(number), CoverageLookup.of_all()
    rows = listed().filter(person=person).select_related("person__connection", "workspace").order_by("pk")
    return {**_person_record(person), "memberships": [_membership_record(row, coverage) for row in rows]}


@router.get(
    "/people/{number}/history",
    response={200: PagedItems[ChangeOut], 404: None},
    openapi_extra=HISTORY.described,
)
def history(request: HttpRequest, number: int) -> HttpResponseBase:
    """When they joined, left and came back, and how role and licence changed."""
    require(signed_in(request), Action.READ)
    theirs = Change.objects.filter(membership__person=_person(number))
    return HISTORY.answer(request, theirs.select_related("membership__person", "membership__workspace"))


def _person(number: int) -> Person:
    return single(Person.objects.select_related("connection"), number, "person", "people")
