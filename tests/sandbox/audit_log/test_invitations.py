"""People come by a colleague's invitation, by a service account, or by the domain of their address."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import httpx

from tests.support.sandbox.reading import Event, audit_log, moment
from usher.sandbox import RunningSandbox, running
from usher.sandbox.audit_log.days import GAP_MS
from usher.sandbox.audit_log.event_types import Use
from usher.sandbox.life.working_life import DAY_MS


def test_each_way_in_stands_in_the_log_and_an_invitation_adds_no_use() -> None:
    with running(people=2_000, seed=7, per_minute=0) as box:
        ways: Counter[str] = Counter()
        for event in _joins(box):
            way = event["context"]["context_type"]
            ways[way] += 1
            if way == "web":
                assert _is_within_a_session(box, event)
    assert set(ways) == {"api", "asana", "web"}, ways


def _joins(box: RunningSandbox) -> list[Event]:
    """Not what the manager of an organization does to show every type: those are about people of long ago."""
    workspace = box.company.workspaces[0]
    now = datetime.now(UTC)
    days = {
        "start_at": (now - timedelta(days=89)).isoformat(),
        "end_at": (now - timedelta(hours=1)).isoformat(),
    }
    headers = {"Authorization": "Bearer sandbox-service-1"}
    with httpx.Client(base_url=f"{box.url}/api/1.0", headers=headers, timeout=60) as client:
        events = audit_log(client, workspace.gid, limit=100, event_type="user_invited", **days)
    return [event for event in events if _made_the_membership(box, event)]


def _made_the_membership(box: RunningSandbox, event: Event) -> bool:
    person = box.company.person_by_gid(event["resource"]["gid"])
    assert person is not None
    membership = box.company.membership_of(person, box.company.workspaces[0])
    return membership is not None and abs(moment(event).timestamp() - membership.created_at) < 1


def _is_within_a_session(box: RunningSandbox, event: Event) -> bool:
    inviter = box.company.person_by_gid(event["actor"]["gid"])
    assert inviter is not None
    at = moment(event).timestamp() * 1_000
    activity, here = box.sandbox.activity, box.company.workspaces[0].number
    planned = activity.life.planned(inviter, int(at) // DAY_MS)
    used = [action.at for action in planned if action.workspace == here and action.use == Use.HUMAN]
    return any(before <= at <= after and after - before <= GAP_MS for before, after in pairwise(used))
