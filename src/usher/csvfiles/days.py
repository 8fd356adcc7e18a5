"""Days as other systems export them, read a whole column at a time.

The calendar day counts as it is written: a time of day or a zone beside it never shifts it. A column is decided as a
whole, so that an odd form leads to one question about the column and not to rows that are lost one by one.
"""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

import msgspec

from usher.csvfiles.dates import AmbiguousDate, DateOrder, parse_date
from usher.csvfiles.text import quotable

YEARS = range(1950, 10_000)
NO_END_FROM = 2099
"""Systems write 31.12.2099 or 9999-12-31 where there is no day."""
SPREADSHEET_EPOCH = date(1899, 12, 30)
SPREADSHEET_DAYS = range(20_000, 62_000)  # 1954 to 2069
FILETIME_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NEVER = frozenset(
    map(
        date.fromisoformat,
        ("0001-01-01", "1601-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "1969-12-31", "1970-01-01"),
    )
)
"""What programs write for “no day”: the first moment that they can count."""
LAST_SHORT_YEAR = 2049
"""A year of two digits is 1950 to 2049."""
MAJORITY = 0.9
LARGEST_MINORITY = 20
"""So many values at most may contradict the order of day and month that the others agree on."""


class DayForm(StrEnum):
    """How a day is written. `EITHER` reads day/month/year or month/day/year."""

    NONE = "none"
    CALENDAR = "calendar"
    EITHER = "either"
    SPREADSHEET = "spreadsheet"
    FILETIME = "filetime"
    UNIX = "unix"
    UNREADABLE = "unreadable"


class WrittenDay(msgspec.Struct, frozen=True):
    """One value. `day` is None where it says that there is none, and where `either` or nothing can be read."""

    form: DayForm
    day: date | None = None
    either: AmbiguousDate | None = None


class UnreadableDay(ValueError):
    """A value that is no day under the reading of its column."""


class DayColumn(msgspec.Struct, frozen=True):
    """How the days of a column are read.

    `unclear` is an example where nothing tells whether day or month comes first: ask, and decide again.
    `is_mixed`: the column has spreadsheet numbers beside day/month texts; a spreadsheet may have swapped day and month
    in the numbers when it opened the file, so a person has to say that they are right.
    """

    order: DateOrder | None
    unclear: str
    is_mixed: bool
    forms: dict[DayForm, int]
    unreadable: dict[str, int]

    def day(self, text: str) -> date | None:
        """None where there is no day. Raises UnreadableDay."""
        written = written_day(text)
        if written.form == DayForm.UNREADABLE:
            raise UnreadableDay(f"“{quotable(text)}” is not a day that Usher can read")
        if written.either is None:
            return written.day
        try:
            return _none_if_never(written.either.read(self.order or DateOrder.MDY))
        except ValueError as error:
            raise UnreadableDay(
                f"“{quotable(text)}” has day and month the other way round than the rest"
            ) from error


def read_column(
    texts: Iterable[str], chosen: DateOrder | None = None, others: Iterable[str] = ()
) -> DayColumn:
    """Decides how a column is read. `others` are the values of the file's other columns of days: one program writes
    all its days in one order, so they help to tell it. `chosen` is what a person said.
    """
    counts = Counter(texts)
    forms: Counter[DayForm] = Counter()
    for text, count in counts.items():
        forms[written_day(text).form] += count
    either = [(text, written_day(text).either, count) for text, count in counts.items()]
    mine = [
        (text, value, count)
        for text, value, count in either
        if value is not None and value.first != value.second
    ]
    told = Counter({text: count for text, _, count in mine})
    for text in others:
        value = written_day(text).either
        if value is not None and value.first != value.second:
            told[text] += 1
    order = chosen or _majority(told)
    is_open = order is None and bool(mine)
    unreadable = {
        text: count for text, count in counts.items() if written_day(text).form == DayForm.UNREADABLE
    }
    if order is not None:
        unreadable |= {text: count for text, value, count in mine if not _fits(value, order)}
    return DayColumn(
        order=order if mine else None,
        unclear=mine[0][0] if is_open else "",
        is_mixed=forms[DayForm.SPREADSHEET] > 0 and bool(mine),
        forms=dict(forms),
        unreadable=unreadable,
    )


def _majority(told: Counter[str]) -> DateOrder | None:
    """The order that the values agree on, but for a few. None where nothing tells, or where they contradict."""
    day_first = month_first = 0
    for text, count in told.items():
        value = written_day(text).either
        assert value is not None
        day_first += count * (value.first > 12)
        month_first += count * (value.second > 12)
    more, fewer = max(day_first, month_first), min(day_first, month_first)
    if not more or fewer > LARGEST_MINORITY or more < (more + fewer) * MAJORITY:
        return None
    return DateOrder.DMY if day_first > month_first else DateOrder.MDY


def _fits(value: AmbiguousDate | None, order: DateOrder) -> bool:
    try:
        return value is None or value.read(order) is not None
    except ValueError:
        return False


_NO_DAY = re.compile(
    r"[-–—./\s]*|0+(?:[.,]0+)?|0{1,4}[-/.]0{1,2}[-/.]0{1,4}.*|0{1,2}:00(?::00)?|"
    r"n/?a\.?|nil|#n/a|\(none\)|\(blank\)",
    re.I,
)
_NUMBER = re.compile(r"\d{1,19}(?:[.,]\d+)?")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:\d{4}|\d{6})?(?:[.,]\d+)?Z?")
_WEEKDAY = re.compile(r"[^\W\d]{2,12}\.?,?\s+(?=\d|[^\W\d]{3,})")
_ZONE = re.compile(r"(?<=\d\d\d\d-\d\d-\d\d)\s*(?:Z|[+-]\d\d(?::?\d\d)?)$")
_JAVASCRIPT = re.compile(r"\s+\d\d:\d\d:\d\d\s+(?:GMT|UTC)[+-]\d{4}(?:\s+\(.*\))?$")
_SHORT_YEAR = re.compile(r"(\d{1,2}[-/.]\s?\d{1,2}[-/.]\s?)(\d\d)")
_MONTH_NAMED = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|er)?\.?[-/.\s]+(?:del?\s+)?([^\W\d]+)\.?[-/.,\s]+(?:del?\s+)?(\d{4}|\d\d)"
)
_ODATA = re.compile(r"/?Date\((-?\d+)(?:[+-]\d{4})?\)/?")


