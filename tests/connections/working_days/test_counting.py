"""Working days: neither weekends nor public holidays, where they are known."""

import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usher.connections.models import Connection
from usher.connections.working_days.calendars import (
    NoSuchCalendar,
    calendar_of,
    countries,
    holidays_of,
    weekend_of,
)
from usher.connections.working_days.counting import (
    days_later,
    is_working_day,
    is_working_time,
    working_day_from,
)

CALENDARS = ["", "DE", "DE-BY", "CH-ZH", "GB-SCT", "US", "JP", "IL", "SA", "IN", "BR"]
DAYS = st.dates(date(2024, 1, 1), date(2031, 12, 31))


@given(DAYS, st.integers(1, 60), st.sampled_from(CALENDARS))
def test_the_day_to_answer_is_never_a_weekend_or_a_holiday(start: date, days: int, calendar: str) -> None:
    answer_by = working_day_from(days_later(start, days, calendar), calendar)
    assert answer_by.weekday() not in weekend_of(calendar)
    assert answer_by not in holidays_of(calendar, answer_by.year)


@given(DAYS, st.integers(1, 60), st.sampled_from(CALENDARS))
def test_holidays_on_working_days_are_added_to_the_time_and_nothing_else(
    start: date, days: int, calendar: str
) -> None:
    end = days_later(start, days, calendar)
    between = [start + timedelta(days=number) for number in range(1, (end - start).days + 1)]
    free = [
        day
        for day in between
        if day.weekday() not in weekend_of(calendar) and day in holidays_of(calendar, day.year)
    ]
    assert len(between) == days + len(free)
    assert end not in free, "the last day counts"


@given(DAYS, st.integers(0, 60))
def test_where_no_calendar_is_known_every_day_counts(start: date, days: int) -> None:
    assert days_later(start, days) == start + timedelta(days=days)
    assert is_working_day(start) is (start.weekday() < 5)


def test_holidays_of_a_region() -> None:
    corpus_christi = date(2026, 6, 4)
    assert is_working_day(corpus_christi, "DE")
    assert not is_working_day(corpus_christi, "DE-BY")


def test_a_holiday_on_a_weekend_that_is_taken_later() -> None:
    boxing_day_is_a_saturday = date(2026, 12, 28)
    assert not is_working_day(boxing_day_is_a_saturday, "GB")


def test_the_weekend_of_a_country() -> None:
    friday, sunday = date(2026, 11, 27), date(2026, 11, 29)
    assert (is_working_day(friday, "IL"), is_working_day(sunday, "IL")) == (False, True)


def test_a_holiday_is_one_where_the_connection_is() -> None:
    connection = Connection(time_zone="America/New_York", holiday_calendar="US")
    thanksgiving = datetime(2026, 11, 26, 17, tzinfo=UTC)
    assert not is_working_time(connection, thanksgiving)
    assert is_working_time(connection, thanksgiving + timedelta(days=1))
    assert is_working_time(connection, thanksgiving - timedelta(days=1))


def test_countries_and_regions_as_people_write_them() -> None:
    assert ("GB", "United Kingdom") in countries()
    assert ("TT", "Trinidad and Tobago") in countries()
    assert calendar_of("DE", " bayern ") == calendar_of("DE", "by") == "DE-BY"
    assert calendar_of("DE") == "DE"
    assert calendar_of("") == ""
    for country, region in (("DE", "Texas"), ("XX", ""), ("", "BY"), ("XX", "BY")):
        with pytest.raises(NoSuchCalendar):
            calendar_of(country, region)


def test_every_country_on_offer_has_a_calendar_that_fits_its_column() -> None:
    longest = Connection._meta.get_field("holiday_calendar").max_length
    for country, _ in countries():
        assert weekend_of(country), country
        try:
            calendar_of(country, "no such region")
        except NoSuchCalendar as error:
            assert all(len(f"{country}-{region}") <= longest for region in error.regions), country


def test_a_calendar_that_the_package_no_longer_knows_is_none() -> None:
    assert holidays_of("XX", 2026) == frozenset()
    assert is_working_day(date(2026, 12, 25), "DE-XX")


def test_the_package_is_not_imported_before_a_calendar_is_asked_for() -> None:
    script = (
        "import django, json, sys; django.setup();"
        "import usher.config.urls, usher.policy.jobs;"
        "from usher.connections.working_days.counting import is_working_day;"
        "import datetime; is_working_day(datetime.date(2026, 12, 25));"
        "print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "holidays" not in json.loads(done.stdout.splitlines()[-1])
