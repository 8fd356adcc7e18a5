"""Dates as the Admin Console and spreadsheets write them."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usher.csvfiles.dates import AmbiguousDate, DateOrder, parse_date

NOVEMBER_20 = date(2026, 11, 20)
days = st.dates(min_value=date(2008, 1, 1), max_value=date(2099, 12, 31))


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20",
        " 2026-11-20 ",
        "2026/11/20",
        "2026-11-20 09:12:44",
        "2026-11-20T09:12",
        "2026-11-20T09:12:44.318Z",
        "2026-11-20 09:12 +00:00",
        "2026-11-20 09:12:44 UTC",
        "2026年11月20日",
        "20.11.2026",
        "20.11.2026 09:12",
        "20.11.26",
        "Nov 20, 2026",
        "November 20, 2026",
        "Nov. 20, 2026, 9:12 AM",
        "20 Nov 2026",
        "20-Nov-2026",
        "20. November 2026",
        "20 novembre 2026",
        "20 nov. 2026",
        "20 de noviembre de 2026",
        "20 de nov. de 2026",
    ],
)
def test_a_date_in_one_of_the_consoles_forms(text: str) -> None:
    assert parse_date(text) == NOVEMBER_20


@pytest.mark.parametrize(
    "text", ["", "  ", "-", "—", "Never", "never", "NEVER", "n/a", "Nie", "Jamais", "なし"]
)
def test_no_date(text: str) -> None:
    assert parse_date(text) is None


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("1 März 2026", 3),
        ("1 mai 2026", 5),
        ("1 août 2026", 8),
        ("1 ago 2026", 8),
        ("1 févr. 2026", 2),
        ("1er décembre 2026", 12),
        ("1 juil. 2026", 7),
        ("1 de março de 2026", 3),
        ("1 Okt 2026", 10),
        ("1 Dez 2026", 12),
        ("Jun 1, 2026", 6),
    ],
)
def test_months_in_the_consoles_languages(text: str, month: int) -> None:
    assert parse_date(text) == date(2026, month, 1)


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "2026-02-30",
        "2026-13-01",
        "32/13/2026",
        "31.11.2026",
        "13/13/2026",
        "0/5/2026",
        "20 Foo 2026",
        "20 ju 2026",
        "45000",
        "1026-11-20",
        "2026-11-20T25:12:00Z",
        "2026-11-20 and then",
        "20/11-2026",
    ],
)
def test_what_is_no_date_is_not_taken_for_one(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(is|has) "):
        parse_date(text)


@given(days)
def test_a_date_with_slashes_reads_both_ways(day: date) -> None:
    for text, order in (
        (f"{day:%m/%d/%Y}", DateOrder.MDY),
        (f"{day.day}/{day.month}/{day.year}", DateOrder.DMY),
    ):
        read = parse_date(text)
        assert isinstance(read, AmbiguousDate)
        assert read.read(order) == day


@given(days)
def test_what_has_one_reading_is_read_so(day: date) -> None:
    for form in ("%Y-%m-%d", "%d.%m.%Y", "%b %d, %Y", "%d %B %Y", "%Y年%m月%d日", "%Y-%m-%dT12:00:00Z"):
        assert parse_date(day.strftime(form)) == day


@given(
    st.datetimes(min_value=datetime(2008, 1, 2), max_value=datetime(2099, 12, 30)),  # noqa: DTZ001  # made aware below
    st.integers(-12 * 60, 14 * 60),
    st.sampled_from(["UTC", "Asia/Kolkata", "America/New_York", "Pacific/Auckland"]),
)
def test_a_moment_with_an_offset_is_the_day_on_the_connections_clock(
    moment: datetime, minutes: int, zone: str
) -> None:
    aware = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    assert parse_date(aware.isoformat(), ZoneInfo(zone)) == aware.astimezone(ZoneInfo(zone)).date()


def test_without_an_offset_the_day_stands_as_it_is_written() -> None:
    assert parse_date("2026-11-20 23:59:59", ZoneInfo("Asia/Tokyo")) == NOVEMBER_20
    assert parse_date("2026-11-20T23:59:59Z", ZoneInfo("Asia/Tokyo")) == date(2026, 11, 21)


@given(st.text())
def test_any_text_is_a_date_or_none_or_refused_in_words(text: str) -> None:
    try:
        read = parse_date(text, UTC)
    except ValueError as error:
        assert str(error).startswith(("is", "names"))
    else:
        assert read is None or isinstance(read, date | AmbiguousDate)
