"""What the pages of settings show beside the settings."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from usher.connections.models import Mode
from usher.directory.models import Protected
from usher.removal.guardrails.protected_list import people_protected_by
from usher.removal.guardrails.rules import allowed_share
from usher.removal.models import Guardrails
from usher.roster.models import Person, Status, Workspace

NAMES_SHOWN = 5


@dataclass(frozen=True)
class Allowance:
    """What the share of a workspace comes to: so many people in 24 hours."""

    workspace: Workspace
    active: int
    allowed: int


@dataclass(frozen=True)
class ProtectedRow:
    """An entry of the list, and whom it protects."""

    entry: Protected
    people: list[Person]
    count: int

    @property
    def more(self) -> int:
        return self.count - len(self.people)


def allowances(settings: Guardrails) -> list[Allowance]:
    """Of every workspace in which Usher may act."""
    workspaces = Workspace.objects.filter(
        connection__disconnected_at=None, connection__mode=Mode.ACT, left_out=""
    ).annotate(active=Count("memberships", filter=Q(memberships__status=Status.ACTIVE)))
    return [
        Allowance(
            one, one.active, min(settings.daily_limit, allowed_share(one.active, 0, settings.share_limit))
        )
        for one in workspaces.select_related("connection").order_by("connection__name", "name")
    ]


def protected_rows() -> list[ProtectedRow]:
    entries = Protected.objects.select_related("person__connection").order_by("pattern", "person__name", "pk")
    return [_row(entry, people_protected_by(entry)) for entry in entries]


def _row(entry: Protected, people: QuerySet[Person]) -> ProtectedRow:
    if entry.person is not None:
        return ProtectedRow(entry, [entry.person], 1)
    return ProtectedRow(entry, list(people[:NAMES_SHOWN]), people.count())
