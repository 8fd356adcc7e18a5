"""The contracts that are seen, as pages read them, and what they may cover."""

from django.db.models import QuerySet

from usher.connections.models import Connection
from usher.contracts.models import Contract
from usher.roster.models import Workspace


def contracts_seen() -> QuerySet[Contract]:
    """With connection and purchases."""
    return Contract.objects.select_related("connection").prefetch_related("purchases")


def places_of(connection: Connection) -> QuerySet[Workspace]:
    """The workspaces that a contract of the connection may cover."""
    return Workspace.objects.filter(connection=connection).exclude(left_out=Workspace.LeftOut.FILTER)
