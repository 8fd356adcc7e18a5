"""Appending to the ledger."""

from asgiref.sync import sync_to_async
from django.db import transaction
from django.utils import timezone

from usher.ledger.actors import Actor
from usher.ledger.chain import JSON, hash_of
from usher.ledger.models import Entry, Head
from usher.ledger.noted import NotedEntry, log_head, note, place
from usher.platform.scope import whole_installation


class LedgerBroken(Exception):
    """The ledger was tampered with and takes no entries, so the action that it should record does not happen."""


@whole_installation()
def record(
    actor: Actor,
    action: str,
    subject: str,
    *,
    reason: str = "",
    before: JSON = None,
    after: JSON = None,
    connection: int | None = None,
) -> Entry:
    """Appends one entry in the caller's transaction: the action and its entry are stored together, or neither is.

    `action` is dotted, such as "connection.connected". `subject` is text for people, with ids. Never pass a secret.
    Without the key of a connection, only people who see all connections see the entry.
    Other entries wait until the transaction ends, so call this late in a long one.

    Raises ValueError for values without a single form as JSON, such as floats, and LedgerBroken.
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
            connection_id=connection,
            previous_hash=head.hash,
        )
        entry.hash = hash_of(entry)
        entry.save(force_insert=True)
        head.number, head.hash = entry.number, entry.hash
        head.save(force_update=True)
        seen = NotedEntry(entry.at, place(), entry.number, entry.hash, action, subject, actor.name)
        transaction.on_commit(lambda: _tell(seen))
    return entry


def _tell(seen: NotedEntry) -> None:
    """Keeps the head where a database that is restored cannot forget it."""
    note(seen)
    log_head(seen.number, seen.hash)


async def arecord(
    actor: Actor,
    action: str,
    subject: str,
    *,
    reason: str = "",
    before: JSON = None,
    after: JSON = None,
    connection: int | None = None,
) -> Entry:
    """`record` for async code, in its own transaction."""
    return await sync_to_async(record)(
        actor, action, subject, reason=reason, before=before, after=after, connection=connection
    )


def _locked_head() -> Head:
    head = Head.objects.select_for_update().filter(pk=1).first()
    if head is not None:
        return head
    if Entry.objects.exists():
        # Another transaction may have created both since the query above.
        head = Head.objects.select_for_update().filter(pk=1).first()
        if head is None:
            raise LedgerBroken("The ledger's head is missing. Run: usher ledger verify")
        return head
    Head.objects.bulk_create([Head(pk=1)], ignore_conflicts=True)
    return Head.objects.select_for_update().get(pk=1)
