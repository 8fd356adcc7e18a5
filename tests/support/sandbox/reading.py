"""Reads a sandbox as a client of Asana would, and counts use by the definitions of the product."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

Event = dict[str, Any]
GAP = timedelta(minutes=30)
AUTOMATED = ("service_account", "personal_access_token", "oauth")


def audit_log(service: httpx.Client, workspace: str, **query: str | int) -> list[Event]:
    """To the first empty page, which is the end."""
    found: list[Event] = []
    while True:
        answer = service.get(f"/workspaces/{workspace}/audit_log_events", params=query)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        if not body["data"]:
            return found
        found += body["data"]
        query["offset"] = body["next_page"]["offset"]


def sync_token(service: httpx.Client, workspace: str) -> str:
    answer = service.get(f"/workspaces/{workspace}/events")
    assert answer.status_code == 412
    return str(answer.json()["sync"])


def stream(service: httpx.Client, workspace: str, token: str) -> tuple[list[Event], str]:
    """While there is more."""
    found: list[Event] = []
    while True:
        answer = service.get(f"/workspaces/{workspace}/events", params={"sync": token})
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert len(body["data"]) <= 1_000
        found += body["data"]
        token = body["sync"]
        if not body["has_more"]:
            return found, token


def moment(event: Event) -> datetime:
    return datetime.fromisoformat(event["created_at"])


def is_automated(event: Event) -> bool:
    context = event["context"]
    return (
        event["actor"]["actor_type"] == "user"
        and event["event_type"] != "user_login_failed"
        and (
            "rule_name" in context
            or (context["context_type"] == "api" and context["api_authentication_method"] in AUTOMATED)
        )
    )


def is_human(event: Event) -> bool:
    return (
        event["actor"]["actor_type"] == "user"
        and event["event_type"] != "user_login_failed"
        and event["context"]["context_type"] not in ("asana", "asana_support")
        and not is_automated(event)
    )


def human_evidence(audit: Iterable[Event], streamed: Iterable[Event]) -> dict[str, list[datetime]]:
    """By person, ascending."""
    found: dict[str, list[datetime]] = defaultdict(list)
    automated: set[tuple[str, datetime]] = set()
    for event in audit:
        if is_human(event):
            found[event["actor"]["gid"]].append(moment(event))
        elif is_automated(event):
            automated.add((event["actor"]["gid"], moment(event).replace(microsecond=0)))
    for event in streamed:
        if event["user"] is not None:
            at, person = moment(event), event["user"]["gid"]
            if (person, at.replace(microsecond=0)) not in automated:
                found[person].append(at)
    return {person: sorted(moments) for person, moments in found.items()}


def counted(moments: list[datetime], days: int, until: datetime, zone: str) -> tuple[int, int, float]:
    """Active days, sessions, minutes: by walking over the moments one by one."""
    there = ZoneInfo(zone)
    dates = {(until - timedelta(days=n)).date() for n in range(days)}
    active = {at.astimezone(there).date() for at in moments} & dates
    sessions: list[list[datetime]] = []
    for at in moments:
        if sessions and at - sessions[-1][-1] <= GAP:
            sessions[-1].append(at)
        else:
            sessions.append([at])
    own = [s for s in sessions if s[0].astimezone(there).date() in dates]
    milliseconds = sum((s[-1] - s[0]) // timedelta(milliseconds=1) + 60_000 for s in own)
    return len(active), len(own), milliseconds / 60_000
