"""Reads the member CSV of Asana's Admin Console. Pure: no database, no Django."""

from collections.abc import Iterable
from datetime import UTC, date, tzinfo
from functools import lru_cache
from sys import intern

import msgspec

from usher.activity.console.headers import DATES, EXPORT_AGAIN, MemberField, is_known, locate_columns
from usher.csvfiles.date_order import decide_order
from usher.csvfiles.dates import AmbiguousDate, DateOrder, parse_date
from usher.csvfiles.encoding import detect_format, headers_in, records_in
from usher.csvfiles.header_row import is_blank
from usher.csvfiles.problems import MOST_SHOWN, FileProblem, UnreadableFile, unreadable
from usher.csvfiles.text import quotable

MAX_BYTES = 50 * 1024 * 1024
MAX_ROWS = 500_000
DATES_REMEMBERED = 10_000

_WRITE_ISO = "Write it as 2026-11-20, or leave the cell empty."


class ConsoleRow(msgspec.Struct, frozen=True, gc=False):
    """What the file says about one person. `line` counts as a spreadsheet does; a date is None if the file has none."""

    line: int
    email: str
    gid: str = ""
    name: str = ""
    joined_on: date | None = None
    first_login_on: date | None = None
    last_activity_on: date | None = None
    login_method: str = ""
    kind: str = ""


class ConsoleFile(msgspec.Struct, frozen=True):
    """`columns` are the headers as in the file.

    `date_order` is None if no date depends on it. If it is AMBIGUOUS, the dates concerned (`unclear_date` is one of
    them) are None in `rows`: ask, and parse again with the answer.
    """

    columns: dict[MemberField, str]
    ignored_columns: list[str]
    rows: list[ConsoleRow]
    encoding: str
    delimiter: str
    date_order: DateOrder | None = None
    unclear_date: str = ""


class _Record(msgspec.Struct, frozen=True, gc=False):
    """What is needed of a line, while the date order is still undecided. Dates in the order of DATES."""

    line: int
    email: str
    gid: str
    name: str
    login_method: str
    kind: str
    dates: tuple[date | AmbiguousDate | None, ...]


def parse(content: bytes, order: DateOrder | None = None, zone: tzinfo = UTC) -> ConsoleFile:
    """Reads a file as a whole or not at all. Moments with an offset become days in `zone`.

    Raises UnreadableFile with up to 20 problems, each with its line and column.
    """
    if len(content) > MAX_BYTES:
        raise unreadable(
            f"The file is larger than {MAX_BYTES // 1024 // 1024} MB.",
            "Is it the export of members? " + EXPORT_AGAIN,
        )
    encoding, delimiter = detect_format(content, is_known, EXPORT_AGAIN)
    lines = records_in(content, encoding, delimiter, EXPORT_AGAIN)
    headers = headers_in(lines)
    places = locate_columns(headers)
    records = _read(lines, headers, places, zone)
    if not records:
        raise unreadable("The file has column names, but no members.", EXPORT_AGAIN)
    decided, unclear = _decide(records, headers, places, order)
    return ConsoleFile(
        columns={field: headers[place].strip() for field, place in places.items()},
        ignored_columns=[h.strip() for n, h in enumerate(headers) if n not in places.values() and h.strip()],
        rows=_rows(records, headers, places, decided),
        encoding=encoding,
        delimiter=delimiter,
        date_order=decided,
        unclear_date=unclear,
    )


