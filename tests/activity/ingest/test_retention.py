"""Raw events are dropped by the month, and with their connection; what was computed from them stays."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection as database
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as bounds
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from pytest_django import Settings

from tests.activity.usage.test_compute import ZONES, store
from tests.activity.usage.test_figures import assert_periods_as_counted
from tests.support.activity.small_log import make_organization
from tests.support.activity.usage_model import Moment
from usher.activity.ingest.retention import drop_old_events
from usher.activity.models import ActiveDay, AuditEvent, PersonUsage, Session, StreamEvent, UsageState
from usher.activity.usage.compute import bring_up_to_date, rebuild
from usher.connections.disconnect import disconnect
from usher.connections.models import Connection
from usher.ledger.actors import SYSTEM

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC)


def computed(connection: Connection) -> list[set[tuple[object, ...]]]:
    def rows(model, *left_out: str) -> set[tuple[object, ...]]:
        names = [f.attname for f in model._meta.concrete_fields if f.name not in {"id", *left_out}]
        return set(model.objects.filter(connection=connection).values_list(*names))

    return [rows(Session), rows(ActiveDay), rows(PersonUsage)]


@pytest.fixture
def keep_ten_days(settings: Settings) -> None:
    settings.USHER_KEEP_EVENTS_DAYS = 10


moments = st.lists(
    st.builds(
        Moment,
        user=st.sampled_from(["1", "2"]),
        # Around the end of October in UTC, where the raw events are cut off.
        at=st.one_of(st.integers(-3000, 3000), st.integers(-90, 90)).map(
            lambda minute: NOVEMBER + timedelta(minutes=minute)
        ),
        kind=st.sampled_from(["human", "stream", "automated"]),
    ),
    max_size=20,
)


class WhatWasComputedStays(TestCase):
    @given(moments, st.sampled_from(ZONES), moments)
    @bounds(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    def test_over_a_rebuild_after_months_were_dropped(self, lived, zone, later):
        workspace = make_organization(zone=zone)
        connection = workspace.connection
        store(connection, workspace, lived)
        bring_up_to_date(connection, TODAY)
        with self.settings(USHER_KEEP_EVENTS_DAYS=10):
            drop_old_events(NOW)
        assert not AuditEvent.objects.filter(created_at__lt=NOVEMBER).exists()
        assert not StreamEvent.objects.filter(at__lt=NOVEMBER).exists()
        before = computed(connection)
        rebuild(connection, TODAY)
        assert computed(connection) == before
        assert_periods_as_counted(connection)
        # And what comes later counts as if nothing had been dropped.
        new = [m for m in later if m.at > NOVEMBER + timedelta(days=1)]
        new = [Moment(m.user, m.at + timedelta(days=2), m.kind) for m in new]
        store(connection, workspace, new)
        bring_up_to_date(connection, TODAY)
        after = computed(connection)
        assert before[0] <= after[0]
        whole = make_organization("Whole", zone=zone)
        store(whole.connection, whole, [*lived, *new])
        bring_up_to_date(whole.connection, TODAY)

        def without_connection(tables):
            return [{row[1:] for row in table} for table in tables]

        assert without_connection(after) == without_connection(computed(whole.connection))


@pytest.mark.django_db
def test_whole_months_are_dropped_and_the_month_of_the_limit_stays(keep_ten_days: None) -> None:
    workspace = make_organization()
    ages = (9, 11, 25, 60)
    store(
        workspace.connection, workspace, [Moment("1", NOW - timedelta(days=days), "human") for days in ages]
    )
    store(
        workspace.connection, workspace, [Moment("1", NOW - timedelta(days=days), "stream") for days in ages]
    )
    bring_up_to_date(workspace.connection, TODAY)
    dropped = drop_old_events(NOW)
    assert sorted(dropped) == [
        "activity_auditevent_2026_09",
        "activity_auditevent_2026_10",
        "activity_streamevent_2026_09",
        "activity_streamevent_2026_10",
    ]
    assert AuditEvent.objects.count() == StreamEvent.objects.count() == 2
    assert UsageState.objects.get().raw_since == NOVEMBER
    assert ActiveDay.objects.count() == 4
    assert drop_old_events(NOW) == []


@pytest.mark.django_db
def test_nothing_is_dropped_unless_it_is_asked_for() -> None:
    workspace = make_organization()
    store(workspace.connection, workspace, [Moment("1", NOW - timedelta(days=4000), "human")])
    assert drop_old_events(NOW) == []
    assert AuditEvent.objects.count() == 1


@pytest.mark.django_db
def test_last_use_stays_when_all_events_of_a_person_are_dropped(keep_ten_days: None) -> None:
    workspace = make_organization()
    seen = NOW - timedelta(days=45)
    store(workspace.connection, workspace, [Moment("1", seen, "human"), Moment("2", NOW, "human")])
    bring_up_to_date(workspace.connection, TODAY)
    drop_old_events(NOW)
    for _ in range(2):
        rebuild(workspace.connection, TODAY)
        bring_up_to_date(workspace.connection, TODAY + timedelta(days=1))
    assert PersonUsage.objects.get(user_gid="1").last_used_at == seen


@pytest.mark.django_db
def test_another_time_zone_after_events_were_dropped_leaves_the_days_before_as_they_were(
    keep_ten_days: None,
) -> None:
    workspace = make_organization()
    connection = workspace.connection
    moments = [Moment("1", NOW - timedelta(days=days, hours=9), "human") for days in (12, 25, 40)]
    store(connection, workspace, moments)
    bring_up_to_date(connection, TODAY)
    drop_old_events(NOW)
    connection.time_zone = "America/Los_Angeles"
    connection.save()
    bring_up_to_date(connection, TODAY)
    assert list(ActiveDay.objects.order_by("day").values_list("day", flat=True)) == [
        date(2026, 10, 11), date(2026, 10, 26), date(2026, 11, 7)
    ]  # fmt: skip
    assert_periods_as_counted(connection)


def rows_of(connection_id: int) -> dict[str, int]:
    """How many rows every table of usage has of a connection."""
    found = {}
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.columns"
            " WHERE column_name = 'connection_id' AND table_name LIKE 'activity_%'"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT count(*) FROM {table} WHERE connection_id = %s", [connection_id])
            found[table] = cursor.fetchone()[0]
    return found


@pytest.mark.django_db(transaction=True)
def test_a_disconnect_that_deletes_data_deletes_every_event_and_figure_of_that_connection_alone() -> None:
    one, other = make_organization("One"), make_organization("Other")
    for workspace in (one, other):
        with transaction.atomic():
            store(workspace.connection, workspace, [Moment("1", NOW, "human"), Moment("1", NOW, "stream")])
        bring_up_to_date(workspace.connection, TODAY)
    kept = rows_of(other.connection_id)
    assert rows_of(one.connection_id)["activity_auditevent"] == 1
    assert rows_of(one.connection_id)["activity_streamevent"] == 1
    ended = disconnect(one.connection, SYSTEM, delete_data=True)
    assert ended.data_is_deleted
    assert set(rows_of(one.connection_id).values()) == {0}
    assert rows_of(other.connection_id) == kept


@pytest.mark.django_db(transaction=True)
def test_a_disconnect_that_keeps_data_keeps_the_events() -> None:
    workspace = make_organization()
    with transaction.atomic():
        store(workspace.connection, workspace, [Moment("1", NOW, "human")])
    disconnect(workspace.connection, SYSTEM, delete_data=False)
    assert AuditEvent.objects.count() == 1
