"""What the columns of a file hold, where their names alone would mislead: “State” may be California, “Status” the
marital one, and “Terminated” a day or yes and no.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from usher.csvfiles.headers import spelling
from usher.csvfiles.problems import unreadable
from usher.csvfiles.table import Table, TableRow
from usher.csvfiles.text import visible
from usher.csvfiles.written_days import DayForm, written_day
from usher.directory.imports.column_names import EmployeeField
from usher.directory.imports.columns import (
    DAYS,
    DAYS_OF_LEAVING,
    SEVERAL,
    Columns,
    candidates,
    is_of_bits,
    is_private,
    mapped,
    says_left,
    says_off,
)
from usher.directory.imports.status_columns import (
    MOST_WORDS,
    is_of_accounts,
    is_of_statuses,
    is_yes_or_no,
    known_share,
)
from usher.directory.imports.statuses import CLASS_NAME, KINDS_OF_EMPLOYMENT
from usher.directory.normalise import normal_address

HALF, MOSTLY = 0.5, 0.8
KEY_COLUMN, STATE_COLUMN, DAY_COLUMN = "key_column", "state_column", "day_column"
NOTICE_DAY = "notice_day"
"""In `Source.mapping`: answers to the questions which column holds the address or the ID, which one the status, which
one the last day, and what a day of notice is."""
NONE = "none"
OF_A_CLASS = ("Microsoft.", "System.")
_ABOUT_LEAVING = re.compile(r"type|reason|volunt|eligib|regret|grund|motif|notes?|comment|hand", re.I)


_LAST_DAY = re.compile(
    r"terminat|last.?(?:working.?)?day|exit|leav(?:e|ing).?(?:date|on)|separat|depart|resign|end.?(?:date|of)|austritt|"
    r"beendig|ausscheid|sortie|départ|fin\b|baja|salida|cese|cessaz|uscita|saída|deslig|rescis|uit.?dienst|zwoln|slut|退職",
    re.I,
)
_OTHER_DAYS = re.compile(
    r"birth|geburt|naissance|nacimiento|nascita|leave.?(?:end|start)|visa|permit|review|trial|probation|probezeit|benefit|"
    r"licen[cs]e|project|goal|training|password|sign.?in|log.?in|modified|updated|created|report|pay|salary|department",
    re.I,
)


class FittingColumns(msgspec.Struct, frozen=True):
    """`like_a_status`: a column that nobody has named as the status, and whose words look like one. `like_last_days`:
    columns of days that may be last days, where no column is called so.
    """

    columns: Columns
    like_a_status: str = ""
    like_last_days: tuple[str, ...] = ()

    @property
    def asks_about_leaving(self) -> bool:
        return bool(self.like_a_status or self.like_last_days)


def fitting_columns(table: Table, sample: Sequence[TableRow], chosen: Mapping[str, str]) -> FittingColumns:
    """The columns by their names, their content, and what a person chose."""
    contents = {
        header: Counter(text for row in sample if (text := cell(row.cells, place)))
        for place, header in enumerate(table.headers)
    }
    rows = sum(2 * sum(bool(text.strip()) for text in row.cells) > table.usual_cells for row in sample)
    picked = _picked(table.headers, contents, rows, chosen)
    _check_shift(table, picked, chosen)
    columns = mapped(table.headers, picked, _unfit(table.headers, contents))
    _drop_bits(columns, contents)
    _take_columns_of_leaving(columns, contents, chosen)
    _take_answers(columns, contents, chosen)
    taken = {header for headers in columns.values() for header in headers}
    like = [
        header
        for header, counts in contents.items()
        if header not in taken and is_of_statuses(header, counts)
    ]
    says_who_works_here = (
        set(map(spelling, contents.get(columns.first(EmployeeField.STATUS), ()))) - KINDS_OF_EMPLOYMENT
    )
    is_asked = (
        not says_who_works_here
        and EmployeeField.STATUS.value not in chosen
        and chosen.get(STATE_COLUMN) != NONE
    )
    return FittingColumns(
        columns,
        next(iter(like), "") if is_asked else "",
        _like_last_days(columns, contents, len(sample), chosen),
    )


def _like_last_days(
    columns: Columns, contents: Mapping[str, Counter[str]], rows: int, chosen: Mapping[str, str]
) -> tuple[str, ...]:
    """Columns of days that are called nearly so; in a file without a status, also those that few rows fill."""
    answered = (*(field.value for field in DAYS_OF_LEAVING), DAY_COLUMN)
    if set(columns) & set(DAYS_OF_LEAVING) or EmployeeField.NOTICE in columns or set(answered) & set(chosen):
        return ()
    taken = {header for headers in columns.values() for header in headers}
    is_without_status = not {EmployeeField.STATUS, EmployeeField.ACCOUNT} & set(columns)
    return tuple(
        header
        for header, counts in contents.items()
        if header not in taken
        and _is_of_days(counts)
        and not _OTHER_DAYS.search(header)
        and (_LAST_DAY.search(header) or (is_without_status and counts.total() <= rows * HALF))
    )


def _is_of_days(counts: Counter[str]) -> bool:
    days = sum(
        count
        for text, count in counts.items()
        if written_day(text).form not in (DayForm.UNREADABLE, DayForm.NONE)
    )
    return days > 0 and days >= counts.total() * HALF


def cell(cells: Sequence[str], place: int | None) -> str:
    """Without blanks around; nothing for the name of a class, which is what PowerShell writes for a list."""
    if place is None or place >= len(cells) or not cells[place]:
        return ""
    text = visible(cells[place])
    if text.startswith('="') and text.endswith('"'):
        return text[2:-1].strip()  # how some write a number that a spreadsheet is to keep as text
    return "" if text.startswith(OF_A_CLASS) and CLASS_NAME.fullmatch(text) else text


def _check_shift(table: Table, picked: Mapping[str, str], chosen: Mapping[str, str]) -> None:
    """Raises UnreadableFile where the addresses stand one column to the right of “E-mail”, and rows have a cell more
    than the header: an unquoted “Kay, Ann” pushes all cells behind it.
    """
    named = next(iter(candidates(EmployeeField.EMAIL, table.headers)), "")
    found = picked.get(EmployeeField.EMAIL, "")
    if not (table.trailing_cells and named and found) or EmployeeField.EMAIL in chosen:
        return
    if table.headers.index(found) == table.headers.index(named) + 1:
        raise unreadable(
            f"The cells are shifted: what belongs below “{named}” stands below “{found}”. A value with the delimiter"
            " in it, such as “Kay, Ann”, is not in quotation marks.",
            "Export the list with quotation marks, with another delimiter, or as a workbook.",
            table.header_line + 1,
        )


def _picked(
    headers: Sequence[str], contents: Mapping[str, Counter[str]], rows: int, chosen: Mapping[str, str]
) -> dict[str, str]:
    """`chosen`, and for the address and the ID the first column of a fitting name whose content fits as well."""
    found = {name: column for name, column in chosen.items() if name in set(EmployeeField)}
    taken = set(found.values())
    if EmployeeField.EMAIL not in found:
        named = [header for header in candidates(EmployeeField.EMAIL, headers) if header not in taken]
        others = [header for header in headers if not is_private(header) and header not in (*named, *taken)]
        fitting = [h for h in named if _share_of_addresses(contents[h]) >= HALF]
        fitting += [header for header in others if _is_of_addresses(contents[header], rows)]
        if fitting and fitting[0] != next(iter(named), None):
            found[EmployeeField.EMAIL] = fitting[0]
    if EmployeeField.EXTERNAL_ID not in found:
        named = [header for header in candidates(EmployeeField.EXTERNAL_ID, headers) if header not in taken]
        telling = [h for h in named if contents[h] and len(contents[h]) >= contents[h].total() * MOSTLY]
        if named and telling[:1] != named[:1]:
            found[EmployeeField.EXTERNAL_ID] = telling[0] if telling else ""
    return found


def _unfit(headers: Sequence[str], contents: Mapping[str, Counter[str]]) -> dict[EmployeeField, set[str]]:
    """The columns that bear a name of a field and hold something else."""
    unfit: dict[EmployeeField, set[str]] = {}
    for field in EmployeeField:
        named = candidates(field, headers)
        filled = [header for header in named if contents[header]]
        unfit[field] = set(named) - set(filled) if filled and field not in SEVERAL else set()
    statuses = [h for h in candidates(EmployeeField.STATUS, headers) if contents[h]]
    known = {header: known_share(contents[header]) for header in statuses}
    unfit[EmployeeField.STATUS].update(h for h in statuses if len(contents[h]) > MOST_WORDS)
    if any(share >= HALF for share in known.values()):
        unfit[EmployeeField.STATUS].update(header for header, share in known.items() if share < HALF)
    unfit[EmployeeField.ACCOUNT].update(
        header
        for header in candidates(EmployeeField.ACCOUNT, headers)
        if not is_of_accounts(contents[header], yes_is_off=says_off(header))
    )
    for field in (*DAYS, EmployeeField.NOTICE):
        unfit[field].update(h for h in candidates(field, headers) if is_yes_or_no(contents[h]))
    return unfit


def _drop_bits(columns: Columns, contents: Mapping[str, Counter[str]]) -> None:
    """userAccountControl says in bits what a column beside it says in words."""
    accounts = columns.get(EmployeeField.ACCOUNT, [])
    if any(contents[header] and not is_of_bits(header) for header in accounts):
        columns[EmployeeField.ACCOUNT] = [header for header in accounts if not is_of_bits(header)]


def _take_columns_of_leaving(
    columns: Columns, contents: Mapping[str, Counter[str]], chosen: Mapping[str, str]
) -> None:
    """Columns as “Terminated: yes” say of the account what nobody else in the file says."""
    taken = {header for headers in columns.values() for header in headers}
    found = [
        header
        for header, counts in contents.items()
        if header not in taken
        and says_left(header)
        and not _ABOUT_LEAVING.search(header)
        and is_yes_or_no(counts)
    ]
    if found and EmployeeField.ACCOUNT not in chosen:
        columns[EmployeeField.ACCOUNT] = [*columns.get(EmployeeField.ACCOUNT, ()), *found]


def _take_answers(columns: Columns, contents: Mapping[str, Counter[str]], chosen: Mapping[str, str]) -> None:
    key = chosen.get(KEY_COLUMN, "")
    if key in contents and not {EmployeeField.EMAIL, EmployeeField.EXTERNAL_ID} & set(columns):
        is_address = _share_of_addresses(contents[key]) >= HALF
        _give(columns, EmployeeField.EMAIL if is_address else EmployeeField.EXTERNAL_ID, key)
    state = chosen.get(STATE_COLUMN, "")
    if state in contents:
        _give(columns, EmployeeField.STATUS, state)
    day = chosen.get(DAY_COLUMN, "")
    if day in contents and EmployeeField.LAST_DAY not in columns:
        _give(columns, EmployeeField.LAST_DAY, day)
    notice = columns.first(EmployeeField.NOTICE)
    if notice and chosen.get(NOTICE_DAY) == EmployeeField.LAST_DAY and EmployeeField.LAST_DAY not in columns:
        _give(columns, EmployeeField.LAST_DAY, notice)


def _give(columns: Columns, field: EmployeeField, header: str) -> None:
    for other in [each for each in columns if header in columns[each]]:
        columns[other] = [each for each in columns[other] if each != header]
        if not columns[other]:
            del columns[other]
    columns[field] = [header]


def _is_of_addresses(counts: Counter[str], rows: int) -> bool:
    """Whether a column whose name says nothing holds the addresses: nearly every row has one."""
    return counts.total() >= max(min(3, rows), rows * MOSTLY) and _share_of_addresses(counts) >= MOSTLY


def _share_of_addresses(counts: Counter[str]) -> float:
    addresses = sum(count for text, count in counts.items() if "@" in text and normal_address(text))
    return addresses / counts.total() if counts else 0.0
