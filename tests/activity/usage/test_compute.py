"""Sessions and days are what their definition says, whatever the order in which evidence comes in."""

from datetime import UTC, date, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tests.support.activity.usage_model import Moment, lived
from usher.activity.ingest.store import store_audit_events, store_stream_events
from usher.activity.models import ActiveDay, PersonUsage, Session
from usher.activity.usage.compute import bring_up_to_date, rebuild
from usher.asana.events import AuditActor, AuditLogEvent, Context, WorkspaceEvent
from usher.asana.records import UserRef
from usher.connections.models import Connection
from usher.roster.models import Workspace

ZONES = ["UTC", "Asia/Kolkata", "America/New_York", "Europe/London", "Australia/Lord_Howe", "Asia/Kathmandu"]
# Around both changes of the clock of 2026 in Europe and America, and an ordinary week.
STARTS = [
    datetime(2026, 3, 28, 20, tzinfo=UTC),
    datetime(2026, 11, 1, 3, tzinfo=UTC),
    datetime(2026, 10, 24, 22, tzinfo=UTC),
    datetime(2026, 6, 10, 12, tzinfo=UTC),
]
TODAY = date(2026, 12, 31)

gaps = st.one_of(
    st.integers(0, 120_000),
    st.sampled_from([1_799_999, 1_800_000, 1_800_001, 999, 1_000]),
    st.integers(1_500_000, 2_100_000),
    st.integers(3_600_000, 40_000_000),
)


@st.composite
def evidence(draw: st.DrawFn) -> list[Moment]:
    start = draw(st.sampled_from(STARTS))
    moments = []
    for user in draw(st.sampled_from([["1"], ["1", "2"]])):
        at = start
        for gap in draw(st.lists(gaps, max_size=14)):
            at += timedelta(milliseconds=gap)
            kind = draw(st.sampled_from(["human", "stream", "stream", "automated"]))
            moments.append(Moment(user, at, kind))
            if kind == "automated" and draw(st.booleans()):
                moments.append(Moment(user, at, "stream"))  # what a machine does shows in the stream too
    return moments


gids = count(1)


def store(connection: Connection, workspace: Workspace, moments: list[Moment]) -> None:
    audit = [
        AuditLogEvent(
            gid=str(next(gids)),
            created_at=moment.at,
            event_type="attachment_uploaded",
            event_category="creation",
            actor=AuditActor(actor_type="user", gid=moment.user),
            context=Context(context_type="api", api_authentication_method="oauth")
            if moment.kind == "automated"
            else Context(context_type="web"),
            raw="{}",
        )
        for moment in moments
        if moment.kind != "stream"
    ]
    store_audit_events(connection.pk, workspace.pk, audit)
    store_stream_events(
        connection.pk,
        workspace.pk,
        [
            WorkspaceEvent(created_at=moment.at, user=UserRef(gid=moment.user), action="changed")
            for moment in moments
            if moment.kind == "stream"
        ],
    )


def make_connection(zone: str) -> tuple[Connection, Workspace]:
    connection = Connection.objects.create(
        name="Acme",
        authorization="token",
        asana_user_gid="9",
        asana_user_name="Ada",
        sync_at="03:00",
        time_zone=zone,
    )
    return connection, Workspace.objects.create(
        connection=connection, gid="900", name="Acme", is_organization=True
    )


def assert_as_lived(connection: Connection, moments: list[Moment]) -> None:
    truth = lived(moments, ZoneInfo(connection.time_zone))
    sessions = {
        user: [
            (s.starts_at, s.ends_at, s.actions)
            for s in Session.objects.filter(user_gid=user).order_by("starts_at")
        ]
        for user in truth
    }
    assert sessions == {user: person.sessions for user, person in truth.items()}
    days = {
        (row.user_gid, row.day): (
            row.human,
            row.automated,
            row.sessions,
            row.usage_seconds,
            row.last_human_at,
        )
        for row in ActiveDay.objects.all()
    }
    assert days == {
        (user, day): (d.human, d.automated, d.sessions, round(d.seconds), d.last_human_at)
        for user, person in truth.items()
        for day, d in person.days.items()
    }


class UsageAsDefined(TestCase):
    @given(evidence(), st.sampled_from(ZONES), st.randoms(use_true_random=False), st.integers(1, 4))
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    def test_evidence_in_any_order_and_any_parts_gives_the_same_sessions_and_days(
        self, moments, zone, chance, parts
    ):
        connection, workspace = make_connection(zone)
        shuffled = list(moments)
        chance.shuffle(shuffled)
        size = len(shuffled) // parts + 1
        for part in range(parts):
            store(connection, workspace, shuffled[part * size : (part + 1) * size])
            bring_up_to_date(connection, TODAY)
        assert_as_lived(connection, moments)

    @given(evidence(), st.sampled_from(ZONES), st.sampled_from(ZONES))
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    def test_a_rebuild_and_another_time_zone_change_nothing_but_the_days(self, moments, zone, other):
        connection, workspace = make_connection(zone)
        store(connection, workspace, moments)
        bring_up_to_date(connection, TODAY)
        rebuild(connection, TODAY)
        assert_as_lived(connection, moments)
        connection.time_zone = other
        connection.save()
        bring_up_to_date(connection, TODAY)
        assert_as_lived(connection, moments)


@pytest.mark.django_db
def test_the_same_event_in_two_pages_counts_once() -> None:
    connection, workspace = make_connection("UTC")
    event = AuditLogEvent(
        gid="1",
        created_at=datetime(2026, 11, 1, tzinfo=UTC),
        event_type="user_login_succeeded",
        actor=AuditActor(actor_type="user", gid="5"),
        raw="{}",
    )
    assert store_audit_events(connection.pk, workspace.pk, [event, event]) == 1
    assert store_audit_events(connection.pk, workspace.pk, [event]) == 0
    bring_up_to_date(connection, TODAY)
    assert ActiveDay.objects.get().human == 1
    assert PersonUsage.objects.get().last_used_source == "audit"
