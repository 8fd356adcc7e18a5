"""Appending to the ledger."""

from asgiref.sync import sync_to_async
from django.db import transaction
from django.utils import timezone

from usher.ledger.actors import Actor
from usher.ledger.chain import JSON, hash_of
from usher.ledger.models import Entry, Head


class LedgerBroken(Exception):
    """The ledger cannot be appended to, since it was tampered with. Nothing is done that it cannot keep."""


def record(
    actor: Actor, action: str, subject: str, *, reason: str = "", before: JSON = None, after: JSON = None
) -> Entry:
    """Appends one entry, in the transaction of who calls: both come to be, or neither.

    `action` is dotted, such as "connection.connected"; `subject` is words for people, with ids. Never give it
    a secret. Whoever else appends waits until the transaction ends, so call it late in a long one.

    Raises ValueError for what has no single form as JSON, such as a float; LedgerBroken.
    """
    with transaction.atomic():
        head = _locked_head()
        entry = Entry(
            number=head.number + 1,
            at=timezone.now(),
            actor_kind=actor.kind,
            actor_name=actor.name,
            actor_user_id=actor.user_id,
            via=actor.via,
            action=action,
            subject=subject,
            reason=reason,
            before=before,
            after=after,
            previous_hash=head.hash,
        )
        entry.hash = hash_of(entry)
        entry.save(force_insert=True)
        head.number, head.hash = entry.number, entry.hash
        head.save(force_update=True)
    return entry


async def arecord(
    actor: Actor, action: str, subject: str, *, reason: str = "", before: JSON = None, after: JSON = None
) -> Entry:
    """`record`, for async code, in a transaction of its own."""
    return await sync_to_async(record)(actor, action, subject, reason=reason, before=before, after=after)


def _locked_head() -> Head:
    head = Head.objects.select_for_update().filter(pk=1).first()
    if head is not None:
        return head
    if Entry.objects.exists():
        # Somebody else may have made both since the head was looked for.
        head = Head.objects.select_for_update().filter(pk=1).first()
        if head is None:
            raise LedgerBroken("The ledger's head is missing. Run: usher ledger verify")
        return head
    Head.objects.bulk_create([Head(pk=1)], ignore_conflicts=True)
    return Head.objects.select_for_update().get(pk=1)
