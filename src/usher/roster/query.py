"""The memberships in scope, which pages, API and command line list."""

from collections.abc import Iterator

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Upper

from usher.connections.models import Connection
from usher.roster.models import Membership, Person, Workspace

IN_SCOPE = ~Q(workspace__left_out=Workspace.LeftOut.FILTER)
"""Without workspaces that the connection's filter excludes. Those that are no longer visible stay, as last read."""


def memberships(connection: Connection | None = None) -> QuerySet[Membership]:
    """The memberships of one connection, or of all, with person, workspace and connection."""
    in_scope = Membership.objects.filter(IN_SCOPE).select_related("person__connection", "workspace")
    return in_scope.filter(workspace__connection=connection) if connection else in_scope


def people_listed(connection: Connection) -> QuerySet[Person]:
    """Whoever has one of these memberships."""
    in_scope = Membership.objects.filter(IN_SCOPE, person=OuterRef("pk"), workspace__connection=connection)
    return Person.objects.filter(Exists(in_scope), connection=connection)


def has_words(text: str, searched: str = "searched") -> Q:
    """Each word of `text`, in capitals or not, must occur in the name or the e-mail.

    `searched` is the field that has both in capitals: `Person.searched`, or what is kept of it elsewhere.
    """
    condition = Q()
    for word in text.split():
        condition &= Q(**{f"{searched}__contains": Upper(Value(word))})
    return condition


def keys_of_everybody(at_once: int) -> Iterator[list[int]]:
    """The primary keys of all people, some at a time."""
    last = 0
    while keys := list(
        Person.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:at_once]
    ):
        yield keys
        last = keys[-1]
