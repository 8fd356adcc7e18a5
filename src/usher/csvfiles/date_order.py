"""Whether the day or the month comes first in the dates of a file."""

from collections.abc import Iterable

from usher.csvfiles.dates import AmbiguousDate, DateOrder
from usher.csvfiles.problems import unreadable


def decide_order(
    dates: Iterable[tuple[int, str, AmbiguousDate]], chosen: DateOrder | None, again: str
) -> tuple[DateOrder | None, str]:
    """The order, and an example of a date where it stays open. `dates` are all of the file, with line and column.

    `again` tells people what to do if no order fits. Raises UnreadableFile if some dates are only possible in one
    order and some only in the other.
    """
    first_seen = day_first = month_first = None
    for each in dates:
        value = each[2]
        if value.first == value.second:
            continue
        first_seen = first_seen or each
        day_first = day_first or (each if value.first > 12 else None)
        month_first = month_first or (each if value.second > 12 else None)
    if day_first and month_first:
        (earlier_line, _, earlier), (line, column, later) = sorted(
            (day_first, month_first), key=lambda each: each[0]
        )
        raise unreadable(
            f"“{later.text}” has the day and month in the opposite order from “{earlier.text}” in line {earlier_line}.",
            "Write all dates in one form, ideally 2026-11-20. " + again,
            line,
            column,
        )
    if first_seen is None:
        return None, ""
    deciding = day_first or month_first
    if deciding is None:
        return (chosen, "") if chosen else (DateOrder.AMBIGUOUS, first_seen[2].text)
    decided = DateOrder.DMY if day_first else DateOrder.MDY
    if chosen and chosen != decided:
        line, column, value = deciding
        raise unreadable(
            f"“{value.text}” cannot be read as {'month/day' if decided == DateOrder.DMY else 'day/month'}.",
            "Choose the other order of day and month.",
            line,
            column,
        )
    return decided, ""
