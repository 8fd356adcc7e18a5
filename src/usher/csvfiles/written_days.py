"""One day as another system wrote it. The calendar day counts as it is written: no time and no zone shifts it."""

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

import msgspec

from usher.csvfiles.dates import AmbiguousDate, month_of, parse_date
from usher.csvfiles.text import visible, without_accents

YEARS = range(1950, 10_000)
NO_END_FROM = 2099
"""Systems write 31.12.2099 or 9999-12-31 where there is no day."""
BUDDHIST = range(2500, 2643)
"""Years of the Buddhist calendar, which Thai systems write: 543 more than ours."""
BUDDHIST_AHEAD = 543
ERAS = {"令和": 2018, "r": 2018, "平成": 1988, "h": 1988, "昭和": 1925, "s": 1925, "民國": 1911, "民国": 1911}
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


class DayForm(StrEnum):
    """How a day is written. `EITHER` reads day/month/year or month/day/year; `MONTH` names no day."""

    NONE = "none"
    CALENDAR = "calendar"
    EITHER = "either"
    SPREADSHEET = "spreadsheet"
    FILETIME = "filetime"
    UNIX = "unix"
    MONTH = "month"
    BUDDHIST = "buddhist"
    UNREADABLE = "unreadable"


class WrittenDay(msgspec.Struct, frozen=True):
    """One value. `day` is None where it says that there is none, and where `either` or nothing can be read. Of a month
    it is the last day.
    """

    form: DayForm
    day: date | None = None
    either: AmbiguousDate | None = None


_NO_DAY = re.compile(
    r"[-–—./\s]*|0+(?:[.,]0+)?|0{1,4}[-/.]0{1,2}[-/.]0{1,4}.*|0{1,2}:00(?::00)?|"
    r"n/?a\.?|nil|#n/a|\(none\)|\(blank\)|\(leer\)|tbd|open|unbefristet|indefinite|nat|invalid date|"
    r"present|current|ongoing|open[- ]ended|permanent|unlimited|aktuell|laufend|heute|actuel|en cours|actual",
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
_NAMED_ELSEWHERE = (
    re.compile(r"(?P<year>\d{4})[-/. ](?P<month>[^\W\d]+)[-/. ](?P<day>\d{1,2})"),
    re.compile(r"(?P<month>[^\W\d]+)[-/](?P<day>\d{1,2})[-/](?P<year>\d{4})"),
    re.compile(r"(?:\w{3} )?(?P<month>\w{3}) (?P<day>\d{1,2}) [\d:]{8} [A-Z]{3,5} (?P<year>\d{4})"),
)
"""As 2026-Nov-30, Nov-30-2026, and Java's “Mon Nov 30 00:00:00 CET 2026”."""
_ODATA = re.compile(r"/?Date\((-?\d+)(?:[+-]\d{4})?\)/?")
_EAST_ASIAN = re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]?")
_SPACED = re.compile(r"(\d{4})([-/.])\s+(\d{1,2})\2\s+(\d{1,2})\2?")
_ERA = re.compile(
    rf"({'|'.join(ERAS)})\s*(\d{{1,3}}|元)\s*[年./-]\s*(\d{{1,2}})\s*[月./-]\s*(\d{{1,2}})\s*日?", re.I
)
_MONTH_ONLY = re.compile(r"([^\W\d]{3,})\.?[-/\s]+(?:de\s+)?['’]?(\d{4}|\d\d)")
_NUMBER_OF_MONTH = re.compile(r"(?:(\d{1,2})[-/.](\d{4})|(\d{4})[-/.](\d{1,2}))")
_CLOCK = re.compile(
    r"(?<=\d)[T,\s]+\d{1,2}[:.]\d{2}(?:[:.]\d{2}(?:[.,]\d+)?)?\s*"
    r"(?:[ap]\.?m\.?)?\s*(?:Z|UTC|GMT|[A-Z]{3,4}|[A-Z]+/[A-Z_]+|[+-]\d\d(?::?\d\d)?)?$",
    re.I,
)


@lru_cache(50_000)
def written_day(text: str) -> WrittenDay:
    """One value by itself. Numbers are read as what spreadsheets (46356), Windows (18 digits) and Unix (10 or 13
    digits) count; a moment as its calendar day.
    """
    shown = " ".join(unicodedata.normalize("NFKC", visible(text)).split()).strip("'\"")
    for reading in (_of_a_number, _east_asian, _of_text, _month):
        if (written := reading(shown)) is not None:
            return written
    return WrittenDay(DayForm.UNREADABLE)


