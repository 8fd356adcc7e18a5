"""What can be read from audit log and stream is what was lived."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import Client
from tests.support.sandbox.reading import (
    Event,
    audit_log,
    counted,
    human_evidence,
    is_automated,
    moment,
    stream,
    sync_token,
)
from usher.sandbox import RunningSandbox, running

START = datetime(2026, 10, 20, 5, 30, tzinfo=UTC)
"""The clocks go back in Berlin and London five days later, in New York and St John's twelve."""
DAYS_READ = 16


class Reading:
    """All that both sources show from START on, read over some days in steps of hours."""

    def __init__(self, box: RunningSandbox, service: httpx.Client) -> None:
        self.box = box
        workspace = box.company.workspaces[0].gid
        box.set_clock(START)
        token = sync_token(service, workspace)
        self.streamed: list[Event] = []
        now, step = START, 0
        while now < START + timedelta(days=DAYS_READ):
            now += timedelta(hours=(5, 11, 23)[step % 3])
            step += 1
            box.set_clock(now)
            found, token = stream(service, workspace, token)
            self.streamed += found
        # What is late comes in; nobody's new work with it, since the stream is read once more.
        self.now = now + timedelta(hours=1)
        box.set_clock(self.now)
        found, _ = stream(service, workspace, token)
        self.streamed += found
        self.audit = audit_log(service, workspace, limit=100)
        self.evidence = human_evidence(self.audit, self.streamed)
        self.audit_evidence = human_evidence(self.audit, [])

    def truth(self, days: int, until: date, time_zone: str) -> dict[str, dict[str, Any]]:
        answer = httpx.get(
            f"{self.box.url}/-/sandbox/truth/usage",
            params={"days": days, "until": until.isoformat(), "time_zone": time_zone},
        )
        assert answer.status_code == 200
        people: dict[str, dict[str, Any]] = answer.json()["people"]
        return people


@pytest.fixture(scope="module")
def reading() -> Iterator[Reading]:
    with running(people=160, seed=11, today=date(2026, 11, 24), per_minute=0) as box:
        headers = {"Authorization": "Bearer sandbox-service-1"}
        with httpx.Client(base_url=f"{box.url}/api/1.0", headers=headers, timeout=30) as service:
            yield Reading(box, service)


@pytest.mark.parametrize(
    "time_zone",
    ["UTC", "Asia/Kolkata", "America/New_York", "Europe/Berlin", "Pacific/Chatham", "America/St_Johns"],
)
def test_audit_log_and_stream_together_show_exactly_what_was_lived(reading: Reading, time_zone: str) -> None:
    until, days = (START + timedelta(days=DAYS_READ - 2)).date(), DAYS_READ - 4
    last = datetime.combine(until, datetime.min.time(), UTC)
    used = 0
    for person, truth in reading.truth(days, until, time_zone).items():
        found = counted(reading.evidence.get(person, []), days, last, time_zone)
        assert found == (truth["active_days"], truth["sessions"], truth["usage_minutes"]), truth
        used += truth["active_days"] > 0
    assert used > 60


def test_use_in_several_organizations_is_counted_together() -> None:
    with running(people=40, seed=7, equal_workspaces=2, today=START.date(), now=START, per_minute=0) as box:
        headers = {"Authorization": "Bearer sandbox-service-1"}
        audit: list[Event] = []
        streamed: list[Event] = []
        with httpx.Client(base_url=f"{box.url}/api/1.0", headers=headers) as service:
            gids = [workspace.gid for workspace in box.company.workspaces[:2]]
            tokens = {gid: sync_token(service, gid) for gid in gids}
            for day in range(1, 7):
                box.set_clock(START + timedelta(hours=23 * day))
                for gid in gids:
                    found, tokens[gid] = stream(service, gid, tokens[gid])
                    streamed += found
            for gid in gids:
                audit += audit_log(service, gid)
        evidence = human_evidence(audit, streamed)
        until = START + timedelta(days=4)
        truths: Any = box.usage_truth(4, until.date())["people"]
        for person, truth in truths.items():
            count = counted(evidence.get(person, []), 4, until, "UTC")
            assert count == (truth["active_days"], truth["sessions"], truth["usage_minutes"])
        first = truths[box.company.gids.users.gid(0)]
        assert first["active_days"] >= 3


def test_last_use_is_the_newest_human_evidence(reading: Reading) -> None:
    for person, truth in reading.truth(30, START.date(), "UTC").items():
        moments = reading.evidence.get(person)
        newest = truth["last_used"] and datetime.fromisoformat(truth["last_used"])
        if moments and moments[-1] >= START:
            assert moments[-1] == newest
        else:
            assert newest is None or newest < START


