from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from usher.connections.models import Connection
from usher.connections.schedule import due, next_daily_sync, spread_time

moments = st.integers(946_684_800, 2_140_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
minutes = st.times().map(lambda at: at.replace(second=0, microsecond=0))
# All zones, with those that are odd more often: half hours, three quarters, a jump of half an hour, a lost day.
zones = st.timezone_keys() | st.sampled_from(
    ["America/New_York", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia"]
)


@given(after=moments, at=minutes, zone=zones)
@example(datetime(2026, 3, 29, 0, 59, tzinfo=UTC), time(2, 30), "Europe/Berlin")  # an hour that is left out
@example(datetime(2026, 10, 25, 0, 30, tzinfo=UTC), time(2, 30), "Europe/Berlin")  # an hour that comes twice
@example(datetime(2011, 12, 29, 20, 0, tzinfo=UTC), time(12, 0), "Pacific/Apia")  # a day that is left out
def test_the_next_sync_is_in_the_future_within_a_day_and_at_the_right_time(
    after: datetime, at: time, zone: str
) -> None:
    following = next_daily_sync(Connection(sync_at=at, time_zone=zone), after)
    assert after < following <= after + timedelta(hours=49)
    shown = following.astimezone(UTC).astimezone(ZoneInfo(zone))
    if shown.replace(tzinfo=None) != following.replace(tzinfo=None):
        # The clock never shows this time on that day: it jumps over it.
        assert shown.utcoffset() != (following - timedelta(days=1)).astimezone(ZoneInfo(zone)).utcoffset()
    else:
        assert shown.time() == at


@given(after=moments, at=minutes, zone=st.sampled_from(["UTC", "Asia/Kathmandu", "Asia/Tokyo"]))
def test_where_clocks_never_change_it_is_never_more_than_a_day(after: datetime, at: time, zone: str) -> None:
    following = next_daily_sync(Connection(sync_at=at, time_zone=zone), after)
    assert after < following <= after + timedelta(days=1)
    assert following.astimezone(ZoneInfo(zone)).time() == at


@given(after=moments, at=minutes, zone=zones)
def test_each_day_has_its_sync(after: datetime, at: time, zone: str) -> None:
    connection = Connection(sync_at=at, time_zone=zone)
    first = next_daily_sync(connection, after)
    second = next_daily_sync(connection, first.astimezone(UTC))
    assert timedelta(hours=21) <= second - first <= timedelta(hours=49)


def test_the_moment_itself_is_not_the_next_one() -> None:
    noon = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
    assert next_daily_sync(Connection(sync_at=time(12), time_zone="UTC"), noon) == noon + timedelta(days=1)


@given(st.text(alphabet="0123456789", min_size=1, max_size=20))
def test_an_account_has_one_time_of_night(gid: str) -> None:
    assert time(0) <= spread_time(gid) < time(6)
    assert spread_time(gid) == spread_time(gid)


def test_accounts_are_spread_over_the_night() -> None:
    assert len({spread_time(str(gid)) for gid in range(1000)}) > 200


def connected(name: str, next_sync_at: datetime | None, *, disconnected: bool = False) -> None:
    Connection.objects.create(
        name=name,
        authorization="token",
        asana_user_gid=name,
        sync_at=time(3),
        next_sync_at=next_sync_at,
        disconnected_at=datetime.now(UTC) if disconnected else None,
    )


@pytest.mark.django_db
def test_due_is_what_is_connected_and_whose_time_has_come() -> None:
    now = datetime.now(UTC)
    connected("due", now - timedelta(seconds=1))
    connected("later", now + timedelta(minutes=1))
    connected("never", None)
    connected("gone", now - timedelta(days=1), disconnected=True)
    assert [connection.name for connection in due()] == ["due"]
