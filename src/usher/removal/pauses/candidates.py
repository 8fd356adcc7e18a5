"""Whose licence can be put on the list of those to pause, and why others cannot: as for cases, in any connection."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from usher.activity.events.pauses import Licensed, PauseSpan, pause_moves, pauses_of
from usher.removal.leavers.candidates import candidates
from usher.removal.models import LicencePause
from usher.removal.pauses.states import OPEN_PAUSES
from usher.roster.models import Licence, Membership, Person


@dataclass(frozen=True)
class PauseCandidate:
    """`memberships`: those whose licence can be put on the list. Without any, `blocked` says why."""

    person: Person
    memberships: Sequence[Membership]
    says: str = ""
    blocked: str = ""
    remedy: str = ""

    @property
    def can_be_paused(self) -> bool:
        return not self.blocked


def pause_candidates(keys: Collection[int], workspaces: Collection[str] = ()) -> list[PauseCandidate]:
    """By name, in a fixed number of queries for each connection. `workspaces`: only these, by gid; empty: all.

    Protected people are left out, and whoever has an open case: what becomes of their seat is being decided there.
    """
    found = candidates(keys, changes_asana=False)
    asked = {
        one.person.pk: [place for place in one.memberships if _is_in(place, workspaces)]
        for one in found
        if not one.blocked
    }
    concerned = [membership for memberships in asked.values() for membership in memberships]
    on_list = set(
        LicencePause.objects.filter(OPEN_PAUSES, membership__in=concerned).values_list(
            "membership", flat=True
        )
    )
    people = [one.person for one in found if one.person.pk in asked]
    newest = _newest_pauses(people)
    result = []
    for one in found:
        if one.blocked:
            result.append(PauseCandidate(one.person, [], one.says, one.blocked, one.remedy))
            continue
        memberships = asked[one.person.pk]
        why = {each.pk: _why_not(each, one.person, on_list, newest) for each in memberships}
        free = [each for each in memberships if not why[each.pk][0]]
        none = ("They have no active membership there.", "If Asana shows one, sync the connection first.")
        blocked, remedy = ("", "") if free else next(iter(why.values()), none)
        result.append(PauseCandidate(one.person, free, one.says, blocked, remedy))
    return result


def _is_in(membership: Membership, workspaces: Collection[str]) -> bool:
    return not workspaces or membership.workspace.gid in workspaces


def _newest_pauses(people: Sequence[Person]) -> dict[Licensed, PauseSpan]:
    newest: dict[Licensed, PauseSpan] = {}
    for connection in {person.connection for person in people}:
        gids = [person.gid for person in people if person.connection == connection]
        moves = pause_moves(connection, gids)
        newest |= {key: spans[-1] for key, each in moves.items() if (spans := pauses_of(each))}
    return newest


def _why_not(
    membership: Membership, person: Person, on_list: Collection[int], newest: dict[Licensed, PauseSpan]
) -> tuple[str, str]:
    workspace = membership.workspace
    if not workspace.is_organization:
        return (
            f"{workspace} is a workspace, and Asana pauses licences only in paid organizations.",
            "Choose somebody with a licence in an organization.",
        )
    if membership.licence != Licence.MEMBER:
        return (
            f"They have no Member licence in {workspace} that could be paused.",
            "Guests and view-only members do not take up a seat.",
        )
    if membership.pk in on_list:
        return f"They are on the list already, for {workspace}.", "Look at the list of licences to pause."
    pause = newest.get((workspace.pk, person.gid))
    if pause is not None and pause.billed_at is None and pause.paused_at is not None:
        return (
            f"The audit log shows that their licence in {workspace} has been paused since "
            f"{pause.paused_at:%-d %B %Y}.",
            "There is nothing to do.",
        )
    return "", ""
