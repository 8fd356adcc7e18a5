"""People's work, as the sandbox lives it and as audit log and stream tell of it."""

import csv
import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.sandbox.conftest import Client
from tests.support.sandbox.reading import Event, audit_log, moment, stream, sync_token
from usher.sandbox import Company, RunningSandbox, running
from usher.sandbox.audit_log.event_types import EVENT_TYPES, Use
from usher.sandbox.life.working_life import NONE, Action, WorkingLife

NOW = datetime(2026, 11, 24, 9, 20, tzinfo=UTC)
TODAY = NOW.date()
DAY = (TODAY - date(1970, 1, 1)).days
TYPES_FILE = Path(os.environ.get("ASANA_OPENAPI", "")).parent / "audit-log-event-types.csv"


def _lived(company: Company, days: int) -> dict[int, list[Action]]:
    life = WorkingLife(company)
    return {
        person.number: [action for day in range(DAY - days, DAY + 1) for action in life.planned(person, day)]
        for person in company.people
    }


@pytest.fixture(scope="module")
def company() -> Company:
    return Company.generate(200, 7, today=TODAY)


@pytest.fixture(scope="module")
def lives(company: Company) -> dict[int, list[Action]]:
    return _lived(company, 80)


@pytest.fixture(scope="module")
def log() -> Iterator[list[Event]]:
    """Three months of a small company."""
    with running(people=60, seed=3, today=TODAY, now=NOW, per_minute=0) as box:
        headers = {"Authorization": "Bearer sandbox-service-1"}
        with httpx.Client(base_url=f"{box.url}/api/1.0", headers=headers) as service:
            yield audit_log(service, box.company.workspaces[0].gid)


def test_the_same_seed_lives_the_same_lives(company: Company, lives: dict[int, list[Action]]) -> None:
    assert _lived(Company.generate(200, 7, today=TODAY), 80) == lives
    assert _lived(Company.generate(200, 8, today=TODAY), 80) != lives
    one = company.people[20]
    assert WorkingLife(company).planned(one, DAY - 3) == WorkingLife(company).planned(one, DAY - 3)


def test_every_action_shows_in_the_audit_log_or_in_the_stream(lives: dict[int, list[Action]]) -> None:
    actions = [action for own in lives.values() for action in own]
    assert all(action.audit != NONE or action.stream != NONE for action in actions)
    assert sum(action.audit != NONE for action in actions) < len(actions) / 4


