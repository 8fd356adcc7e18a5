"""How a list of employees is to be read: found out by looking through the whole file once. Pure: no database.

What cannot be read is asked for, a whole column at a time, with examples and a proposal. Nothing of the file counts
until the questions are answered.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice

import msgspec

from usher.csvfiles.dates import DateOrder
from usher.csvfiles.days import DayColumn, read_column
from usher.csvfiles.notes import NoteRows
from usher.csvfiles.problems import unreadable
from usher.csvfiles.table import Table, TableRow, open_table
from usher.csvfiles.written_days import DayForm
from usher.directory.imports.column_content import FittingColumns, cell, fitting_columns
from usher.directory.imports.column_names import EmployeeField
from usher.directory.imports.column_questions import about_columns
from usher.directory.imports.columns import DAYS, DAYS_OF_LEAVING, Columns, is_known, order_in_name, says_off
from usher.directory.imports.questions import (
    Question,
    about_accounts,
    about_days,
    about_employment,
    about_statuses,
)
from usher.directory.imports.status_columns import MOST_WORDS, Statuses, is_silent_of_leavers, understood
from usher.directory.imports.statuses import ACCOUNT_CHOICE, STATUS_CHOICE, Meaning, account_is_off

MAX_BYTES = 100 * 1024 * 1024
AGAIN = "Export the list again, and upload that file as it is."
SAMPLES = 3
LOOKED_AT = 2_000
"""Rows by which the content of a column is judged."""
EXAMPLES = 10
STATUSES = (EmployeeField.STATUS, EmployeeField.SECOND_STATUS)
WHO = (EmployeeField.NAME, EmployeeField.FIRST_NAME, EmployeeField.LAST_NAME, EmployeeField.EMAIL)
DATE_ORDER, SHEET, HEADER_LINE, NO_STATUS = "date_order", "sheet", "header_line", "no_status"
"""In `Source.mapping`, beside fields and statuses."""
OF_ONE_FILE = frozenset({SHEET, HEADER_LINE})
"""What is chosen for one file, and not remembered for the next."""


class FileReading(msgspec.Struct, frozen=True):
    """How a file is read, and what has to be answered first. `notes`: lines that are no employees, such as totals.

    `statuses` and `second_statuses`: the words of these columns. `accounts`: “column”, or “column:word” → what it means
    of somebody that their account is off, or that it says this word.
    """

    table: Table
    columns: Columns
    days: dict[EmployeeField, DayColumn]
    statuses: dict[str, Meaning]
    second_statuses: dict[str, Meaning]
    accounts: dict[str, Meaning]
    samples: dict[str, list[str]]
    rows: int
    notes: list[tuple[int, str]]
    questions: list[Question]
    chosen: dict[str, str]
    has_status: bool

    @property
    def has_questions(self) -> bool:
        return bool(self.questions)

    @property
    def has_employment(self) -> bool:
        """Whether anything in the file can say that somebody leaves."""
        saying = (EmployeeField.ACCOUNT, *DAYS_OF_LEAVING)
        return self.has_status or any(field in self.columns for field in saying)

    @property
    def is_note(self) -> NoteRows:
        keys = [n for field in (EmployeeField.EMAIL, EmployeeField.EXTERNAL_ID) for n in self.places(field)]
        return NoteRows(self.table.headers, keys, self.table.usual_cells, is_known)

    def places(self, field: EmployeeField) -> list[int]:
        return [self.table.headers.index(column) for column in self.columns.get(field, ())]


def read_file(
    content: bytes, chosen: Mapping[str, str] | None = None, order: DateOrder | None = None
) -> FileReading:
    """Looks through the whole file once. Raises UnreadableFile for one of no use.

    `chosen`, as `Source.mapping`: field → column ("" for none), "status:word" → meaning, "account:column" → meaning
    of an account that is switched off, "date_order" → mdy or dmy, "unreadable_days:field" → none,
    "mixed_days:field" → numbers or swapped, "no_status" → all_here, "sheet", "header_line", and what the questions of
    `column_questions` are answered with. `order` is the order of dates
    chosen for this file; the days in a file outweigh a remembered order.
    """
    chosen = {name: value for name, value in (chosen or {}).items() if value or name in set(EmployeeField)}
    if len(content) > MAX_BYTES:
        raise unreadable(
            f"The file has more than {MAX_BYTES // 1024 // 1024} MB.", "Is it the right one? " + AGAIN
        )
    line = chosen.get(HEADER_LINE, "")
    table = open_table(
        content, is_known, AGAIN, sheet=chosen.get(SHEET, ""), header_line=int(line) if line.isdigit() else 0
    )
    sample = list(islice(table.rows(), LOOKED_AT))
    return _FileScan(table, sample, chosen, order).reading()


class _FileScan:
    """Looks through one file, and counts what its columns say."""

    def __init__(
        self, table: Table, sample: Sequence[TableRow], chosen: dict[str, str], order: DateOrder | None
    ) -> None:
        self._table, self._chosen, self._order = table, chosen, order
        self._fitting: FittingColumns = fitting_columns(table, sample, chosen)
        self._columns = self._fitting.columns
        self._place = {header: n for n, header in enumerate(table.headers)}
        self._samples = {
            header: [row.cells[n].strip()[:100] for row in sample[:SAMPLES]]
            for n, header in enumerate(table.headers)
        }
        self._texts: dict[EmployeeField, Counter[str]] = {
            field: Counter() for field in DAYS if field in self._columns
        }
        self._words: dict[EmployeeField, Counter[str]] = {
            field: Counter() for field in STATUSES if field in self._columns
        }
        self._accounts: dict[str, Counter[str]] = {
            column: Counter() for column in self._columns.get(EmployeeField.ACCOUNT, ())
        }
        self._blanks: Counter[EmployeeField] = Counter()
        self._examples: dict[str, list[str]] = {}
        self._who = [self._place[c] for field in WHO for c in self._columns.get(field, ())]
        self._rows, self._notes, self._has_notices = 0, list[tuple[int, str]](), False

    def reading(self) -> FileReading:
        draft = self._draft({}, {}, {}, {}, has_status=False)
        is_note = draft.is_note
        for row in self._table.rows():
            if is_note(row.cells):
                self._notes.append((row.line, " ".join(filter(None, map(str.strip, row.cells)))[:200]))
            else:
                self._count(row)
        if not self._rows:
            raise unreadable("The file has column names, but no employees.", AGAIN)
        days = {field: self._day_column(field) for field in self._texts}
        asked: dict[str, Meaning] = {}
        said: dict[EmployeeField, dict[str, Meaning]] = {field: {} for field in STATUSES}
        for field in self._words:
            said[field], open_words = self._meanings(field)
            asked |= open_words
        reading = self._draft(
            days,
            said[EmployeeField.STATUS],
            said[EmployeeField.SECOND_STATUS],
            {
                key.removeprefix(ACCOUNT_CHOICE): meaning
                for key in self._chosen
                if key.startswith(ACCOUNT_CHOICE) and (meaning := chosen_meaning(key, self._chosen))
            },
            has_status=bool(asked or any(said.values())),
        )
        counts: Counter[str] = sum(self._words.values(), Counter[str]())
        counts[""] = self._blanks[EmployeeField.STATUS]
        questions = [
            about_columns(
                self._table, self._fitting, self._samples, self._chosen, has_notices=self._has_notices
            ),
            about_statuses(asked, counts, self._examples),
            about_days(days, self._columns, self._chosen),
            about_accounts(reading, self._accounts, self._examples)
            or (None if self._fitting.asks_about_leaving else about_employment(reading)),
        ]
        return msgspec.structs.replace(reading, questions=[each for each in questions if each])

    def _draft(
        self,
        days: dict[EmployeeField, DayColumn],
        statuses: dict[str, Meaning],
        second: dict[str, Meaning],
        accounts: dict[str, Meaning],
        *,
        has_status: bool,
    ) -> FileReading:
        return FileReading(
            table=self._table,
            columns=self._columns,
            days=days,
            statuses=statuses,
            second_statuses=second,
            accounts=accounts,
            samples=self._samples,
            rows=self._rows,
            notes=self._notes,
            questions=[],
            chosen=self._chosen,
            has_status=has_status,
        )

    def _count(self, row: TableRow) -> None:
        self._rows += 1
        for field, words in self._words.items():
            status = cell(row.cells, self._place[self._columns.first(field)])
            if status:
                words[status] += 1
            else:
                self._blanks[field] += 1
            self._example(f"{STATUS_CHOICE}{status.casefold()}", row)
        for field, counts in self._texts.items():
            for column in self._columns[field]:
                if text := cell(row.cells, self._place[column]):
                    counts[text] += 1
        for column, values in self._accounts.items():
            if value := cell(row.cells, self._place[column]):
                values[value] += 1
                is_off = account_is_off(value, yes_is_off=says_off(column))
                if is_off is not False:
                    word = "" if is_off else f":{value.casefold()}"
                    self._example(f"{ACCOUNT_CHOICE}{column}{word}", row)
        if notice := self._columns.first(EmployeeField.NOTICE):
            self._has_notices |= bool(cell(row.cells, self._place[notice]))

    def _example(self, key: str, row: TableRow) -> None:
        kept = self._examples.setdefault(key, [])
        if len(kept) < EXAMPLES:
            named = (text for place in self._who if (text := cell(row.cells, place)))
            kept.append(next(named, f"line {row.line}")[:100])

    def _meanings(self, field: EmployeeField) -> tuple[dict[str, Meaning], dict[str, Meaning]]:
        """What the words mean, and which are to be asked. What a person said outweighs all."""
        column, words = self._columns.first(field), self._words[field]
        if len(words) > MOST_WORDS:
            raise unreadable(
                f"The column “{column}” has {len(words):,} different values, so it is not a status.",
                "Choose another column for the status, or none: on the page, or with --map status=COLUMN.",
                column=column,
            )
        by_itself = understood(column, words)
        told = {
            word: meaning
            for word in words
            if (meaning := chosen_meaning(f"{STATUS_CHOICE}{word.casefold()}", self._chosen))
        }
        asked = {word: meaning for word, meaning in by_itself.asked.items() if word not in told}
        if self._are_blanks_doubtful(field, by_itself):
            blank = chosen_meaning(STATUS_CHOICE, self._chosen)
            if blank is None:
                asked[""] = Meaning.HERE
            else:
                told[""] = blank
        return by_itself.meanings | told, asked

    def _are_blanks_doubtful(self, field: EmployeeField, statuses: Statuses) -> bool:
        """Where nothing else in the file says that somebody leaves, a blank cell beside “active” ones may say it."""
        says_more = set(self._words) - {field} or self._accounts or set(self._texts) & set(DAYS_OF_LEAVING)
        words = {word: self._words[field][word] for word in statuses.meanings | statuses.asked}
        return (
            self._blanks[field] > 0
            and not says_more
            and is_silent_of_leavers(self._columns.first(field), words)
        )

    def _day_column(self, field: EmployeeField) -> DayColumn:
        texts = self._texts[field]
        others = [text for other, counts in self._texts.items() if other != field for text in counts]
        is_book = bool(self._table.sheet)
        column = read_column(texts.elements(), self._order, others, of_a_workbook=is_book)
        named = next(filter(None, map(order_in_name, self._columns[field])), "")
        remembered = self._chosen.get(DATE_ORDER, "") or named
        if column.unclear and remembered in (DateOrder.DMY, DateOrder.MDY):
            column = read_column(texts.elements(), DateOrder(remembered), others, of_a_workbook=is_book)
        is_start = field not in DAYS_OF_LEAVING
        accepted = {
            form
            for form, key, answer in (
                (DayForm.MONTH, f"month_days:{field}", "month_end"),
                (DayForm.BUDDHIST, f"buddhist_days:{field}", "buddhist"),
            )
            if self._chosen.get(key) == answer or (is_start and form == DayForm.BUDDHIST)
        }
        return msgspec.structs.replace(
            column,
            is_swapped=self._chosen.get(f"mixed_days:{field}") == "swapped",
            accepted=frozenset(accepted),
        )


def chosen_meaning(key: str, chosen: Mapping[str, str]) -> Meaning | None:
    said = chosen.get(key, "")
    return Meaning(said) if said in set(Meaning) else None
