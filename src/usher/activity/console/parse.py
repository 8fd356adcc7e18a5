"""Reads the member CSV of Asana's Admin Console. Pure: no database, no Django.

What cannot be read in some rows is named and the rest is read. The file is refused only where most of it does not fit.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from sys import intern

import msgspec

from usher.activity.console.headers import (
    DATES,
    EXPORT_AGAIN,
    MemberField,
    is_known,
    locate_columns,
    says_never,
)
from usher.csvfiles.dates import DateOrder
from usher.csvfiles.days import DayColumn, UnreadableDay, read_column
from usher.csvfiles.problems import FileProblem, UnreadableFile, unreadable
from usher.csvfiles.table import Table, TableRow, open_table
from usher.csvfiles.text import quotable
from usher.csvfiles.written_days import written_day

MAX_BYTES = 50 * 1024 * 1024
MAX_ROWS = 500_000
FEW = 3
MINORITY = 0.1
"""So many rows or cells may be unreadable without a doubt about the file as a whole: three, or a tenth."""

_WRITE_ISO = "Write it as 2026-11-20, or leave the cell empty."


class ConsoleRow(msgspec.Struct, frozen=True, gc=False):
    """What the file says about one person. `line` counts as a spreadsheet does; a date is None if the file has none.

    `has_never_logged_in`: the file says so in words. An empty cell says nothing.
    """

    line: int
    email: str
    gid: str = ""
    name: str = ""
    joined_on: date | None = None
    first_login_on: date | None = None
    last_activity_on: date | None = None
    login_method: str = ""
    kind: str = ""
    has_never_logged_in: bool = False


class ConsoleFile(msgspec.Struct, frozen=True):
    """`columns` are the headers as in the file. `encoding` and `delimiter` are empty for a workbook.

    `left_out` are rows about nobody in particular; `blanked` are cells of other rows that are no date, read as empty.
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
    left_out: Sequence[FileProblem] = ()
    blanked: Sequence[FileProblem] = ()


class _Record(msgspec.Struct, frozen=True, gc=False):
    """A row whose dates are not read yet. Dates in the order of DATES."""

    line: int
    email: str
    gid: str
    name: str
    login_method: str
    kind: str
    dates: tuple[str, ...]


def parse(content: bytes, order: DateOrder | None = None) -> ConsoleFile:
    """Reads a file. A day counts as it is written, whatever time or zone stands beside it.

    Raises UnreadableFile with up to 20 problems, each with its line and column.
    """
    if len(content) > MAX_BYTES:
        raise unreadable(
            f"The file is larger than {MAX_BYTES // 1024 // 1024} MB.",
            "Is it the export of members? " + EXPORT_AGAIN,
        )
    table = open_table(content, is_known, EXPORT_AGAIN)
    places = locate_columns(table.headers)
    records, left_out = _records(table, places)
    days = _day_column(records, order)
    rows, blanked = _rows(records, days, {field: table.headers[place] for field, place in places.items()})
    return ConsoleFile(
        columns={field: table.headers[place] for field, place in places.items()},
        ignored_columns=[header for n, header in enumerate(table.headers) if n not in places.values()],
        rows=rows,
        encoding=table.encoding,
        delimiter=table.delimiter,
        date_order=DateOrder.AMBIGUOUS if days.unclear else days.order,
        unclear_date=days.unclear,
        left_out=left_out,
        blanked=blanked,
    )


def _records(table: Table, places: dict[MemberField, int]) -> tuple[list[_Record], list[FileProblem]]:
    records: list[_Record] = []
    shifted: list[FileProblem] = []
    nobody: list[FileProblem] = []
    for row in table.rows():
        if len(records) == MAX_ROWS:
            raise unreadable(f"The file has more than {MAX_ROWS:,} members.", EXPORT_AGAIN, row.line)
        record = _record(row, places)
        if row.surplus:
            shifted.append(_shifted(row, len(table.headers)))
        elif not record.gid and "@" not in record.email:
            nobody.append(_about_nobody(record, table.headers[places[MemberField.EMAIL]]))
        else:
            records.append(record)
    if _is_most(len(shifted), len(shifted) + len(records)):
        raise UnreadableFile(shifted)
    if not records:
        if nobody:
            raise UnreadableFile(nobody)
        raise unreadable("The file has column names, but no members.", EXPORT_AGAIN)
    return records, sorted(shifted + nobody, key=lambda problem: problem.line or 0)