@lru_cache(50_000)
def written_day(text: str) -> WrittenDay:
    """One value by itself. Numbers are read as what spreadsheets (46356), Windows (18 digits) and Unix (10 or 13
    digits) count; a moment as its calendar day.
    """
    shown = " ".join(text.split()).strip("'\"")
    if _NO_DAY.fullmatch(shown):
        return WrittenDay(DayForm.NONE)
    if odata := _ODATA.fullmatch(shown):
        return _counted(DayForm.UNIX, UNIX_EPOCH, timedelta(milliseconds=1), int(odata[1]))
    if compact := _COMPACT.fullmatch(shown):
        day = _calendar(int(compact[1]), int(compact[2]), int(compact[3]))
        if day is not None:
            return WrittenDay(DayForm.CALENDAR, _none_if_never(day))
    if _NUMBER.fullmatch(shown):
        return _of_number(shown.replace(",", "."))
    shown = _JAVASCRIPT.sub("", shown)
    for candidate in (shown, _WEEKDAY.sub("", shown, count=1)):
        text = _ZONE.sub("", _without_moment(candidate))
        if named := _MONTH_NAMED.fullmatch(text):
            text = f"{named[1]} {named[2]} {_year(named[3])}"
        elif short := _SHORT_YEAR.fullmatch(text):
            text = f"{short[1]}{_year(short[2])}"
        try:
            read = parse_date(text, years=range(1, 10_000))
        except ValueError:
            continue
        if isinstance(read, AmbiguousDate):
            return WrittenDay(DayForm.EITHER, either=msgspec.structs.replace(read, years=YEARS))
        if read is None:
            return WrittenDay(DayForm.NONE)
        if read in NEVER or read.year in YEARS:
            return WrittenDay(DayForm.CALENDAR, _none_if_never(read))
    return WrittenDay(DayForm.UNREADABLE)


_CLOCK = re.compile(
    r"(?<=\d)[T,\s]+\d{1,2}[:.]\d{2}(?:[:.]\d{2}(?:[.,]\d+)?)?\s*"
    r"(?:[ap]\.?m\.?)?\s*(?:Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?$",
    re.I,
)


def _without_moment(text: str) -> str:
    return _CLOCK.sub("", text)


def _year(digits: str) -> int:
    if len(digits) == 4:
        return int(digits)
    return 2000 + int(digits) if 2000 + int(digits) <= LAST_SHORT_YEAR else 1900 + int(digits)


def _of_number(text: str) -> WrittenDay:
    whole = int(text.partition(".")[0])
    digits = len(text.partition(".")[0])
    if whole in SPREADSHEET_DAYS:
        return WrittenDay(DayForm.SPREADSHEET, SPREADSHEET_EPOCH + timedelta(days=whole))
    if "." not in text and digits == 10:
        return _counted(DayForm.UNIX, UNIX_EPOCH, timedelta(seconds=1), whole)
    if "." not in text and digits == 13:
        return _counted(DayForm.UNIX, UNIX_EPOCH, timedelta(milliseconds=1), whole)
    if "." not in text and digits in (17, 18, 19):
        return _counted(DayForm.FILETIME, FILETIME_EPOCH, timedelta(microseconds=1), whole // 10)
    return WrittenDay(DayForm.UNREADABLE)


def _counted(form: DayForm, epoch: datetime, unit: timedelta, count: int) -> WrittenDay:
    try:
        day = (epoch + unit * count).date()
    except OverflowError:  # as 9223372036854775807, Windows' “never”
        return WrittenDay(DayForm.NONE)
    return WrittenDay(form, _none_if_never(day))


def _none_if_never(day: date) -> date | None:
    return None if day in NEVER or day.year >= NO_END_FROM else day


def _calendar(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if year in YEARS else None
    except ValueError:
        return None
