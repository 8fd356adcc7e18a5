"""A walk that is not whole changes nothing; a killed one goes on from where it stood."""

from datetime import timedelta

import pytest
from starlette.responses import Response

from tests.support.asana.scripted_asana import refusal
from tests.support.roster.small_asana import EXPIRED, TRUNCATED, SmallAsana, member
from tests.support.roster.syncing import changes, row_versions, stored, sync_as_if_killed, sync_now
from usher.connections.models import Connection, SyncRun
from usher.roster.models import Sighting, WorkspaceWalk

pytestmark = pytest.mark.django_db(transaction=True)

DONE, FAILED = SyncRun.State.DONE, SyncRun.State.FAILED
EVERYONE = {"11", "12", "13", "14", "15", "16"}


def users() -> set[str]:
    return {user for _, user in stored()}


@pytest.mark.parametrize(
    "answer",
    [
        refusal(401, "The bearer token has been revoked."),
        refusal(403, "Forbidden"),
        refusal(400, TRUNCATED),
        refusal(503, "Down for the night", retry_after="7200"),
        Response("<html>proxy</html>", media_type="text/html"),
    ],
    ids=["revoked", "forbidden", "truncated", "down", "another's page"],
)
def test_a_walk_that_breaks_off_changes_nothing(
    answer: Response, asana: SmallAsana, small: Connection
) -> None:
    sync_now(small)
    before = row_versions()
    # 11 left, 12 is an admin now, 17 is new; and the second page never comes.
    asana.pages["1"][0] = [member("12", is_admin=True), member("17")]
    asana.refuse("1", 1, *[answer] * 5)  # some are tried again
    run = sync_now(small)
    asana.refusals.clear()
    assert run.state == FAILED
    assert run.error and run.remedy
    assert row_versions() == before
    small.refresh_from_db()
    assert small.problem == run.error

    run = sync_now(small)
    assert (run.state, run.joined, run.left, run.changed) == (DONE, 1, 1, 1)
    small.refresh_from_db()
    assert small.problem == ""


def test_one_workspace_that_fails_does_not_stop_the_others(asana: SmallAsana, small: Connection) -> None:
    asana.workspaces += [{"gid": "2", "name": "Two"}, {"gid": "3", "name": "Three"}]
    asana.pages |= {"2": [[member("21")]], "3": [[member("31")], [member("32")]]}
    asana.refuse("1", 0, refusal(403, "Forbidden"))
    run = sync_now(small)
    assert run.state == FAILED
    assert users() == {"21", "31", "32"}
    assert run.joined == 3


def test_a_killed_walk_goes_on_from_the_page_that_it_had_come_to(
    asana: SmallAsana, small: Connection
) -> None:
    asana.pages["1"] = [[member(str(number))] for number in range(11, 41)]
    run = sync_as_if_killed(small, after=4)
    asana.asked_pages()
    again = sync_now(small)
    assert again.pk == run.pk
    assert (again.state, again.attempts, again.progress) == (DONE, 2, 30)
    asked = asana.asked_pages()
    first = asked[0][1]
    assert first >= 4, "four pages were stored at least"
    assert asked == [("1", number) for number in range(first, 30)]
    assert len(changes()) == again.joined == len(users()) == 30


def test_a_killed_walk_that_had_read_everything_asks_for_no_page_again(
    asana: SmallAsana, small: Connection
) -> None:
    sync_as_if_killed(small, after=6)
    asana.asked_pages()
    assert sync_now(small).progress == 6
    assert asana.asked_pages() == []
    assert users() == EVERYONE


@pytest.mark.parametrize("read", [2, 4, 6])
def test_a_walk_that_was_killed_long_ago_begins_anew(read: int, asana: SmallAsana, small: Connection) -> None:
    sync_now(small)
    sync_as_if_killed(small, after=read)
    asana.asked_pages()
    WorkspaceWalk.objects.update(updated_at=small.created_at - timedelta(minutes=11))
    asana.pages["1"][0] = [member("12")]  # 11 left meanwhile
    again = sync_now(small)
    assert (again.state, again.left, again.progress) == (DONE, 1, 5)
    assert asana.asked_pages() == [("1", 0), ("1", 1), ("1", 2)]
    assert stored()["1", "11"][2] == "not_active"


def test_a_killed_walk_whose_place_is_lost_begins_anew(asana: SmallAsana, small: Connection) -> None:
    sync_as_if_killed(small, after=4)
    asana.refuse("1", 2, refusal(400, EXPIRED), refusal(400, EXPIRED))
    again = sync_now(small)
    assert (again.state, again.joined, again.progress) == (DONE, 6, 6)
    assert users() == EVERYONE


def test_a_workspace_that_was_applied_before_the_kill_is_not_read_again(
    asana: SmallAsana, small: Connection
) -> None:
    asana.workspaces.append({"gid": "2", "name": "Two"})
    asana.pages["2"] = [[member("21")]]
    run = sync_as_if_killed(small, after=7)
    applied = set(run.walks.exclude(applied_at=None).values_list("workspace__gid", flat=True))
    asana.asked_pages()
    again = sync_now(small)
    assert not {workspace for workspace, _ in asana.asked_pages()} & applied
    assert (again.state, again.joined) == (DONE, 7)
    assert users() == EVERYONE | {"21"}
    assert not Sighting.objects.exists()
