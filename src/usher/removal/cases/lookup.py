"""Asking for a case by words: a connection's person by address, as the command line and the API do."""

from django.db.models import Q

from usher.connections.models import Connection
from usher.directory.models import Employee
from usher.refusals import Refused
from usher.removal.cases.snapshot import snapshot_of
from usher.removal.models import Case
from usher.roster.models import Person


class LookupFailed(Refused):
    """A name that nothing has, or more than one thing."""


def find_person(connection: Connection, text: str) -> Person:
    """By e-mail address or gid. Raises LookupFailed."""
    wanted = text.strip()
    if not wanted:  # as of a script whose variable is empty; Asana hides the address of some people
        raise LookupFailed("No address was given.", "Give an e-mail address or a gid.")
    found = list(Person.objects.filter(Q(email__iexact=wanted) | Q(gid=wanted), connection=connection)[:3])
    if not found:
        raise LookupFailed(
            f"Nobody in “{connection.name}” has the address or gid {text}.",
            "Check it against the list of people. If they joined today, sync the connection first.",
        )
    if len(found) > 1:
        raise LookupFailed(
            f"More than one person in “{connection.name}” has the address {text}.",
            f"Give a gid: {', '.join(one.gid for one in found)}.",
        )
    return found[0]


def cause_for(person: Person) -> Case.Cause:
    """Who left or is leaving is checked again before anything is done: who is back at work stays."""
    status = snapshot_of(person).employment.status
    is_leaver = status in (Employee.Status.LEFT, Employee.Status.LEAVING)
    return Case.Cause.DIRECTORY if is_leaver else Case.Cause.BY_HAND
