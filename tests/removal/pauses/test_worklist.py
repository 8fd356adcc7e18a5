"""Who can be put on the list of licences to pause, and what can be said of them there."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from tests.support.activity.lived_usage import ago
from tests.support.activity.written_events import an_event, user, write
from tests.support.removal.company import a_company, people
from tests.support.removal.leaving import ADMIN, REQUESTER
from tests.support.roster.people import a_member, a_workspace
from usher.activity.events.pauses import PAUSED, UNPAUSED
from usher.connections.models import Connection, Mode
from usher.directory.models import Protected
from usher.ledger.models import Entry
from usher.removal.cases import opening
from usher.removal.cases.opening import CaseRequest
from usher.removal.models import LicencePause
from usher.removal.pauses.states import PauseState, state_of
from usher.removal.pauses.worklist import (
    CannotChangePause,
    PutResult,
    put_on_list,
    take_off,
    tick,
    untick,
)
from usher.roster.models import Membership, Person

pytestmark = pytest.mark.django_db


def put(*found: Person) -> list[PutResult]:
    return put_on_list([person.pk for person in found], "On parental leave", REQUESTER)


def the_entry() -> LicencePause:
    return LicencePause.objects.get()


def actions() -> list[str]:
    return list(
        Entry.objects.filter(action__startswith="pause.").order_by("number").values_list("action", flat=True)
    )


def test_somebody_is_put_on_the_list_with_who_when_and_why_and_the_ledger_says_so() -> None:
    (person,) = people(a_company(), 1)
    (result,) = put(person)
    assert (result.problem, len(result.pauses)) == ("", 1)
    pause = the_entry()
    assert (pause.why, pause.put_by, pause.put_by_id) == (
        "On parental leave",
        REQUESTER.name,
        REQUESTER.user_id,
    )
    assert state_of(pause) is PauseState.TO_DO
    entry = Entry.objects.get(action="pause.put_on_list")
    assert (entry.reason, entry.connection_id) == ("On parental leave", person.connection_id)
    assert "person001@acme.example" in entry.subject


def test_read_is_enough_since_usher_changes_nothing_in_asana() -> None:
    (person,) = people(a_company(mode=Mode.READ), 1)
    assert not put(person)[0].problem


def test_a_licence_in_each_organization_is_put_on_the_list_or_only_in_those_that_are_named() -> None:
    acme = a_company()
    (person,) = people(acme, 1)
    side = a_workspace(acme.connection, "Side", "side.example")
    a_member(side, person.name)
    a_member(a_workspace(acme.connection, "Plain"), person.name)
    put_on_list([person.pk], "On leave", ADMIN, workspaces=[side.gid])
    assert the_entry().membership.workspace == side
    put(person)
    assert LicencePause.objects.count() == 2


def test_nobody_stands_twice_on_the_open_list() -> None:
    (person,) = people(a_company(), 1)
    put(person)
    assert "on the list already" in put(person)[0].problem
    with pytest.raises(IntegrityError), transaction.atomic():
        LicencePause.objects.create(
            connection=person.connection, membership=the_entry().membership, why="", put_by=""
        )
    take_off(the_entry().pk, "They are back", ADMIN)
    assert not put(person)[0].problem


def test_who_is_protected_or_in_a_case_is_left_out_with_the_reason_as_for_cases() -> None:
    acme = a_company()
    protected, busy, free = people(acme, 3)
    Protected.objects.create(person=protected, why=Protected.Why.OTHER, by="ada@example.com")
    case = opening.open_case(busy, CaseRequest(), REQUESTER)
    problems = {one.person: one.problem for one in put(protected, busy, free)}
    assert "protected" in problems[protected]
    assert f"number {case.pk}" in problems[busy]
    assert problems[free] == ""
    assert the_entry().membership.person == free


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"licence": "guest"}, "no Member licence"),
        ({"licence": "view_only"}, "no Member licence"),
        ({"status": "not_active", "until": ago(days=1)}, "no active membership"),
    ],
)
def test_without_an_active_member_licence_there_is_nothing_to_pause(
    changed: dict[str, object], says: str
) -> None:
    (person,) = people(a_company(), 1)
    Membership.objects.filter(person=person).update(**changed)
    assert says in put(person)[0].problem


def test_licences_are_paused_in_organizations_and_while_they_are_connected() -> None:
    acme = a_company()
    plain = a_workspace(acme.connection, "Plain")
    loner = a_member(plain, "Loner", "loner@acme.example").person
    assert "only in paid organizations" in put(loner)[0].problem
    (person,) = people(acme, 1)
    Connection.objects.update(disconnected_at=timezone.now())
    assert "disconnected" in put(person)[0].problem


def test_a_licence_that_the_audit_log_shows_as_paused_needs_no_entry_until_it_is_billed_again() -> None:
    acme = a_company()
    (person,) = people(acme, 1)
    write(
        acme,
        an_event(ago(days=9), event_type=PAUSED, actor={"actor_type": "asana"}, resource=user(person.gid)),
    )
    assert "has been paused since" in put(person)[0].problem
    write(
        acme,
        an_event(ago(days=2), event_type=UNPAUSED, actor={"actor_type": "asana"}, resource=user(person.gid)),
    )
    assert not put(person)[0].problem


def test_a_tick_says_who_and_when_and_can_be_taken_back() -> None:
    (person,) = people(a_company(), 1)
    put(person)
    assert tick([the_entry().pk], ADMIN) == 1
    assert tick([the_entry().pk], REQUESTER) == 0
    pause = the_entry()
    assert (pause.ticked_by, state_of(pause)) == (ADMIN.name, PauseState.TICKED)
    assert pause.ticked_at is not None
    assert timezone.now() - pause.ticked_at < timedelta(minutes=1)
    untick(pause.pk, ADMIN)
    assert state_of(the_entry()) is PauseState.TO_DO
    with pytest.raises(CannotChangePause):
        untick(pause.pk, ADMIN)
    assert actions() == ["pause.put_on_list", "pause.ticked", "pause.unticked"]


def test_somebody_is_taken_off_once_with_the_reason() -> None:
    (person,) = people(a_company(), 1)
    put(person)
    pause = the_entry()
    take_off(pause.pk, "They leave instead", ADMIN)
    with pytest.raises(CannotChangePause):
        take_off(pause.pk, "Again", ADMIN)
    pause = the_entry()
    assert (pause.taken_off_by, pause.taken_off_why) == (ADMIN.name, "They leave instead")
    assert tick([pause.pk], ADMIN) == 0
    assert Entry.objects.get(action="pause.taken_off").reason == "They leave instead"


def test_the_list_goes_with_the_data_of_a_connection_that_is_deleted() -> None:
    acme = a_company()
    put(*people(acme, 2))
    acme.connection.delete()
    assert not LicencePause.objects.exists()
    assert len(actions()) == 2