def _read(
    records: Iterable[tuple[int, list[str]]], headers: list[str], places: dict[MemberField, int], zone: tzinfo
) -> list[_Record]:
    kept: list[_Record] = []
    problems: list[FileProblem] = []
    read_date = lru_cache(DATES_REMEMBERED)(parse_date)  # the same few days occur again and again
    for line, cells in records:
        if is_blank(cells):
            continue
        if len(kept) == MAX_ROWS:
            raise unreadable(f"The file has more than {MAX_ROWS:,} members.", EXPORT_AGAIN, line)
        wrong = _wrong_in(line, cells, headers, places)
        dates: list[date | AmbiguousDate | None] = []
        for field in DATES:
            text = _cell(cells, places, field)
            try:
                dates.append(read_date(text, zone))
            except ValueError as error:
                column = headers[places[field]]
                wrong.append(FileProblem(f"“{quotable(text)}” {error}.", _WRITE_ISO, line, column))
        problems += wrong
        if len(problems) >= MOST_SHOWN:
            break
        if problems:
            continue  # the file is refused: only collect more problems
        kept.append(
            _Record(
                line=line,
                email=_cell(cells, places, MemberField.EMAIL).strip(),
                gid=_gid(_cell(cells, places, MemberField.GID)),
                name=_cell(cells, places, MemberField.NAME),
                login_method=intern(_cell(cells, places, MemberField.LOGIN_METHOD)),
                kind=intern(_cell(cells, places, MemberField.KIND)),
                dates=tuple(dates),
            )
        )
    if problems:
        raise UnreadableFile(problems)
    return kept


def _cell(cells: list[str], places: dict[MemberField, int], field: MemberField) -> str:
    """Empty if the file has no such column, or the line is too short."""
    place = places.get(field)
    return cells[place] if place is not None and place < len(cells) else ""


def _wrong_in(
    line: int, cells: list[str], headers: list[str], places: dict[MemberField, int]
) -> list[FileProblem]:
    if len(cells) < len(headers) or not is_blank(cells[len(headers) :]):
        return [
            FileProblem(
                f"The line has {len(cells)} cells, but the first line has {len(headers)}.",
                f"The file may have been cut off, or a value contains the delimiter. {EXPORT_AGAIN}",
                line,
            )
        ]
    email = cells[places[MemberField.EMAIL]].strip()
    if email and "@" not in email:
        remedy = "Correct it, or leave the cell empty."
        return [
            FileProblem(
                f"“{quotable(email)}” is not an e-mail address.",
                remedy,
                line,
                headers[places[MemberField.EMAIL]],
            )
        ]
    return []


def _decide(
    records: list[_Record], headers: list[str], places: dict[MemberField, int], chosen: DateOrder | None
) -> tuple[DateOrder | None, str]:
    return decide_order(
        (
            (record.line, headers[places[field]], value)
            for record in records
            for field, value in zip(DATES, record.dates, strict=True)
            if isinstance(value, AmbiguousDate)
        ),
        chosen,
        EXPORT_AGAIN,
    )


def _rows(
    records: list[_Record], headers: list[str], places: dict[MemberField, int], order: DateOrder | None
) -> list[ConsoleRow]:
    """Empties `records`, so that a large file is not in memory twice."""
    problems: list[FileProblem] = []

    def day(record: _Record, field: MemberField, value: date | AmbiguousDate | None) -> date | None:
        if not isinstance(value, AmbiguousDate):
            return value
        if order == DateOrder.AMBIGUOUS and value.first != value.second:
            return None
        try:
            return value.read(order or DateOrder.MDY)
        except ValueError as error:
            problems.append(
                FileProblem(f"“{value.text}” {error}.", _WRITE_ISO, record.line, headers[places[field]])
            )
            return None

    rows = []
    records.reverse()
    while records:
        record = records.pop()
        joined, first_login, last_activity = (
            day(record, field, value) for field, value in zip(DATES, record.dates, strict=True)
        )
        rows.append(
            ConsoleRow(
                line=record.line,
                email=record.email,
                gid=record.gid,
                name=record.name,
                joined_on=joined,
                first_login_on=first_login,
                last_activity_on=last_activity,
                login_method=record.login_method,
                kind=record.kind,
            )
        )
    if problems:
        raise UnreadableFile(problems)
    return rows


def _gid(text: str) -> str:
    """Empty if it is not a gid, for example because a spreadsheet rounded it to 1.2E+15."""
    gid = text.strip()
    return gid if gid.isascii() and gid.isdigit() and len(gid) <= 32 else ""
