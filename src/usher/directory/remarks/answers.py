"""Answering a remark: somebody has looked at it, and says why it holds nobody up."""

from django.db import transaction
from django.utils import timezone

from usher.directory.models import Remark
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.refusals import Refused


@transaction.atomic
def answer(actor: Actor, remark: int, why: str) -> Remark:
    """Raises Refused without a word of why, and if the remark no longer holds or was answered before."""
    if not why.strip():
        raise Refused(
            "A remark is answered by saying why.", "Write a few words: what you found out, and how."
        )
    found = Remark.objects.select_for_update(of=("self",)).select_related("person").filter(pk=remark).first()
    if found is None or not found.is_current:
        raise Refused("This remark no longer holds.", "Load the page again.")
    if found.answered_at is not None:
        raise Refused(f"{found.answered_by} has already answered this remark.", "Load the page again.")
    found.answered_at, found.answered_by, found.why = timezone.now(), actor.name[:320], why.strip()[:500]
    found.save(update_fields=["answered_at", "answered_by", "why"])
    person = found.person
    record(
        actor,
        "directory.remark_answered",
        f"person {person.pk}: {person} <{person.email}>",
        reason=found.why,
        after={"kind": found.kind, "remark": found.text},
        connection=person.connection_id,
    )
    return found
