"""Finds people by e-mail address or gid, for the command line and the API."""

from django.db.models import Q

from usher.connections.models import Connection
from usher.directory.models import LEAVES
from usher.refusals import Refused
from usher.removal.cases.snapshot import snapshot_of
from usher.removal.models import Case
from usher.roster.models import Person


class LookupFailed(Refused):
    """What was named does not exist, or there is more than one."""


def find_person(connection: Connection, text: str) -> Person:
    """By e-mail address or gid. Raises LookupFailed."""
    wanted = text.strip()
    if not wanted:  # a script's variable may be empty, and Asana hides the addresses of some people
        raise LookupFailed("No address was given.", "Give an e-mail address or a gid.")
    people = list(Person.objects.filter(Q(email__iexact=wanted) | Q(gid=wanted), connection=connection)[:3])
    if not people:
        raise LookupFailed(
            f"Nobody in “{connection.name}” has the address or gid {text}.",
            "Check the people list. If they joined today, sync the connection first.",
        )
    if len(people) > 1:
        raise LookupFailed(
            f"More than one person in “{connection.name}” has the address {text}.",
            f"Give a gid: {', '.join(one.gid for one in people)}.",
        )
    return people[0]


def cause_for(person: Person) -> Case.Cause:
    """DIRECTORY for leavers, whose employment is checked again before anything is done."""
    status = snapshot_of(person).employment.status
    is_leaver = status in LEAVES
    return Case.Cause.DIRECTORY if is_leaver else Case.Cause.BY_HAND
