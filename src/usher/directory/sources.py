"""Adding and changing sources, and what there is to say about each."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count

from usher.connections.models import Connection
from usher.directory.employees.queries import not_listed, works_here
from usher.directory.matching.update import bring_up_to_date
from usher.directory.models import Employee, Import, Source
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.platform.scope import whole_installation
from usher.refusals import Refused


class CannotBeSource(Refused):
    """A source that cannot be as it was asked for. `field`: what is at fault."""

    def __init__(self, message: str, remedy: str, field: str) -> None:
        super().__init__(message, remedy)
        self.field = field


@dataclass(frozen=True)
class SourceOverview:
    """A source, its newest applied import, how many employees it knows, work here, and are no longer listed."""

    source: Source
    last_import: Import | None
    employees: int
    working: int
    not_listed: int


def overviews(today: date) -> list[SourceOverview]:
    """By rank."""
    counts = Employee.objects.order_by().values_list("source")  # by itself: an index has all that it reads
    counted = counts.annotate(
        every=Count("is_listed"),
        working=Count("is_listed", filter=works_here(today)),
        absent=Count("is_listed", filter=not_listed(today)),
    )
    by_source = {source: each for source, *each in counted}
    applied = Import.objects.filter(state=Import.State.APPLIED).defer("content")
    newest = {each.source_id: each for each in applied.order_by("source_id", "-pk").distinct("source_id")}
    return [
        SourceOverview(each, newest.get(each.pk), *by_source.get(each.pk, (0, 0, 0)))
        for each in Source.objects.all()
    ]


def add(
    actor: Actor,
    name: str,
    kind: Source.Kind = Source.Kind.CSV,
    rank: int = 1,
    connections: list[int] | None = None,
) -> Source:
    """`connections`: those whose people it lists; None: of any.

    Raises CannotBeSource, also if there is already a source with that name.
    """
    _check(name, connections)
    try:
        with transaction.atomic(), whole_installation():
            added = Source.objects.create(name=name, kind=kind, rank=rank, connections=connections)
            record(
                actor,
                "directory.source_added",
                f"source {added.pk}: {name}",
                after={"name": name, "kind": kind.value, "rank": rank, "connections": connections},
            )
    except IntegrityError as error:
        raise _name_taken(name) from error
    return added


@dataclass(frozen=True)
class SourceSettings:
    """What a person may change about a source. `lists_everyone` is None until somebody has said so."""

    name: str
    rank: int
    absence: Source.Absence
    lists_everyone: bool | None
    connections: tuple[int, ...] | None = None
    """Whose people it lists; None: of any connection."""

    @classmethod
    def of(cls, source: Source) -> "SourceSettings":
        return cls(
            source.name,
            source.rank,
            Source.Absence(source.absence),
            source.lists_everyone,
            None if source.connections is None else tuple(source.connections),
        )

    def as_text(self) -> dict[str, str | int | bool | list[int] | None]:
        connections = None if self.connections is None else list(self.connections)
        return asdict(self) | {"absence": self.absence.value, "connections": connections}


def change(actor: Actor, source: Source, settings: SourceSettings) -> None:
    """A new rank changes which source counts, and its connections whom it lists. Matches are up to date afterwards.

    What absence means holds from the next list on. Raises CannotBeSource.
    """
    try:
        with transaction.atomic():
            _change_locked(actor, Source.objects.select_for_update().get(pk=source.pk), settings)
    except IntegrityError as error:
        raise _name_taken(settings.name) from error


def change_given(actor: Actor, source: Source, given: Mapping[str, Any]) -> None:
    """`change`, for some of the settings: those that are not given stay as they are stored."""
    with transaction.atomic():
        stored = Source.objects.select_for_update().get(pk=source.pk)
        change(actor, stored, replace(SourceSettings.of(stored), **given))


def _change_locked(actor: Actor, stored: Source, settings: SourceSettings) -> None:
    before = SourceSettings.of(stored)
    if before == settings:
        return
    _check(settings.name, settings.connections)
    absence = (settings.absence, settings.lists_everyone)
    if stored.kind != Source.Kind.CSV and absence != (before.absence, before.lists_everyone):
        raise CannotBeSource(
            f"“{stored.name}” sends people one by one, so nobody is missing from a list of it.",
            "Only sources of CSV files say what absence means.",
            "absence" if settings.absence != before.absence else "lists_everyone",
        )
    Source.objects.filter(pk=stored.pk).update(**settings.as_text())
    if (settings.rank, settings.connections) != (before.rank, before.connections):
        bring_up_to_date()
    record(
        actor,
        "settings.source_changed",
        f"source {stored.pk}: {settings.name}",
        before=before.as_text(),
        after=settings.as_text(),
    )


def _check(name: str, connections: Collection[int] | None) -> None:
    if not name.strip():
        raise CannotBeSource("The source has no name.", "Give it one, such as HR.", "name")
    known = set(Connection.objects.values_list("pk", flat=True)) if connections else set()
    unknown = next((each for each in connections or () if each not in known), None)
    if unknown is not None:
        raise CannotBeSource(
            f"There is no connection {unknown}.", "Choose among those that Usher has.", "connections"
        )


def _name_taken(name: str) -> CannotBeSource:
    return CannotBeSource(
        f"There is already a source called “{name}”.", "Choose that source, or use another name.", "name"
    )
