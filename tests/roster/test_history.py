"""What differs between two walks becomes history, with the times at which it happened and was seen."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from tests.support.roster.syncing import shown_by, stored, sync_now, vanished_in
from usher.connections.models import Connection, SyncRun
from usher.roster.models import Change, Membership, Workspace
from usher.sandbox import RunningSandbox, running
from usher.sandbox.company.timeline import MEMBER

pytestmark = pytest.mark.django_db(transaction=True)

START = datetime(2026, 8, 3, 9, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def sandbox(settings: Settings) -> Iterator[RunningSandbox]:
    """A company as seen from START, whatever day it is."""
    with running(people=60, seed=7, per_minute=0, today=START.date()) as box:
        settings.USHER_ASANA_URL = box.url
        yield box


@pytest.fixture
def main(sandbox: RunningSandbox, connection: Connection) -> Workspace:
    """The organization, synced at START."""
    sandbox.set_clock(START)
    assert sync_now(connection, at=START).state == SyncRun.State.DONE
    return connection.workspaces.get(name="Halvorsen & Brook")


@pytest.fixture
def someone(sandbox: RunningSandbox, main: Workspace) -> Membership:
    """A plain member of whom nothing more is to come but what the test does."""
    found = main.memberships.filter(status="active", role="member", licence="member").order_by("-pk").first()
    assert found
    company = sandbox.company
    person = company.person_by_gid(found.person.gid)
    assert person
    for number in person.memberships:
        membership = company.memberships[number]
        membership.history = ((membership.created_at, MEMBER),)
    return found


def steps_of(membership: Membership) -> list[tuple[str, str, str, datetime, datetime]]:
    """Oldest first: kind, before, after, when it happened, when it was seen."""
    return list(
        membership.changes.order_by("pk").values_list("kind", "before", "after", "happened_at", "seen_at")
    )


def change_and_sync(
    sandbox: RunningSandbox, membership: Membership, change: str, days: int
) -> tuple[SyncRun, datetime]:
    """The change happens so many days after START, and Usher sees it an hour later."""
    sandbox.set_clock(START + days * DAY)
    sandbox.change(membership.workspace.gid, membership.person.gid, change)  # type: ignore[arg-type]
    seen = START + days * DAY + timedelta(hours=1)
    run = sync_now(membership.workspace.connection, at=seen)
    membership.refresh_from_db()
    return run, seen


def test_the_first_walk_notes_that_each_joined_when_asana_says(main: Workspace) -> None:
    for change in Change.objects.select_related("membership"):
        assert (change.kind, change.before, change.after) == ("joined", "", "")
        assert change.happened_at == change.membership.since < change.seen_at == START


def test_those_who_had_left_before_the_first_walk_left_at_an_unknown_time(main: Workspace) -> None:
    gone = main.memberships.filter(status="not_active")
    assert gone
    assert all(membership.until is None for membership in gone)
    assert not Change.objects.filter(kind="left").exists()


@pytest.mark.parametrize("way", ["leave", "vanish"])
def test_who_leaves_is_closed_and_who_returns_is_opened_again(
    way: str, sandbox: RunningSandbox, someone: Membership
) -> None:
    since = someone.since
    run, left_at = change_and_sync(sandbox, someone, way, 1)
    assert (run.joined, run.left) == (0, 1)
    assert (someone.status, someone.until, someone.since) == ("not_active", left_at, since)

    run, _ = change_and_sync(sandbox, someone, way, 2)
    assert (run.joined, run.left) == (0, 0)
    assert someone.until == left_at, "the end is when it was first seen"

    run, back_at = change_and_sync(sandbox, someone, "return", 3)
    assert (run.joined, run.left) == (1, 0)
    assert (someone.status, someone.until) == ("active", None)
    assert [(kind, happened, seen) for kind, _, _, happened, seen in steps_of(someone)] == [
        ("joined", since, START),
        ("left", left_at, left_at),
        ("returned", back_at, back_at),
    ]


def test_who_returns_with_a_new_date_came_back_on_that_date(
    sandbox: RunningSandbox, someone: Membership
) -> None:
    change_and_sync(sandbox, someone, "leave", 1)
    person = sandbox.company.person_by_gid(someone.person.gid)
    assert person
    asked_back = START + 2 * DAY
    for number in person.memberships:
        sandbox.company.memberships[number].history = ((int(asked_back.timestamp()), MEMBER),)
    sandbox.set_clock(START + 5 * DAY)
    sync_now(someone.workspace.connection, at=START + 5 * DAY)
    someone.refresh_from_db()
    assert someone.since.replace(microsecond=0) == asked_back
    kind, _, _, happened, seen = steps_of(someone)[-1]
    assert (kind, happened, seen) == ("returned", someone.since, START + 5 * DAY)


def test_role_and_licence_changes_are_kept_with_before_and_after(
    sandbox: RunningSandbox, someone: Membership
) -> None:
    runs = [
        change_and_sync(sandbox, someone, change, days)
        for days, change in enumerate(["admin", "view_only", "guest", "member"], start=1)
    ]
    assert [run.changed for run, _ in runs] == [1, 2, 2, 2]
    assert [(kind, before, after) for kind, before, after, _, _ in steps_of(someone)[1:]] == [
        ("role", "member", "admin"),
        ("role", "admin", "member"),
        ("licence", "member", "view_only"),
        ("role", "member", "guest"),
        ("licence", "view_only", "guest"),
        ("role", "guest", "member"),
        ("licence", "guest", "member"),
    ]
    assert [happened for *_, happened, _ in steps_of(someone)][1:] == [
        seen for position, (_, seen) in enumerate(runs) for _ in range(1 if position == 0 else 2)
    ]


def test_a_change_is_told_with_the_run_that_saw_it(sandbox: RunningSandbox, someone: Membership) -> None:
    run, _ = change_and_sync(sandbox, someone, "admin", 1)
    assert [change.membership for change in run.roster_changes.filter(membership=someone)] == [someone]


def test_half_a_year_week_by_week_ends_with_what_asana_shows(
    sandbox: RunningSandbox, connection: Connection
) -> None:
    joined = left = 0
    for week in range(0, 26, 2):
        moment = START - timedelta(weeks=26 - week)
        sandbox.set_clock(moment)
        run = sync_now(connection, at=moment, accept_vanished=True)
        assert run.state == SyncRun.State.DONE
        joined, left = joined + run.joined, left + run.left
        shown = shown_by(sandbox, connection)
        assert {key: standing for key, standing in stored().items() if key in shown} == shown
        assert all(
            key in vanished_in(sandbox) and standing[2] == "not_active"
            for key, standing in stored().items()
            if key not in shown
        )
    active = Membership.objects.filter(status="active").count()
    never_seen_active = Membership.objects.filter(status="not_active", until=None).count()
    assert left > 0
    assert joined - left == active + never_seen_active
