"""The ways in which exports write a day, and that there is none."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime

import msgspec

GERMAN = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
]
EPOCH = date(1899, 12, 30)


class Writing(msgspec.Struct, frozen=True):
    """`order`: the answer where day or month first is asked. `none`: what may stand where there is no day."""

    name: str
    write: Callable[[date], str]
    none: tuple[str, ...] = ("",)
    order: str = "dmy"
    is_buddhist: bool = False


def _filetime(day: date) -> str:
    moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return str(int((moment - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds()) * 10_000_000)


def _unix(day: date) -> str:
    return str(int(datetime(day.year, day.month, day.day, 9, tzinfo=UTC).timestamp()))


def _in_german(day: date) -> str:
    return f"{day.day}. {GERMAN[day.month - 1]} {day.year}"


WRITINGS = (
    Writing("ISO", date.isoformat, ("", "0000-00-00", "9999-12-31", "N/A", "-", "null")),
    Writing("ISO with a zone", lambda d: f"{d}-08:00", ("", "9999-12-31-08:00")),
    Writing("moment with a zone", lambda d: f"{d}T00:00:00.0000000+05:30", ("", "0001-01-01T00:00:00Z")),
    Writing("moment", lambda d: f"{d} 23:59:59", ("", "9999-12-31 00:00:00")),
    Writing("moment in UTC", lambda d: f"{d}T23:30:00.000Z", ("",)),
    Writing("day first", lambda d: f"{d:%d/%m/%Y}", ("", "00/00/0000", "31/12/9999")),
    Writing("day first, hyphens", lambda d: f"{d:%d-%m-%Y}", ("", "-")),
    Writing("month first", lambda d: f"{d:%m/%d/%Y}", ("", "N/A", "12/31/9999", "01/01/1900"), "mdy"),
    Writing("month first, short", lambda d: f"{d.month}/{d.day}/{d:%y}", ("", "Never"), "mdy"),
    Writing("month first, clock", lambda d: f"{d.month}/{d.day}/{d.year} 12:00:00 AM", ("",), "mdy"),
    Writing("dots", lambda d: f"{d:%d.%m.%Y}", ("", "00.00.0000", "31.12.9999", "31.12.2099", "–")),
    Writing("dots, short", lambda d: f"{d:%d.%m.%y}", ("", "see the file")),
    Writing("month named", lambda d: f"{d:%d-%b-%Y}", ("", "(none)")),
    Writing("month named, capitals, short", lambda d: f"{d:%d-%b-%y}".upper(), ("",)),
    Writing("American words", lambda d: f"{d:%B} {d.day}, {d.year}", ("", "n/a")),
    Writing("German words", _in_german, ("", "keine")),
    Writing("compact", lambda d: f"{d:%Y%m%d}", ("", "00000000", "99991231")),
    Writing("spreadsheet", lambda d: str((d - EPOCH).days), ("", "0")),
    Writing("spreadsheet with a time", lambda d: f"{(d - EPOCH).days}.99931", ("", "0.0")),
    Writing("spreadsheet, comma", lambda d: f"{(d - EPOCH).days},5", ("",)),
    Writing("FILETIME", _filetime, ("", "0", "9223372036854775807")),
    Writing("Unix", _unix, ("", "0")),
    Writing("year first, slashes", lambda d: f"{d.year}/{d.month}/{d.day}", ("", "/  /")),
    Writing("Japanese", lambda d: f"{d.year}年{d.month}月{d.day}日", ("",)),
    Writing("Thai", lambda d: f"{d.day}/{d.month}/{d.year + 543}", ("",), is_buddhist=True),
    Writing("JavaScript", lambda d: f"{d:%a %b %d %Y} 00:00:00 GMT+0100 (CET)", ("", "Invalid Date")),
    Writing("OData", lambda d: f"/Date({_unix(d)}000)/", ("", "null")),
)


def no_day(writing: Writing, rng: random.Random) -> str:
    return rng.choice(writing.none) if rng.random() < 0.5 else writing.none[0]
