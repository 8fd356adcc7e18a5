"""A column of days, decided as a whole: an odd form leads to one question about the column, and not to rows that are
lost one by one.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date

import msgspec

from usher.csvfiles.dates import AmbiguousDate, DateOrder
from usher.csvfiles.text import quotable
from usher.csvfiles.written_days import DayForm, WrittenDay, none_if_never, written_day

MAJORITY = 0.9
LARGEST_MINORITY = 20
"""So many values at most may contradict the order of day and month that the others agree on."""
ASKED_FIRST = (DayForm.MONTH, DayForm.BUDDHIST)
"""Forms that are read once a person has said so."""


class UnreadableDay(ValueError):
    """A value that is no day under the reading of its column."""


class DayColumn(msgspec.Struct, frozen=True):
    """How the days of a column are read.

    `unclear` is an example where nothing tells whether day or month comes first: ask, and decide again.
    `is_mixed`: the column has days that a spreadsheet read beside day/month texts that it did not; it may have swapped
    day and month in what it read, so a person has to say. `is_swapped` is that answer. `accepted`: of the forms that
    are asked about first, those that a person said to read.
    """

    order: DateOrder | None
    unclear: str
    is_mixed: bool
    forms: dict[DayForm, int]
    unreadable: dict[str, int]
    examples: dict[DayForm, list[str]] = {}
    is_swapped: bool = False
    accepted: frozenset[DayForm] = frozenset()

    def day(self, text: str) -> date | None:
        """None where there is no day. Raises UnreadableDay."""
        written = written_day(text)
        if written.form == DayForm.UNREADABLE or (
            written.form in ASKED_FIRST and written.form not in self.accepted
        ):
            raise UnreadableDay(f"“{quotable(text)}” is not a day that Usher can read")
        if written.either is None:
            return self._unswapped(written)
        try:
            return none_if_never(written.either.read(self.order or DateOrder.MDY))
        except ValueError as error:
            raise UnreadableDay(
                f"“{quotable(text)}” has day and month the other way round than the rest"
            ) from error

    def _unswapped(self, written: WrittenDay) -> date | None:
        day = written.day
        is_read_by_a_spreadsheet = written.form in (DayForm.SPREADSHEET, DayForm.CALENDAR)
        if self.is_swapped and day is not None and day.day <= 12 and is_read_by_a_spreadsheet:
            return day.replace(month=day.day, day=day.month)
        return day


def read_column(
    texts: Iterable[str],
    chosen: DateOrder | None = None,
    others: Iterable[str] = (),
    *,
    of_a_workbook: bool = False,
) -> DayColumn:
    """Decides how a column is read. `others` are the values of the file's other columns of days: one program writes
    all its days in one order, so they help to tell it. `chosen` is what a person said.
    """
    counts = Counter(texts)
    forms: Counter[DayForm] = Counter()
    examples: dict[DayForm, list[str]] = {}
    for text, count in counts.items():
        form = written_day(text).form
        forms[form] += count
        examples.setdefault(form, []).append(text)
    mine = [(text, value) for text in counts if (value := _order_tells(text)) is not None]
    told = Counter({text: counts[text] for text, _ in mine})
    told.update(text for text in others if _order_tells(text) is not None)
    order = chosen or _majority(told)
    unreadable = {
        text: count for text, count in counts.items() if written_day(text).form == DayForm.UNREADABLE
    }
    if order is not None:
        unreadable |= {text: counts[text] for text, value in mine if not _fits(value, order)}
    by_a_spreadsheet = forms[DayForm.SPREADSHEET] + forms[DayForm.CALENDAR] * of_a_workbook
    return DayColumn(
        order=order if mine else None,
        unclear=mine[0][0] if order is None and mine else "",
        is_mixed=by_a_spreadsheet > 0 and bool(mine),
        forms=dict(forms),
        unreadable=unreadable,
        examples={form: texts[:10] for form, texts in examples.items()},
    )


def _order_tells(text: str) -> AmbiguousDate | None:
    """The value where the order of day and month makes a difference."""
    value = written_day(text).either
    return value if value is not None and value.first != value.second else None


def _majority(told: Counter[str]) -> DateOrder | None:
    """The order that the values agree on, but for a few. None where nothing tells, or where they contradict."""
    day_first = month_first = 0
    for text, count in told.items():
        value = _order_tells(text)
        assert value is not None
        day_first += count * (value.first > 12)
        month_first += count * (value.second > 12)
    more, fewer = max(day_first, month_first), min(day_first, month_first)
    if not more or fewer > LARGEST_MINORITY or more < (more + fewer) * MAJORITY:
        return None
    return DateOrder.DMY if day_first > month_first else DateOrder.MDY


def _fits(value: AmbiguousDate, order: DateOrder) -> bool:
    try:
        return value.read(order) is not None
    except ValueError:
        return False
