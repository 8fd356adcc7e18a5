"""Around each request: a key makes it happen once, a limit holds back, a tag says that nothing is new."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from tests.support.removal.accounts import account
from tests.support.removal.leaving import no_waiting
from tests.support.rest import api_of
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.access.models import ApiToken, AttemptCount, User
from usher.access.roles import UserRole
from usher.connections.models import Connection, Mode
from usher.ledger.models import Entry
from usher.removal.models import Case
from usher.rest.models import KeptAnswer
from usher.rest.serving import forget_old_answers

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def body() -> dict[str, str]:
    no_waiting()
    acme = a_connection(mode=Mode.ACT, last_synced_at=timezone.now())
    place = a_workspace(acme, "Acme", "acme.example")
    a_member(place, "Root", "root@acme.example", role="admin")
    a_member(place, "Zoe", "zoe@acme.example")
    return {"connection": "Acme", "person": "zoe@acme.example", "reason": "left"}


def request_case(program: Client, body: dict[str, str], key: str = "k-1") -> Any:  # a test response
    return program.post(
        "/api/v1/cases", body, content_type="application/json", headers={"Idempotency-Key": key}
    )


def test_the_same_key_opens_one_case_and_repeats_the_answer(body: dict[str, str]) -> None:
    program = api_of()
    first, again = request_case(program, body), request_case(program, body)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert "Idempotent-Replayed" not in first.headers
    assert again["Idempotent-Replayed"] == "true"
    assert Case.objects.count() == 1
    assert Entry.objects.filter(action="case.opened").count() == 1


def test_without_a_key_the_second_is_refused_as_before(body: dict[str, str]) -> None:
    program = api_of()
    answers = [program.post("/api/v1/cases", body, content_type="application/json") for _ in range(2)]
    assert [each.status_code for each in answers] == [201, 409]
    assert answers[1]["Content-Type"] == "application/problem+json"
    assert answers[1].json()["type"] == "urn:usher:problem:cannot-open"


def test_another_request_with_the_same_key_is_refused(body: dict[str, str]) -> None:
    program = api_of()
    request_case(program, body)
    answer = request_case(program, {**body, "reason": "other"})
    assert answer.status_code == 422
    assert "Another request" in answer.json()["detail"]


def test_a_key_belongs_to_its_token(body: dict[str, str]) -> None:
    request_case(api_of(), body)
    assert request_case(api_of(UserRole.OPERATOR), body).status_code == 409  # an open case, not the answer


def test_a_refused_request_may_be_sent_again_with_its_key(body: dict[str, str]) -> None:
    program = api_of()
    assert request_case(program, {**body, "person": "nobody@acme.example"}).status_code == 404
    assert not KeptAnswer.objects.exists()
    assert request_case(program, body).status_code == 201


def test_a_request_that_died_half_way_left_nothing_behind(
    body: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise RuntimeError("killed")

    program = api_of()
    program.raise_request_exception = False
    with monkeypatch.context() as patched:
        patched.setattr("usher.rest.serving._keep", die)
        assert request_case(program, body).status_code == 500
    assert not Case.objects.exists()
    assert request_case(program, body).status_code == 201


def test_two_at_the_same_time_do_it_once(body: dict[str, str]) -> None:
    program = api_of()
    authorization = program.defaults["HTTP_AUTHORIZATION"]

    def send(_: int) -> int:
        try:
            return int(request_case(Client(headers={"Authorization": authorization}), body).status_code)
        finally:
            database.close()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(send, range(2))) == [201, 201]
    assert Case.objects.count() == 1


def test_an_answer_is_kept_for_a_day(body: dict[str, str]) -> None:
    request_case(api_of(), body)
    assert forget_old_answers(timezone.now() + timedelta(hours=23)) == 0
    assert forget_old_answers(timezone.now() + timedelta(hours=25)) == 1


def test_a_revoked_token_repeats_nothing(body: dict[str, str]) -> None:
    program = api_of()
    request_case(program, body)
    ApiToken.objects.update(revoked_at=timezone.now())
    assert request_case(program, body).status_code == 401


def test_a_wrong_token_with_a_key_still_counts_as_guessing(body: dict[str, str]) -> None:
    guessing = Client(headers={"Authorization": "Bearer usher_wrong"})
    assert request_case(guessing, body).status_code == 401
    assert AttemptCount.objects.exists()
    assert not KeptAnswer.objects.exists()


@pytest.mark.parametrize("key", ["", "x" * 256, "naïve", "a\tb"])
def test_what_is_no_key_is_refused(body: dict[str, str], key: str) -> None:
    assert request_case(api_of(), body, key).status_code == 422
    assert not Case.objects.exists()


def test_the_limit_is_told_and_holds_for_one_token_alone(settings: Settings) -> None:
    settings.USHER_API_REQUESTS_PER_MINUTE = 3
    program, other = api_of(), api_of(UserRole.VIEWER)
    answers = [program.get("/api/v1/people") for _ in range(4)]
    assert [each.status_code for each in answers] == [200, 200, 200, 429]
    assert answers[0]["RateLimit-Policy"] == '"token";q=3;w=60'
    assert answers[0]["RateLimit"].startswith('"token";r=2;t=')
    assert 1 <= int(answers[3]["Retry-After"]) <= 60
    assert answers[3].json()["type"] == "urn:usher:problem:too-many-requests"
    assert other.get("/api/v1/people").status_code == 200


def test_a_tag_says_that_nothing_is_new() -> None:
    program = api_of()
    first = program.get("/api/v1/people")
    same = program.get("/api/v1/people", headers={"If-None-Match": first["ETag"]})
    assert (same.status_code, same.content) == (304, b"")
    a_member(a_workspace(a_connection(), "A", "a.example"), "Zoe", "zoe@a.example")
    assert program.get("/api/v1/people", headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_a_key_widens_nothing_for_somebody_who_sees_some_connections(body: dict[str, str]) -> None:
    """What is kept is kept for the whole installation; what is done is done in the scope of the token."""
    limited = account(UserRole.ADMIN, "limited")
    User.objects.filter(pk=limited.pk).update(scope=[Connection.objects.get(name="Acme").pk])
    limited.refresh_from_db()
    hidden = a_connection("Hidden", mode=Mode.ACT, last_synced_at=timezone.now())
    a_member(a_workspace(hidden, "Hidden", "hidden.example"), "Hid", "hid@hidden.example")
    program = api_of(user=limited)
    refused = request_case(program, {**body, "connection": "Hidden", "person": "hid@hidden.example"}, "k-2")
    assert refused.status_code == 404
    assert [request_case(program, body).status_code for _ in range(2)] == [201, 201]
    assert Case.objects.count() == 1
