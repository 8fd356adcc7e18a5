"""After a restore: everything that changes Asana stops until an admin has looked at what the database has lost."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from usher.access.after_restore import end_sessions_and_links
from usher.ledger.actors import SYSTEM, Actor
from usher.ledger.continuity import find_gap, keep, start_anew
from usher.ledger.models import MissingHead
from usher.ledger.record import record
from usher.platform.scope import whole_installation
from usher.removal.guardrails.settings import locked_guardrails, tell_of_stop
from usher.removal.models import Guardrails

REASON = "The database was restored to an earlier state."


@dataclass(frozen=True)
class CheckAfterRestore:
    """Something that a restore may have undone, and what is known of it."""

    title: str
    why: str
    url_name: str
    actions: Sequence[str]
    """How the actions begin that belong here."""


CHECKS = [
    CheckAfterRestore(
        "Cases",
        "Approvals, rejections and cancellations may be missing: a case that was cancelled may be scheduled again.",
        "removal:cases",
        ("case.", "asana."),
    ),
    CheckAfterRestore(
        "Stop switch and guardrails",
        "Removals may have been stopped, or limits lowered, for a reason that still holds.",
        "removal:guardrails",
        ("removals.", "settings.guardrails"),
    ),
    CheckAfterRestore(
        "Rules",
        "A rule that was switched off may act again, and an approval of a rule that was taken back may count.",
        "policy:rules",
        ("rule.",),
    ),
    CheckAfterRestore(
        "Protected people",
        "Somebody may no longer be protected.",
        "removal:protected",
        ("settings.protected",),
    ),
    CheckAfterRestore(
        "Users and their roles",
        "A deactivated user may be active again, with an old role or an old password.",
        "access:users",
        ("access.user", "access.role", "access.email", "access.password", "access.sign_in", "access.mfa"),
    ),
    CheckAfterRestore(
        "API tokens",
        "A revoked token may be valid again. No API token works until you let removals go on.",
        "access:users",
        ("access.token", "access.api", "access.service_account"),
    ),
    CheckAfterRestore(
        "Connections",
        "A disconnected account may be connected again, with another mode or an old token.",
        "connections:list",
        ("connection.",),
    ),
    CheckAfterRestore(
        "Directory",
        "Employees, matches, answers and the tokens of sources are as old as the backup. Import or push them again.",
        "directory:home",
        ("directory.",),
    ),
]


@dataclass(frozen=True)
class ReviewItem:
    """A check, with the missing entries that are about it, newest first."""

    check: CheckAfterRestore
    missing: list[dict[str, object]]


@whole_installation()
def stop_if_restored() -> bool:
    """Compares the database with what this data folder has noted. Stops everything if entries are missing.

    Returns whether everything is stopped for that reason. Every process asks at its start, and before each step.
    """
    gap = find_gap()
    if gap is not None:
        with transaction.atomic():
            settings = locked_guardrails()
            if keep(gap, socket.gethostname()):
                _stop(settings)
    return Guardrails.objects.filter(restored_at__isnull=False).exists()


@whole_installation()
def stop_after_our_restore(head: MissingHead, actor: Actor) -> None:
    """`usher restore` marks it in the restored database itself, where every machine sees it."""
    with transaction.atomic():
        settings = locked_guardrails()
        head.save()
        record(
            actor,
            "settings.restored",
            "database",
            before={"ledger_head": str(head) if head.number else None},
            after={"ledger_head": head.database_head or None, "missing_entries": len(head.missing)},
        )
        _stop(settings)


def _stop(settings: Guardrails) -> None:
    settings.restored_at = timezone.now()
    if settings.stopped_at is None:
        settings.stopped_at, settings.stopped_by, settings.stop_reason = (
            settings.restored_at,
            SYSTEM.name,
            REASON,
        )
    settings.save(update_fields=["restored_at", "stopped_at", "stopped_by", "stop_reason"])
    end_sessions_and_links()
    entry = record(SYSTEM, "removals.stopped", "all removals", reason=REASON)
    tell_of_stop(SYSTEM, REASON, entry)


def unsettled_heads() -> list[MissingHead]:
    """What an admin has to look at, newest first."""
    return list(MissingHead.objects.filter(settled_at=None))


def missing_entries(heads: Sequence[MissingHead]) -> list[dict[str, object]]:
    """Of all machines, each once, newest first."""
    found = {
        (str(entry.get("number")), str(entry.get("at"))): entry for head in heads for entry in head.missing
    }
    return sorted(found.values(), key=lambda entry: str(entry.get("at")), reverse=True)


def review_items(missing: Sequence[dict[str, object]]) -> list[ReviewItem]:
    """What to check, with what is known to be missing of it."""
    return [
        ReviewItem(
            check, [each for each in missing if str(each.get("action")).startswith(tuple(check.actions))]
        )
        for check in CHECKS
    ]


@whole_installation()
def let_removals_go_on(actor: Actor, reason: str = "") -> bool:
    """An admin has looked: the database counts as it is now. False if there was nothing to look at.

    A stop that a person had made before stays.
    """
    now = timezone.now()
    with transaction.atomic():
        settings = locked_guardrails()
        if settings.restored_at is None:
            return False
        heads = unsettled_heads()
        MissingHead.objects.filter(settled_at=None).update(settled_at=now, settled_by=actor.name)
        settings.restored_at = None
        is_ours = settings.stopped_by == SYSTEM.name and settings.stop_reason == REASON
        if is_ours:
            settings.stopped_at, settings.stopped_by, settings.stop_reason = None, "", ""
        settings.save(update_fields=["restored_at", "stopped_at", "stopped_by", "stop_reason"])
        record(
            actor,
            "removals.restore_reviewed",
            "all removals",
            reason=reason,
            before={"missing_heads": [str(head) for head in heads]},
            after={"removals_are_stopped": settings.stopped_at is not None},
        )
        transaction.on_commit(lambda: start_anew(timezone.now()))
    return True
