"""Files of employees: previewed, then applied as a whole or discarded."""

import base64
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from usher.csvfiles.dates import DateOrder
from usher.directory import sources
from usher.directory.employees.list_tally import ListTally, is_many
from usher.directory.employees.store import store_many
from usher.directory.imports.list_questions import (
    GONE,
    ListAnswers,
    is_list_answer,
    list_answers,
    list_questions,
)
from usher.directory.imports.list_scope import check_scope_of, scope_of_list
from usher.directory.imports.previewing import last_accepted_drop, seats_left_out
from usher.directory.imports.questions import Question
from usher.directory.imports.reading import DATE_ORDER, OF_ONE_FILE, FileReading, read_file
from usher.directory.imports.rows import RowReader
from usher.directory.imports.rows_seen import RowsSeen
from usher.directory.locks import source_alone
from usher.directory.models import EmployeeChange, Import, Source
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.platform.scope import current_scope, seen_with
from usher.refusals import Refused

HELD_FOR = timedelta(days=2)
"""After that, the preview of a file is out of date."""


class UnansweredQuestions(Refused):
    """Somebody has to answer something about the file before it counts."""

    def __init__(self, questions: Sequence[Question]) -> None:
        self.questions = list(questions)
        asked = [f"{question.title} {question.why} {_listed(question)}" for question in questions]
        options = [item.option for question in questions for item in question.items]
        super().__init__(
            f"{' '.join(asked)} Nothing was changed.", f"Answer on the page, or with: {'; '.join(options)}"
        )


def _listed(question: Question) -> str:
    return " ".join(
        item.text
        + (f" ({item.count:,})" if item.count else "")
        + (f" For example: {'; '.join(item.examples)}" if item.examples else "")
        for item in question.items
    )


def csv_source(name: str) -> Source | None:
    """The source of that name, in capitals or not; None where there is none yet.

    Raises Refused if it takes no files.
    """
    source = Source.objects.filter(name__iexact=name).first()
    if source is not None and source.kind != Source.Kind.CSV:
        raise Refused(
            f"“{source.name}” is fed by {source.get_kind_display()}: a file would contradict it.",
            "Choose another name for the source of this file.",
        )
    return source


def apply(
    source: Source | str,
    content: bytes,
    layout: FileReading,
    actor: Actor,
    file_name: str,
    seen_at: datetime,
    *,
    held: Import | None = None,
) -> Import:
    """Applies a file, as a whole or not at all. A source that is only a name is added.

    Answers are in `layout.chosen`. Raises UnreadableFile, or UnansweredQuestions.
    """
    check_scope_of(source)
    if layout.has_questions:
        raise UnansweredQuestions(layout.questions)
    answers, today = ListAnswers.given(layout.chosen), seen_at.astimezone(UTC).date()

    with transaction.atomic(), seen_with(scope_of_list(source)):
        of = source
        if isinstance(of, str):
            seen_by = current_scope().connections
            of = sources.add(actor, of, connections=None if seen_by is None else sorted(seen_by))
        source_alone(of.pk)
        of.refresh_from_db()
        seen = RowsSeen.looking_for(today, everybody=answers.asks_for_everybody(of))

        def check(tally: ListTally) -> None:
            questions = list_questions(of, tally, seen, answers, seats_left_out(of, tally.unread))
            if questions:
                raise UnansweredQuestions(questions)

        batch = held or Import.objects.create(source=of, file_name=file_name[-255:], by=actor.name)
        tally = store_many(
            of,
            seen.through(RowReader(layout, today).rows()),
            seen_at,
            lists_everyone=answers.lists_everyone(of),
            batch=batch,
            check=check,
            keys=answers.keys,
            gone_since=last_accepted_drop(of),
        )
        batch.source, batch.mapping = of, dict(layout.chosen)
        if not is_many(tally.gone, tally.gone_of):
            batch.mapping.pop(GONE, None)  # nobody had asked
        _finish(batch, tally, seen_at)
        _remember(of, layout, answers)
        record(
            actor,
            "directory.imported",
            f"source {of.pk}: {of.name}, import {batch.pk}: {batch.file_name}",
            after={**figures(batch), **list_answers(layout.chosen)},
        )
    return batch


def hold(source: Source | str, actor: Actor, file_name: str, content: bytes) -> Import:
    """Keeps an uploaded file, encrypted, until it is applied or discarded. Raises UnreadableFile.

    A source that is only a name is added when the file is applied.
    """
    check_scope_of(source)
    known = source if isinstance(source, Source) else None
    mapping = known.mapping if known else {}
    read_file(content, mapping)
    forget_old()
    return Import.objects.create(
        source=known,
        new_source=source if isinstance(source, str) else "",
        file_name=file_name[-255:],
        by=actor.name,
        content=base64.b85encode(zlib.compress(content)).decode(),
        mapping=mapping,
    )


def content_of(held: Import) -> bytes:
    return zlib.decompress(base64.b85decode(held.content))


def layout_of_held(held: Import) -> FileReading:
    order = DateOrder(held.date_order) if held.date_order else None
    return read_file(content_of(held), held.mapping, order)


def apply_held(pk: int, actor: Actor, seen_at: datetime) -> Import:
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
        source = held.source or csv_source(held.new_source) or held.new_source
        return apply(
            source, content_of(held), layout_of_held(held), actor, held.file_name, seen_at, held=held
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
    kept = {
        name: value
        for name, value in layout.chosen.items()
        if name not in OF_ONE_FILE and not is_list_answer(name, value)
    }
    shown = next((column.order.value for column in layout.days.values() if column.order), "")
    return kept | ({DATE_ORDER: shown} if shown else {})


def figures(batch: Import) -> dict[str, int]:
    return {
        name: getattr(batch, name)
        for name in ("rows", "joined", "left", "leaving", "returned", "changed", "unlisted", "left_out")
    }


def _remember(source: Source, layout: FileReading, answers: ListAnswers) -> None:
    kept: dict[str, object] = {"mapping": remembered(layout)}
    if answers.everybody is not None:
        kept["lists_everyone"] = answers.everybody
    Source.objects.filter(pk=source.pk).update(**kept)


def _finish(batch: Import, tally: ListTally, seen_at: datetime) -> None:
    batch.state, batch.applied_at, batch.content = Import.State.APPLIED, seen_at, ""
    batch.rows, batch.left_out = tally.rows, tally.left_out_count
    for kind in EmployeeChange.Kind:
        setattr(batch, kind.value, tally.kinds[kind])
    batch.unreadable = [{"line": str(row.line), "why": row.why} for row in tally.left_out]
    batch.save()
