"""Cases for several people over REST, by the rules of the page that does the same."""

from typing import Any

import pytest
from django.test import Client

from tests.support.queries import queries_of
from tests.support.removal.accounts import account, actor
from tests.support.removal.company import a_company, left, people
from tests.support.removal.leaving import hires, no_waiting
from tests.support.rest import api_of
from usher.access.roles import UserRole
from usher.directory.models import Employee, PersonKey, Protected
from usher.ledger.models import Entry
from usher.removal.cases import opening
from usher.removal.cases.opening import CaseRequest
from usher.removal.models import Case
from usher.roster.models import Person, Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def program() -> Client:
    return api_of(UserRole.OPERATOR)


@pytest.fixture
def place() -> Workspace:
    no_waiting()
    return a_company()


def bulk(program: Client, *chosen: Person, **body: object) -> tuple[int, dict[str, Any]]:
    return post(program, "cases/bulk", people=[one.pk for one in chosen], **body)


def post(program: Client, address: str, **body: object) -> tuple[int, dict[str, Any]]:
    answer = program.post(f"/api/v1/{address}", body, content_type="application/json")
    return answer.status_code, answer.json()


def test_the_preview_says_for_whom_and_what_the_guardrails_would_mean(
    program: Client, place: Workspace
) -> None:
    no_waiting(daily_limit=1)
    free, other, busy, protected = left(place, 4)
    opening.open_case(busy, CaseRequest(), actor(account(UserRole.OPERATOR)))
    Protected.objects.create(person=protected, why=Protected.Why.BREAK_GLASS, by="ada@example.com")
    status, preview = post(
        program, "cases/bulk/preview", people=[one.pk for one in (free, other, busy, protected)]
    )
    assert status == 200
    assert (preview["count"], [one["person"] for one in preview["people"]]) == (2, [free.pk, other.pk])
    assert preview["people"][0]["is_leaver"] is True
    assert {one["person"]: one["message"].split(":")[0] for one in preview["left_out"]} == {
        busy.pk: "There is already an open case",
        protected.pk: "This person is protected",
    }
    assert (preview["forecast"]["needs_approval"], preview["forecast"]["over_daily"]) == (True, 1)
    assert Case.objects.count() == 1


def test_nobody_at_all_has_no_forecast(program: Client, place: Workspace) -> None:
    (busy,) = left(place, 1)
    opening.open_case(busy, CaseRequest(), actor(account(UserRole.OPERATOR)))
    _, preview = post(program, "cases/bulk/preview", people=[busy.pk])
    assert (preview["count"], preview["forecast"]) == (0, None)
    status, opened = bulk(program, busy)
    assert (status, opened["opened"], len(opened["left_out"])) == (200, [], 1)


def test_a_case_is_opened_for_each_and_who_cannot_have_one_stops_no_other(
    program: Client, place: Workspace
) -> None:
    free, other, busy = left(place, 3)
    in_the_way = opening.open_case(busy, CaseRequest(), actor(account(UserRole.OPERATOR)))
    status, opened = bulk(program, free, other, busy)
    assert status == 200
    assert [(one["person"], one["state"], one["cause"]) for one in opened["opened"]] == [
        (free.pk, "waiting", "directory"),
        (other.pk, "waiting", "directory"),
    ]
    assert all(one["reason"].startswith("Left on ") for one in opened["opened"])
    assert [(one["person"], one["case"]) for one in opened["left_out"]] == [(busy.pk, in_the_way.pk)]
    assert Entry.objects.filter(action="case.asked").count() == 2


def test_drafts_are_kept_and_idle_seats_are_called_so(program: Client, place: Workspace) -> None:
    idle = people(place, 2)
    _, opened = bulk(program, *idle, draft=True, idle=True, reason="Not used since May")
    assert {(one["state"], one["cause"]) for one in opened["opened"]} == {("draft", "idle")}


def test_more_than_ten_people_are_confirmed_by_their_number(program: Client, place: Workspace) -> None:
    gone = left(place, 11)
    for wrong in ({}, {"count": 10}):
        status, refused = bulk(program, *gone, **wrong)
        assert (status, refused["errors"][0]["field"]) == (422, "count")
        assert "There are 11 people." in refused["message"]
    assert not Case.objects.exists()
    status, opened = bulk(program, *gone, count=11)
    assert (status, len(opened["opened"])) == (200, 11)


def test_whoever_is_no_leaver_needs_a_reason(program: Client, place: Workspace) -> None:
    chosen = [*left(place, 1), *people(place, 1)]
    status, refused = bulk(program, *chosen, reason="  ")
    assert (status, refused["errors"][0]["field"]) == (422, "reason")
    assert bulk(program, *chosen, reason="Contract ended")[0] == 200


def test_work_goes_to_the_managers_or_to_one_person(program: Client, place: Workspace) -> None:
    gone = left(place, 3)
    (boss,) = people(place, 1, "Boss")
    status, refused = bulk(program, gone[2], hand_over="manager")
    assert (status, refused["errors"][0]["field"]) == (422, "hand_over")
    PersonKey.objects.create(person=boss, email=boss.email, address=boss.email)
    hires([boss])
    Employee.objects.filter(matches__person=gone[0]).update(manager=boss.email)
    _, opened = bulk(program, *gone[:2], hand_over="manager")
    assert [one["hand_over_to"] for one in opened["opened"]] == [boss.email, None]
    _, opened = bulk(program, gone[2], hand_over="person", receiver=boss.gid)
    assert opened["opened"][0]["hand_over_to"] == boss.email


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"hand_over": "person"}, "receiver", "Enter who takes over."),
        ({"hand_over": "person", "receiver": "nobody@acme.example"}, "receiver", "Nobody active in “Acme”"),
        ({"hand_over": "person", "receiver": "leaver001@acme.example"}, "receiver", "to themselves"),
        ({"kind": "downgrade"}, "kind", "service-account token"),
        ({"kind": "restore"}, "body.kind", ""),
        ({"people": []}, "body.people", ""),
        ({"people": [1] * 201}, "body.people", ""),
    ],
)
def test_what_cannot_be_is_named_and_opens_nothing(
    program: Client, place: Workspace, body: dict[str, object], field: str, words: str
) -> None:
    (gone,) = left(place, 1)
    status, refused = post(program, "cases/bulk", **{"people": [gone.pk], **body})
    assert status == 422
    assert refused["errors"][0]["field"].endswith(field.removeprefix("body."))
    assert words in refused["message"]
    assert not Case.objects.exists()


def test_somebody_unknown_or_out_of_reach_is_not_passed_over(program: Client, place: Workspace) -> None:
    (gone,) = left(place, 1)
    status, refused = post(program, "cases/bulk", people=[gone.pk, 4_000_000])
    assert (status, refused["message"]) == (404, "There is no person 4000000.")
    assert not Case.objects.exists()


def test_the_preview_costs_the_same_queries_for_2_and_for_20(program: Client, place: Workspace) -> None:
    gone = left(place, 20)

    class Posting:
        """As `queries_of` asks."""

        def get(self, url: str, headers: dict[str, str]) -> Any:
            return program.post(url, {"people": [one.pk for one in self.chosen]}, "application/json")

        chosen: list[Person] = []

    posting = Posting()
    counts = []
    for number in (2, 20):
        posting.chosen = gone[:number]
        counts.append(len(queries_of(posting, "/api/v1/cases/bulk/preview")))  # type: ignore[arg-type]
    assert counts[0] == counts[1]
