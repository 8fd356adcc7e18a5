"""CSV files of employees: previewed, then applied as a whole or discarded."""

import base64
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from usher.csvfiles.dates import DateOrder
from usher.directory.employees.bulk import ListTally, PlannedChange, compare
from usher.directory.employees.store import store_many
from usher.directory.imports.questions import Question
from usher.directory.imports.reading import DATE_ORDER, OF_ONE_FILE, FileReading, read_file
from usher.directory.imports.rows import RowReader
from usher.directory.locks import source_alone
from usher.directory.matching.normalise import normal_address
from usher.directory.matching.person_keys import refresh_person_keys
from usher.directory.models import EmployeeChange, Import, Source
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.refusals import Refused
from usher.roster.models import SEAT, Membership, Person
from usher.roster.query import IN_SCOPE

DROP_SHARE = 0.10
DROP_ALWAYS = 3
"""This many may leave without a question: in a company of ten, one leaver is already a tenth."""
SAMPLES = 20
SEATS_SHOWN = 50
HELD_FOR = timedelta(days=2)
"""After that, the preview of a file is out of date."""
CHUNK = 5_000

Kind = EmployeeChange.Kind


class TooManyWouldLeave(Refused):
    """More than a tenth of a source's employees would leave at once, and nobody has confirmed it."""

    def __init__(self, tally: ListTally) -> None:
        self.drops, self.here_before = tally.drops, tally.here_before
        super().__init__(
            f"According to this file, {tally.drops:,} of {tally.here_before:,} employees have left. That is more than "
            "a tenth at once, so nothing was changed.",
            "Is the file complete, and from this source? If they really left, confirm their number.",
        )


class UnansweredQuestions(Refused):
    """Somebody has to say how a part of the file is to be read."""

    def __init__(self, layout: FileReading) -> None:
        asked = [f"{question.title} {_listed(question)}" for question in layout.questions]
        options = [item.option for question in layout.questions for item in question.items]
        super().__init__(" ".join(asked), f"Answer on the page, or with: {' '.join(options)}")


def _listed(question: Question) -> str:
    return (
        "; ".join(f"{item.text} ({item.count:,})" if item.count else item.text for item in question.items)
        + "."
    )


@dataclass
class ImportPreview:
    """What a file would change. `seats` are people in Asana who have left or are leaving, according to the file."""

    layout: FileReading
    tally: ListTally
    samples: dict[str, list[PlannedChange]]
    seat_count: int
    seats: list[Person]

    @property
    def asks_about_drop(self) -> bool:
        return is_a_big_drop(self.tally)

    @property
    def can_apply(self) -> bool:
        return not self.layout.has_questions

    def count(self, kind: str) -> int:
        """How many changes of a kind."""
        return self.tally.kinds[Kind(kind)]


@dataclass
class PreviewSamples:
    """Collects from all changes what a preview shows."""

    samples: dict[str, list[PlannedChange]] = field(default_factory=dict)
    leaving: list[int] = field(default_factory=list)
    leaving_addresses: set[str] = field(default_factory=set)

    def take(self, changes: Iterable[PlannedChange]) -> None:
        for change in changes:
            sample = self.samples.setdefault(change.kind.value, [])
            if len(sample) < SAMPLES:
                sample.append(change)
            if change.kind in (Kind.LEFT, Kind.LEAVING):
                if change.employee is None:
                    self.leaving_addresses.update(
                        filter(None, map(normal_address, (change.after.email, *change.after.other_addresses)))
                    )
                else:
                    self.leaving.append(change.employee)


def is_a_big_drop(tally: ListTally) -> bool:
    return tally.drops > max(DROP_ALWAYS, tally.here_before * DROP_SHARE)


def preview(source: Source, content: bytes, layout: FileReading, seen_at: datetime) -> ImportPreview:
    """What the file would change; changes nothing. Raises UnreadableFile."""
    collected = PreviewSamples()
    with transaction.atomic():
        source_alone(source.pk)
        rows = RowReader(layout, seen_at.astimezone(UTC).date()).rows()
        tally = compare(source, rows, seen_at, collected.take, lists_everyone=True)
        refresh_person_keys()  # of people whom no sync has matched yet
        people = _with_seat(collected)
        transaction.set_rollback(True)
    shown = sorted(people)[:SEATS_SHOWN]
    seats = Person.objects.filter(pk__in=shown).select_related("connection").order_by("name", "pk")
    return ImportPreview(layout, tally, collected.samples, len(people), list(seats))


