"""What is kept of memberships is what a fresh count says, whatever changed, in whatever order."""

from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest
from django.db import connection as database
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.activity.doctor import listed_finding
from usher.activity.models import (
    ConsoleImport,
    ConsoleSighting,
    Coverage,
    KeptCells,
    ListedMembership,
    ListingChange,
    PersonUsage,
)
from usher.activity.usage.counting import count_afresh, count_memberships, fold_changes, keep_all
from usher.activity.usage.recount import ListedRecount, recount_listed
from usher.connections.models import Connection
from usher.directory.models import Standing
from usher.platform.scope import Scope, seen_with
from usher.roster.models import Membership, Person, Workspace

pytestmark = pytest.mark.django_db

PEOPLE = 6
LONG_AGO = timedelta(days=400)


def a_company() -> None:
    acme, globex = a_connection(), a_connection("Globex", time_zone="Asia/Tokyo")
    workspaces = [
        a_workspace(acme, "Acme Inc", "acme.example"),
        a_workspace(acme, "Side"),
        a_workspace(globex, "Globex", "globex.example"),
    ]
    now = timezone.now()
    for workspace in workspaces[::2]:
        Coverage.objects.create(
            workspace=workspace, source="stream", begins_at=now - timedelta(days=20), ends_at=now
        )
    for n in range(PEOPLE):
        a_member(workspaces[n % 3], f"p{n}@acme.example")
    ConsoleImport.objects.create(connection=acme, exported_on=now.date(), rows=1, matched=1)


def one(random: Random, model: type) -> object:
    return random.choice(list(model.objects.order_by("pk")))  # type: ignore[attr-defined]


def some_days_ago(random: Random) -> object:
    return timezone.now() - timedelta(days=random.choice([0, 5, 25, 45, 80, 200]))


def use_it(random: Random) -> None:
    person = one(random, Person)
    PersonUsage.objects.update_or_create(
        connection=person.connection,
        user_gid=person.gid,
        defaults={
            "as_of": timezone.now().date(),
            "last_used_at": random.choice([None, some_days_ago(random)]),
            "last_used_source": random.choice(["", "stream", "console"]),
            "last_automated_at": random.choice([None, some_days_ago(random)]),
            "active_days": random.choice([0, 3, 12, 28]),
            "usage_seconds": random.choice([0, 4000]),
            "has_logged_in": random.choice([True, False]),
            "never_logged_in_on": random.choice([None, timezone.now().date()]),
        },
    )


def somebody_unknown_uses_it(random: Random) -> None:
    """Who may become known later, or not."""
    PersonUsage.objects.get_or_create(
        connection=one(random, Connection),
        user_gid=f"later-{random.randrange(3)}",
        defaults={"as_of": timezone.now().date()},
    )


def become_known(random: Random) -> None:
    person = one(random, Person)
    gid = f"later-{random.randrange(3)}"
    if not Person.objects.filter(connection=person.connection, gid=gid).exists():
        Person.objects.filter(pk=person.pk).update(gid=gid)


def forget_use(random: Random) -> None:
    PersonUsage.objects.filter(connection=one(random, Connection)).delete()


def change_memberships(random: Random) -> None:
    some = random.sample([*Membership.objects.values_list("pk", flat=True)], 2)
    change = random.choice(
        [
            {"role": "admin"},
            {"role": "guest", "licence": "guest"},
            {"licence": "view_only"},
            {"status": "not_active", "until": timezone.now()},
            {"status": "active", "until": None},
            {"since": some_days_ago(random)},
        ]
    )
    Membership.objects.filter(pk__in=some).update(**change)


def join(random: Random) -> None:
    workspace = one(random, Workspace)
    for person in Person.objects.filter(connection=workspace.connection).exclude(
        memberships__workspace=workspace
    )[:2]:
        a_member(workspace, person.name)


def forget_memberships(random: Random) -> None:
    Membership.objects.filter(person=one(random, Person)).delete()


def rename(random: Random) -> None:
    name = f"New{random.random()}"  # like nobody else's: `a_member` finds people by their names
    Person.objects.filter(pk=one(random, Person).pk).update(name=name, email=f"{name}@b.example")


def export_the_console(random: Random) -> None:
    console, person = one(random, ConsoleImport), one(random, Person)
    ConsoleSighting.objects.get_or_create(console_import=console, user_gid=person.gid)


def forget_an_export(random: Random) -> None:
    ConsoleSighting.objects.filter(console_import=one(random, ConsoleImport)).delete()


def leave_a_workspace_out(random: Random) -> None:
    Workspace.objects.filter(pk=one(random, Workspace).pk).update(left_out=random.choice(["", "filter"]))


def read_further(random: Random) -> None:
    coverage = one(random, Coverage)
    Coverage.objects.filter(pk=coverage.pk).update(
        ends_at=coverage.begins_at + timedelta(days=random.choice([3, 10, 20]))
    )


def keep(_: Random) -> None:
    keep_all()


def fold(_: Random) -> None:
    ListingChange.objects.bulk_create(
        ListingChange(connection=each) for each in Connection.objects.all() for _ in range(101)
    )
    fold_changes()


