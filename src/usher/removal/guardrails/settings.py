"""Changes to the guardrails: stopping and resuming all removals, and the other settings."""

from collections.abc import Mapping
from datetime import time

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from usher.access.roles import Action, require_person
from usher.ledger.actors import Actor
from usher.ledger.models import Entry
from usher.ledger.record import record
from usher.notify.telling import tell
from usher.refusals import Refused
from usher.removal.models import Guardrails

SETTINGS = (
    "needs_approval",
    "rules_may_approve",
    "daily_limit",
    "share_limit",
    "grace_minutes",
    "quiet_from",
    "quiet_until",
)


class RestoreNotReviewed(Refused):
    """Removals cannot be resumed as after any other stop."""

    def __init__(self) -> None:
        super().__init__(
            "The database was restored to an earlier state, and nobody has looked yet at what is missing since.",
            "An admin does that on the page “After a restore”, or with: usher resume-removals --after-restore",
        )


class WrongQuietHours(Refused):
    """Quiet hours that have no length. `field`: what has to be corrected."""

    def __init__(self, field: str, message: str, remedy: str) -> None:
        super().__init__(message, remedy)
        self.field = field


def stop_removals(actor: Actor, reason: str = "") -> bool:
    """No case begins, and running cases halt before their next step. False if they were stopped already."""
    with transaction.atomic():
        settings = locked_guardrails()
        if settings.stopped_at is not None:
            return False
        settings.stopped_at, settings.stopped_by, settings.stop_reason = timezone.now(), actor.name, reason
        settings.save(update_fields=["stopped_at", "stopped_by", "stop_reason"])
        entry = record(actor, "removals.stopped", "all removals", reason=reason)
        tell_of_stop(actor, reason, entry)
    return True


def tell_of_stop(actor: Actor, reason: str, entry: Entry) -> None:
    tell(
        "removals_stopped",
        f"entry {entry.number}",
        {"who": actor.name, "reason": reason or "none given"},
        path=reverse("removal:guardrails"),
        besides=[actor.user_id],
    )


def resume_removals(actor: Actor, reason: str = "") -> bool:
    """False if they were not stopped. Raises RestoreNotReviewed."""
    with transaction.atomic():
        settings = locked_guardrails()
        if settings.restored_at is not None:
            raise RestoreNotReviewed
        if settings.stopped_at is None:
            return False
        settings.stopped_at, settings.stopped_by, settings.stop_reason = None, "", ""
        settings.save(update_fields=["stopped_at", "stopped_by", "stop_reason"])
        record(actor, "removals.resumed", "all removals", reason=reason)
    return True


def change_guardrails(actor: Actor, changed: Mapping[str, object], reason: str = "") -> Guardrails:
    """Sets those of SETTINGS that `changed` names. Raises WrongQuietHours, ForPeopleOnly."""
    require_person(actor, Action.SETTINGS)
    with transaction.atomic():
        settings = locked_guardrails()
        before = _as_text(settings)
        for name in SETTINGS:
            if name in changed:
                setattr(settings, name, changed[name])
        check_quiet_hours(settings.quiet_from, settings.quiet_until)
        settings.save(update_fields=SETTINGS)
        after = _as_text(settings)
        if after != before:
            record(
                actor, "settings.guardrails_changed", "guardrails", reason=reason, before=before, after=after
            )
    return settings


def check_quiet_hours(start: time | None, end: time | None) -> None:
    """They have both ends, or neither. Raises WrongQuietHours."""
    if (start is None) != (end is None):
        raise WrongQuietHours(
            "quiet_from" if start is None else "quiet_until",
            "Quiet hours need both a start and an end.",
            "Enter both, or neither for no quiet hours.",
        )
    if start is not None and start == end:
        raise WrongQuietHours(
            "quiet_until",
            "The quiet hours end when they start.",
            "Enter another end, or neither start nor end for no quiet hours.",
        )


def locked_guardrails() -> Guardrails:
    Guardrails.get()
    return Guardrails.objects.select_for_update().get(pk=1)


def _as_text(settings: Guardrails) -> dict[str, str]:
    return {name: str(getattr(settings, name)) for name in SETTINGS}
