"""What depends on one person in Asana: absences, memberships of projects, portfolios, goals, templates."""

from collections.abc import Mapping
from datetime import date
from typing import TypeVar

import msgspec

from usher.asana.records import ListAnswer, NamedRef, Page, Record, UserRef
from usher.asana.wire import Wire

R = TypeVar("R", bound=Record)

PAGE_SIZE = 100


class OutOfOffice(Record, frozen=True):
    """An entry of one person in one workspace. Both days are included; `end_date` is None without an end."""

    start_date: date
    end_date: date | None = None


class ProjectMember(Record, frozen=True):
    """A person or team in a project. `access_level`: admin, editor, commenter or viewer."""

    member: UserRef | None = None
    access_level: str | None = None


class OwnedThing(NamedRef, frozen=True):
    """A portfolio, goal or project template. `owner` is None without one, and where Asana does not say."""

    owner: UserRef | None = None


_absences = msgspec.json.Decoder(ListAnswer[OutOfOffice])
_members = msgspec.json.Decoder(ListAnswer[ProjectMember])
_things = msgspec.json.Decoder(ListAnswer[OwnedThing])


class Responsibilities:
    """Each call is one request, for one page of at most 100, so that what a person waits for stays bounded.

    Gids are digits. Every call may raise any AsanaError: Forbidden without the scope, PlanTooLow on smaller plans.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def absences(self, user: str, workspace: str, first: date, last: date) -> list[OutOfOffice]:
        """The out-of-office entries that overlap these days."""
        days = {"start_date": first.isoformat(), "end_date": last.isoformat()}
        query = {"user": user, "workspace": workspace, **days, "opt_fields": "start_date,end_date"}
        return (await self._page("/ooo_entries", query, _absences)).items

    async def project_members(self, project: str) -> Page[ProjectMember]:
        query = {"opt_fields": "member,member.name,access_level"}
        return await self._page(f"/projects/{int(project)}/project_memberships", query, _members)

    async def portfolios(self, owner: str, workspace: str) -> Page[OwnedThing]:
        """Only service accounts may ask for somebody else's."""
        query = {"workspace": workspace, "owner": owner, "opt_fields": "name,owner"}
        return await self._page("/portfolios", query, _things)

    async def goals(self, workspace: str, offset: str | None = None) -> Page[OwnedThing]:
        """Of all owners: Asana cannot list them by owner."""
        return await self._page(
            "/goals", {"workspace": workspace, "opt_fields": "name,owner"}, _things, offset
        )

    async def project_templates(self, workspace: str, offset: str | None = None) -> Page[OwnedThing]:
        """Of all owners: Asana cannot list them by owner."""
        query = {"workspace": workspace, "opt_fields": "name,owner"}
        return await self._page("/project_templates", query, _things, offset)

    async def _page(
        self,
        path: str,
        query: Mapping[str, str],
        decoder: msgspec.json.Decoder[ListAnswer[R]],
        offset: str | None = None,
    ) -> Page[R]:
        paging: dict[str, str | int] = {**query, "limit": PAGE_SIZE}
        if offset is not None:
            paging["offset"] = offset
        answer = await self._wire.get(path, paging, decoder)
        return Page(items=answer.data, next_offset=answer.next_offset)
