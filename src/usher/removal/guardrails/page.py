"""What the pages of settings show beside the settings."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q
from django.utils.dateparse import parse_datetime

from usher.connections.models import Mode
from usher.directory.models import Protected
from usher.ledger.words import action_badge
from usher.removal.guardrails.protected_list import people_protected_by_each
from usher.removal.guardrails.rules import allowed_share
from usher.removal.models import Guardrails
from usher.roster.models import Person, Status, Workspace
from usher.web.badges import Badge

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


@dataclass(frozen=True)
class MissingEntry:
    """An entry of the ledger that the database no longer has."""

    number: int
    at: datetime | None
    action: Badge
    subject: str
    actor: str


def with_badge(entry: dict[str, object]) -> MissingEntry:
    number = entry.get("number")
    return MissingEntry(
        number=number if isinstance(number, int) else 0,
        at=parse_datetime(str(entry.get("at"))),
        action=action_badge(str(entry.get("action") or "unknown")),
        subject=str(entry.get("subject") or ""),
        actor=str(entry.get("actor") or ""),
    )


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
    entries = list(
        Protected.objects.select_related("person__connection").order_by("pattern", "person__name", "pk")
    )
    protected = people_protected_by_each([one for one in entries if one.person is None], NAMES_SHOWN)
    return [
        ProtectedRow(entry, [entry.person], 1)
        if entry.person is not None
        else ProtectedRow(entry, protected[entry.pk].first, protected[entry.pk].count)
        for entry in entries
    ]
