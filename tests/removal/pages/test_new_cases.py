"""Requesting the removal of several people: whom the page names, what it asks, and what becomes of each."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from tests.support.queries import queries_of
from tests.support.removal.accounts import account, actor, signed_in
from tests.support.removal.company import a_company, left, people, text
from tests.support.removal.leaving import hires, no_waiting
from tests.support.roster.people import a_member
from usher.access.roles import UserRole
from usher.connections.models import Mode
from usher.directory.models import Employee, PersonKey, Protected
from usher.ledger.models import Entry
from usher.removal.cases import opening
from usher.removal.cases.opening import CaseRequest
from usher.removal.models import Case, Guardrails, Target
from usher.removal.states import CaseState
from usher.roster.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(db: None) -> Client:
    return signed_in(UserRole.OPERATOR)


def address(*chosen: Person, cause: str = "") -> str:
    return "/removals/new/?" + "&".join(
        [f"person={one.pk}" for one in chosen] + ([f"cause={cause}"] if cause else [])
    )


def post(browser: Client, *chosen: Person, **fields: object) -> str:
    """The page that it leads to."""
    asked = {
        "kind": "remove",
        "hand_over": "nobody",
        "reason": "Left",
        "person": [one.pk for one in chosen],
        **fields,
    }
    return text(browser.post("/removals/new/", asked, follow=True))


def test_one_leaver_is_asked_for_with_the_reason_that_the_directory_gives(operator: Client) -> None:
    (gone,) = left(a_company(), 1)
    answer = operator.get(address(gone))
    reason = answer.context["form"].initial["reason"]
    assert reason.startswith("Left on ")
    assert reason.endswith(" (HR)")
    done = operator.post(
        "/removals/new/", {"person": gone.pk, "kind": "remove", "hand_over": "nobody", "reason": reason}
    )
    case = Case.objects.get()
    assert done["Location"] == f"/cases/{case.pk}/"
    assert (case.state, case.cause, case.reason) == (CaseState.WAITING, Case.Cause.DIRECTORY, reason)
    assert case.asked_by == "operator@example.com"
    assert list(Entry.objects.order_by("pk").values_list("action", flat=True)) == [
        "case.opened",
        "case.asked",
    ]


def test_drafts_are_not_asked_for(operator: Client) -> None:
    gone = left(a_company(), 2)
    post(operator, *gone, draft="yes")
    assert {case.state for case in Case.objects.all()} == {CaseState.DRAFT}


def test_who_is_picked_by_hand_needs_a_reason(operator: Client) -> None:
    (picked,) = people(a_company(), 1)
    assert "This field is required." in post(operator, picked, reason=" ")
    assert not Case.objects.exists()
    post(operator, picked, reason="Contract ended")
    assert Case.objects.get().cause == Case.Cause.BY_HAND


def test_an_idle_seat_is_asked_for_as_one(operator: Client) -> None:
    (idle,) = people(a_company(), 1)
    assert operator.get(address(idle, cause="idle")).context["cause"] == Case.Cause.IDLE
    post(operator, idle, cause="idle")
    assert Case.objects.get().cause == Case.Cause.IDLE


def test_who_cannot_be_touched_is_left_out_with_the_reason(operator: Client) -> None:
    acme = a_company()
    free, busy, protected = left(acme, 3)
    (reader,) = left(a_company("Globex", mode=Mode.READ), 1, name="Reader")
    opening.open_case(busy, CaseRequest(cause=Case.Cause.DIRECTORY), actor(account(UserRole.OPERATOR)))
    Protected.objects.create(person=protected, why=Protected.Why.BREAK_GLASS, by="ada@example.com")
    answer = operator.get(address(free, busy, protected, reader))
    page = text(answer)
    assert [one.person for one in answer.context["people"]] == [free]
    assert "Left out: 3" in page
    assert "There is already an open case: number" in page
    assert "This person is protected: Break-glass admin" in page
    assert "The connection is in “Read” mode" in page
    post(operator, free, busy, protected, reader)
    assert list(Case.objects.exclude(person=busy).values_list("person", flat=True)) == [free.pk]


def test_more_than_ten_people_are_named_and_their_number_is_typed(operator: Client) -> None:
    gone = left(a_company(), 11)
    page = text(operator.get(address(*gone)))
    assert "11 people lose access to Asana" in page
    assert all(str(person) in page for person in gone)
    for wrong in ("", "10", "1.1", "yes"):
        assert "11" in post(operator, *gone, number=wrong)
        assert not Case.objects.exists()
    assert "11 cases are waiting for approval." in post(operator, *gone, number="11")
    assert Case.objects.filter(state=CaseState.WAITING).count() == 11


def test_ten_people_need_no_number(operator: Client) -> None:
    post(operator, *left(a_company(), 10))
    assert Case.objects.count() == 10


def test_each_hands_over_to_their_own_manager_where_the_directory_names_one(operator: Client) -> None:
    acme = a_company()
    gone = left(acme, 3)
    first, second = people(acme, 2, "Boss")
    PersonKey.objects.create(person=first, email=first.email, address=first.email)
    hires([second], external_id="E-2")
    for person, manager in (
        (gone[0], first.email.upper()),
        (gone[1], "E-2"),
        (gone[2], "nobody@acme.example"),
    ):
        Employee.objects.filter(matches__person=person).update(manager=manager)
    page = text(operator.get(address(*gone)))
    assert "2 of 3 have a manager in the same Asana account" in page
    post(operator, *gone, hand_over="manager")
    found = {case.person: case.hand_over_gid for case in Case.objects.all()}
    assert found == {gone[0]: first.gid, gone[1]: second.gid, gone[2]: ""}


def test_for_a_manager_who_left_too_their_own_manager_takes_over(operator: Client) -> None:
    acme = a_company()
    (gone,) = left(acme, 1)
    boss, above = people(acme, 2, "Boss")
    hires([boss], external_id="E-2", manager="E-3", is_active=False)
    hires([above], external_id="E-3")
    Employee.objects.filter(matches__person=gone).update(manager="E-2")
    page = text(operator.get(address(gone)))
    assert f"manager {boss}, who has left" in page
    assert f"their own manager: {above}" in page
    post(operator, gone, hand_over="manager")
    assert Case.objects.get().hand_over_gid == above.gid


def test_a_manager_who_is_leaving_is_offered_and_said_to_leave(operator: Client) -> None:
    acme = a_company()
    (gone,) = left(acme, 1)
    boss, above = people(acme, 2, "Boss")
    hires([boss], external_id="E-2", manager="E-3", last_day=timezone.localdate() + timedelta(days=9))
    hires([above], external_id="E-3")
    Employee.objects.filter(matches__person=gone).update(manager="E-2")
    page = text(operator.get(address(gone)))
    assert f"manager {boss}, who is leaving; their own manager: {above}" in page


def test_a_manager_whose_name_two_people_have_is_not_offered(operator: Client) -> None:
    acme = a_company()
    (gone,) = left(acme, 1)
    hires(people(acme, 2, "Boss"), name_key="grace hopper")
    Employee.objects.filter(matches__person=gone).update(manager="Grace Hopper")
    assert "Their manager" not in text(operator.get(address(gone)))


def test_a_manager_who_is_not_there_is_not_offered(operator: Client) -> None:
    (gone,) = left(a_company(), 1)
    assert "Their manager" not in text(operator.get(address(gone)))


def test_a_person_who_takes_over_is_found_by_address_in_the_same_account(operator: Client) -> None:
    acme, other = a_company(), a_company("Globex")
    (gone,) = left(acme, 1)
    (receiver,) = people(acme, 1, "Receiver")
    stranger = a_member(other, "Stranger", "stranger@globex.example").person
    refused = post(operator, gone, hand_over="person", receiver=stranger.email)
    assert "Nobody active in “Acme” has the e-mail address stranger@globex.example." in refused
    assert "Enter who takes over." in post(operator, gone, hand_over="person", receiver="")
    assert "Nobody can hand work over to themselves." in post(
        operator, gone, hand_over="person", receiver=gone.email
    )
    assert not Case.objects.exists()
    post(operator, gone, hand_over="person", receiver=receiver.email.upper())
    assert Case.objects.get().hand_over_gid == receiver.gid


def test_who_could_take_over_is_proposed_while_typing(operator: Client) -> None:
    acme, other = a_company(), a_company("Globex")
    people(acme, 2, "Receiver")
    a_member(other, "Receiver of Globex", "receiver@globex.example")
    page = operator.get(
        f"/removals/receivers/?connection={acme.connection_id}&receiver=RECEIVER0"
    ).content.decode()
    assert "receiver001@acme.example" in page
    assert "globex" not in page
    assert "option" not in operator.get("/removals/receivers/?receiver=r&connection=x").content.decode()


def test_view_only_is_offered_only_with_a_service_token(operator: Client) -> None:
    (without,) = left(a_company(), 1)
    (able,) = left(a_company("Globex", has_service_token=True), 1, name="Able")
    page = text(operator.get(address(without)))
    assert "Downgrade to view-only" not in page
    assert "A downgrade to view-only needs a service-account token, which Acme does not have." in page
    assert "Downgrade to view-only" in text(operator.get(address(able)))
    post(operator, without, kind="downgrade")
    assert not Case.objects.exists()
    post(operator, able, kind="downgrade")
    assert Case.objects.get().kind == Case.Kind.DOWNGRADE


def test_it_says_how_many_are_over_the_limits(operator: Client) -> None:
    acme = a_company()
    people(acme, 34)
    gone = left(acme, 4)
    Guardrails.get()
    Guardrails.objects.update(daily_limit=3, share_limit=5)
    done = Case.objects.create(person_gid="1", connection_name="Acme", state=CaseState.DONE, opened_by="x")
    Target.objects.create(
        case=done,
        workspace=acme,
        workspace_gid=acme.gid,
        workspace_name=acme.name,
        role="member",
        licence="member",
        sent_at=timezone.now() - timedelta(hours=1),
    )
    page = text(operator.get(address(*gone)))
    assert "2 cases exceed the limit of 3 in 24 hours, of which 1 are used." in page
    assert "3 cases exceed the limit of 5 % of Acme Inc in 24 hours, which is 2, of which 1 are used." in page


def test_it_says_when_the_earliest_would_run(operator: Client) -> None:
    (gone,) = left(a_company(time_zone="Europe/Berlin"), 1)
    no_waiting(grace_minutes=60, quiet_from=time(0, 0), quiet_until=time(23, 59))
    earliest: datetime = operator.get(address(gone)).context["forecast"].earliest
    assert earliest.astimezone(ZoneInfo("Europe/Berlin")).time() >= time(23, 59)


def test_where_no_approval_is_needed_it_is_scheduled_at_once(operator: Client) -> None:
    (gone,) = left(a_company(), 1)
    no_waiting(needs_approval=False, grace_minutes=30)
    assert "No approval is needed" in text(operator.get(address(gone)))
    post(operator, gone)
    assert Case.objects.get().state == CaseState.SCHEDULED


def test_who_got_a_case_meanwhile_is_told_and_the_others_are_asked_for(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = left(a_company(), 2)
    opened = opening.open_case

    def as_if_somebody_was_quicker(person: Person, *args: object) -> Case:
        if person == second:
            raise opening.CannotOpen(f"{person} has an open case already.", "Somebody opened it just now.")
        return opened(person, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(opening, "open_case", as_if_somebody_was_quicker)
    page = post(operator, first, second)
    assert "Case" in page
    assert f"{second}: {second} has an open case already. Somebody opened it just now." in page
    assert [case.person for case in Case.objects.all()] == [first]


@pytest.mark.parametrize("role", [UserRole.VIEWER])
def test_a_viewer_opens_nothing(role: UserRole) -> None:
    (gone,) = left(a_company(), 1)
    viewer = signed_in(role)
    assert viewer.get(address(gone)).status_code == 403
    assert viewer.post("/removals/new/", {"person": gone.pk, "kind": "remove"}).status_code == 403
    assert not Case.objects.exists()


@pytest.mark.parametrize(
    "query", ["", "person=abc", "person=-1", f"person={10**20}", "person=²", "selection=x"]
)
def test_nobody_chosen_is_a_page_that_says_so(operator: Client, query: str) -> None:
    assert "Nobody is selected" in text(operator.get(f"/removals/new/?{query}"))


def test_twenty_people_cost_as_many_queries_as_two(operator: Client) -> None:
    acme = a_company()
    gone = left(acme, 20)
    (boss,) = people(acme, 1, "Boss")
    Employee.objects.update(manager=boss.email)
    two, twenty = (len(queries_of(operator, address(*gone[:count]))) for count in (2, 20))
    assert two == twenty


def test_the_last_day_of_work_is_kept_for_who_is_leaving(operator: Client) -> None:
    (gone,) = left(a_company(), 1)
    tomorrow: date = timezone.localdate() + timedelta(days=1)
    Employee.objects.update(is_active=True, ended_at=None, last_day=tomorrow)
    post(operator, gone)
    assert Case.objects.get().last_day == tomorrow
