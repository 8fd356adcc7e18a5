"""The memberships that are in scope: what pages, API and command line list."""

from django.db.models import Q, QuerySet

from usher.connections.models import Connection
from usher.roster.models import Membership, Workspace

IN_SCOPE = ~Q(workspace__left_out=Workspace.LeftOut.FILTER)
"""A workspace that a changed filter leaves out is no longer shown; one that went out of sight is, as last seen."""


def memberships(connection: Connection | None = None) -> QuerySet[Membership]:
    """With person, workspace and connection at hand; of one connection, or of all."""
    found = Membership.objects.filter(IN_SCOPE).select_related("person__connection", "workspace")
    return found.filter(workspace__connection=connection) if connection else found