def of_short_year(digits: str) -> int:
    if len(digits) == 4:
        return int(digits)
    return 2000 + int(digits) if 2000 + int(digits) <= LAST_SHORT_YEAR else 1900 + int(digits)


def none_if_never(day: date) -> date | None:
    return None if day in NEVER or day.year >= NO_END_FROM else day


def _of_a_number(shown: str) -> WrittenDay | None:
    if _NO_DAY.fullmatch(shown):
        return WrittenDay(DayForm.NONE)
    if odata := _ODATA.fullmatch(shown):
        return _counted(DayForm.UNIX, UNIX_EPOCH, timedelta(milliseconds=1), int(odata[1]))
    if compact := _COMPACT.fullmatch(shown):
        day = _calendar(int(compact[1]), int(compact[2]), int(compact[3]))
        if day is not None:
            return _of_calendar(day)
    return _count(shown.replace(",", ".")) if _NUMBER.fullmatch(shown) else None


def _east_asian(shown: str) -> WrittenDay | None:
    if match := _EAST_ASIAN.fullmatch(shown) or _SPACED.fullmatch(shown):
        year, month, day = (int(part) for part in match.groups() if part.isdigit())
    elif match := _ERA.fullmatch(shown):
        year = ERAS[match[1].casefold()] + (1 if match[2] == "元" else int(match[2]))
        month, day = int(match[3]), int(match[4])
    else:
        return None
    read = _calendar(year, month, day)
    return _of_calendar(read) if read else None


def _of_text(shown: str) -> WrittenDay | None:
    shown = _JAVASCRIPT.sub("", shown)
    for form in _NAMED_ELSEWHERE:
        if match := form.fullmatch(shown):
            shown = f"{match['day']} {match['month']} {match['year']}"
    for candidate in (shown, _WEEKDAY.sub("", shown, count=1)):
        text = _ZONE.sub("", _CLOCK.sub("", candidate))
        if named := _MONTH_NAMED.fullmatch(text):
            text = f"{named[1]} {named[2]} {of_short_year(named[3])}"
        elif short := _SHORT_YEAR.fullmatch(text):
            text = f"{short[1]}{of_short_year(short[2])}"
        try:
            read = parse_date(text, years=range(1, 10_000))
        except ValueError:
            continue
        if isinstance(read, AmbiguousDate):
            return _of_either(read)
        if read is None:
            return WrittenDay(DayForm.NONE)
        if read in NEVER or read.year in YEARS:
            return _of_calendar(read)
    return None


def _month(shown: str) -> WrittenDay | None:
    """A month without a day, as “Nov-26” and “11/2026”."""
    try:
        if named := _MONTH_ONLY.fullmatch(shown):
            month, year = month_of(without_accents(named[1])), of_short_year(named[2])
        elif number := _NUMBER_OF_MONTH.fullmatch(shown):
            month, year = int(number[1] or number[4]), int(number[2] or number[3])
        else:
            return None
        first_of_next = date(year + month // 12, month % 12 + 1, 1)
    except ValueError:
        return None
    return WrittenDay(DayForm.MONTH, first_of_next - timedelta(days=1)) if year in YEARS else None


def _of_calendar(day: date) -> WrittenDay:
    if day.year in BUDDHIST:
        return WrittenDay(DayForm.BUDDHIST, _calendar(day.year - BUDDHIST_AHEAD, day.month, day.day))
    return WrittenDay(DayForm.CALENDAR, none_if_never(day))


def _of_either(read: AmbiguousDate) -> WrittenDay:
    if read.year in BUDDHIST:
        ours = msgspec.structs.replace(read, year=read.year - BUDDHIST_AHEAD, years=YEARS)
        return WrittenDay(DayForm.BUDDHIST, either=ours)
    return WrittenDay(DayForm.EITHER, either=msgspec.structs.replace(read, years=YEARS))


def _count(text: str) -> WrittenDay:
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
    return WrittenDay(form, none_if_never(day))


def _calendar(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if year in YEARS else None
    except ValueError:
        return None
