"""How `usher directory import` prints what a file would change, and what it leaves open."""

from collections.abc import Sequence

from usher.cli.output import echo
from usher.directory.imports.previewing import REMARK_LABELS, ImportPreview
from usher.directory.imports.questions import Question

STEPS = {
    "joined": "join",
    "changed": "change in other ways",
    "leaving": "are leaving",
    "left": "have left",
    "returned": "come back",
    "unlisted": "are no longer listed: nobody has said that they left",
}
SHOWN = 10


def show_preview(previewed: ImportPreview) -> None:
    tally, seen = previewed.tally, previewed.seen
    echo(f"Rows: {tally.rows:,}")
    for field in previewed.layout.columns:
        echo(f"  {field.label + ':':<31}{', '.join(previewed.layout.columns[field])}")
    for kind, words in STEPS.items():
        count = previewed.count(kind)
        if count:
            echo(f"{count:,} {words}")
            for step in previewed.samples[kind]:
                day = f" (last day {step.after.last_day})" if step.after.last_day else ""
                echo(f"  {step.after.name or step.after.email or step.after.key}{day}")
    if not tally.changes:
        echo("Nothing changes.")
    if seen.on_leave:
        echo(f"{seen.on_leave:,} are on leave, and work here")
        for record in seen.on_leave_examples:
            echo(f"  {record.name or record.email or record.key}")
    if previewed.layout.notes:
        echo(f"Lines that are no employees, such as totals: {len(previewed.layout.notes):,}")
    if previewed.seat_count:
        echo(f"Leaving or left, and with a seat in Asana: {previewed.seat_count:,}")
    for kind, counted in seen.remarks.items():
        echo(f"Remark: {REMARK_LABELS.get(kind, kind)}: {counted.rows:,}")
        for who, text in counted.examples[:SHOWN]:
            echo(f"  {who}: {text}")
    if tally.left_out_count:
        echo(f"Rows left out, whose employees stay as they are: {tally.left_out_count:,}")
        for row in tally.left_out[:SHOWN]:
            echo(f"  line {row.line}: {row.why}")


def show_questions(questions: Sequence[Question]) -> None:
    """Each with its examples and the option that answers it."""
    for question in questions:
        echo("", f"{question.title} {question.why}", bold=True)
        for item in question.items:
            echo(f"  {item.text}{f' ({item.count:,})' if item.count else ''}")
            for example in item.examples[:SHOWN]:
                echo(f"    {example}")
            echo(f"    Answer: {item.option}")
            for value, label in item.choices:
                echo(f"      {value}: {label}")
