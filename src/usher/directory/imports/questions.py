"""What a file leaves open, as questions that a person can answer: on the page, or by an option of the command."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from usher.csvfiles.dates import DateOrder
from usher.csvfiles.days import DayColumn
from usher.csvfiles.written_days import DayForm
from usher.directory.imports.column_names import EmployeeField
from usher.directory.imports.columns import DAYS_OF_LEAVING, Columns, says_left, says_off
from usher.directory.imports.statuses import ACCOUNT_CHOICE, STATUS_CHOICE, Meaning, account_is_off

if TYPE_CHECKING:
    from usher.directory.imports.reading import FileReading

MOST_SHOWN = 5


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
_OF_ACCOUNTS = (
    (Meaning.LEFT.value, "Has left"),
    (Meaning.SIGN_IN_OFF.value, "Works here, sign-in switched off"),
    (Meaning.HERE.value, "Works here: it says nothing about leaving"),
    (Meaning.LEAVE_OUT.value, "Leave these rows out"),
)


def about_statuses(
    asked: Mapping[str, Meaning], counts: Mapping[str, int], examples: Mapping[str, list[str]]
) -> Question | None:
    """`asked`: each word that is not understood, and what is proposed for it."""
    items = {
        key: Item(
            key=key,
            text=f"Status “{word}”" if word else "A blank status",
            choices=_MEANINGS,
            proposal=proposal.value,
            option=f'--status "{word}=MEANING"',
            count=counts[word],
            examples=tuple(examples.get(key, ())),
        )
        for word, proposal in asked.items()
        for key in (f"{STATUS_CHOICE}{word.casefold()}",)
    }
    why = (
        "Usher never guesses that somebody has left. If the column does not say who works here, choose another one for"
        " the employment status, or none."
    )
    return Question("What do these statuses mean?", why, tuple(items.values())) if items else None


def about_days(
    days: Mapping[EmployeeField, DayColumn], columns: Columns, chosen: Mapping[str, str]
) -> Question | None:
    """Day or month first; numbers of a spreadsheet beside texts; months, other calendars, values that are no days."""
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
        if column.is_mixed:
            items.append(
                _item(
                    f"mixed_days:{field}",
                    f"“{name}” has days that a spreadsheet has read beside days that it left as text. It may have"
                    " swapped day and month in those that it read.",
                    (("numbers", "They are right"), ("swapped", "Day and month are swapped in them")),
                    [
                        text
                        for form in (DayForm.SPREADSHEET, DayForm.CALENDAR)
                        for text in _examples(column, form)
                    ],
                    sum(column.forms.values()),
                )
            )
        items += _of_odd_days(field, name, column)
    open_items = tuple(
        item for item in items if chosen.get(item.key) not in [value for value, _ in item.choices]
    )
    why = "A wrong day removes somebody too early or too late."
    return Question("How are the days meant?", why, open_items) if open_items else None


def _of_odd_days(field: EmployeeField, name: str, column: DayColumn) -> list[Item]:
    none = ("none", "Read them as no day, with a remark on each person")
    items = []
    if months := _examples(column, DayForm.MONTH):
        items.append(
            _item(
                f"month_days:{field}",
                f"“{name}” names months without a day.",
                (("month_end", "The last day of the month is meant"), none),
                months,
                column.forms[DayForm.MONTH],
            )
        )
    if thai := _examples(column, DayForm.BUDDHIST):
        items.append(
            _item(
                f"buddhist_days:{field}",
                f"“{name}” has years that are 543 ahead of ours.",
                (("buddhist", "They are years of the Buddhist calendar"), none),
                thai,
                column.forms[DayForm.BUDDHIST],
                proposal="buddhist" if len(thai) > 1 else "none",
            )
        )
    if column.unreadable:
        items.append(
            _item(
                f"unreadable_days:{field}",
                f"Some values of “{name}” are no days that Usher can read.",
                (none,),
                list(column.unreadable),
                sum(column.unreadable.values()),
                proposal="none",
            )
        )
    return items


def _item(
    key: str,
    text: str,
    choices: tuple[tuple[str, str], ...],
    examples: Sequence[str],
    count: int,
    proposal: str = "",
) -> Item:
    values = " or ".join(value for value, _ in choices)
    return Item(key, text, choices, proposal, f"--answer {key}={values}", count, tuple(examples)[:10])


def _examples(column: DayColumn, form: DayForm) -> list[str]:
    return column.examples.get(form, [])


def about_accounts(
    reading: "FileReading", values: Mapping[str, Counter[str]], examples: Mapping[str, list[str]]
) -> Question | None:
    """What “off” means, where no employment status says more; and words about accounts that are not known."""
    items = []
    everybody = False
    for column, counts in values.items():
        off, unknown = Counter[str](), Counter[str]()
        for value, count in counts.items():
            is_off = account_is_off(value, yes_is_off=says_off(column))
            off[value] += count * (is_off is True)
            unknown[value] += count * (is_off is None)
        everybody |= off.total() == reading.rows
        if off.total() and column not in reading.accounts and (says_left(column) or not reading.has_status):
            shown = ", ".join(f"“{value}”" for value, count in off.items() if count)
            items.append(
                _of_account(column, column, shown, off.total(), examples.get(f"{ACCOUNT_CHOICE}{column}", ()))
            )
        for value, count in unknown.items():
            key = f"{column}:{value.casefold()}"
            if count and key not in reading.accounts and not reading.has_status:
                items.append(
                    _of_account(
                        key,
                        column,
                        f"“{value}”",
                        count,
                        examples.get(f"{ACCOUNT_CHOICE}{key}", ()),
                        is_unknown=True,
                    )
                )
    why = "An account that is switched off may be somebody who left, or is on leave."
    if not reading.has_status:
        why = f"The file has no employment status. {why}"
    if everybody:
        why += " Everybody in this file is switched off, so it does not list all employees."
    return Question("What does a switched-off account mean?", why, tuple(items)) if items else None


def _of_account(
    key: str, column: str, shown: str, count: int, examples: Sequence[str], *, is_unknown: bool = False
) -> Item:
    is_leaving = says_left(column)
    choices = tuple(each for each in _OF_ACCOUNTS if not (is_leaving and each[0] == Meaning.SIGN_IN_OFF))
    return Item(
        key=f"{ACCOUNT_CHOICE}{key}",
        text=f"What does {shown} in “{column}” say of somebody?",
        choices=choices,
        proposal=(Meaning.SIGN_IN_OFF if is_unknown else Meaning.LEFT).value,
        option="--account " + " or ".join(f'"{key}={value}"' for value, _ in choices),
        count=count,
        examples=tuple(examples),
    )


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
