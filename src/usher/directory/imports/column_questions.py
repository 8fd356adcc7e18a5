"""Questions about which column, and which sheet, is meant."""

from collections.abc import Mapping, Sequence

from usher.csvfiles.table import Table
from usher.directory.imports.column_content import (
    DAY_COLUMN,
    KEY_COLUMN,
    NONE,
    NOTICE_DAY,
    STATE_COLUMN,
    FittingColumns,
)
from usher.directory.imports.column_names import EmployeeField
from usher.directory.imports.columns import Columns
from usher.directory.imports.questions import Item, Question

MAY_BE_A_LAST_DAY = (
    "kündigung",
    "resign",
    "opzeg",
    "notice",
    "démission",
    "renuncia",
    "dimission",
    "préavis",
)


def about_columns(
    table: Table,
    fitting: FittingColumns,
    samples: Mapping[str, Sequence[str]],
    chosen: Mapping[str, str],
    *,
    has_notices: bool,
) -> Question | None:
    items = [
        _about_sheet(table, chosen),
        _about_key(table, fitting.columns, samples),
        _about_state(fitting, samples),
        _about_last_day(fitting, samples),
        _about_notice(fitting.columns, samples, chosen) if has_notices else None,
    ]
    asked = tuple(item for item in items if item is not None)
    why = "Usher reads what the columns mean, and asks where their names do not say it."
    return Question("What do these columns hold?", why, asked) if asked else None


def _about_sheet(table: Table, chosen: Mapping[str, str]) -> Item | None:
    if len(table.sheets) < 2 or chosen.get("sheet"):
        return None
    return Item(
        key="sheet",
        text="Several sheets look like a list of employees, and only one is read. Which one has everybody?",
        choices=tuple((name, name) for name in table.sheets),
        proposal="",
        option='--sheet "NAME"',
        examples=table.sheets,
    )


def _about_key(table: Table, columns: Columns, samples: Mapping[str, Sequence[str]]) -> Item | None:
    if EmployeeField.EMAIL in columns or EmployeeField.EXTERNAL_ID in columns:
        return None
    return Item(
        key=KEY_COLUMN,
        text="No column holds the e-mail address or the employee ID, as far as Usher can tell. Which one does?",
        choices=tuple((header, header) for header in table.headers),
        proposal="",
        option='--map email="COLUMN" or --map external_id="COLUMN"',
        examples=tuple(
            f"{header}: {', '.join(filter(None, samples.get(header, ())))}"[:100]
            for header in table.headers[:10]
        ),
    )


def _about_state(fitting: FittingColumns, samples: Mapping[str, Sequence[str]]) -> Item | None:
    if fitting.like_a_status:
        column = fitting.like_a_status
        return Item(
            key=STATE_COLUMN,
            text=f"Does “{column}” say who works here and who has left?",
            choices=((column, "Yes, it is the employment status"), (NONE, "No")),
            proposal=column,
            option=f'--map status="{column}", or --answer {STATE_COLUMN}={NONE}',
            examples=tuple(samples.get(column, ())),
        )
    return None


def _about_last_day(fitting: FittingColumns, samples: Mapping[str, Sequence[str]]) -> Item | None:
    if not fitting.like_last_days:
        return None
    return Item(
        key=DAY_COLUMN,
        text="Which column holds the last day of work?",
        choices=(
            *((column, f"“{column}”") for column in fitting.like_last_days),
            (NONE, "None of these" if len(fitting.like_last_days) > 1 else "Another one, or none"),
        ),
        proposal="",
        option=f'--map last_day="COLUMN", or --answer {DAY_COLUMN}={NONE}',
        examples=tuple(
            f"{column}: {', '.join(filter(None, samples.get(column, ())))}"[:100]
            for column in fitting.like_last_days
        ),
    )


def _about_notice(
    columns: Columns, samples: Mapping[str, Sequence[str]], chosen: Mapping[str, str]
) -> Item | None:
    """Some call the day of notice so, others the last day. Asked where nothing else in the file is a last day."""
    column = columns.first(EmployeeField.NOTICE)
    is_doubtful = any(part in column.casefold() for part in MAY_BE_A_LAST_DAY)
    has_a_day = EmployeeField.LAST_DAY in columns or EmployeeField.TERMINATION in columns
    if not column or not is_doubtful or has_a_day or chosen.get(NOTICE_DAY):
        return None
    return Item(
        key=NOTICE_DAY,
        text=f"What is the day in “{column}”?",
        choices=(
            ("notice", "The day on which notice was given: they work on"),
            (EmployeeField.LAST_DAY.value, "The last day of work"),
        ),
        proposal="notice",
        option=f"--answer {NOTICE_DAY}=notice or {EmployeeField.LAST_DAY}",
        examples=tuple(filter(None, samples.get(column, ()))),
    )
