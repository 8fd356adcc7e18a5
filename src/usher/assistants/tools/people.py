"""find_people and why_is_protected."""

from datetime import date
from typing import Annotated, Literal

from django.http import QueryDict
from pydantic import Field

from usher.activity.models import ListedMembership
from usher.activity.usage.conditions import listed
from usher.assistants.answers import (
    DEFAULT_ROWS,
    Answered,
    BoundedAnswer,
    ConnectionName,
    Limit,
    NameInAsana,
    Offset,
    PlaceInAsana,
    Text,
    ToolAnswer,
    person_uri,
    rest,
)
from usher.assistants.caller import Caller
from usher.assistants.lookup import connection_meant, person_meant, workspace_meant
from usher.insights.people.confidence import CoverageLookup
from usher.insights.people.export import as_usage_record
from usher.insights.people.filters import UsageFilter
from usher.refusals import Refused
from usher.removal.guardrails.protection import why_protected

StatusWord = Literal["active", "not_active", ""]
RoleWord = Literal["admin", "member", "guest"]
LicenceWord = Literal["member", "guest", "view_only"]
UseWord = Literal["recent", "never", "never_came", "never_came_sure", "unknown", "automated", ""]


class CannotFilter(Refused):
    """A filter has a value that the people list cannot read."""


class FoundMembership(ToolAnswer):
    """A person in one workspace. `confidence`: how far the figures of use can be trusted, over 30 days."""

    person: str
    gid: str
    connection: int
    role: str
    licence: str
    status: str
    since: str | None
    until: str | None
    last_used: str | None
    last_used_source: str | None
    automated_last_used: str | None
    active_days_of_30: str | None
    usage_minutes_of_30: str | None
    arrival: str | None
    confidence: str
    from_asana: PlaceInAsana


class PeopleFound(BoundedAnswer):
    total: int
    memberships: list[FoundMembership]


class ProtectionExplained(Answered):
    person: str
    protected: bool
    what_to_do: str
    from_asana: NameInAsana
    from_people: str = Field(description="Why, with names; empty if the person is not protected.")


def find_people(
    caller: Caller,
    *,
    query: Annotated[str, Field(max_length=200, description="Words of the name or e-mail address.")] = "",
    status: StatusWord = "active",
    roles: Annotated[list[RoleWord], Field(max_length=3)] = [],  # noqa: B006  # pydantic copies it
    licences: Annotated[list[LicenceWord], Field(max_length=3)] = [],  # noqa: B006
    connection: ConnectionName = "",
    workspace: Annotated[str, Field(max_length=255, description="Its name or gid. Empty: all.")] = "",
    domain: Annotated[str, Field(max_length=320, description="Of the e-mail address.")] = "",
    affiliation: Literal["internal", "external", ""] = "",
    member_since_after: date | None = None,
    member_since_before: date | None = None,
    member_until_after: date | None = None,
    member_until_before: date | None = None,
    idle_days: Annotated[
        int | None, Field(ge=1, le=3660, description="Seats not used for so long, where that is known.")
    ] = None,
    usage: UseWord = "",
    limit: Limit = DEFAULT_ROWS,
    offset: Offset = 0,
) -> PeopleFound:
    """People in Asana, one row for each membership, with the filters of Usher's people list.

    `status` is "active" unless another is asked for; "" is any. Null means unknown.
    """
    chosen = connection_meant(connection)
    place = workspace_meant(workspace, chosen)
    wanted = QueryDict(mutable=True)
    words: dict[str, object] = {
        "q": query,
        "status": status,
        "connection": chosen.pk if chosen else None,
        "workspace": place.pk if place else None,
        "domain": domain,
        "affiliation": affiliation,
        "since_after": member_since_after,
        "since_before": member_since_before,
        "until_after": member_until_after,
        "until_before": member_until_before,
        "idle": idle_days,
        "use": usage,
    }
    for name, value in words.items():
        if value not in (None, ""):
            wanted[name] = str(value)
    wanted.setlist("role", list(roles))
    wanted.setlist("licence", list(licences))
    filtered = UsageFilter(wanted, queryset=listed())
    if filtered.problem:
        raise CannotFilter(filtered.problem, "Correct the filter and ask again.")
    rows = filtered.qs.order_by("name", "pk")
    total = rows.count()
    coverage = CoverageLookup.of_all()
    found = [_found(row, coverage) for row in rows[offset : offset + limit]]
    return PeopleFound(total=total, memberships=found, rest=rest(total, len(found), offset))


def _found(row: ListedMembership, coverage: CoverageLookup) -> FoundMembership:
    record = as_usage_record(row, coverage.arrival(row))
    mine = FoundMembership.model_fields
    return FoundMembership.model_validate(
        {name: value for name, value in record.items() if name in mine}
        | {
            "person": person_uri(row.person_id),
            "connection": row.connection_id,
            "confidence": coverage.confidence(row).value,
            "from_asana": {name: record[name] or "" for name in PlaceInAsana.model_fields},
        }
    )


def why_is_protected(caller: Caller, person: Text, connection: ConnectionName = "") -> ProtectionExplained:
    """Whether Usher never removes somebody from Asana, and why. `person`: e-mail address, gid or usher:// address."""
    found = person_meant(person, connection)
    why = why_protected(found)
    return ProtectionExplained(
        person=person_uri(found.pk),
        protected=bool(why),
        what_to_do=(
            "Only an admin can change that, on Usher's pages. Do not work around it."
            if why
            else "Nothing: the guardrails apply to them as to everybody."
        ),
        from_asana=NameInAsana(name=found.name, email=found.email),
        from_people=why,
    )