def _record(row: TableRow, places: dict[MemberField, int]) -> _Record:
    def cell(field: MemberField) -> str:
        place = places.get(field)
        return row.cells[place] if place is not None else ""

    return _Record(
        line=row.line,
        email=cell(MemberField.EMAIL).strip(),
        gid=_gid(cell(MemberField.GID)),
        name=cell(MemberField.NAME),
        login_method=intern(cell(MemberField.LOGIN_METHOD)),
        kind=intern(cell(MemberField.KIND)),
        dates=tuple(intern(cell(field).strip()) for field in DATES),
    )


def _shifted(row: TableRow, width: int) -> FileProblem:
    return FileProblem(
        f"The line has {width + row.surplus} cells, but the header has {width}, so its values may be in the wrong "
        "columns.",
        f"A value may contain the delimiter without quotation marks. {EXPORT_AGAIN}",
        row.line,
    )


def _about_nobody(record: _Record, column: str) -> FileProblem:
    who = f" of “{quotable(record.name)}”" if record.name.strip() else ""
    if record.email:
        what = f"“{quotable(record.email)}” is not an e-mail address."
    else:
        what = f"The row{who} has no e-mail address."
    return FileProblem(what, "Enter the address to import the row.", record.line, column)


def _day_column(records: Sequence[_Record], order: DateOrder | None) -> DayColumn:
    """One reading for all dates, because one program wrote them."""
    texts = [text for record in records for text in record.dates if text and not says_never(text)]
    days = read_column(texts, order)
    if days.is_mixed:
        raise unreadable(
            "Some dates are numbers and others are text such as "
            f"“{next(filter(_is_either, texts))}”: a spreadsheet has changed the file, and may "
            "have swapped days and months.",
            EXPORT_AGAIN,
        )
    return days


def _is_either(text: str) -> bool:
    """Whether day and month can be told apart only by knowing the order."""
    either = written_day(text).either
    return either is not None and either.first != either.second


def _rows(
    records: list[_Record], days: DayColumn, columns: dict[MemberField, str]
) -> tuple[list[ConsoleRow], list[FileProblem]]:
    """Empties `records`, so that a large file is not in memory twice."""
    problems: list[FileProblem] = []
    wrong: Counter[MemberField] = Counter()
    filled: Counter[MemberField] = Counter()
    read: dict[str, date | None] = {}

    def day(record: _Record, field: MemberField, text: str) -> date | None:
        if not text or says_never(text):
            return None
        filled[field] += 1
        if days.unclear and _is_either(text):
            return None
        try:
            if text not in read:
                read[text] = days.day(text)
        except UnreadableDay as error:
            wrong[field] += 1
            problems.append(FileProblem(f"{error}.", _WRITE_ISO, record.line, columns[field]))
            return None
        return read[text]

    rows = []
    records.reverse()
    while records:
        record = records.pop()
        joined, first_login, last_activity = (
            day(record, field, text) for field, text in zip(DATES, record.dates, strict=True)
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
                has_never_logged_in=_has_never_logged_in(*record.dates[1:]),
            )
        )
    doubtful = {columns[field] for field in DATES if _is_most(wrong[field], filled[field])}
    if doubtful:
        raise UnreadableFile([problem for problem in problems if problem.column in doubtful])
    return rows, problems


def _has_never_logged_in(first_login: str, last_activity: str) -> bool:
    """The first login says so, or, where it says nothing, the last activity. A date in either contradicts."""
    said = [text for text in (first_login, last_activity) if text]
    return bool(said) and all(map(says_never, said))


def _is_most(wrong: int, filled: int) -> bool:
    return wrong > 0 and (wrong == filled or wrong > max(FEW, filled * MINORITY))


def _gid(text: str) -> str:
    """Empty if it is not a gid, for example because a spreadsheet rounded it to 1.2E+15."""
    gid = text.strip()
    return gid if gid.isascii() and gid.isdigit() and len(gid) <= 32 else ""