def apply(
    source: Source,
    content: bytes,
    layout: FileReading,
    actor: Actor,
    file_name: str,
    seen_at: datetime,
    *,
    accepted_drops: int = 0,
    held: Import | None = None,
) -> Import:
    """Applies a file, as a whole or not at all. Employees whom it no longer lists have left.

    Raises UnreadableFile, UnansweredQuestions, or TooManyWouldLeave if more would leave at once than were accepted.
    """
    if layout.has_questions:
        raise UnansweredQuestions(layout)

    def check(tally: ListTally) -> None:
        if is_a_big_drop(tally) and tally.drops > accepted_drops:
            raise TooManyWouldLeave(tally)

    with transaction.atomic():
        source_alone(source.pk)
        batch = held or Import.objects.create(source=source, file_name=file_name[-255:], by=actor.name)
        rows = RowReader(layout, seen_at.astimezone(UTC).date()).rows()
        tally = store_many(source, rows, seen_at, lists_everyone=True, batch=batch, check=check)
        _finish(batch, tally, seen_at)
        Source.objects.filter(pk=source.pk).update(mapping=remembered(layout))
        record(
            actor,
            "directory.imported",
            f"source {source.pk}: {source.name}, import {batch.pk}: {batch.file_name}",
            after=figures(batch),
        )
    return batch


def check(content: bytes) -> None:
    """Raises UnreadableFile. For files whose source does not exist yet."""
    read_file(content)


def hold(source: Source, actor: Actor, file_name: str, content: bytes) -> Import:
    """Keeps an uploaded file, encrypted, until it is applied or discarded. Raises UnreadableFile."""
    read_file(content, source.mapping)
    forget_old()
    return Import.objects.create(
        source=source,
        file_name=file_name[-255:],
        by=actor.name,
        content=base64.b85encode(zlib.compress(content)).decode(),
        mapping=source.mapping,
    )


def content_of(held: Import) -> bytes:
    return zlib.decompress(base64.b85decode(held.content))


def layout_of_held(held: Import) -> FileReading:
    order = DateOrder(held.date_order) if held.date_order else None
    return read_file(content_of(held), held.mapping, order)


def apply_held(pk: int, actor: Actor, seen_at: datetime, accepted_drops: int = 0) -> Import:
    """Raises Refused if the file was applied or discarded before, or at the same time."""
    with transaction.atomic():
        held = (
            Import.objects.select_for_update(of=("self",), no_key=True)
            .select_related("source")
            .filter(pk=pk, state=Import.State.PREVIEW)
            .first()
        )
        if held is None:
            raise Refused(
                "This file was already applied or discarded.", "Upload it again to import it again."
            )
        assert held.source is not None
        return apply(
            held.source,
            content_of(held),
            layout_of_held(held),
            actor,
            held.file_name,
            seen_at,
            accepted_drops=accepted_drops,
            held=held,
        )


def change_layout(held: Import, mapping: dict[str, str]) -> None:
    """Stores how a held file is to be read. Raises UnreadableFile if it cannot be read that way."""
    read_file(content_of(held), mapping)
    held.mapping, held.date_order = mapping, mapping.get(DATE_ORDER, "")
    held.save(update_fields=["mapping", "date_order"])


def discard(held: Import) -> None:
    Import.objects.filter(pk=held.pk, state=Import.State.PREVIEW).update(
        state=Import.State.DROPPED, content=""
    )


def forget_old() -> None:
    Import.objects.filter(state=Import.State.PREVIEW, created_at__lt=timezone.now() - HELD_FOR).update(
        state=Import.State.DROPPED, content=""
    )


def remembered(layout: FileReading) -> dict[str, str]:
    """What is kept for the next file of the source: what people chose, and the order of dates that the file showed."""
    kept = {name: value for name, value in layout.chosen.items() if name not in OF_ONE_FILE}
    shown = next((column.order.value for column in layout.days.values() if column.order), "")
    return kept | ({DATE_ORDER: shown} if shown else {})


def figures(batch: Import) -> dict[str, int]:
    return {
        name: getattr(batch, name)
        for name in ("rows", "joined", "left", "leaving", "returned", "changed", "unlisted", "left_out")
    }


def _finish(batch: Import, tally: ListTally, seen_at: datetime) -> None:
    batch.state, batch.applied_at, batch.content = Import.State.APPLIED, seen_at, ""
    batch.rows, batch.left_out = tally.rows, tally.left_out_count
    for kind in Kind:
        setattr(batch, kind.value, tally.kinds[kind])
    batch.unreadable = [{"line": str(row.line), "why": row.why} for row in tally.left_out]
    batch.save()


def _with_seat(collected: PreviewSamples) -> set[int]:
    """The people among the leavers who have a seat in Asana."""
    seats = Membership.objects.filter(SEAT, IN_SCOPE)
    people: set[int] = set()
    for start in range(0, len(collected.leaving), CHUNK):
        those = collected.leaving[start : start + CHUNK]
        matched = Q(person__matches__employee__in=those, person__matches__state="matched")
        people.update(seats.filter(matched).values_list("person_id", flat=True))
    addresses = sorted(collected.leaving_addresses)
    for start in range(0, len(addresses), CHUNK):
        key = Q(person__key__address__in=addresses[start : start + CHUNK])
        people.update(seats.filter(key).values_list("person_id", flat=True))
    return people
