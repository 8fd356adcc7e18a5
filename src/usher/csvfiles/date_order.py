"""Whether day or month comes first in the dates of a file."""

from collections.abc import Iterable

from usher.csvfiles.dates import DateOrder, TwoWays
from usher.csvfiles.encoding import EXPORT_AGAIN
from usher.csvfiles.problems import refused


def decide_order(
    dates: Iterable[tuple[int, str, TwoWays]], chosen: DateOrder | None, again: str = EXPORT_AGAIN
) -> tuple[DateOrder | None, str]:
    """From all dates of the file, each with its line and column; with one example where it stays open.

    Raises ConsoleFileError where some dates can only be the one, and some only the other.
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
        raise refused(
            f"“{later.text}” has day and month the other way round than “{earlier.text}” in line {earlier_line}.",
            "Bring all dates into one form, best as 2026-11-20. " + again,
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
        raise refused(
            f"“{value.text}” cannot be read as {'month/day' if decided == DateOrder.DMY else 'day/month'}.",
            "Choose the other order of day and month.",
            line,
            column,
        )
    return decided, ""
