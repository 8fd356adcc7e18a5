"""What Usher says of people, against how the sandbox's people really lived."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pytest_django import Settings

from tests.support.activity.syncing import connect, sync_at
from usher.activity.models import EvidenceSource
from usher.activity.usage.conditions import idle_seats
from usher.activity.usage.figures import PersonFigures, usage, window_of
from usher.activity.usage.rules import Confidence
from usher.connections.models import Connection
from usher.sandbox import RunningSandbox, running

BEGUN = datetime(2026, 11, 9, 6, tzinfo=UTC)
ENDED = datetime(2026, 11, 20, 18, tzinfo=UTC)


@pytest.fixture
def office(settings: Settings) -> Iterator[RunningSandbox]:
    with running(people=120, seed=11, per_minute=0, now=BEGUN) as box:
        settings.USHER_ASANA_URL = box.url
        yield box


def live_until_the_end(office: RunningSandbox, connection: Connection) -> None:
    moment = BEGUN
    while moment < ENDED:
        office.set_clock(moment)
        sync_at(connection, moment)
        moment = min(ENDED, moment + timedelta(hours=20))
    office.set_clock(ENDED + timedelta(hours=2))
    sync_at(connection, ENDED + timedelta(hours=2))  # whatever was late or under way has come by now


def figures_of(connection: Connection, days: int, until: date, now: datetime) -> dict[str, PersonFigures]:
    return {person.gid: person for person in usage(connection, window_of(connection, days, until, now))}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/New_York"])
def test_log_and_stream_together_tell_last_use_to_the_minute_and_active_days_exactly(
    office: RunningSandbox, zone: str
) -> None:
    connection = connect(zone)
    live_until_the_end(office, connection)
    now = ENDED + timedelta(hours=2)
    until = (now - timedelta(days=1)).astimezone(ZoneInfo(zone)).date()
    days = (
        until - BEGUN.astimezone(ZoneInfo(zone)).date()
    ).days  # the first whole day is the day after the start
    truth = office.usage_truth(days=days, until=until, time_zone=zone)["people"]
    told = figures_of(connection, days, until, now)
    compared = 0
    for gid, person in told.items():
        lived = truth[gid]
        if not lived["observable"]:
            continue
        compared += 1
        assert person.active_days == lived["active_days"], lived
        assert person.sessions == lived["sessions"], lived
        assert person.usage_minutes == pytest.approx(lived["usage_minutes"], abs=0.1), lived
        if lived["active_days"]:
            assert person.last_used is not None
            really = datetime.fromisoformat(lived["last_used"])
            assert abs(person.last_used - really) < timedelta(minutes=1), lived
            assert person.confidence == Confidence.HIGH
    assert compared > 60


@pytest.mark.django_db(transaction=True)
def test_the_audit_log_alone_never_says_more_than_was_lived(office: RunningSandbox) -> None:
    office.set_clock(ENDED)
    connection = connect()
    sync_at(connection, ENDED)
    until = ENDED.date()
    truth = office.usage_truth(days=30, until=until, time_zone="UTC")["people"]
    told = figures_of(connection, 30, until, ENDED)
    assert {person.last_used_source for person in told.values()} == {None, EvidenceSource.AUDIT}
    for gid, person in told.items():
        lived = truth[gid]
        assert person.confidence in (Confidence.MEDIUM, Confidence.NONE)
        assert person.active_days <= lived["active_days"], lived
        assert person.usage_minutes <= lived["usage_minutes"] + 0.1, lived
        if person.last_used is not None:
            assert person.last_used <= datetime.fromisoformat(lived["last_used"]) + timedelta(seconds=1), (
                lived
            )
        only = lived["audit_only"]
        if lived["observable"]:
            assert person.active_days == only["active_days"], lived


@pytest.mark.django_db(transaction=True)
def test_nobody_who_was_seen_is_called_idle(office: RunningSandbox) -> None:
    office.set_clock(ENDED)
    connection = connect()
    sync_at(connection, ENDED)
    for days in (30, 60, 85):
        seats = list(idle_seats(connection, window_of(connection, days, ENDED.date(), ENDED)))
        assert seats
        seen = office.usage_truth(days=days, until=ENDED.date(), time_zone="UTC")["people"]
        for seat in seats:
            assert seat.workspace.is_organization
            assert seen[seat.person.gid]["audit_only"]["active_days"] == 0


@pytest.mark.django_db(transaction=True)
def test_nobody_is_called_idle_over_a_time_that_was_not_watched(office: RunningSandbox) -> None:
    office.set_clock(ENDED)
    connection = connect()
    sync_at(connection, ENDED)
    assert not idle_seats(connection, window_of(connection, 120, ENDED.date(), ENDED)).exists()
