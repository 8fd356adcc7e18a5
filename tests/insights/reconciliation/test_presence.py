"""Everybody in the file, and everybody whom Usher lists as active, is of exactly one kind, with its reason."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from tests.support.insights.reconciled import import_rows, row_of, seen
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.activity.console.unmatched import match_again
from usher.activity.models import ConsoleImport
from usher.activity.usage.counting import count_memberships
from usher.connections.models import Connection
from usher.insights.reconciliation.exports import newest_exports
from usher.insights.reconciliation.figures import ReconciledFigures, reconciled_figures
from usher.insights.reconciliation.kinds import Activity, Presence, PresenceGroup
from usher.insights.reconciliation.people import ReconciledPeople, ReconciledPerson
from usher.roster.models import Membership, Person, Workspace

pytestmark = pytest.mark.django_db

Everyone = dict[str, Membership]


def people_of(*connections: Connection) -> dict[str, ReconciledPerson]:
    found, _ = ReconciledPeople(newest_exports(connections), timezone.now()).between(0, 1_000)
    by_name = {each.name or each.email: each for each in found}
    assert len(by_name) == len(found)
    return by_name


def figures_of(connection: Connection) -> ReconciledFigures:
    (found,) = reconciled_figures(newest_exports([connection]), timezone.now())
    return found


@pytest.mark.parametrize(
    ("presence", "names"),
    [
        (
            Presence.BOTH,
            "Same, Since export, Usher later, Console later, Not covered, Console never, Console silent, "
            "Only console, Neither",
        ),
        (Presence.ELSEWHERE, "Elsewhere"),
        (Presence.LEFT_SINCE, "Left since"),
        (Presence.LEFT_BEFORE, "Left before, Left long ago"),
        (Presence.FILTERED, "Filtered"),
        (Presence.NOT_IN_USHER, "Zoë Stranger, nobody@elsewhere.example"),
        (Presence.JOINED_SINCE, "Joined since"),
        (Presence.NEVER_CAME, "Never came, Guest never"),
        (Presence.GUEST, "Guest"),
        (Presence.SERVICE_ACCOUNT, "Robot, Service"),
        (Presence.OTHER_WORKSPACE, "Other workspace"),
        (Presence.NOT_READ, "Not read"),
        (Presence.UNKNOWN, "Unknown"),
    ],
)
def test_each_is_where_their_name_says(
    presence: Presence, names: str, acme: Connection, everyone: Everyone
) -> None:
    found = [name for name, each in people_of(acme).items() if each.presence is presence]
    assert sorted(found) == sorted(names.split(", "))


@pytest.mark.parametrize(
    ("activity", "name", "difference"),
    [
        (Activity.SAME, "Same", 0),
        (Activity.SINCE_EXPORT, "Since export", 4),
        (Activity.USHER_LATER, "Usher later", 6),
        (Activity.CONSOLE_LATER, "Console later", -3),
        (Activity.NOT_COVERED, "Not covered", -20),
        (Activity.CONSOLE_NEVER, "Console never", None),
        (Activity.CONSOLE_SILENT, "Console silent", None),
        (Activity.ONLY_CONSOLE, "Only console", None),
        (Activity.NEITHER, "Neither", None),
    ],
)
def test_the_last_activity_compares_as_their_name_says(
    activity: Activity, name: str, difference: int | None, acme: Connection, everyone: Everyone
) -> None:
    found = people_of(acme)[name]
    assert (found.activity, found.difference) == (activity, difference)


def test_whoever_is_not_on_both_sides_is_not_compared(acme: Connection, everyone: Everyone) -> None:
    for each in people_of(acme).values():
        assert (each.activity is not None) == (each.presence in PresenceGroup.COMPARED.presences)


def test_the_figures_are_those_people(acme: Connection, everyone: Everyone) -> None:
    found, figures = people_of(acme).values(), figures_of(acme)
    for presence in Presence:
        assert figures.people(presence) == sum(each.presence is presence for each in found)
    for activity in Activity:
        assert figures.activities[activity] == sum(each.activity is activity for each in found)
    assert figures.medians == {
        Activity.SAME: 0,
        Activity.SINCE_EXPORT: 4,
        Activity.USHER_LATER: 6,
        Activity.CONSOLE_LATER: 3,
        Activity.NOT_COVERED: 20,
    }
    assert figures.median_days == 4
    assert figures.repeated_rows == 2, "one of somebody who is matched, one of somebody who is not in Usher"


def test_active_in_usher_are_the_active_people_of_the_dashboard(acme: Connection, everyone: Everyone) -> None:
    (counted,) = count_memberships([acme])
    assert figures_of(acme).together(PresenceGroup.ACTIVE) == counted.counted.people


def test_whoever_a_sync_finds_is_no_longer_only_in_the_file(acme: Connection, everyone: Everyone) -> None:
    Person.objects.create(connection=acme, gid="99", name="Zoë", email="zoe@acme.example")
    a_member(Workspace.objects.get(name="Acme Inc"), "Zoë")
    match_again(acme)
    found = people_of(acme)
    assert found["Zoë"].presence is Presence.BOTH and "Zoë Stranger" not in found
    assert found["nobody@elsewhere.example"].presence is Presence.NOT_IN_USHER
    assert figures_of(acme).people(Presence.NOT_IN_USHER) == 1


def test_a_file_that_an_older_version_imported_does_not_say_who_is_not_in_usher(
    acme: Connection, everyone: Everyone
) -> None:
    ConsoleImport.objects.update(keeps_unmatched=False)
    figures = figures_of(acme)
    assert figures.people(Presence.NOT_IN_USHER) is None
    assert figures.together(PresenceGroup.IN_FILE) is None
    assert figures.repeated_rows is None
    assert figures.together(PresenceGroup.MATCHED) == 14


def test_the_newest_file_counts_whenever_it_was_imported(
    org: Workspace, acme: Connection, exported_on: date
) -> None:
    ana, bo = a_member(org, "Ana"), a_member(org, "Bo")
    import_rows(acme, exported_on, [row_of(ana)])
    import_rows(acme, exported_on - timedelta(days=9), [row_of(bo)])
    found = people_of(acme)
    assert found["Ana"].presence is Presence.BOTH
    assert found["Bo"].presence is not Presence.BOTH


def test_what_the_console_said_earlier_is_not_taken_for_what_usher_saw(
    org: Workspace, acme: Connection, exported_on: date
) -> None:
    ana = seen(a_member(org, "Ana"), exported_on - timedelta(days=30))
    import_rows(acme, exported_on - timedelta(days=9), [row_of(ana, exported_on - timedelta(days=12))])
    import_rows(acme, exported_on, [row_of(ana, exported_on - timedelta(days=1))])
    found = people_of(acme)["Ana"]
    assert found.usher_day == exported_on - timedelta(days=30)
    assert found.difference == -29


class TestTheWorkspaceOfTheFile:
    def test_it_is_the_only_organization(self, org: Workspace, acme: Connection, exported_on: date) -> None:
        side = a_workspace(acme, "Side")
        both = [a_member(side, name) for name in ("Ana", "Bo", "Cy")]
        a_member(org, "Ana")
        import_rows(acme, exported_on, [row_of(each) for each in both])
        (export,) = newest_exports([acme])
        assert export.workspace == org
        assert [each.presence for each in people_of(acme).values()] == [
            Presence.BOTH,
            Presence.ELSEWHERE,
            Presence.ELSEWHERE,
        ]

    def test_of_several_organizations_it_is_that_of_most_of_the_people(
        self, org: Workspace, acme: Connection, exported_on: date
    ) -> None:
        other = a_workspace(acme, "Other Inc", "other.example")
        members = [a_member(other, name) for name in ("Ana", "Bo")]
        a_member(org, "Ana")
        for name in ("Dan", "Eve", "Flo"):
            a_member(org, name)
        import_rows(acme, exported_on, [row_of(each) for each in members])
        (export,) = newest_exports([acme])
        assert export.workspace == other
        assert people_of(acme)["Dan"].presence is Presence.OTHER_WORKSPACE

    def test_those_that_the_filter_leaves_out_are_not_asked(
        self, org: Workspace, acme: Connection, exported_on: date
    ) -> None:
        out = a_workspace(acme, "Out Inc", "out.example", left_out=Workspace.LeftOut.FILTER)
        members = [a_member(out, name) for name in ("Ana", "Bo")]
        import_rows(acme, exported_on, [row_of(each) for each in members])
        (export,) = newest_exports([acme])
        assert export.workspace == org

    def test_where_nothing_is_read_everybody_is_outside(self, acme: Connection, exported_on: date) -> None:
        out = a_workspace(acme, "Out Inc", "out.example", left_out=Workspace.LeftOut.FILTER)
        import_rows(acme, exported_on, [row_of(a_member(out, "Ana"))])
        (export,) = newest_exports([acme])
        assert export.workspace is None
        assert people_of(acme)["Ana"].presence is Presence.FILTERED


def test_each_connection_is_compared_with_its_own_file(
    org: Workspace, acme: Connection, everyone: Everyone, exported_on: date
) -> None:
    alone = people_of(acme)
    other = a_workspace(a_connection("Other", time_zone="UTC"), "Other Inc", "other.example")
    theirs = a_member(other, "Xi", "xi@other.example")
    a_member(other, "Yan", "yan@other.example")
    without = a_workspace(a_connection("Without a file"), "Third Inc", "third.example")
    a_member(without, "Zed", "zed@third.example")
    import_rows(other.connection, exported_on, [row_of(theirs)])
    together = people_of(acme, other.connection, without.connection)
    assert {name: each for name, each in together.items() if each.connection == acme.pk} == alone
    assert together["Xi"].presence is Presence.BOTH
    assert together["Yan"].presence is Presence.UNKNOWN
    assert "Zed" not in together
