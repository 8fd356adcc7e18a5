"""Reads employees out of a CSV file. Pure: no database.

A row that cannot be read is left out, with its line and the reason. It does not mean that anybody left.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from itertools import islice

import msgspec

from usher.csvfiles.date_order import decide_order
from usher.csvfiles.dates import AmbiguousDate, DateOrder, parse_date
from usher.csvfiles.encoding import detect_format, headers_in, is_blank, records_in
from usher.csvfiles.problems import unreadable
from usher.csvfiles.text import quotable
from usher.directory.employees.records import EmployeeRecord, LeftOut, Row, tidy
from usher.directory.imports.columns import EmployeeField, is_known, mapped
from usher.directory.imports.statuses import STATUS_CHOICE, Meaning, kind_of, meaning_of
from usher.directory.matching.normalise import normal_address
from usher.directory.models import Employee

MAX_BYTES = 100 * 1024 * 1024
EXPORT_AGAIN = "Export the list again, and upload that file unchanged."
WRITE_ISO = "Write the date as 2026-11-20, or leave the cell empty."
YEARS = range(1950, 10_000)
NO_END_FROM = 2099
"""Directories write 31.12.2099 or 9999-12-31 when there is no last day."""
DOUBTFUL_AFTER = timedelta(days=31)
"""If the last day is longer ago than this and the status says "Active", one of the two is wrong."""
SAMPLES = 3
DATE_ORDER = "date_order"
"""The key in `Source.mapping` for mdy or dmy, used if the dates of a file leave it open."""
BETWEEN_ADDRESSES = re.compile(r"[;,|\s]+")
MOST_WORDS = 50
"""A column with more different words than this is not a status."""


class FileLayout(msgspec.Struct, frozen=True):
    """How a file is read. If `unclear_date` or `unknown_statuses` is not empty, somebody has to answer first."""

    encoding: str
    delimiter: str
    headers: list[str]
    columns: dict[EmployeeField, str]
    samples: dict[str, list[str]]
    rows: int
    date_order: DateOrder | None
    unclear_date: str
    statuses: dict[str, Meaning]
    unknown_statuses: dict[str, int]
    chosen: dict[str, str]

    @property
    def has_questions(self) -> bool:
        return bool(self.unclear_date or self.unknown_statuses)


def layout_of_file(
    content: bytes, chosen: Mapping[str, str] | None = None, order: DateOrder | None = None
) -> FileLayout:
    """Reads the whole file once. Raises UnreadableFile.

    `chosen` has the layout of `Source.mapping`: field → column, "status:word" → meaning, "date_order" → mdy or dmy.
    `order` is the date order chosen for this file. The dates in a file outweigh the remembered date order.
    """
    chosen = chosen or {}
    remembered = chosen.get(DATE_ORDER, "")
    if len(content) > MAX_BYTES:
        raise unreadable(
            f"The file is larger than {MAX_BYTES // 1024 // 1024} MB.",
            "Is it the right file? " + EXPORT_AGAIN,
        )
    encoding, delimiter = detect_format(content, is_known, EXPORT_AGAIN)
    headers = [
        header.strip() for header in headers_in(records_in(content, encoding, delimiter, EXPORT_AGAIN))
    ]
    columns = mapped(headers, chosen)
    places = {field: headers.index(column) for field, column in columns.items()}
    rows = 0
    words: Counter[str] = Counter()
    two_ways: dict[str, tuple[int, str, AmbiguousDate]] = {}
    for line, cells in _lines(content, encoding, delimiter):
        rows += 1
        if status := _cell(cells, places, EmployeeField.STATUS):
            words[status] += 1
        text = _cell(cells, places, EmployeeField.LAST_DAY)
        if text and text not in two_ways and isinstance(day := _read_date(text), AmbiguousDate):
            two_ways[text] = (line, columns[EmployeeField.LAST_DAY], day)
    if not rows:
        raise unreadable("The file has column names, but no employees.", EXPORT_AGAIN)
    if len(words) > MOST_WORDS:
        raise unreadable(
            f"The column “{columns[EmployeeField.STATUS]}” has {len(words):,} different values, so it is not a status.",
            "Choose another column for the status, or none.",
            column=columns[EmployeeField.STATUS],
        )
    decided, unclear = decide_order(two_ways.values(), order, EXPORT_AGAIN)
    if unclear and remembered in (DateOrder.MDY, DateOrder.DMY):
        decided, unclear = DateOrder(remembered), ""
    meanings = {word: _meaning(word, chosen) for word in words}
    sample = list(islice(_lines(content, encoding, delimiter), SAMPLES))
    return FileLayout(
        encoding=encoding,
        delimiter=delimiter,
        headers=headers,
        columns=columns,
        samples={
            header: [cells[place].strip() for _, cells in sample if place < len(cells)]
            for place, header in enumerate(headers)
        },
        rows=rows,
        date_order=decided,
        unclear_date=unclear,
        statuses={word: meaning for word, meaning in meanings.items() if meaning},
        unknown_statuses={word: words[word] for word, meaning in meanings.items() if meaning is None},
        chosen=dict(chosen),
    )


def read_rows(content: bytes, layout: FileLayout, today: date) -> Iterator[Row | LeftOut]:
    """One for each line that is not blank. Reads the file again, and keeps nothing of it in memory."""
    places = {field: layout.headers.index(column) for field, column in layout.columns.items()}
    order = layout.date_order or DateOrder.MDY
    width = len(layout.headers)
    for line, cells in _lines(content, layout.encoding, layout.delimiter):
        email = _address(_cell(cells, places, EmployeeField.EMAIL))
        external_id = _cell(cells, places, EmployeeField.EXTERNAL_ID)
        name = _name(cells, places)
        why = ""
        is_active, last_day = True, None
        if len(cells) < width or not is_blank(cells[width:]):
            why = f"The line has {len(cells)} cells, but the first line has {width}."
        elif not email and not external_id:
            why = "There is neither an e-mail address nor an employee ID."
        elif email and not normal_address(email):
            why = f"“{quotable(email)}” is not an e-mail address."
        else:
            status = _cell(cells, places, EmployeeField.STATUS)
            outcome = _employment(
                layout.statuses.get(status, Meaning.HERE if not status else Meaning.LEAVE_OUT),
                status,
                _cell(cells, places, EmployeeField.LAST_DAY),
                order,
                today,
            )
            if isinstance(outcome, str):
                why = outcome
            else:
                is_active, last_day = outcome
        if why:
            yield LeftOut(line, why, external_id or normal_address(email), normal_address(email), name)
            continue
        record = EmployeeRecord(
            external_id=external_id,
            email=email,
            other_addresses=_addresses(_cell(cells, places, EmployeeField.OTHER_ADDRESSES)),
            name=name,
            department=_cell(cells, places, EmployeeField.DEPARTMENT),
            manager=_cell(cells, places, EmployeeField.MANAGER),
            kind=_kind(_cell(cells, places, EmployeeField.KIND)),
            is_active=is_active,
            last_day=last_day,
        )
        yield Row(line, tidy(record))


def _employment(
    meaning: Meaning, status: str, text: str, order: DateOrder, today: date
) -> tuple[bool, date | None] | str:
    """Whether they work here, and until when; or why that is unclear."""
    if meaning == Meaning.LEAVE_OUT:
        return f"Rows with the status “{quotable(status)}” are ignored."
    try:
        last_day = _last_day(text, order)
    except ValueError as error:
        return f"The last day “{quotable(text)}” {error}. {WRITE_ISO}"
    if last_day is None:
        return meaning == Meaning.HERE, None
    if last_day >= today:
        return True, last_day  # also for "Terminated", which many directories set as soon as notice is given
    if meaning == Meaning.HERE and status and last_day < today - DOUBTFUL_AFTER:
        return (
            f"The status is “{quotable(status)}”, but the last day was {last_day}. One of the two is wrong."
        )
    return meaning == Meaning.HERE, last_day


def _last_day(text: str, order: DateOrder) -> date | None:
    read = _read_date(text)
    if isinstance(read, ValueError):
        raise read
    day = read.read(order) if isinstance(read, AmbiguousDate) else read
    return None if day is None or day.year >= NO_END_FROM else day


@lru_cache(10_000)
def _read_date(text: str) -> date | AmbiguousDate | ValueError | None:
    """Cached, as the same few days occur again and again. Returns the error for a day that cannot be read."""
    try:
        return parse_date(text, years=YEARS)
    except ValueError as error:
        return error


def _meaning(word: str, chosen: Mapping[str, str]) -> Meaning | None:
    said = chosen.get(f"{STATUS_CHOICE}{word.casefold()}", "")
    return Meaning(said) if said in set(Meaning) else meaning_of(word)


def _lines(content: bytes, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The lines that are not blank, without the first, which has the column names."""
    filled = (
        (n, cells)
        for n, cells in records_in(content, encoding, delimiter, EXPORT_AGAIN)
        if not is_blank(cells)
    )
    return islice(filled, 1, None)


def _cell(cells: Sequence[str], places: Mapping[EmployeeField, int], field: EmployeeField) -> str:
    place = places.get(field)
    return cells[place].strip() if place is not None and place < len(cells) else ""


def _name(cells: Sequence[str], places: Mapping[EmployeeField, int]) -> str:
    return _cell(cells, places, EmployeeField.NAME) or " ".join(
        filter(
            None,
            (_cell(cells, places, EmployeeField.FIRST_NAME), _cell(cells, places, EmployeeField.LAST_NAME)),
        )
    )


def _address(text: str) -> str:
    """Entra prefixes addresses with smtp:, and the main one with SMTP:."""
    return text[5:] if text[:5].casefold() == "smtp:" else text


def _addresses(text: str) -> tuple[str, ...]:
    if not text:
        return ()
    parts = map(_address, BETWEEN_ADDRESSES.split(text))
    return tuple(part for part in parts if normal_address(part))


@lru_cache(1_000)
def _kind(text: str) -> str:
    return kind_of(text).value if text else Employee.Kind.EMPLOYEE.value
