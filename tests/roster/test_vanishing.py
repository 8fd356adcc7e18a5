"""When many vanish at once, the sync asks and closes nobody."""

import asyncio

import pytest

from tests.support.roster.small_asana import SmallAsana, member
from tests.support.roster.syncing import stored, sync_now
from usher.connections.models import Connection, SyncRun
from usher.roster.models import Change, Membership, Sighting
from usher.sandbox import RunningSandbox

pytestmark = pytest.mark.django_db(transaction=True)

ASKING, DONE = SyncRun.State.ASKING, SyncRun.State.DONE


def crowd(first: int, count: int) -> list[dict[str, object]]:
    return [member(str(number)) for number in range(first, first + count)]


def active() -> int:
    return Membership.objects.filter(status="active").count()


def test_more_than_a_tenth_at_once_is_asked_about_and_closes_nobody(
    sandbox: RunningSandbox, connection: Connection
) -> None:
    sync_now(connection)
    main, other = (
        connection.workspaces.get(name="Halvorsen & Brook"),
        connection.workspaces.exclude(name="Halvorsen & Brook")[0],
    )
    was_active = main.memberships.filter(status="active").count()
    gone = sandbox.vanish(main.gid, 0.3)
    someone = other.memberships.filter(status="active", role="member").exclude(
        person__memberships__workspace=main
    )[0]
    sandbox.change(other.gid, someone.person.gid, "admin")

    run = sync_now(connection)
    assert run.state == ASKING
    assert "Asana no longer lists" in run.error
    assert f"of {was_active} active members of Halvorsen & Brook" in run.error
    assert main.memberships.filter(status="active").count() == was_active
    someone.refresh_from_db()
    assert someone.role == "admin", "the other workspaces are brought up to date"
    connection.refresh_from_db()
    assert connection.problem_kind == "asking"

    run = sync_now(connection, accept_vanished=True)
    assert run.state == DONE
    assert run.left == was_active - main.memberships.filter(status="active").count() > was_active / 10
    assert run.left <= gone
    connection.refresh_from_db()
    assert connection.problem == ""
    assert not Sighting.objects.exists()


def test_while_nobody_answers_each_sync_asks_again(asana: SmallAsana, small: Connection) -> None:
    asana.pages["1"] = [crowd(11, 40)]
    sync_now(small)
    asana.pages["1"] = [crowd(11, 30)]
    for _ in range(2):
        run = sync_now(small)
        assert run.state == ASKING
        assert "10 of 40 active members of One" in run.error
    assert active() == 40
    asana.pages["1"] = [crowd(11, 40)]  # they were back: a mistake of Asana's
    assert sync_now(small).state == DONE
    assert not Change.objects.exclude(kind="joined").exists()


@pytest.mark.parametrize(("listed", "vanished"), [(4, 3), (11, 3), (40, 4), (1000, 100)])
def test_a_tenth_or_three_people_need_no_answer(
    listed: int, vanished: int, asana: SmallAsana, small: Connection
) -> None:
    asana.pages["1"] = [crowd(1000, listed)]
    sync_now(small)
    asana.pages["1"] = [crowd(1000, listed - vanished)]
    run = sync_now(small)
    assert (run.state, run.left) == (DONE, vanished)


@pytest.mark.parametrize(("listed", "vanished"), [(4, 4), (40, 5), (1000, 101)])
def test_one_more_does(listed: int, vanished: int, asana: SmallAsana, small: Connection) -> None:
    asana.pages["1"] = [crowd(1000, listed)]
    sync_now(small)
    asana.pages["1"] = [crowd(1000, listed - vanished)]
    run = sync_now(small)
    assert (run.state, run.left) == (ASKING, 0)
    assert active() == listed


def test_people_whom_asana_lists_as_not_active_need_no_answer(asana: SmallAsana, small: Connection) -> None:
    asana.pages["1"] = [crowd(11, 40)]
    sync_now(small)
    asana.pages["1"] = [[*crowd(11, 5), *(member(str(n), is_active=False) for n in range(16, 51))]]
    run = sync_now(small)
    assert (run.state, run.left) == (DONE, 35)


def test_those_who_had_left_before_do_not_count_as_vanished(asana: SmallAsana, small: Connection) -> None:
    asana.pages["1"] = [[*crowd(11, 5), *(member(str(n), is_active=False) for n in range(16, 51))]]
    sync_now(small)
    asana.pages["1"] = [crowd(11, 5)]
    assert sync_now(small).state == DONE


def test_an_answer_given_while_the_sync_runs_counts(asana: SmallAsana, small: Connection) -> None:
    asana.pages["1"] = [crowd(11, 40)]
    sync_now(small)
    asana.pages["1"] = [crowd(11, 20)]

    def answer(run: SyncRun) -> None:
        answers.append(asyncio.ensure_future(SyncRun.objects.filter(pk=run.pk).aupdate(accept_vanished=True)))

    answers: list[asyncio.Future[int]] = []
    run = sync_now(small, on_progress=answer)
    assert (run.state, run.left) == (DONE, 20)
    assert stored()["1", "50"][2] == "not_active"
