"""The memberships in scope, which pages, API and command line list."""

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Upper

from usher.connections.models import Connection
from usher.roster.models import Membership, Person, Workspace

IN_SCOPE = ~Q(workspace__left_out=Workspace.LeftOut.FILTER)
"""Without workspaces that the connection's filter excludes. Those that are no longer visible stay, as last read."""


def memberships(connection: Connection | None = None) -> QuerySet[Membership]:
    """The memberships of one connection, or of all, with person, workspace and connection."""
    in_scope = Membership.objects.filter(IN_SCOPE).select_related("person__connection", "workspace")
    return in_scope.filter(workspace__connection=connection) if connection else in_scope


def people_found(text: str) -> QuerySet[Person]:
    """People in whose name or e-mail each word of `text` occurs, in capitals or not."""
    people = Person.objects.all()
    for word in text.split():
        people = people.filter(searched__contains=Upper(Value(word)))
    return people
