"""The queue of cases: what it lists, what it says of each, and approving several at once."""

import csv
import io
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.support.queries import assert_costs_the_same
from tests.support.removal.accounts import account, actor, signed_in
from tests.support.removal.company import a_company, boxes, left, people, text
from tests.support.removal.leaving import no_waiting
from usher.access.roles import UserRole
from usher.activity.models import PersonUsage
from usher.connections.models import Mode
from usher.directory.models import Protected
from usher.removal.cases import opening, transitions
from usher.removal.cases.opening import CaseRequest
from usher.removal.cases.versions import version_of
from usher.removal.models import Approval, Case
from usher.removal.pages.cases import views
from usher.removal.states import CaseState
from usher.roster.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def approver(db: None) -> Client:
    return signed_in(UserRole.APPROVER)


def draft(person: Person, role: UserRole = UserRole.OPERATOR, **wish: object) -> Case:
    asked = {"cause": Case.Cause.DIRECTORY, "reason": "Left", **wish}
    return opening.open_case(person, CaseRequest(**asked), actor(account(role)))  # type: ignore[arg-type]


def waiting(person: Person, role: UserRole = UserRole.OPERATOR, **wish: object) -> Case:
    return transitions.request_approval(draft(person, role, **wish), actor(account(role)))


def in_state(case: Case, state: CaseState, **fields: object) -> Case:
    Case.objects.filter(pk=case.pk).update(state=state, **fields)
    case.refresh_from_db()
    return case


def numbers(answer: object) -> list[int]:
    return [row.record.pk for row in answer.context["table"].paginated_rows]  # type: ignore[attr-defined]


def long_before(case: Case) -> datetime:
    """A moment long before the case was opened."""
    return case.opened_at - timedelta(days=120)


def approve(browser: Client, *chosen: Case, **fields: object) -> str:
    """The page that it leads to."""
    keys = [case.pk for case in chosen]
    read = {f"read-{case.pk}": version_of(case) for case in chosen}
    return text(browser.post("/cases/approve/", {"case": keys, **read, **fields}, follow=True))


def test_each_tab_holds_its_states_and_says_how_many(approver: Client) -> None:
    gone = left(a_company(), len(CaseState))
    for person, state in zip(gone, CaseState, strict=True):
        in_state(draft(person), state)

    def states(queue: str) -> list[str]:
        found = approver.get(f"/cases/?queue={queue}")
        return sorted(row.record.state for row in found.context["table"].paginated_rows)

    assert states("") == ["approved", "draft", "failed", "running", "scheduled", "waiting"]
    assert states("draft") == ["draft"]
    assert states("waiting") == ["waiting"]
    assert states("scheduled") == ["approved", "scheduled"]
    assert states("running") == ["running"]
    assert states("failed") == ["failed"]
    assert states("done") == ["done"]
    assert states("ended") == ["cancelled", "superseded"]
    assert states("all") == sorted(CaseState)
    counts = {value: count for value, _, count in approver.get("/cases/").context["tabs"]}
    assert counts == {value: len(states(value)) for value in counts}


def test_each_filter_finds(approver: Client) -> None:
    acme, globex = a_company(), a_company("Globex", has_service_token=True)
    first = draft(left(acme, 1)[0])
    second = draft(
        people(globex, 1, "Idle")[0], UserRole.APPROVER, cause=Case.Cause.IDLE, kind=Case.Kind.DOWNGRADE
    )
    Case.objects.filter(pk=second.pk).update(opened_at=timezone.now() - timedelta(days=40))
    month_ago = (timezone.localdate() - timedelta(days=30)).isoformat()
    for query, found in {
        "": [second.pk, first.pk],
        "q=leaver": [first.pk],
        "q=idle001@globex": [second.pk],
        f"q=%23{second.pk}": [second.pk],
        f"connection={globex.connection_id}": [second.pk],
        "kind=downgrade": [second.pk],
        "cause=directory": [first.pk],
        "who=APPROVER": [second.pk],
        f"opened_after={month_ago}": [first.pk],
        f"opened_before={month_ago}": [second.pk],
        "sort=number": [first.pk, second.pk],
        "q=nobody": [],
    }.items():
        assert numbers(approver.get(f"/cases/?{query}")) == found, query


