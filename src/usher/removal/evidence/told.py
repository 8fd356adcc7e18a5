"""What a person was told before their last day, from the ledger: rules that do so stand above this package."""

from datetime import date, datetime, timedelta

import msgspec
from django.utils import timezone

from usher.ledger.models import Entry
from usher.platform.scope import whole_installation
from usher.removal.models import Case

TOLD_BEFORE_LAST_DAY = "person.told_before_last_day"
BEFORE = timedelta(days=90)
"""What was told earlier belongs to another leaving."""


class ToldBeforeLastDay(msgspec.Struct, frozen=True):
    """`things`: the work that the message named. `entry`: the number of the ledger entry."""

    at: datetime
    by: str
    address: str
    last_day: date | None
    things: list[str]
    unseen: str
    entry: int


def subject_of_person(pk: int, name: str) -> str:
    return f"person {pk}: {name}"


def told_about(case: Case) -> list[ToldBeforeLastDay]:
    """Oldest first: before the case was opened, or while it was open."""
    return [_shown(one) for one in told_entries(case)]


@whole_installation()
def told_entries(case: Case) -> list[Entry]:
    """Whoever sees the case sees them."""
    if case.person_id is None or case.kind == Case.Kind.RESTORE:
        return []
    entries = Entry.objects.filter(
        action=TOLD_BEFORE_LAST_DAY,
        subject__startswith=subject_of_person(case.person_id, ""),
        at__gte=case.opened_at - BEFORE,
        at__lte=case.finished_at or timezone.now(),
    )
    return list(entries.order_by("number"))


def _shown(entry: Entry) -> ToldBeforeLastDay:
    after = entry.after if isinstance(entry.after, dict) else {}
    last_day, things = after.get("last_day"), after.get("things")
    return ToldBeforeLastDay(
        at=entry.at,
        by=entry.actor_name,
        address=str(after.get("address", "")),
        last_day=date.fromisoformat(last_day) if isinstance(last_day, str) else None,
        things=[str(one) for one in things] if isinstance(things, list) else [],
        unseen=str(after.get("unseen", "")),
        entry=entry.number,
    )
