"""Dates as exports and spreadsheets write them, in seven languages."""

import re
from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum

import msgspec

from usher.csvfiles.text import without_accents

RECENT_YEARS = range(2000, 2101)
"""The years in which a date written by Asana can lie."""


class DateOrder(StrEnum):
    """How 03/04/2026 is read."""

    MDY = "mdy"
    DMY = "dmy"
    AMBIGUOUS = "ambiguous"


class AmbiguousDate(msgspec.Struct, frozen=True):
    """A date that can be read as month/day/year or day/month/year."""

    first: int
    second: int
    year: int
    text: str
    years: range = RECENT_YEARS

    def read(self, order: DateOrder) -> date:
        """Raises ValueError if there is no such date."""
        day, month = (self.first, self.second) if order == DateOrder.DMY else (self.second, self.first)
        return _date(self.year, month, day, self.years)


_NOTHING = {"", "-", "–", "—", "never", "none", "null", "n/a", "nie", "noch nie", "keine", "jamais", "aucune"} | {
    "nunca", "ninguna", "nenhuma", "mai", "なし", "未ログイン", "該当なし",
}  # fmt: skip
_MONTHS = (
    "january januar janvier enero janeiro gennaio",
    "february februar fevrier febrero fevereiro febbraio",
    "march marz maerz mars marzo marco",
    "april avril abril aprile",
    "may mai mayo maio maggio",
    "june juni juin junio junho giugno",
    "july juli juillet julio julho luglio",
    "august aout agosto",
    "september septembre septiembre setembro settembre",
    "october oktober octobre octubre outubro ottobre",
    "november novembre noviembre novembro",
    "december dezember decembre diciembre dezembro dicembre",
)
_TIME = re.compile(
    r"[T,\s]+\d{1,2}[:.]\d{2}([:.]\d{2}([.,]\d+)?)?\s*([ap]\.?m\.?)?\s*(Z|UTC|GMT|[+-]\d\d:?\d\d)?$", re.I
)
_ISO_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?\s?(Z|UTC|[+-]\d\d:?\d\d)$")
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})\.?")
_JAPANESE = re.compile(r"(\d{4})年\s*(\d{1,2})月\s*(\d{1,2})日")
_DOTTED = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4}|\d{2})")
_EITHER = re.compile(r"(\d{1,2})([-/])(\d{1,2})\2(\d{4}|\d{2})")
_DAY_FIRST = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|er)?\.?[\s-]+(?:de\s+)?([^\W\d]+)\.?,?[\s-]+(?:de\s+)?(\d{4})"
)
_MONTH_FIRST = re.compile(r"([^\W\d]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")


def parse_date(text: str, zone: tzinfo = UTC, years: range = RECENT_YEARS) -> date | AmbiguousDate | None:
    """The date, or None for "Never", "-" and the like. A moment with an offset becomes its day in `zone`.

    Raises ValueError, in words that follow the quoted text, if it is not a date in `years`.
    """
    shown = " ".join(text.split())
    if shown.casefold() in _NOTHING:
        return None
    if _ISO_MOMENT.fullmatch(shown):
        return _day_of_moment(shown, zone, years)
    day = _TIME.sub("", shown)
    if match := _YEAR_FIRST.fullmatch(day):
        return _date(int(match[1]), int(match[3]), int(match[4]), years)
    if match := _JAPANESE.fullmatch(day):
        return _date(int(match[1]), int(match[2]), int(match[3]), years)
    if match := _DOTTED.fullmatch(day):
        return _date(_year(match[3]), int(match[2]), int(match[1]), years)
    if match := _EITHER.fullmatch(day):
        return _ambiguous(int(match[1]), int(match[3]), _year(match[4]), shown, years)
    plain = without_accents(day)
    if match := _DAY_FIRST.fullmatch(plain):
        return _date(int(match[3]), month_of(match[2]), int(match[1]), years)
    if match := _MONTH_FIRST.fullmatch(plain):
        return _date(int(match[3]), month_of(match[1]), int(match[2]), years)
    raise ValueError("is not a date that Usher can read")


def _day_of_moment(text: str, zone: tzinfo, years: range) -> date:
    moment = re.sub(r"\s?(UTC|Z)$", "+00:00", text).replace(",", ".")
    try:
        day = datetime.fromisoformat(re.sub(r"\s(?=[+-])", "", moment)).astimezone(zone).date()
    except (ValueError, OverflowError) as error:
        raise ValueError("is not a valid time") from error
    return _within_reason(day, years)


def _ambiguous(first: int, second: int, year: int, text: str, years: range) -> AmbiguousDate:
    if not (1 <= min(first, second) <= 12 and max(first, second) <= 31):
        raise ValueError("is not a valid date")
    return AmbiguousDate(first, second, year, text, years)


def _year(digits: str) -> int:
    return int(digits) if len(digits) == 4 else 2000 + int(digits)


def month_of(word: str) -> int:
    """By its name, or at least its first three letters."""
    start = word.casefold()
    meant = {
        number for number, names in enumerate(_MONTHS, 1) for name in names.split() if name.startswith(start)
    }
    if start == "mai":  # French and German; the Italian "maggio" does not start with it
        meant = {5}
    if len(start) < 3 or len(meant) != 1:
        raise ValueError("has no month that Usher knows")
    return meant.pop()


def _date(year: int, month: int, day: int, years: range) -> date:
    try:
        return _within_reason(date(year, month, day), years)
    except ValueError as error:
        raise ValueError("is not a valid date, or too far in the past or future") from error


def _within_reason(day: date, years: range) -> date:
    if day.year not in years:
        raise ValueError("is too far in the past or future")
    return day
