"""Adding and changing sources, and what there is to say about each."""

from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import Count

from usher.directory.employees.queries import works_here
from usher.directory.matching.update import bring_up_to_date
from usher.directory.models import Import, Source
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.refusals import Refused


@dataclass(frozen=True)
class SourceOverview:
    """A source, its newest applied import, how many employees it knows, and how many of them work here."""

    source: Source
    last_import: Import | None
    employees: int
    working: int


def overviews(today: date) -> list[SourceOverview]:
    """By rank."""
    sources = Source.objects.annotate(
        employee_count=Count("employees"),
        working_count=Count("employees", filter=works_here(today, "employees__")),
    )
    applied = Import.objects.filter(state=Import.State.APPLIED).defer("content")
    newest = {each.source_id: each for each in applied.order_by("source_id", "-pk").distinct("source_id")}
    return [
        SourceOverview(each, newest.get(each.pk), vars(each)["employee_count"], vars(each)["working_count"])
        for each in sources
    ]


def add(actor: Actor, name: str, kind: Source.Kind = Source.Kind.CSV, rank: int = 1) -> Source:
    """Raises Refused if there is already a source with that name."""
    try:
        with transaction.atomic():
            added = Source.objects.create(name=name, kind=kind, rank=rank)
            record(
                actor,
                "directory.source_added",
                f"source {added.pk}: {name}",
                after={"name": name, "kind": kind.value, "rank": rank},
            )
    except IntegrityError as error:
        raise Refused(
            f"There is already a source called “{name}”.", "Choose that source, or use another name."
        ) from error
    return added


def change(actor: Actor, source: Source, name: str, rank: int) -> None:
    """A new rank changes which source counts. Matches are up to date when it returns."""
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