def test_automated_use_is_told_apart(reading: Reading) -> None:
    newest: dict[str, datetime] = {}
    for event in reading.audit:
        if is_automated(event):
            newest[event["actor"]["gid"]] = moment(event)
    truths = reading.truth(60, reading.now.date(), "UTC")
    told = {p: t["automated_last_used"] for p, t in truths.items() if t["automated_last_used"]}
    oldest = reading.now - timedelta(days=90)
    recent = {p: datetime.fromisoformat(at) for p, at in told.items() if datetime.fromisoformat(at) > oldest}
    assert recent == newest
    kept_alive = [
        t for t in truths.values() if t["persona"] == "integration only" and t["automated_last_used"]
    ]
    assert kept_alive
    assert all(t["last_used"] is None and t["active_days"] == 0 for t in kept_alive)


def test_what_the_audit_log_alone_shows_is_said(reading: Reading) -> None:
    until = reading.now.date()
    last = datetime.combine(until, datetime.min.time(), UTC)
    hidden = 0
    for person, truth in reading.truth(30, until, "Asia/Kathmandu").items():
        moments = reading.audit_evidence.get(person, [])
        shown = truth["audit_only"]
        found = counted(moments, 30, last, "Asia/Kathmandu")
        assert found == (shown["active_days"], shown["sessions"], shown["usage_minutes"])
        assert (shown["last_used"] and datetime.fromisoformat(shown["last_used"])) == (
            moments[-1] if moments else None
        )
        assert shown["active_days"] <= truth["active_days"]
        hidden += truth["active_days"] > 10 and shown["active_days"] < 3
    assert hidden > 3, "people with long sessions use Asana daily and the audit log does not show it"


def test_every_kind_of_person_is_there_and_lives_accordingly(reading: Reading) -> None:
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for truth in reading.truth(30, reading.now.date(), "UTC").values():
        by_kind.setdefault(truth["persona"], []).append(truth)
    assert {
        "office worker", "long session", "part-timer", "light user", "night worker", "stopped", "signs in only",
        "integration only", "fails to sign in", "heavy admin", "guest", "stranger", "service account",
    } == set(by_kind)  # fmt: skip
    most = {kind: max(t["active_days"] for t in truths) for kind, truths in by_kind.items()}
    assert most["office worker"] > most["part-timer"] > most["guest"] > 0
    for kind in ("stranger", "integration only", "fails to sign in", "service account"):
        assert most[kind] == 0
    signing_in = [t for t in by_kind["signs in only"] if t["active_days"]]
    assert signing_in
    assert all(t["usage_minutes"] == t["sessions"] and t["audit_only"]["last_used"] for t in signing_in)


def test_people_who_stopped_have_a_last_use_that_stays() -> None:
    def stopped(now: datetime) -> dict[str, str | None]:
        box.set_clock(now)
        people: Any = box.usage_truth()["people"]
        return {gid: t["last_used"] for gid, t in people.items() if t["persona"] == "stopped"}

    with running(people=200, seed=7, today=date(2026, 11, 24)) as box:
        before = stopped(datetime(2026, 11, 1, tzinfo=UTC))
        after = stopped(datetime(2026, 11, 24, tzinfo=UTC))
    long_gone = {gid for gid, at in before.items() if at and at < "2026-10-01"}
    assert long_gone
    assert all(after[gid] == before[gid] for gid in long_gone)


def test_who_is_removed_does_nothing_from_then_on(sandbox: RunningSandbox, as_token: Client) -> None:
    service, workspace = as_token(sandbox, "sandbox-service-1"), sandbox.company.workspaces[0].gid
    removed_at, later = datetime(2026, 11, 10, 12, tzinfo=UTC), datetime(2026, 11, 20, 12, tzinfo=UTC)
    sandbox.set_clock(removed_at)
    token = sync_token(service, workspace)
    people: Any = sandbox.usage_truth()["people"]
    person = next(
        gid for gid, t in people.items() if t["persona"] == "office worker" and t["active_days"] > 15
    )
    before = audit_log(service, workspace, actor_gid=person)
    sandbox.change(workspace, person, "leave")
    sandbox.set_clock(removed_at + timedelta(hours=23))
    streamed, _ = stream(service, workspace, token)
    sandbox.set_clock(later)
    assert person not in {event["user"] and event["user"]["gid"] for event in streamed}
    assert [e["gid"] for e in audit_log(service, workspace, actor_gid=person)] == [
        e["gid"] for e in before if moment(e) >= later - timedelta(days=90)
    ]
    gone = audit_log(service, workspace, event_type="user_deprovisioned", resource_gid=person)
    assert [moment(e).replace(microsecond=0) for e in gone] == [removed_at]
    truths: Any = sandbox.usage_truth(10)["people"]
    assert truths[person]["last_used"] < "2026-11-10T12:00:00Z"
    assert truths[person]["active_days"] == 0


@pytest.mark.parametrize(
    "query", [{"time_zone": "Mars/Olympus"}, {"days": 0}, {"until": "soon"}, {"days": "x"}]
)
def test_a_question_that_makes_no_sense_is_refused(
    still_sandbox: RunningSandbox, query: dict[str, str]
) -> None:
    assert httpx.get(f"{still_sandbox.url}/-/sandbox/truth/usage", params=query).status_code == 400
