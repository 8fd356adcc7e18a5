"""Whatever Asana shows from walk to walk, roster and history are what a few lines of Python say."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from usher.connections.models import Connection, SyncRun
from usher.roster.apply import apply_walk
from usher.roster.models import Change, Membership, Person, SeatCount, Sighting, Workspace, WorkspaceWalk

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
PEOPLE = ("1", "2", "3", "4", "5")

Seen = tuple[str, str, str]
"""Role, licence, status."""
Steps = list[tuple[str, str, str, datetime]]
"""Kind, before, after, when seen."""

seen = st.tuples(
    st.sampled_from(["admin", "member", "guest"]),
    st.sampled_from(["member", "guest", "view_only"]),
    st.sampled_from(["active", "active", "not_active"]),
)
walks = st.lists(
    st.tuples(st.dictionaries(st.sampled_from(PEOPLE), seen), st.booleans()), min_size=1, max_size=6
)


@dataclass
class Model:
    """What the roster of one workspace should be."""

    now: dict[str, Seen] = field(default_factory=dict)
    until: dict[str, datetime | None] = field(default_factory=dict)
    history: dict[str, Steps] = field(default_factory=dict)

    def walk(self, listed: dict[str, Seen], moment: datetime, *, accepts: bool) -> None:
        active = {person for person, (_, _, status) in self.now.items() if status == "active"}
        vanished = active - listed.keys()
        if len(vanished) > max(3, len(active) / 10) and not accepts:
            return
        for person, (role, licence, status) in listed.items():
            if person not in self.now:
                self.history[person] = [("joined", "", "", moment)]
                self.until[person] = None
            else:
                old_role, old_licence, old_status = self.now[person]
                if old_status != status:
                    self.until[person] = None if status == "active" else moment
                    self._step(person, "returned" if status == "active" else "left", "", "", moment)
                if old_role != role:
                    self._step(person, "role", old_role, role, moment)
                if old_licence != licence:
                    self._step(person, "licence", old_licence, licence, moment)
            self.now[person] = (role, licence, status)
        for person in vanished:
            self.now[person] = (*self.now[person][:2], "not_active")
            self.until[person] = moment
            self._step(person, "left", "", "", moment)

    def _step(self, person: str, kind: str, before: str, after: str, moment: datetime) -> None:
        self.history[person].append((kind, before, after, moment))


def walk(connection: Connection, listed: dict[str, Seen], moment: datetime, *, accepts: bool) -> None:
    run = SyncRun.objects.create(
        connection=connection, trigger="person", state="done", accept_vanished=accepts
    )
    one = WorkspaceWalk.objects.create(run=run, workspace=connection.workspaces.get(), is_read=True)
    Sighting.objects.bulk_create(
        Sighting(walk=one, user_gid=gid, gid=f"9{gid}", role=role, licence=licence, status=status)
        for gid, (role, licence, status) in listed.items()
    )
    apply_walk(one, run, moment)


def joined_before_others(step: tuple[str, str, str, datetime]) -> tuple[datetime, tuple[str, str, str]]:
    return step[3], step[:3]


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(walks=walks)
def test_roster_and_history_are_what_the_model_says(
    walks: list[tuple[dict[str, Seen], bool]],
) -> None:
    with transaction.atomic():
        connection = Connection.objects.create(
            name="Modelled", authorization="token", asana_user_gid="1", sync_at="03:00"
        )
        workspace = Workspace.objects.create(connection=connection, gid="7", name="W", is_organization=False)
        model = Model()
        for number, (listed, accepts) in enumerate(walks):
            moment = START + timedelta(days=number)
            model.walk(listed, moment, accepts=accepts)
            walk(connection, listed, moment, accepts=accepts)
            again = Change.objects.count()
            walk(connection, listed, moment, accepts=accepts)
            assert Change.objects.count() == again, "the same walk once more changes nothing"

        found = {m.person.gid: m for m in Membership.objects.select_related("person")}
        assert {gid: (m.role, m.licence, m.status) for gid, m in found.items()} == model.now
        assert {gid: m.until for gid, m in found.items()} == model.until
        for gid, membership in found.items():
            steps = list(membership.changes.values_list("kind", "before", "after", "seen_at"))
            assert sorted(steps, key=joined_before_others) == sorted(
                model.history[gid], key=joined_before_others
            )
        assert Person.objects.count() == len(found)
        assert not Sighting.objects.filter(walk__applied_at__isnull=False).exists()
        newest = SeatCount.objects.filter(workspace=workspace).order_by("-day").first()
        if newest:
            counted = SeatCount.objects.filter(day=newest.day)
            assert sum(count.people for count in counted) == sum(
                status == "active" for _, _, status in model.now.values()
            )
        transaction.set_rollback(True)
