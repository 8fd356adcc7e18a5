"""How a list of employees is to be read: found out by looking through the whole file once. Pure: no database.

What cannot be read is asked for, a whole column at a time, with examples and a proposal. Nothing of the file counts
until the questions are answered.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

import msgspec

from usher.csvfiles.dates import DateOrder
from usher.csvfiles.days import DayColumn, read_column
from usher.csvfiles.problems import unreadable
from usher.csvfiles.table import Table, TableRow, is_note, open_table
from usher.directory.imports.column_names import EmployeeField
from usher.directory.imports.columns import (
    DAYS,
    DAYS_OF_LEAVING,
    Columns,
    candidates,
    is_known,
    is_private,
    mapped,
    says_off,
)
from usher.directory.imports.questions import (
    Question,
    about_accounts,
    about_days,
    about_employment,
    about_statuses,
)
from usher.directory.imports.statuses import (
    ACCOUNT_CHOICE,
    CLASS_NAME,
    STATUS_CHOICE,
    Meaning,
    account_is_off,
    meaning_of,
)
from usher.directory.matching.normalise import normal_address

MAX_BYTES = 100 * 1024 * 1024
AGAIN = "Export the list again, and upload that file as it is."
SAMPLES = 3
LOOKED_AT = 2_000
"""Rows by which the content of a column is judged."""
HALF, MOSTLY = 0.5, 0.8
MOST_WORDS = 50
"""More different words than this are no status."""
EXAMPLES = 10
DATE_ORDER, SHEET, HEADER_LINE, NO_STATUS = "date_order", "sheet", "header_line", "no_status"
"""In `Source.mapping`, beside fields and statuses."""
OF_ONE_FILE = frozenset({SHEET, HEADER_LINE})
"""What is chosen for one file, and not remembered for the next."""


class FileReading(msgspec.Struct, frozen=True):
    """How a file is read, and what has to be answered first. `notes`: lines that are no employees, such as totals."""

    table: Table
    columns: Columns
    days: dict[EmployeeField, DayColumn]
    statuses: dict[str, Meaning]
    accounts: dict[str, Meaning]
    samples: dict[str, list[str]]
    rows: int
    notes: list[tuple[int, str]]
    questions: list[Question]
    chosen: dict[str, str]

    @property
    def has_questions(self) -> bool:
        return bool(self.questions)

    @property
    def has_employment(self) -> bool:
        """Whether anything in the file can say that somebody leaves."""
        saying = (EmployeeField.STATUS, EmployeeField.ACCOUNT, *DAYS_OF_LEAVING)
        return any(field in self.columns for field in saying)

    def places(self, field: EmployeeField) -> list[int]:
        return [self.table.headers.index(column) for column in self.columns.get(field, ())]


def read_file(
    content: bytes, chosen: Mapping[str, str] | None = None, order: DateOrder | None = None
) -> FileReading:
    """Looks through the whole file once. Raises UnreadableFile for one of no use.

    `chosen`, as `Source.mapping`: field → column ("" for none), "status:word" → meaning, "account:column" → meaning
    of an account that is switched off, "date_order" → mdy or dmy, "unreadable_days:field" → none,
    "mixed_days:field" → numbers, "no_status" → all_here, "sheet" and "header_line". `order` is the order of dates
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
    columns = mapped(table.headers, _by_content(table, sample, chosen))
    return _looked_through(table, columns, sample, chosen, order)


def _looked_through(
    table: Table,
    columns: Columns,
    sample: Sequence[TableRow],
    chosen: dict[str, str],
    order: DateOrder | None,
) -> FileReading:
    place = {header: n for n, header in enumerate(table.headers)}
    keys = [place[c] for f in (EmployeeField.EMAIL, EmployeeField.EXTERNAL_ID) for c in columns.get(f, ())]
    texts: dict[EmployeeField, Counter[str]] = {field: Counter() for field in DAYS if field in columns}
    words: Counter[str] = Counter()
    accounts: dict[str, Counter[str]] = {
        column: Counter() for column in columns.get(EmployeeField.ACCOUNT, ())
    }
    examples: dict[str, list[str]] = {}
    rows, notes = 0, list[tuple[int, str]]()
    who = _who(columns, place)
    for row in table.rows():
        if is_note(row.cells, keys):
            notes.append((row.line, " ".join(filter(None, map(str.strip, row.cells)))[:200]))
            continue
        rows += 1
        if status := cell(row.cells, place.get(columns.first(EmployeeField.STATUS))):
            words[status] += 1
            _example(examples, f"{STATUS_CHOICE}{status.casefold()}", row, who)
        for field, counts in texts.items():
            if text := cell(row.cells, place[columns.first(field)]):
                counts[text] += 1
        for column, values in accounts.items():
            if value := cell(row.cells, place[column]):
                values[value] += 1
                if account_is_off(value, yes_is_off=says_off(column)) is not False:
                    _example(examples, f"{ACCOUNT_CHOICE}{column}", row, who)
    if not rows:
        raise unreadable("The file has column names, but no employees.", AGAIN)
    if len(words) > MOST_WORDS:
        column = columns.first(EmployeeField.STATUS)
        raise unreadable(
            f"The column “{column}” has {len(words):,} different values, so it is not a status.",
            "Choose another column for the status, or none: on the page, or with --map status=COLUMN.",
            column=column,
        )
    days = {field: _day_column(field, texts, order, chosen) for field in texts}
    meanings = {
        word: chosen_meaning(f"{STATUS_CHOICE}{word.casefold()}", chosen) or meaning_of(word)
        for word in words
    }
    reading = FileReading(
        table=table,
        columns=columns,
        days=days,
        statuses={word: meaning for word, meaning in meanings.items() if meaning},
        accounts={
            column: meaning
            for column in accounts
            if (meaning := chosen_meaning(f"{ACCOUNT_CHOICE}{column}", chosen))
        },
        samples={
            header: [row.cells[n].strip()[:100] for row in sample[:SAMPLES]]
            for n, header in enumerate(table.headers)
        },
        rows=rows,
        notes=notes,
        questions=[],
        chosen=chosen,
    )
    questions = [
        about_statuses({w: words[w] for w, meaning in meanings.items() if meaning is None}, examples),
        about_days({field: column for field, column in days.items() if field in columns}, columns, chosen),
        about_accounts(reading, accounts, examples) or about_employment(reading),
    ]
    return msgspec.structs.replace(reading, questions=[each for each in questions if each])


