"""Adding and changing sources."""

from django.db import IntegrityError, transaction

from usher.directory.matching.update import bring_up_to_date
from usher.directory.models import Source
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.refusals import Refused


def add(actor: Actor, name: str, kind: Source.Kind = Source.Kind.CSV, rank: int = 1) -> Source:
    """Raises Refused where there is one of that name."""
    try:
        with transaction.atomic():
            made = Source.objects.create(name=name, kind=kind, rank=rank)
            record(
                actor,
                "directory.source_added",
                f"source {made.pk}: {name}",
                after={"name": name, "kind": kind.value, "rank": rank},
            )
    except IntegrityError as error:
        raise Refused(f"There is a source “{name}” already.", "Choose it, or take another name.") from error
    return made


def change(actor: Actor, source: Source, name: str, rank: int) -> None:
    """Another rank changes whose word counts: matches are up to date when it returns."""
    with transaction.atomic():
        before = Source.objects.select_for_update().get(pk=source.pk)
        if (before.name, before.rank) == (name, rank):
            return
        Source.objects.filter(pk=source.pk).update(name=name, rank=rank)
        if rank != before.rank:
            bring_up_to_date()
        record(
            actor,
            "settings.source_changed",
            f"source {source.pk}: {name}",
            before={"name": before.name, "rank": before.rank},
            after={"name": name, "rank": rank},
        )