@pytest.mark.parametrize(
    "query",
    [
        "page=x",
        "per_page=0",
        "sort=__",
        "queue=none",
        "kind=x",
        "connection=9",
        "opened_after=never",
        "q=%23",
    ],
)
def test_nonsense_in_the_address_is_answered_with_a_page(approver: Client, query: str) -> None:
    draft(left(a_company(), 1)[0])
    assert approver.get(f"/cases/?{query}").status_code == 200
    assert b"".join(approver.get(f"/cases/export.csv?{query}").streaming_content)


def test_a_case_that_is_held_or_failed_says_why(approver: Client) -> None:
    first, second = left(a_company(), 2)
    held = {"rule": "daily_limit", "reason": "25 people were removed today.", "remedy": "Wait."}
    in_state(draft(first), CaseState.SCHEDULED, scheduled_for=timezone.now(), held_by=[held])
    in_state(draft(second), CaseState.FAILED, error="Asana refused it.")
    page = text(approver.get("/cases/"))
    assert "25 people were removed today." in page
    assert "Asana refused it." in page


def test_the_export_holds_what_is_filtered(approver: Client) -> None:
    first, second = left(a_company(), 2)
    waiting(first)
    in_state(draft(second), CaseState.DONE, outcome="Removed")
    answer = approver.get("/cases/export.csv?queue=waiting")
    found = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode().lstrip("\ufeff"))))
    assert [(row["email"], row["state"]) for row in found] == [(first.email, "waiting")]


def test_only_others_cases_that_wait_can_be_chosen_and_only_by_approvers(approver: Client) -> None:
    gone = left(a_company(), 3)
    theirs, own, not_asked = waiting(gone[0]), waiting(gone[1], UserRole.APPROVER), draft(gone[2])
    assert boxes(approver.get("/cases/"), "case") == [theirs.pk]
    assert boxes(signed_in(UserRole.ADMIN).get("/cases/"), "case") == [own.pk, theirs.pk]
    for role in (UserRole.VIEWER, UserRole.OPERATOR):
        answer = signed_in(role).get("/cases/")
        assert sorted(numbers(answer)) == [theirs.pk, own.pk, not_asked.pk]
        assert boxes(answer, "case") == []
        assert signed_in(role).post("/cases/approve/", {"case": own.pk, "approve": "yes"}).status_code == 403
    assert Case.objects.get(pk=own.pk).state == CaseState.WAITING


def test_nothing_is_offered_where_the_connection_only_reads(approver: Client) -> None:
    acme = a_company()
    waiting(left(acme, 1)[0])
    acme.connection.mode = Mode.READ
    acme.connection.save()
    answer = approver.get("/cases/")
    assert boxes(answer, "case") == []
    assert b'id="selection"' not in answer.content


def test_several_are_approved_only_after_they_were_named(approver: Client) -> None:
    no_waiting(grace_minutes=60)
    found = [waiting(person) for person in left(a_company(), 3)]
    page = approve(approver, *found)
    assert "Approve 3 cases" in page
    assert all(case.person_name in page for case in found)
    assert Approval.objects.count() == 0
    assert "3 cases are approved." in approve(approver, *found, approve="yes", note="Seen the list")
    assert {case.state for case in Case.objects.all()} == {CaseState.SCHEDULED}
    assert set(Approval.objects.values_list("by", "is_admin", "note")) == {
        ("approver@example.com", False, "Seen the list")
    }


def test_for_more_than_ten_the_number_is_typed(approver: Client) -> None:
    found = [waiting(person) for person in left(a_company(), 11)]
    for wrong in ("", "10"):
        assert "11" in approve(approver, *found, approve="yes", number=wrong)
    assert Approval.objects.count() == 0
    approve(approver, *found, approve="yes", number="11")
    assert Approval.objects.count() == 11


