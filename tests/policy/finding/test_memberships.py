"""The days of a membership, taken back from what it is now."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.activity.models import ListedMembership
from usher.activity.usage.figures import today_of
from usher.policy.finding.days import LastDays
from usher.policy.finding.memberships import days_of
from usher.roster.models import Change, Licence, Role

pytestmark = pytest.mark.django_db

HISTORY = 30
steps = st.lists(
    st.tuples(
        st.integers(0, 2 * HISTORY),
        st.sampled_from(["left", "returned", "role", "licence"]),
        st.sampled_from(Role.values),
        st.sampled_from(Licence.values),
    ),
    max_size=6,
)


@given(st.integers(1, 3 * HISTORY), steps)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_day_has_what_the_membership_was_when_it_ended(
    joined: int, steps: list[tuple[int, str, str, str]]
) -> None:
    with transaction.atomic():
        compare(joined, steps)
        transaction.set_rollback(True)


def compare(joined: int, steps: list[tuple[int, str, str, str]]) -> None:
    connection = a_connection(time_zone="America/New_York")
    zone, today = ZoneInfo(connection.time_zone), today_of(connection)
    state: dict[str, Any] = {"active": True, "role": "member", "licence": "member"}
    changes: list[Change] = []
    history = {joined: dict(state)}
    for number, (back, kind, role, licence) in enumerate(sorted(steps, key=lambda step: -step[0])):
        if back >= joined or ((kind == "left") != state["active"] and kind in ("left", "returned")):
            continue
        before = str(state.get(kind, ""))
        state |= {"role": role} if kind == "role" else {"licence": licence} if kind == "licence" else {}
        state["active"] = {"left": False, "returned": True}.get(kind, state["active"])
        at = datetime.combine(today - timedelta(days=back), time(0, 0, number), zone)
        changes.append(Change(kind=kind, before=before, happened_at=at))
        history[back] = dict(state)
    member = a_member(
        a_workspace(connection),
        "Ada",
        role=state["role"],
        licence=state["licence"],
        status="active" if state["active"] else "not_active",
        since=datetime.combine(today - timedelta(days=joined), time(12), zone),
    )
    listed = ListedMembership.objects.get(pk=member.pk)
    found = days_of(listed, reversed(changes), LastDays(today, HISTORY), connection)
    for back in range(HISTORY):
        known = [then for at, then in sorted(history.items(), reverse=True) if at >= back]
        then = known[-1] if known and joined >= back else {"active": False, "role": "", "licence": ""}
        assert bool(found.active >> back & 1) == then["active"], back
        for role in Role.values:
            assert bool(found.by_role[role] >> back & 1) == (then["active"] and then["role"] == role)
        for licence in Licence.values:
            assert bool(found.by_licence[licence] >> back & 1) == (
                then["active"] and then["licence"] == licence
            )