def test_automated_actions_happen_in_seconds_of_their_own(lives: dict[int, list[Action]]) -> None:
    automated = 0
    for own in lives.values():
        human = {action.at // 1_000 for action in own if action.use == Use.HUMAN}
        seconds = {action.at // 1_000 for action in own if action.use == Use.AUTOMATED}
        assert not human & seconds
        automated += len(seconds)
    assert automated > 500
    assert all(a.audit != NONE for own in lives.values() for a in own if a.use == Use.AUTOMATED)


def test_gaps_lie_on_both_sides_of_half_an_hour_and_on_it(lives: dict[int, list[Action]]) -> None:
    gaps: Counter[str] = Counter()
    for own in lives.values():
        times = sorted(action.at for action in own if action.use == Use.HUMAN)
        for before, after in pairwise(times):
            gap = after - before
            gaps["below"] += 1_795_000 <= gap < 1_800_000
            gaps["on"] += gap == 1_800_000
            gaps["above"] += 1_800_000 < gap < 1_810_000
            gaps["none"] += gap == 0
            gaps["short"] += 0 < gap < 1_500_000
    assert min(gaps.values()) > 20
    assert gaps["short"] > gaps.total() * 0.7


def test_night_workers_sit_over_midnight(company: Company, lives: dict[int, list[Action]]) -> None:
    life, over_midnight = WorkingLife(company), 0
    for person in company.people:
        persona = life.persona(person)
        if persona.kind == "night worker":
            zone = ZoneInfo(persona.zone)
            times = [
                datetime.fromtimestamp(a.at / 1_000, zone) for a in lives[person.number] if a.use == Use.HUMAN
            ]
            over_midnight += sum(
                a.date() != b.date() and b - a <= timedelta(minutes=30) for a, b in pairwise(times)
            )
    assert over_midnight > 10


def test_office_work_keeps_to_the_hours_and_weekdays_of_the_home_zone(
    company: Company, lives: dict[int, list[Action]]
) -> None:
    life, weekdays, hours, zones = WorkingLife(company), Counter[int](), Counter[int](), set()
    for person in company.people:
        persona = life.persona(person)
        if persona.kind == "office worker":
            zones.add(persona.zone)
            for action in lives[person.number]:
                if action.use == Use.HUMAN:
                    there = datetime.fromtimestamp(action.at / 1_000, ZoneInfo(persona.zone))
                    weekdays[there.weekday()] += 1
                    hours[there.hour] += 1
    assert weekdays[5] + weekdays[6] < weekdays.total() / 20
    assert sum(hours[hour] for hour in range(8, 19)) > hours.total() * 0.9
    assert hours[12] < hours[11]
    assert {"Asia/Kolkata", "Europe/Berlin"} < zones


def test_every_known_type_appears_and_some_that_nobody_knows(log: list[Event]) -> None:
    seen = {(e["event_type"], e["event_category"], e["resource"]["resource_type"]) for e in log}
    assert seen == set(EVENT_TYPES)
    assert len({kind.name for kind in EVENT_TYPES}) == len(EVENT_TYPES) == 133


@pytest.mark.skipif(not TYPES_FILE.is_file(), reason="needs the list of types beside ASANA_OPENAPI")
def test_the_types_are_those_of_the_list() -> None:
    with TYPES_FILE.open() as file:
        listed = {row["event_type"]: (row["category"], row["resource_type"]) for row in csv.DictReader(file)}
    own = {kind.name: (kind.category, kind.resource_type) for kind in EVENT_TYPES}
    assert {name: own[name] for name, known in listed.items() if known[0]} == {
        name: known for name, known in listed.items() if known[0]
    }
    assert set(own) - set(listed) == {"task_hologram_created", "user_agent_conversation_started"}
    assert {own[name][0] for name in own if name not in listed} - {c for c, _ in listed.values()} == {
        "conversations"
    }


def test_every_context_and_every_actor_appears(log: list[Event]) -> None:
    assert {e["context"]["context_type"] for e in log} == {
        "web", "desktop", "mobile", "email", "api", "asana", "asana_support",
    }  # fmt: skip
    assert {e["context"].get("api_authentication_method") for e in log} == {
        None, "cookie", "oauth", "personal_access_token", "service_account",
    }  # fmt: skip
    assert any("rule_name" in e["context"] for e in log)
    assert all(
        ("oauth_app_name" in e["context"]) == (e["context"].get("api_authentication_method") == "oauth")
        for e in log
    )
    actors = {e["actor"]["actor_type"] for e in log}
    assert actors == {"user", "asana", "asana_support", "anonymous", "external_administrator"}
    assert all(("gid" in e["actor"]) == (e["actor"]["actor_type"] == "user") for e in log)
    support = [e for e in log if e["context"]["context_type"] == "asana_support"]
    assert all(isinstance(e["context"]["on_behalf_of_user_id"], int) for e in support)
    assert {"user", "asana_support"} == {e["actor"]["actor_type"] for e in support}


def test_deleted_people_still_act_in_the_log_without_a_name(log: list[Event]) -> None:
    deleted = {
        e["actor"]["gid"] for e in log if e["actor"]["actor_type"] == "user" and e["actor"]["name"] is None
    }
    named = {e["actor"]["gid"] for e in log if e["actor"].get("name")}
    assert deleted
    assert not deleted & named


def test_failed_sign_ins_are_of_people_who_do_nothing_else(log: list[Event]) -> None:
    kinds: dict[str, set[str]] = defaultdict(set)
    for event in log:
        if "gid" in event["actor"]:
            kinds[event["actor"]["gid"]].add(event["event_type"])
    assert {"user_login_failed"} in kinds.values()


def test_the_log_and_the_stream_are_the_same_in_another_run_and_other_steps(as_token: Client) -> None:
    logs, streams = [], []
    for steps in (1, 9):
        with running(people=60, seed=5, today=TODAY, now=NOW, per_minute=0) as box:
            service, workspace = as_token(box, "sandbox-service-1"), box.company.workspaces[0].gid
            token = sync_token(service, workspace)
            for step in range(1, steps + 1):
                box.set_clock(NOW + timedelta(hours=18) * step / steps)
                audit_log(service, workspace, start_at=(NOW - timedelta(hours=step)).isoformat())
            streams.append(stream(service, workspace, token)[0])
            logs.append(audit_log(service, workspace))
    assert logs[0] == logs[1]
    assert streams[0] == streams[1]


def test_nothing_of_the_future_is_shown(sandbox: RunningSandbox, as_token: Client) -> None:
    service, workspace = as_token(sandbox, "sandbox-service-1"), sandbox.company.workspaces[0].gid
    for now in (NOW, NOW - timedelta(days=200), NOW + timedelta(days=30)):
        sandbox.set_clock(now)
        events = audit_log(service, workspace, start_at=(now - timedelta(days=4)).isoformat())
        assert events
        assert all(moment(event) <= now for event in events)


def test_who_works_in_two_organizations_shows_in_both(as_token: Client) -> None:
    with running(people=60, seed=7, equal_workspaces=2, today=TODAY, now=NOW, per_minute=0) as box:
        service = as_token(box, "sandbox-service-1")
        first = box.company.gids.users.gid(0)
        logs = [
            service.get(f"/workspaces/{w.gid}/audit_log_events", params={"actor_gid": first}).status_code
            for w in box.company.workspaces[:2]
        ]
        assert logs == [200, 200]
        lived = [
            a
            for day in range(DAY - 30, DAY)
            for a in WorkingLife(box.company).planned(box.company.people[0], day)
        ]
        assert {a.workspace for a in lived} == {0, 1}


@pytest.mark.parametrize("wanted", [20_000, 120_000])
def test_a_dense_log_holds_so_many_events_and_the_same_lives(as_token: Client, wanted: int) -> None:
    with running(people=80, seed=7, today=TODAY, now=NOW, per_minute=0) as box:
        plain = box.usage_truth(30)["people"]
    with running(people=80, seed=7, today=TODAY, now=NOW, per_minute=0, audit_events=wanted) as box:
        service, workspace = as_token(box, "sandbox-service-1"), box.company.workspaces[0].gid
        events = audit_log(service, workspace)
        assert abs(len(events) - wanted) < wanted / 50
        assert len({event["gid"] for event in events}) == len(events)
        dense = box.usage_truth(30)["people"]
    assert isinstance(plain, dict)
    assert isinstance(dense, dict)
    lived = ("active_days", "sessions", "usage_minutes", "last_used", "automated_last_used", "dates")
    assert {gid: [t[f] for f in lived] for gid, t in dense.items()} == {
        gid: [t[f] for f in lived] for gid, t in plain.items()
    }