def test_own_cases_and_those_that_wait_no_more_are_left_out(approver: Client) -> None:
    gone = left(a_company(), 3)
    theirs, own, over = waiting(gone[0]), waiting(gone[1], UserRole.APPROVER), waiting(gone[2])
    transitions.cancel(over, actor(account(UserRole.OPERATOR)))
    assert "2 of the selected cases are left out" in approve(approver, theirs, own, over)
    approve(approver, theirs, own, over, approve="yes")
    assert list(Approval.objects.values_list("case", flat=True)) == [theirs.pk]
    assert "None of these cases is waiting for your approval any more." in approve(approver, own, over)


def test_what_cannot_be_approved_is_told_one_by_one(approver: Client) -> None:
    acme, globex = a_company(), a_company("Globex")
    good, bad, also_bad = (
        waiting(left(acme, 1)[0]),
        waiting(left(acme, 1, name="Safe")[0]),
        waiting(left(globex, 1)[0]),
    )
    Protected.objects.create(person=bad.person, why=Protected.Why.BREAK_GLASS, by="ada@example.com")
    globex.connection.mode = Mode.READ
    globex.connection.save()
    page = approve(approver, good, bad, also_bad, approve="yes")
    assert f"Case {good.pk}, Leaver 001 is approved." in page
    assert f"Case {bad.pk}, Safe 001: This person is protected: Break-glass admin" in page
    assert f"Case {also_bad.pk}, Leaver 001: The connection is in “Read” mode" in page


def test_what_is_due_at_once_is_begun(approver: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    no_waiting()
    begun: list[int] = []
    monkeypatch.setattr(views, "run_if_due", lambda case: begun.append(case.pk))
    case = waiting(left(a_company(), 1)[0])
    approve(approver, case, approve="yes")
    assert begun == [case.pk]


def test_rows_are_asked_for_again_only_while_one_is_under_way(approver: Client) -> None:
    first, second = left(a_company(), 2)
    running = in_state(draft(first), CaseState.RUNNING)
    waiting(second)
    assert f"/cases/live/?case={running.pk}" in approver.get("/cases/").content.decode()
    live = approver.get(f"/cases/live/?case={running.pk}").content.decode()
    assert f'id="case-state-{running.pk}" hx-swap-oob="true"' in live
    assert "every 2s" in live
    in_state(running, CaseState.DONE, outcome="Removed and verified.")
    live = approver.get(f"/cases/live/?case={running.pk}").content.decode()
    assert "Removed and verified." in live
    assert "every 2s" not in live
    assert "every 2s" not in approver.get("/cases/?queue=all").content.decode()


@pytest.mark.parametrize("address", ["/cases/", "/cases/export.csv"])
def test_twenty_rows_cost_as_many_queries_as_two(approver: Client, address: str) -> None:
    acme = a_company()

    def add(count: int) -> None:
        for person in left(acme, count, name=f"Leaver of {count}"):
            waiting(person, cause=Case.Cause.IDLE)

    assert_costs_the_same(approver, address, add)


def test_an_idle_seat_that_was_used_since_says_so_in_the_list_and_before_it_is_approved(
    approver: Client,
) -> None:
    used, still_idle = (waiting(person, cause=Case.Cause.IDLE) for person in people(a_company(), 2))
    for case, last_use in ((used, timezone.now()), (still_idle, long_before(still_idle))):
        PersonUsage.objects.create(
            connection=case.connection,
            user_gid=case.person_gid,
            person=case.person,
            last_used_at=last_use,
            as_of=timezone.localdate(),
        )
    assert text(approver.get("/cases/")).count("Used since the case was opened") == 1
    page = approve(approver, used, still_idle)
    assert page.count("Idle when the case was opened, used since") == 1


def test_without_cases_it_leads_to_the_leavers(approver: Client) -> None:
    assert "No cases yet" in text(approver.get("/cases/"))
