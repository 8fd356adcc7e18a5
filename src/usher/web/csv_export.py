"""CSV and other files to download: streamed in constant memory, and safe to open in a spreadsheet."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from django.http import StreamingHttpResponse
from django.utils import timezone

from usher.platform.statements import unhurried
from usher.spreadsheet_cells import safe_cell

PART_CHARACTERS = 16_384
"""A download is sent in parts of this size."""


def download(name: str, content_type: str, lines: Iterable[str]) -> StreamingHttpResponse:
    """A file for the browser to save. `name` gets the prefix "usher-" and today's date before its ending."""
    stem, _, ending = name.rpartition(".")
    file_name = f"usher-{stem}-{timezone.localdate():%Y-%m-%d}.{ending}"
    return StreamingHttpResponse(
        _in_parts(unhurried(lines)),
        content_type=f"{content_type}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{file_name}"'},
    )


def _in_parts(lines: Iterable[str]) -> Iterator[str]:
    """Many lines at once: to hand one on, through middleware and server, takes longer than to make it.

    The first comes alone, so that the browser begins to save the file.
    """
    held: list[str] = []
    characters = PART_CHARACTERS
    for line in lines:
        held.append(line)
        characters += len(line)
        if characters >= PART_CHARACTERS:
            yield "".join(held)
            held, characters = [], 0
    if held:
        yield "".join(held)


def csv_download(
    name: str, columns: Sequence[str], records: Iterable[Mapping[str, object]]
) -> StreamingHttpResponse:
    """`records` as a CSV file called usher-NAME-DATE.csv."""
    return download(f"{name}.csv", "text/csv", csv_lines(columns, records))


def csv_lines(columns: Sequence[str], records: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """The lines of a CSV file: a byte order mark, the header, then one line for each record."""
    writer = csv.writer(_Echo())
    yield "\ufeff"  # tells spreadsheets that the file is UTF-8
    yield writer.writerow(columns)
    for record in records:
        yield writer.writerow([safe_cell(None if value is None else str(value)) for value in record.values()])


class _Echo:
    """A file that returns what is written to it, so that `csv` can write straight to the browser."""

    def write(self, line: str) -> str:
        return line


def iso(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC with milliseconds, as Asana writes it."""
    return (
        moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else None
    )
