"""What a file leaves open, as questions that a person can answer: on the page, or by an option of the command."""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from usher.csvfiles.dates import DateOrder
from usher.csvfiles.days import DayColumn
from usher.directory.imports.column_names import EmployeeField
from usher.directory.imports.columns import DAYS_OF_LEAVING, Columns, says_off
from usher.directory.imports.statuses import Meaning, account_is_off

if TYPE_CHECKING:
    from usher.directory.imports.reading import FileReading


class Item(msgspec.Struct, frozen=True):
    """One thing to answer. `key` and the answer go into `Source.mapping`; `option` answers it on the command line."""

    key: str
    text: str
    choices: tuple[tuple[str, str], ...]
    proposal: str
    option: str
    count: int = 0
    examples: tuple[str, ...] = ()


class Question(msgspec.Struct, frozen=True):
    """A question about the file, with one item for each word or column that it is about."""

    title: str
    why: str
    items: tuple[Item, ...]


_MEANINGS = tuple((meaning.value, meaning.label) for meaning in Meaning)


def about_statuses(unknown: Mapping[str, int], examples: Mapping[str, list[str]]) -> Question | None:
    items = tuple(
        Item(
            key=f"status:{word.casefold()}",
            text=f"Status “{word}”",
            choices=_MEANINGS,
            proposal=Meaning.HERE.value,
            option=f'--status "{word}=MEANING"',
            count=count,
            examples=tuple(examples.get(f"status:{word.casefold()}", ())),
        )
        for word, count in unknown.items()
    )
    return (
        Question("What do these statuses mean?", "Usher never guesses that somebody has left.", items)
        if items
        else None
    )


def about_days(
    days: Mapping[EmployeeField, DayColumn], columns: Columns, chosen: Mapping[str, str]
) -> Question | None:
    """Day or month first; numbers of a spreadsheet beside texts; values that are no days."""
    items: list[Item] = []
    unclear = next((column.unclear for column in days.values() if column.unclear), "")
    if unclear:
        items.append(
            Item(
                key="date_order",
                text=f"Does “{unclear}” begin with the day or with the month?",
                choices=((DateOrder.DMY.value, "Day first"), (DateOrder.MDY.value, "Month first")),
                proposal="",
                option="--date-order dmy or mdy",
            )
        )
    for field in (each for each in days if each in DAYS_OF_LEAVING):
        column, name = days[field], columns.first(field)
        if column.is_mixed and chosen.get(f"mixed_days:{field}") != "numbers":
            items.append(
                Item(
                    key=f"mixed_days:{field}",
                    text=f"“{name}” has days as numbers of a spreadsheet beside days as text. A"
                    " spreadsheet may have swapped day and month in the numbers.",
                    choices=(("numbers", "The numbers are right"),),
                    proposal="",
                    option=f"--answer mixed_days:{field}=numbers",
                    count=sum(column.forms.values()),
                )
            )
        if column.unreadable and chosen.get(f"unreadable_days:{field}") != "none":
            items.append(
                Item(
                    key=f"unreadable_days:{field}",
                    text=f"Some values of “{name}” are no days that Usher can read.",
                    choices=(("none", "Read them as no day, with a remark on each person"),),
                    proposal="none",
                    option=f"--answer unreadable_days:{field}=none",
                    count=sum(column.unreadable.values()),
                    examples=tuple(column.unreadable)[:10],
                )
            )
    return (
        Question(
            "How are the days meant?", "A wrong day removes somebody too early or too late.", tuple(items)
        )
        if items
        else None
    )


def about_accounts(
    reading: "FileReading", values: Mapping[str, Counter[str]], examples: Mapping[str, list[str]]
) -> Question | None:
    """Only where the state of the account is all that the file says: an employment status says more."""
    if EmployeeField.STATUS in reading.columns:
        return None
    items = []
    for column, counts in values.items():
        off = {v: n for v, n in counts.items() if account_is_off(v, yes_is_off=says_off(column)) is not False}
        if not off or column in reading.accounts:
            continue
        shown = ", ".join(f"“{value}”" for value in list(off)[:5])
        items.append(
            Item(
                key=f"account:{column}",
                text=f"What does {shown} in “{column}” say of somebody?",
                choices=(
                    (Meaning.LEFT.value, "Has left"),
                    (Meaning.SIGN_IN_OFF.value, "Works here, sign-in switched off"),
                    (Meaning.LEAVE_OUT.value, "Leave these rows out"),
                ),
                proposal=Meaning.LEFT.value,
                option=f'--account "{column}=left", "=sign_in_off" or "=leave_out"',
                count=sum(off.values()),
                examples=tuple(examples.get(f"account:{column}", ())),
            )
        )
    why = "The file has no employment status. An account that is switched off may be somebody who left, or is on leave."
    return Question("What does a switched-off account mean?", why, tuple(items)) if items else None


def about_employment(reading: "FileReading") -> Question | None:
    """A file that cannot say that anybody leaves must not be read as “all work here” in silence."""
    if reading.has_employment or reading.chosen.get("no_status") == "all_here":
        return None
    item = Item(
        key="no_status",
        text="The file has no column for a status, a last day, or the state of an account.",
        choices=(("all_here", "Everybody in it works here"),),
        proposal="",
        option="--answer no_status=all_here, or --map status=COLUMN, or --map last_day=COLUMN",
        count=reading.rows,
    )
    return Question(
        "Does everybody in this file work here?", "Usher sees nobody leave by such a file.", (item,)
    )
