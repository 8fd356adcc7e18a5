"""A rule finds who the people list finds with the same filter, and who it would have found on each day before."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.activity.models import ActiveDay, Coverage, ListedMembership, PersonUsage
from usher.activity.usage import rules
from usher.activity.usage.conditions import idle_condition, listed
from usher.activity.usage.figures import sources_by_workspace, today_of, window_of
from usher.activity.usage.rules import ObservedMembership, Sources
from usher.connections.models import Connection
from usher.insights.people.filters import UsageFilter
from usher.policy.definition import Affiliation, Definition, Who
from usher.policy.finding.find import Finder
from usher.roster.models import Licence, Role, Workspace

pytestmark = pytest.mark.django_db

HISTORY = 40
idle_lengths = st.sampled_from([5, 10, 30, 90])
lives = st.fixed_dictionaries(
    {
        "joined": st.integers(1, 160),
        "human": st.sets(st.integers(0, 150), max_size=5),
        "automated": st.sets(st.integers(0, 150), max_size=4),
        "role": st.sampled_from(Role.values),
        "licence": st.sampled_from(Licence.values),
        "status": st.sampled_from(["active", "active", "active", "not_active"]),
        "place": st.integers(0, 1),
        "domain": st.sampled_from(["acme.example", "other.example"]),
    }
)


def moment(connection: Connection, day: date) -> datetime:
    return datetime.combine(day, time(12), ZoneInfo(connection.time_zone))


def live(workspaces: list[Workspace], number: int, life: dict[str, Any]) -> None:
    workspace = workspaces[life["place"]]
    connection, today = workspace.connection, today_of(workspace.connection)
    member = a_member(
        workspace,
        f"Person {number}",
        f"p{number}@{life['domain']}",
        role=life["role"],
        licence=life["licence"],
        status=life["status"],
        since=moment(connection, today - timedelta(days=life["joined"])),
    )
    # Whoever used Asana today did so before now.
    lasts: dict[str, datetime | None] = {}
    for kind in ("human", "automated"):
        backs = sorted(life[kind])
        lasts[kind] = (
            min(moment(connection, today - timedelta(days=backs[0])), timezone.now()) if backs else None
        )
    for back in life["human"] | life["automated"]:
        ActiveDay.objects.create(
            connection=connection,
            user_gid=member.person.gid,
            day=today - timedelta(days=back),
            human=int(back in life["human"]),
            automated=int(back in life["automated"]),
            sessions=0,
            usage_seconds=0,
        )
    if lasts["human"] or lasts["automated"]:
        PersonUsage.objects.create(
            connection=connection,
            user_gid=member.person.gid,
            as_of=today,
            last_used_at=lasts["human"],
            last_automated_at=lasts["automated"],
        )


@pytest.fixture
def acme() -> Connection:
    return a_connection(time_zone="Asia/Kolkata")


@pytest.fixture
def places(acme: Connection) -> list[Workspace]:
    return [a_workspace(acme, "Acme", "acme.example"), a_workspace(acme, "Side")]


def populate(places: list[Workspace], people: list[dict[str, Any]], covered: list[tuple[int, int]]) -> None:
    for workspace, (source_days, until) in zip(places, covered, strict=True):
        Coverage.objects.create(
            workspace=workspace,
            source="audit",
            begins_at=timezone.now() - timedelta(days=source_days),
            ends_at=timezone.now() - timedelta(days=until),
        )
    for number, life in enumerate(people):
        live(places, number, life)


class RolledBack(Exception):
    pass


coverages = st.tuples(
    st.tuples(st.integers(5, 200), st.sampled_from([0, 0, 0, 3])),
    st.tuples(st.integers(5, 200), st.sampled_from([0, 0, 0, 3])),
)
filters = st.fixed_dictionaries(
    {},
    optional={
        "idle": idle_lengths,
        "role": st.lists(st.sampled_from(list(Role)), min_size=1, max_size=2, unique=True),
        "licence": st.lists(st.sampled_from(list(Licence)), min_size=1, max_size=2, unique=True),
        "affiliation": st.sampled_from(list(Affiliation)),
        "domain": st.sampled_from(["acme.example", "other.example"]),
        "use": st.sampled_from(["automated", "never_came"]),
    },
).filter(lambda chosen: "idle" in chosen or "use" in chosen)


def same_rule(chosen: dict[str, Any]) -> Definition:
    return Definition(
        "Same",
        Who(
            idle_for=chosen.get("idle"),
            # The people list has no such number: everybody who ever was invited.
            never_came_within=1 if chosen.get("use") == "never_came" else None,
            only_integrations=chosen.get("use") == "automated",
            roles=chosen.get("role", []),
            licences=chosen.get("licence", []),
            affiliation=chosen.get("affiliation"),
            domains=[chosen["domain"]] if "domain" in chosen else [],
        ),
    )


def the_people_list(chosen: dict[str, Any], connection: Connection) -> set[int]:
    """Its filter for idle seats finds no guests. A rule that asks for guests finds them by the same condition."""
    chosen = dict(chosen)
    rows = listed(connection)
    if "idle" in chosen and "licence" in chosen:
        window = window_of(connection, chosen.pop("idle"))
        rows = rows.filter(idle_condition(sources_by_workspace(connection), window))
    found = UsageFilter({"status": "active", "connection": connection.pk, **chosen}, rows)
    assert not found.problem
    return set(found.qs.values_list("pk", flat=True))


@given(st.lists(lives, min_size=1, max_size=8), coverages, filters)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_rule_finds_who_the_people_list_finds(
    acme: Connection,
    places: list[Workspace],
    people: list[dict[str, Any]],
    covered: tuple[tuple[int, int], tuple[int, int]],
    chosen: dict[str, Any],
) -> None:
    with pytest.raises(RolledBack), transaction.atomic():
        populate(places, people, list(covered))
        found = {one.listed.pk for one in Finder(same_rule(chosen), acme).find() if one.days & 1}
        # With history, today is the same.
        with_history = {
            one.listed.pk for one in Finder(same_rule(chosen), acme, HISTORY).find() if one.days & 1
        }
        assert found == the_people_list(chosen, acme), (people, covered, chosen)
        assert with_history == found, (people, covered, chosen)
        raise RolledBack


def as_of(row: ListedMembership, day: date, connection: Connection) -> ObservedMembership:
    """The membership as the rules of usage would have seen it at the end of that day."""
    used = (
        ActiveDay.objects.filter(user_gid=row.person.gid, human__gt=0, day__lte=day).order_by("-day").first()
    )
    sources = sources_by_workspace(connection).get(row.workspace_id, Sources())
    return ObservedMembership(row.since, moment(connection, used.day) if used else None, sources)


def ended_days(connection: Connection) -> Iterator[date]:
    for back in range(1, HISTORY):
        yield today_of(connection) - timedelta(days=back)


@given(st.lists(lives, min_size=1, max_size=4), coverages, idle_lengths)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_on_each_day_before_a_rule_would_have_found_who_was_idle_then(
    acme: Connection,
    places: list[Workspace],
    people: list[dict[str, Any]],
    covered: tuple[tuple[int, int], tuple[int, int]],
    idle: int,
) -> None:
    with pytest.raises(RolledBack), transaction.atomic():
        populate(places, [life | {"status": "active", "licence": "member"} for life in people], list(covered))
        finder = Finder(Definition("Idle", Who(idle_for=idle)), acme, HISTORY)
        found = {one.listed.pk: set(finder.days.where(one.days)) for one in finder.find()}
        for row in listed(acme):
            for day in ended_days(acme):
                was_idle = rules.is_idle(as_of(row, day, acme), window_of(acme, idle, day))
                assert (day in found.get(row.pk, set())) == was_idle, (row.name, day)
        raise RolledBack
