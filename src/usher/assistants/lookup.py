"""Whom and what an assistant means: connections, workspaces and people by what it knows of them."""

from django.db.models import Q

from usher.connections.models import Connection
from usher.removal.cases.lookup import LookupFailed, find_person
from usher.roster.models import Person, Workspace
from usher.web.lists import parse_id


def connection_meant(text: str) -> Connection | None:
    """By name or number; None for an empty text. Raises LookupFailed."""
    wanted = text.strip()
    if not wanted:
        return None
    named = Connection.objects.filter(name__iexact=wanted).order_by("disconnected_at", "-pk").first()
    number = parse_id(wanted)
    found = named or (Connection.objects.filter(pk=number).first() if number else None)
    if found is None:
        raise LookupFailed(
            f"There is no connection “{text}” that you see.", "Leave it out, or correct its name."
        )
    return found


def connections_meant(text: str) -> list[Connection]:
    """One, or for an empty text all that are seen, by name. Raises LookupFailed."""
    chosen = connection_meant(text)
    return [chosen] if chosen else list(Connection.objects.order_by("name", "pk"))


def workspace_meant(text: str, connection: Connection | None) -> Workspace | None:
    """By name or gid, in one connection or in all that are seen; None for an empty text. Raises LookupFailed."""
    wanted = text.strip()
    if not wanted:
        return None
    among = Workspace.objects.exclude(left_out=Workspace.LeftOut.FILTER).order_by("pk")
    if connection is not None:
        among = among.filter(connection=connection)
    found = list(among.filter(Q(gid=wanted) | Q(name__iexact=wanted))[:6])
    if not found:
        raise LookupFailed(f"There is no workspace “{text}” that you see.", "Leave it out, or correct it.")
    if len(found) > 1:
        places = ", ".join(f"{one.gid} in connection {one.connection_id}" for one in found[:5])
        raise LookupFailed(
            f"More than one workspace is called “{text}”.", f"Give a gid and its connection: {places}."
        )
    return found[0]


def person_meant(text: str, connection: str = "") -> Person:
    """By e-mail address, gid or address such as usher://person/12. Raises LookupFailed."""
    wanted = text.strip()
    prefix, _, number = wanted.rpartition("/")
    if prefix == "usher://person":
        pk = parse_id(number)
        person = Person.objects.select_related("connection").filter(pk=pk).first() if pk else None
        if person is None:
            raise LookupFailed(f"There is no {wanted} that you see.", "Look for them with find_people.")
        return person
    chosen = connection_meant(connection)
    if chosen is not None:
        return find_person(chosen, wanted)
    if not wanted:
        raise LookupFailed("No address was given.", "Give an e-mail address or a gid.")
    people = Person.objects.select_related("connection").filter(Q(email__iexact=wanted) | Q(gid=wanted))
    found = list(people[:6])
    if not found:
        raise LookupFailed(f"Nobody has the address or gid {wanted}.", "Look for them with find_people.")
    if len(found) > 1:
        places = ", ".join(f"{person_in(one)}" for one in found[:5])
        raise LookupFailed(f"More than one person has the address {wanted}.", f"Give one of: {places}.")
    return found[0]


def person_in(person: Person) -> str:
    return f"usher://person/{person.pk} in connection {person.connection_id}"
