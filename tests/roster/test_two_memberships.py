"""Who was removed and invited again has two memberships in a workspace: an ended one and an active one."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.roster.small_asana import Json, SmallAsana, member
from tests.support.roster.syncing import changes, stored, sync_now
from usher.asana import MembershipStatus, WorkspaceMembership
from usher.asana.records import prevailing
from usher.connections.models import Connection
from usher.roster.models import Change, Membership, Status
from usher.sandbox import RunningSandbox

pytestmark = pytest.mark.django_db(transaction=True)

ENDED = member("12", gid="701", is_active=False, created_at="2022-05-06T07:08:09.010Z")
ACTIVE = member("12", gid="702", created_at="2025-05-06T07:08:09.010Z")
OTHER = member("11")


@pytest.mark.parametrize("order", list(permutations([OTHER, ENDED, ACTIVE])))
@pytest.mark.parametrize("page_size", [1, 2, 3])
def test_they_are_active_once_in_any_order_and_over_any_pages(
    asana: SmallAsana, small: Connection, order: tuple[Json, ...], page_size: int
) -> None:
    asana.pages["1"] = [list(order[at : at + page_size]) for at in range(0, 3, page_size)]
    for _ in range(2):
        run = sync_now(small)
        assert run.memberships == 2
        row = Membership.objects.get(person__gid="12")
        assert (row.gid, row.status, row.since.year, row.until) == ("702", Status.ACTIVE, 2025, None)
    assert Change.objects.filter(membership=row).count() == 1


def test_their_history_says_left_and_came_back_and_left_once(asana: SmallAsana, small: Connection) -> None:
    asana.pages["1"] = [[OTHER, ENDED | {"is_active": True}]]
    sync_now(small)
    asana.pages["1"] = [[OTHER, ENDED]]
    sync_now(small)
    for order in ([ENDED, ACTIVE, OTHER], [ACTIVE, OTHER, ENDED]):
        asana.pages["1"] = [order]
        sync_now(small)
    for order in (
        [ENDED, ACTIVE | {"is_active": False}, OTHER],
        [OTHER, ACTIVE | {"is_active": False}, ENDED],
    ):
        asana.pages["1"] = [order]
        sync_now(small)
    kinds = list(
        Change.objects.filter(membership__person__gid="12").order_by("pk").values_list("kind", flat=True)
    )
    assert kinds == ["joined", "left", "returned", "left"]
    assert Membership.objects.get(person__gid="12").gid == "702"


def test_a_sync_of_the_sandbox_where_people_were_invited_again(
    sandbox: RunningSandbox, connection: Connection
) -> None:
    sync_now(connection)
    (workspace,) = [one for one in sandbox.truth()["workspaces"] if one["name"] == "Halvorsen & Brook"]
    first, second = [m["user"] for m in workspace["memberships"] if m["status"] == "active"][-2:]
    sandbox.change(workspace["gid"], first, "invite_again")
    sandbox.change(workspace["gid"], second, "invite_again_listed_first")
    before, history = stored(), changes()
    sync_now(connection)
    assert stored() == before, "they were active all along, as far as Usher has seen"
    assert changes() == history
    sandbox.change(workspace["gid"], first, "leave")
    sync_now(connection)
    assert stored()[workspace["gid"], first][2] == "not_active"


one_membership = st.builds(
    WorkspaceMembership,
    gid=st.integers(1, 9).map(str),
    created_at=st.none() | st.datetimes(),
    is_active=st.sampled_from([True, False, None]),
    is_admin=st.booleans(),
    is_guest=st.booleans(),
    is_view_only=st.booleans(),
)


@given(st.lists(one_membership))
def test_the_one_that_counts_is_active_if_any_is(memberships: list[WorkspaceMembership]) -> None:
    chosen = prevailing(memberships)
    assert (chosen is None) == (not memberships)
    if chosen is not None:
        are_active = any(one.status == MembershipStatus.ACTIVE for one in memberships)
        assert (chosen.status == MembershipStatus.ACTIVE) == are_active
