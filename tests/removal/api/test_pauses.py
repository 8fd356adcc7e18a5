"""The list of licences to pause, over REST."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.support.queries import assert_costs_the_same
from tests.support.removal.company import a_company, people
from tests.support.removal.leaving import REQUESTER
from tests.support.rest import api_of, items
from tests.support.roster.people import a_member, a_workspace
from usher.access.roles import UserRole
from usher.directory.models import Protected
from usher.ledger.models import Entry
from usher.removal.models import LicencePause
from usher.removal.pauses.worklist import put_on_list
from usher.roster.models import Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def place() -> Workspace:
    return a_company()


@pytest.fixture
def program() -> Client:
    return api_of(UserRole.OPERATOR)


def post(program: Client, address: str, **body: object) -> tuple[int, dict[str, Any]]:
    answer = program.post(f"/api/v1/{address}", body, content_type="application/json")
    return answer.status_code, answer.json()


def test_people_are_put_on_the_list_ticked_and_taken_off(program: Client, place: Workspace) -> None:
    free, protected = people(place, 2)
    Protected.objects.create(person=protected, why=Protected.Why.OTHER, by="ada@example.com")
    status, done = post(program, "pauses", people=[free.pk, protected.pk], reason="On parental leave")
    assert status == 200
    (put,) = done["put"]
    assert (put["person"], put["state"], put["reason"]) == (free.pk, "to_do", "On parental leave")
    assert put["put_by"] == "operator@example.com: program"
    (left_out,) = done["left_out"]
    assert (left_out["person"], "protected" in left_out["message"]) == (protected.pk, True)

    status, ticked = post(program, f"pauses/{put['id']}/tick")
    assert (status, ticked["state"]) == (200, "ticked")
    assert "no service-account token" in ticked["note"]
    assert post(program, f"pauses/{put['id']}/tick")[0] == 409
    assert post(program, f"pauses/{put['id']}/untick")[1]["state"] == "to_do"
    assert post(program, f"pauses/{put['id']}/untick")[0] == 409
    status, off = post(program, f"pauses/{put['id']}/take-off", reason="They are back")
    assert (status, off["state"], off["taken_off_reason"]) == (200, "taken_off", "They are back")
    entries = Entry.objects.filter(action__startswith="pause.").order_by("number")
    assert list(entries.values_list("action", flat=True)) == [
        "pause.put_on_list",
        "pause.ticked",
        "pause.unticked",
        "pause.taken_off",
    ]


def test_only_in_the_organizations_that_are_named(program: Client, place: Workspace) -> None:
    (person,) = people(place, 1)
    side = a_workspace(place.connection, "Side", "side.example")
    a_member(side, person.name)
    _, done = post(program, "pauses", people=[person.pk], reason="On leave", workspaces=[side.gid])
    assert [one["workspace_gid"] for one in done["put"]] == [side.gid]


def test_nobody_is_put_on_it_or_taken_off_without_a_reason(program: Client, place: Workspace) -> None:
    (person,) = people(place, 1)
    assert post(program, "pauses", people=[person.pk], reason="  ")[0] == 409
    put_on_list([person.pk], "On leave", REQUESTER)
    pause = LicencePause.objects.get()
    assert post(program, f"pauses/{pause.pk}/take-off", reason="")[0] == 409
    pause.refresh_from_db()
    assert pause.taken_off_at is None


def test_somebody_unknown_is_not_passed_over(program: Client, place: Workspace) -> None:
    (person,) = people(place, 1)
    assert post(program, "pauses", people=[person.pk, 4_000_000], reason="x")[0] == 404
    assert not LicencePause.objects.exists()


def test_the_list_has_what_is_open_and_by_show_the_others(place: Workspace) -> None:
    first, second = people(place, 2)
    put_on_list([first.pk, second.pk], "On leave", REQUESTER)
    LicencePause.objects.filter(membership__person=second).update(taken_off_at=timezone.now())
    viewer = api_of(UserRole.VIEWER)
    assert [one["person"] for one in items(viewer, "pauses")] == [first.pk]
    assert [one["person"] for one in items(viewer, "pauses", show="taken_off")] == [second.pk]
    assert len(items(viewer, "pauses", show="all", limit=1)) == 2
    assert viewer.get("/api/v1/pauses", {"show": "perhaps"}).status_code == 422
    one = viewer.get(f"/api/v1/pauses/{LicencePause.objects.earliest('pk').pk}").json()
    assert one == items(viewer, "pauses")[0]


def test_the_list_costs_the_same_queries_for_2_and_for_20(place: Workspace) -> None:
    program = api_of(UserRole.VIEWER)

    def add_rows(count: int) -> None:
        put_on_list([one.pk for one in people(place, count, f"Away{count}")], "On leave", REQUESTER)

    assert_costs_the_same(
        Client(), "/api/v1/pauses", add_rows, Authorization=str(program.defaults["HTTP_AUTHORIZATION"])
    )
