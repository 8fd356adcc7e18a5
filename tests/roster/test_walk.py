"""The walk brings the roster to what Asana shows."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.asana.scripted_asana import refusal
from tests.support.roster.small_asana import EXPIRED, SmallAsana, member
from tests.support.roster.syncing import (
    changes,
    row_versions,
    seat_counts,
    shown_by,
    stored,
    sync_now,
)
from usher.asana import PERSONAL_PROJECTS
from usher.connections import sync
from usher.connections.connecting.by_token import connect_with_token
from usher.connections.connecting.settings import ConnectionSettings
from usher.connections.models import Connection, SyncRun
from usher.ledger.actors import SYSTEM
from usher.roster.models import Membership, Person, SeatCount, Sighting, Workspace, WorkspaceWalk
from usher.roster.query import memberships
from usher.sandbox import RunningSandbox

pytestmark = pytest.mark.django_db(transaction=True)

MAIN = "Halvorsen & Brook"
DONE = SyncRun.State.DONE


def test_after_a_sync_the_roster_is_what_asana_shows(sandbox: RunningSandbox, connection: Connection) -> None:
    run = sync_now(connection)
    assert run.state == DONE
    assert stored() == shown_by(sandbox, connection)
    assert connection.workspaces.count() == 4
    assert run.progress == run.joined == Membership.objects.count()
    assert (run.left, run.changed) == (0, 0)
    assert run.requests == sandbox.stats()["requests"] - 2  # two when it was connected


def test_names_emails_and_dates_are_asanas(sandbox: RunningSandbox, connection: Connection) -> None:
    sync_now(connection)
    told = {
        (workspace["gid"], m["user"]): (m["name"], m["email"] or "", datetime.fromisoformat(m["created_at"]))
        for workspace in sandbox.truth()["workspaces"]
        for m in workspace["memberships"]
    }
    for membership in memberships():
        person = membership.person
        key = (membership.workspace.gid, person.gid)
        assert (person.name, person.email, membership.since) == told[key]


def test_a_second_sync_without_changes_writes_nothing(connection: Connection) -> None:
    sync_now(connection)
    before, counts = row_versions(), seat_counts()
    run = sync_now(connection)
    assert (run.joined, run.left, run.changed) == (0, 0, 0)
    assert run.progress == Membership.objects.count()
    assert row_versions() == before
    assert seat_counts() == counts
    assert not Sighting.objects.exists()


def test_a_person_in_two_workspaces_is_one_person(connection: Connection) -> None:
    sync_now(connection)
    astrid = Person.objects.get(name="Astrid Halvorsen")
    assert astrid.memberships.count() == 4


def test_personal_projects_is_never_walked(sandbox: RunningSandbox, connection: Connection) -> None:
    assert any(w["gid"] == PERSONAL_PROJECTS for w in sandbox.describe()["workspaces"])
    sync_now(connection)
    assert not Workspace.objects.filter(gid=PERSONAL_PROJECTS).exists()


def test_with_a_gid_only_that_workspace_is_walked(transactional_db: None, sandbox: RunningSandbox) -> None:
    main = next(w["gid"] for w in sandbox.describe()["workspaces"] if w["name"] == MAIN)
    connection = connect_with_token(ConnectionSettings("Acme", workspace_gid=main), "sandbox-pat-1", SYSTEM)
    sync_now(connection)
    assert {workspace for workspace, _ in stored()} == {main}
    assert stored() == shown_by(sandbox, connection)
    others = connection.workspaces.exclude(gid=main)
    assert {workspace.left_out for workspace in others} == {Workspace.LeftOut.FILTER}


def test_a_changed_gid_hides_the_other_workspaces_and_an_empty_one_brings_them_back(
    connection: Connection,
) -> None:
    sync_now(connection)
    everyone = memberships().count()
    chosen = connection.workspaces.exclude(name=MAIN)[0]
    connection.workspace_gid = chosen.gid
    connection.save()
    sync_now(connection)
    assert {m.workspace for m in memberships()} == {chosen}
    assert Membership.objects.count() == everyone, "hidden, not deleted"
    connection.workspace_gid = ""
    connection.save()
    run = sync_now(connection)
    assert memberships().count() == everyone
    assert (run.joined, run.left, run.changed) == (0, 0, 0)


def test_a_workspace_that_goes_out_of_sight_keeps_its_people(
    sandbox: RunningSandbox, connection: Connection
) -> None:
    sync_now(connection)
    before = stored()
    workspace = connection.workspaces.exclude(name=MAIN)[0]
    astrid = Person.objects.get(name="Astrid Halvorsen")
    sandbox.change(workspace.gid, astrid.gid, "leave")
    run = sync_now(connection)
    workspace.refresh_from_db()
    assert workspace.left_out == Workspace.LeftOut.NOT_VISIBLE
    assert run.state == DONE
    assert stored() == before
    assert memberships().filter(workspace=workspace).exists(), "still shown, as last seen"

    sandbox.change(workspace.gid, astrid.gid, "return")
    sync_now(connection)
    workspace.refresh_from_db()
    assert workspace.left_out == ""


def test_a_sync_that_finds_no_workspace_to_read_has_failed(asana: SmallAsana, small: Connection) -> None:
    sync_now(small)
    before = stored()
    asana.workspaces = [{"gid": PERSONAL_PROJECTS, "name": "Personal Projects"}]
    run = sync_now(small)
    assert run.state == SyncRun.State.FAILED
    assert "can no longer see any workspace" in run.error
    assert stored() == before


def test_a_sync_whose_chosen_workspace_is_gone_has_failed(asana: SmallAsana, small: Connection) -> None:
    small.workspace_gid = "77"
    small.save()
    run = sync_now(small)
    assert run.state == SyncRun.State.FAILED
    assert "can no longer see the workspace 77" in run.error
    assert run.remedy


def test_seats_are_counted_once_a_day_in_the_connections_time_zone(
    sandbox: RunningSandbox, connection: Connection
) -> None:
    connection.time_zone = "Pacific/Auckland"
    connection.save()
    evening = datetime(2026, 9, 1, 20, tzinfo=UTC)  # already the 2nd in Auckland
    sandbox.set_clock(evening)
    sync_now(connection, at=evening)
    assert set(SeatCount.objects.values_list("day", flat=True)) == {(evening + timedelta(days=1)).date()}

    main = connection.workspaces.get(name=MAIN)
    someone = main.memberships.filter(status="active", role="member", licence="member").last()
    assert someone
    before = sum(seat_counts().values())
    sandbox.change(main.gid, someone.person.gid, "leave")
    sync_now(connection, at=evening + timedelta(hours=2))
    assert sum(seat_counts().values()) == before - 1, "the newest count of the day stands alone"
    sync_now(connection, at=evening + timedelta(hours=20))
    assert SeatCount.objects.values("day").distinct().count() == 2
    assert sum(seat_counts().values()) == 2 * (before - 1)


def test_two_connections_walk_side_by_side(sandbox: RunningSandbox, connection: Connection) -> None:
    second = connect_with_token(ConnectionSettings("Tideway"), "sandbox-pat-2", SYSTEM)
    runs = [sync.request_run(one, SyncRun.Trigger.PERSON) for one in (connection, second)]

    async def both() -> list[SyncRun]:
        return await asyncio.gather(*(sync.perform(run.pk) for run in runs))

    assert [run.state for run in asyncio.run(both())] == [DONE, DONE]
    assert stored() == shown_by(sandbox, connection) | shown_by(sandbox, second)


def test_two_connections_to_the_same_workspace_keep_people_of_their_own(
    sandbox: RunningSandbox, connection: Connection
) -> None:
    third = connect_with_token(ConnectionSettings("Tomás"), "sandbox-pat-3", SYSTEM)
    sync_now(connection)
    mine = memberships(connection).count()
    sync_now(third)
    assert memberships(connection).count() == mine
    assert (
        memberships(third).filter(workspace__name=MAIN).count()
        == memberships(connection).filter(workspace__name=MAIN).count()
    )


def test_a_page_may_hold_doubles_people_without_a_user_and_fields_that_nobody_knows(
    asana: SmallAsana, small: Connection
) -> None:
    asana.pages["1"] = [
        [member("11"), member("11"), member("12", user=None)],
        [member("13", is_admin=None, new_flag=[{"x": 1}]), {**member("11"), "gid": "999"}],
        [],
        [{"gid": "914", "user": {"gid": "14"}}],
    ]
    run = sync_now(small)
    assert run.state == DONE
    assert stored() == {
        ("1", "11"): ("member", "member", "active"),
        ("1", "13"): ("member", "member", "active"),
        ("1", "14"): ("member", "member", "active"),
    }
    assert run.progress == 3
    nameless = Person.objects.get(gid="14")
    assert (nameless.name, str(nameless)) == ("", "14")


def test_text_that_the_database_cannot_hold_does_not_stop_a_sync(
    asana: SmallAsana, small: Connection
) -> None:
    asana.workspaces[0]["name"] = "W\0" + "w" * 400
    asana.pages["1"] = [
        [member("11", user={"gid": "11", "name": "A\0da" + "x" * 400, "email": "a" * 400 + "@example.com"})]
    ]
    assert sync_now(small).state == DONE
    assert Person.objects.get().name == "Ada" + "x" * 252
    assert Workspace.objects.get().name.startswith("Ww")


def test_a_name_or_email_that_asana_stops_showing_is_kept(asana: SmallAsana, small: Connection) -> None:
    sync_now(small)
    asana.pages["1"][0][0] = member("11", user={"gid": "11", "name": None})
    asana.pages["1"][0][1] = member("12", user={"gid": "12", "name": "New Name", "email": "new@example.com"})
    sync_now(small)
    kept, renamed = Person.objects.get(gid="11"), Person.objects.get(gid="12")
    assert (kept.name, kept.email) == ("Person 11", "p11@example.com")
    assert (renamed.name, renamed.email, renamed.domain) == ("New Name", "new@example.com", "example.com")


def test_emails_come_from_the_list_of_users_when_memberships_have_none(
    asana: SmallAsana, small: Connection
) -> None:
    asana.pages["1"] = [
        [member(gid, user={"gid": gid, "name": f"Person {gid}"}) for gid in ("11", "12", "13")]
    ]
    asana.users = [
        {"gid": "11", "email": "eleven@example.com"},
        {"gid": "12", "email": None},
        {"gid": "99", "email": "stranger@example.com"},
    ]
    assert sync_now(small).state == DONE
    assert dict(Person.objects.values_list("gid", "email")) == {
        "11": "eleven@example.com",
        "12": "",
        "13": "",
    }


def test_people_go_without_email_where_users_may_not_be_listed(asana: SmallAsana, small: Connection) -> None:
    asana.pages["1"] = [[member("11", user={"gid": "11", "name": "Ada"})]]
    assert asana.users is None
    assert sync_now(small).state == DONE
    assert Person.objects.get().email == ""


def test_an_offset_that_expires_in_mid_walk_loses_and_doubles_nobody(
    asana: SmallAsana, small: Connection
) -> None:
    asana.refuse("1", 1, refusal(400, EXPIRED), refusal(400, EXPIRED))
    run = sync_now(small)
    assert run.state == DONE
    assert {user for _, user in stored()} == {"11", "12", "13", "14", "15", "16"}
    assert len(changes()) == run.joined == run.progress == 6
    assert asana.asked_pages().count(("1", 0)) == 2


def test_what_a_failed_run_had_read_is_not_kept_for_ever(asana: SmallAsana, small: Connection) -> None:
    asana.refuse("1", 2, refusal(403, "Forbidden"))
    assert sync_now(small).state == SyncRun.State.FAILED
    assert Sighting.objects.count() == 4
    assert sync_now(small).state == DONE
    assert not Sighting.objects.exists()
    assert WorkspaceWalk.objects.count() == 2