CHANGES: list[Callable[[Random], None]] = [
    use_it,
    use_it,
    somebody_unknown_uses_it,
    become_known,
    forget_use,
    change_memberships,
    change_memberships,
    join,
    forget_memberships,
    rename,
    export_the_console,
    forget_an_export,
    leave_a_workspace_out,
    read_further,
    keep,
    keep,
    fold,
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=12), st.integers(0, 10**6))
def test_nothing_differs_from_a_fresh_count_after_any_changes(
    changes: list[Callable[[Random], None]], seed: int
) -> None:
    random = Random(seed)
    with transaction.atomic():
        a_company()
        keep_all()
        for change in changes:
            if Membership.objects.count() > 2:
                change(random)
            found = recount_listed(mend=False)
            assert found == ListedRecount(Person.objects.count()), change
            assert ListedMembership.objects.count() == Membership.objects.count()
        transaction.set_rollback(True)


def figures(*connections: Connection) -> list[object]:
    return [one.figures for one in count_memberships(connections)]


def test_people_with_several_memberships_are_counted_once_and_only_where_they_are_seen() -> None:
    org = a_workspace(a_connection(), "Org")
    side = a_workspace(org.connection, "Side")
    hidden = a_workspace(org.connection, "Hidden", left_out=Workspace.LeftOut.FILTER)
    other = a_workspace(a_connection("Other"))
    for workspace, name in ((org, "Ada"), (side, "Ada"), (side, "Bo"), (hidden, "Chidi"), (other, "Ada")):
        a_member(workspace, name)
    a_member(org, "Emre", status="not_active")

    def people() -> list[int]:
        both = [org.connection, other.connection]
        told = [one.counted.people for one in count_memberships(both)]
        seen = [Standing.objects.filter(connection=one).exclude(group="").count() for one in both]
        assert told == seen
        return told

    assert people() == [2, 1]
    keep_all()
    assert people() == [2, 1]
    hidden.left_out = Workspace.LeftOut.NOT_VISIBLE
    hidden.save()
    assert people() == [3, 1]


def test_what_is_kept_is_used_until_something_changes() -> None:
    workspace = a_workspace(a_connection())
    ada, bo = a_member(workspace, "Ada"), a_member(workspace, "Bo")
    assert keep_all() == 1
    assert keep_all() == 0
    counted = figures(workspace.connection)
    KeptCells.objects.update(cells='{"cells": [], "not_active": {"1": 5}}')
    assert figures(workspace.connection) != counted, "what is kept is what is shown"
    Membership.objects.filter(pk=ada.pk).update(role="admin")
    assert figures(workspace.connection) == [one.figures for one in count_afresh([workspace.connection])]
    assert keep_all() == 1
    bo.person.name = "Bob"
    bo.person.save()
    assert keep_all() == 1


def test_a_change_that_changes_nothing_leaves_what_is_kept_valid() -> None:
    workspace = a_workspace(a_connection())
    ada = a_member(workspace, "Ada")
    keep_all()
    Membership.objects.filter(pk=ada.pk).update(role=ada.role)
    ada.person.save()
    assert keep_all() == 0


def test_another_day_is_another_question() -> None:
    workspace = a_workspace(a_connection())
    a_member(workspace, "Ada")
    keep_all()
    assert keep_all(timezone.now() + timedelta(days=1)) == 1


def test_a_change_that_commits_late_counts_though_its_number_is_lower() -> None:
    workspace = a_workspace(a_connection())
    a_member(workspace, "Ada")
    late = ListingChange.objects.latest("pk").pk + 1
    ListingChange.objects.create(pk=late + 1, connection=workspace.connection)
    keep_all()
    ListingChange.objects.create(pk=late, connection=workspace.connection)
    assert keep_all() == 1


def test_folding_leaves_one_row_and_makes_nothing_old_valid_again() -> None:
    workspace = a_workspace(a_connection())
    a_member(workspace, "Ada")
    keep_all()
    ListingChange.objects.bulk_create(ListingChange(connection=workspace.connection) for _ in range(200))
    keep_all()
    fold_changes()
    assert ListingChange.objects.count() == 1
    assert keep_all() == 1


def test_folding_forgets_connections_that_are_gone() -> None:
    workspace = a_workspace(a_connection())
    a_member(workspace, "Ada")
    workspace.connection.delete()
    fold_changes()
    assert not ListingChange.objects.exists()


def test_somebody_with_a_limited_scope_sees_listed_memberships_of_theirs_alone() -> None:
    mine, other = a_workspace(a_connection("Mine")), a_workspace(a_connection("Other"))
    a_member(mine, "Ada")
    a_member(other, "Bo")
    keep_all()
    with seen_with(Scope.of([mine.connection.pk])):
        assert [listed.name for listed in ListedMembership.objects.all()] == ["Ada"]
        assert KeptCells.objects.count() == 1
        assert count_memberships(list(Connection.objects.all()))[0].counted.cells[0].people == 1


def test_the_doctor_finds_and_corrects_what_was_changed_without_triggers() -> None:
    workspace = a_workspace(a_connection())
    ada, bo = a_member(workspace, "Ada"), a_member(workspace, "Bo")
    keep_all()
    assert listed_finding().outcome == "passed"
    with database.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE roster_membership SET role = 'admin' WHERE id = %s", [ada.pk])
        cursor.execute("DELETE FROM activity_listedmembership WHERE membership_id = %s", [bo.pk])
        cursor.execute("SET LOCAL session_replication_role = origin")
    found = listed_finding()
    assert found.outcome == "failed"
    assert "2 of 2 people" in found.detail
    assert listed_finding().outcome == "passed"


def test_the_doctor_counts_figures_again() -> None:
    workspace = a_workspace(a_connection())
    a_member(workspace, "Ada")
    keep_all()
    KeptCells.objects.update(cells='{"cells": [], "not_active": {}}')
    assert "The figures of Acme differed" in listed_finding().detail
    assert listed_finding().outcome == "passed"
