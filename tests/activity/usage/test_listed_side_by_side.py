"""Of two changes about the same person at the same time, what lists have has both."""

from collections.abc import Callable
from itertools import permutations

import pytest
from django.utils import timezone

from tests.support.roster.people import a_connection, a_member, a_workspace
from tests.support.side_by_side import while_we_are_at_it
from usher.activity.models import ConsoleImport, ConsoleSighting, ListedMembership, PersonUsage
from usher.activity.usage.compute import recompute_console
from usher.activity.usage.recount import ListedRecount, recount_listed
from usher.platform.locks import MATCHING, lock_transaction
from usher.roster.models import Membership, Person, Workspace

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def side() -> Workspace:
    """Ada is in another workspace of the connection already."""
    org = a_workspace(a_connection(), "Acme Inc", "acme.example")
    a_member(org, "Ada")
    ConsoleImport.objects.create(connection=org.connection, exported_on="2026-11-01", rows=1, matched=1)
    return a_workspace(org.connection, "Side")


def joins() -> None:
    a_member(Workspace.objects.get(name="Side"), "Ada")


def uses_it() -> None:
    ada = Person.objects.get()
    PersonUsage.objects.create(
        connection=ada.connection,
        user_gid=ada.gid,
        as_of=timezone.now().date(),
        last_used_at=timezone.now(),
        active_days=7,
    )


def is_in_an_export() -> None:
    ConsoleSighting.objects.create(
        console_import=ConsoleImport.objects.get(), user_gid=Person.objects.get().gid
    )


def is_renamed() -> None:
    Person.objects.update(name="Ada Lovelace")


def becomes_admin() -> None:
    Membership.objects.update(role="admin")


CHANGES = [joins, uses_it, is_in_an_export, is_renamed, becomes_admin]


@pytest.mark.parametrize(("first", "second"), [*permutations(CHANGES, 2)])
def test_both_changes_are_listed(first: Callable[[], None], second: Callable[[], None]) -> None:
    with while_we_are_at_it(second):
        first()
    assert recount_listed(mend=False) == ListedRecount(people=1)
    assert ListedMembership.objects.count() == Membership.objects.count()


def test_figures_and_a_walk_do_not_wait_for_each_other_in_a_ring(side: Workspace) -> None:
    a_member(side, "Bo")
    export = ConsoleImport.objects.get()
    for person in Person.objects.all():
        ConsoleSighting.objects.create(
            console_import=export, user_gid=person.gid, last_activity_on=export.exported_on
        )
    ada, bo = Person.objects.order_by("pk")

    def walk_on() -> None:
        Person.objects.filter(pk=ada.pk).update(name="Ada Lovelace")

    with while_we_are_at_it(lambda: recompute_console(export.connection, export.exported_on), walk_on):
        lock_transaction(MATCHING)
        Person.objects.filter(pk=bo.pk).update(name="Bob")
    assert recount_listed(mend=False) == ListedRecount(people=2)
    assert ListedMembership.objects.exclude(last_used_at=None).count() == 2
