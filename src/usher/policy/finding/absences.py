"""Who is out of office in Asana, of those on whom a run is about to act. Nobody else is asked about."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from usher.asana import AsanaError
from usher.connections.models import Connection
from usher.connections.pace.budget import Urgency
from usher.platform.encryption import SecretUnreadable
from usher.removal.execution.absence import AbsenceUnread, absence_now
from usher.removal.execution.clients import AsanaClients, asana_clients
from usher.removal.guardrails.away import Away
from usher.removal.leavers.candidates import Candidate
from usher.removal.models import Target
from usher.roster.models import Membership

NOT_SHOWN = "Asana does not show this connection who is out of office, so that was not looked at."


@dataclass(frozen=True)
class AbsenceSeen:
    """`left_out`: why the run leaves them out; empty if it does not. `remark`: what else there is to say."""

    left_out: str = ""
    remark: str = ""


async def read_absences(
    connection: Connection, people: Sequence[Candidate], today: date
) -> dict[int, AbsenceSeen]:
    """By person. Some requests for each, at the pace of a sync. Never raises AsanaError: who could not be asked about
    is left out, since whoever is away should not be bothered.
    """
    try:
        async with asana_clients(connection, Urgency.SYNC) as clients:
            seen = await asyncio.gather(*(_seen(clients, one, today) for one in people))
    except (AsanaError, SecretUnreadable) as error:
        seen = [_failed(error)] * len(people)
    return {one.person.pk: each for one, each in zip(people, seen, strict=True)}


async def _seen(clients: AsanaClients, one: Candidate, today: date) -> AbsenceSeen:
    try:
        away = await absence_now(clients, one.person.gid, targets_of(one.memberships), today)
    except AbsenceUnread:
        return AbsenceSeen(remark=NOT_SHOWN)
    except AsanaError as error:
        return _failed(error)
    return AbsenceSeen(_in_words(away)) if away else AbsenceSeen()


def targets_of(memberships: Iterable[Membership]) -> list[Target]:
    return [Target(workspace_gid=one.workspace.gid, workspace_name=one.workspace.name) for one in memberships]


def _failed(error: Exception) -> AbsenceSeen:
    return AbsenceSeen(
        f"It could not be seen whether they are away, so they come with the next run. {error}"[:500]
    )


def _in_words(away: Away) -> str:
    if away.last is None:
        return f"Out of office in Asana since {away.first:%-d %b %Y}, without an end."
    return f"Out of office in Asana until {away.last:%-d %b %Y}."
