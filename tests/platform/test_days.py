"""Days begin and end in every zone, also at the ends of the calendar."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usher.platform.days import EARLIEST, LATEST, begin_of, end_of

EAST, WEST = ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Pacific/Midway")
ZONES = st.sampled_from([EAST, WEST, UTC, ZoneInfo("Europe/Berlin")])


@given(st.dates() | st.sampled_from([date.min, date.max]), ZONES)
def test_a_day_begins_before_it_ends(day: date, zone: ZoneInfo) -> None:
    assert EARLIEST <= begin_of(day, zone) <= end_of(day, zone) <= LATEST


@pytest.mark.parametrize("zone", [EAST, WEST, UTC])
def test_days_follow_each_other_without_a_gap(zone: ZoneInfo) -> None:
    day = date(2026, 3, 29)
    assert begin_of(day, zone) == datetime(2026, 3, 29, tzinfo=zone)
    assert end_of(day, zone) == begin_of(day + timedelta(days=1), zone)


def test_the_ends_of_the_calendar_are_moments() -> None:
    assert end_of(date.max, UTC) == LATEST == end_of(date.max, WEST)
    assert begin_of(date.min, timezone(timedelta(hours=14))) == EARLIEST
