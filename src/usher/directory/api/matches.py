"""Who is which employee, for personal tokens: what people decide, and the domains of one company."""

from enum import StrEnum
from typing import Annotated

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Router, Schema, Status
from pydantic import Field, StringConstraints

from usher.access.acting import actor_of
from usher.access.roles import Action, require, signed_in
from usher.access.tokens.api_auth import PersonalToken
from usher.directory.matching import decisions
from usher.directory.matching.aliases import LONGEST_DOMAIN, CannotBeAlias, add_alias, remove_alias
from usher.directory.models import DomainAlias, Employee, Match
from usher.rest.bodies import STORABLE, Number, RequestBody, wrong_fields_named
from usher.rest.listing import ListedItem, Listing, Record
from usher.rest.pages import PagedItems
from usher.rest.parameters import NUMBER, parameter
from usher.rest.single import single
from usher.roster.models import Person
from usher.web.csv_export import iso
from usher.web.lists import parse_id
from usher.web.refused.problems import UnreadableRequest

router = Router(tags=["Directory, for people"], auth=PersonalToken())

MOST_AT_ONCE = 1_000
OF = {"person": "person", "employee": "employee", "source": "employee__source"}
FILTERS = [
    parameter("state", {"type": "string", "enum": Match.State.values}, "Only these."),
    *(parameter(name, NUMBER, f"Only of this {name}.") for name in OF),
]
Domain = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_DOMAIN, pattern=STORABLE)]


class MatchOut(ListedItem):
    """A person in Asana and the employee who they are or may be. `reason` says why; `how`: empty for a proposal, `hand`
    for what a person decided.
    """

    id: int
    person: int
    employee: int
    state: str
    how: str
    reason: str
    counts: bool
    by: str
    made_at: str


class MatchAnswer(StrEnum):
    SAME = "same"
    DIFFERENT = "different"


class MatchDecisions(RequestBody):
    """`answer`: whether the person and the employee of each of these matches are the same."""

    answer: MatchAnswer
    matches: Annotated[list[Number], Field(min_length=1, max_length=MOST_AT_ONCE)]


class DecidedOut(Schema):
    """Matches on which somebody had decided before are not among them."""

    decided: int


class EmployeeOfPerson(RequestBody):
    employee: Number


class AliasOut(ListedItem):
    """Two domains of one company: somebody@alias is somebody@domain."""

    id: int
    alias: str
    domain: str


class AliasIn(RequestBody):
    alias: Domain
    domain: Domain


def _match_record(one: Match) -> Record:
    return {
        "id": one.pk,
        "person": one.person_id,
        "employee": one.employee_id,
        "state": one.state,
        "how": one.how,
        "reason": one.reason,
        "counts": one.counts,
        "by": one.by,
        "made_at": iso(one.made_at),
    }


def _alias_record(one: DomainAlias) -> Record:
    return {"id": one.pk, "alias": one.alias, "domain": one.domain}


MATCHES = Listing("matches", MatchOut, _match_record, more=FILTERS)
ALIASES = Listing("domain-aliases", AliasOut, _alias_record, {"id": "pk", "alias": "alias"})


@router.get("/matches", response=PagedItems[MatchOut], openapi_extra=MATCHES.described)
def list_matches(request: HttpRequest) -> HttpResponseBase:
    """Who is which employee, what is proposed, and what a person has rejected."""
    require(signed_in(request), Action.READ)
    matches, state = Match.objects.all(), request.GET.get("state", "")
    if state and state not in Match.State.values:
        raise UnreadableRequest({"state": "There is no such state."})
    if state:
        matches = matches.filter(state=state)
    for name, path in OF.items():
        if name in request.GET:
            key = parse_id(request.GET[name])
            if key is None:
                raise UnreadableRequest({name: "This is no number."})
            matches = matches.filter(**{path: key})
    return MATCHES.answer(request, matches)


@router.post("/matches/decide", response=DecidedOut)
def decide(request: HttpRequest, body: MatchDecisions) -> dict[str, int]:
    """Confirms or rejects many at once. Of two proposals for a person and a source, the last one is confirmed."""
    require(signed_in(request), Action.MATCH)
    verb = decisions.confirm if body.answer == MatchAnswer.SAME else decisions.reject
    return {"decided": verb(actor_of(request), body.matches)}


@router.get("/matches/{number}", response={200: MatchOut, 404: None})
def one_match(request: HttpRequest, number: int) -> Record:
    require(signed_in(request), Action.READ)
    return _match_record(_match(number))


@router.post("/matches/{number}/confirm", response={200: MatchOut, 404: None, 409: None})
def confirm(request: HttpRequest, number: int) -> Record:
    """Says that they are the same. It holds whatever the rules say, until it is undone."""
    require(signed_in(request), Action.MATCH)
    return _match_record(decisions.decide_one(actor_of(request), _match(number).pk, are_same=True))


@router.post("/matches/{number}/reject", response={200: MatchOut, 404: None, 409: None})
def reject(request: HttpRequest, number: int) -> Record:
    """Says that they are not the same: not matched any more, and not proposed again."""
    require(signed_in(request), Action.MATCH)
    return _match_record(decisions.decide_one(actor_of(request), _match(number).pk, are_same=False))


@router.post("/matches/{number}/undo", response={204: None, 404: None, 409: None})
def undo(request: HttpRequest, number: int) -> Status[None]:
    """Takes a decision back. The rules apply again, and what they find gets another number."""
    require(signed_in(request), Action.MATCH)
    if not decisions.undo(actor_of(request), _match(number).pk):
        raise decisions.NothingToUndo
    return Status(204, None)


@router.post("/people/{number}/match", response={200: MatchOut, 404: None})
def match_by_hand(request: HttpRequest, number: int, body: EmployeeOfPerson) -> Record:
    """Says that the person is this employee, whatever their addresses. Replaces another decision for the source."""
    require(signed_in(request), Action.MATCH)
    person = single(Person.objects.select_related("connection"), number, "person", "people")
    employees = Employee.objects.select_related("source")
    employee = single(employees, body.employee, "employee", "employees")
    made = decisions.match_by_hand(actor_of(request), person, employee)
    return _match_record(_match(made.pk))


@router.get("/domain-aliases", response=PagedItems[AliasOut], openapi_extra=ALIASES.described)
def list_aliases(request: HttpRequest) -> HttpResponseBase:
    """Domains that belong to the same company."""
    require(signed_in(request), Action.READ)
    return ALIASES.answer(request, DomainAlias.objects.all())


@router.post("/domain-aliases", response={201: AliasOut, 409: None})
def add_domain_alias(request: HttpRequest, body: AliasIn) -> Status[Record]:
    """Says that two domains belong to one company. All matches are up to date when it answers."""
    require(signed_in(request), Action.SETTINGS)
    with wrong_fields_named(CannotBeAlias):
        added = add_alias(actor_of(request), body.alias, body.domain)
    return Status(201, _alias_record(added))


@router.delete("/domain-aliases/{number}", response={204: None, 404: None})
def remove_domain_alias(request: HttpRequest, number: int) -> Status[None]:
    """They belong to one company no longer. All matches are up to date when it answers."""
    require(signed_in(request), Action.SETTINGS)
    remove_alias(actor_of(request), single(DomainAlias.objects.all(), number, "alias", "domain-aliases"))
    return Status(204, None)


def _match(number: int) -> Match:
    return single(Match.objects.all(), number, "match", "matches")