def _day_column(
    field: EmployeeField,
    texts: Mapping[EmployeeField, Counter[str]],
    order: DateOrder | None,
    chosen: Mapping[str, str],
) -> DayColumn:
    others = [text for other, counts in texts.items() if other != field for text in counts]
    column = read_column(texts[field].elements(), order, others)
    remembered = chosen.get(DATE_ORDER, "")
    if column.unclear and remembered in (DateOrder.DMY, DateOrder.MDY):
        return read_column(texts[field].elements(), DateOrder(remembered), others)
    return column


def chosen_meaning(key: str, chosen: Mapping[str, str]) -> Meaning | None:
    said = chosen.get(key, "")
    return Meaning(said) if said in set(Meaning) else None


def cell(cells: Sequence[str], place: int | None) -> str:
    """Without blanks around; nothing for the name of a class, which is what PowerShell writes for a list."""
    text = cells[place].strip() if place is not None and place < len(cells) else ""
    return "" if CLASS_NAME.fullmatch(text) else text


def _by_content(table: Table, sample: Sequence[TableRow], chosen: Mapping[str, str]) -> dict[str, str]:
    """`chosen`, and for the address and the ID the first column of a fitting name whose content fits as well."""
    found = dict(chosen)
    taken = {column for name, column in chosen.items() if name in set(EmployeeField)}

    def values(header: str) -> list[str]:
        place = table.headers.index(header)
        return [text for row in sample if (text := cell(row.cells, place))]

    if EmployeeField.EMAIL not in found:
        named = [header for header in candidates(EmployeeField.EMAIL, table.headers) if header not in taken]
        others = [
            header for header in table.headers if not is_private(header) and header not in (*named, *taken)
        ]
        fitting = [header for header in named if _share(map(normal_address, values(header))) >= HALF]
        fitting += [header for header in others if _is_of_addresses(values(header), len(sample))]
        if fitting and fitting[0] != next(iter(named), None):
            found[EmployeeField.EMAIL] = fitting[0]
    if EmployeeField.EXTERNAL_ID not in found:
        named = [
            header for header in candidates(EmployeeField.EXTERNAL_ID, table.headers) if header not in taken
        ]
        telling = [h for h in named if (texts := values(h)) and len(set(texts)) >= len(texts) * MOSTLY]
        if named and telling[:1] != named[:1]:
            found[EmployeeField.EXTERNAL_ID] = telling[0] if telling else ""
    return found


def _is_of_addresses(texts: Sequence[str], rows: int) -> bool:
    """Whether a column whose name says nothing holds the addresses: nearly every row has one."""
    return len(texts) >= max(3, rows * MOSTLY) and _share(map(normal_address, texts)) >= MOSTLY


def _share(texts: Iterable[str]) -> float:
    filled = [bool(text) for text in texts]
    return sum(filled) / len(filled) if filled else 0.0


def _who(columns: Columns, place: Mapping[str, int]) -> list[int]:
    fields = (EmployeeField.NAME, EmployeeField.FIRST_NAME, EmployeeField.LAST_NAME, EmployeeField.EMAIL)
    return [place[columns.first(field)] for field in fields if field in columns]


def _example(examples: dict[str, list[str]], key: str, row: TableRow, who: Sequence[int]) -> None:
    kept = examples.setdefault(key, [])
    if len(kept) < EXAMPLES:
        kept.append(
            next((text for place in who if (text := cell(row.cells, place))), f"line {row.line}")[:100]
        )
