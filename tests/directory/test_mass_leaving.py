"""Everybody off at once makes a question, which a person answers."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.directory.conftest import signed_in
from tests.support.directory.identity_provider import IdentityProvider
from tests.support.directory.sources import a_source
from usher.access.models import User
from usher.directory.doctor import directory_findings
from usher.directory.employees import mass_leaving
from usher.directory.employees.mass_leaving import refresh_all_source_questions, refresh_source_questions
from usher.directory.employees.store import EmployeeRecord, store
from usher.directory.models import Employee, Source, SourceQuestion
from usher.directory.tokens import make_token
from usher.insights.attention import attention_items
from usher.ledger.actors import SYSTEM
from usher.ledger.models import Entry


@pytest.fixture
def source(db: None) -> Source:
    return Source.objects.create(name="Okta", kind=Source.Kind.SCIM)


@pytest.fixture
def idp(source: Source) -> IdentityProvider:
    return IdentityProvider(make_token(source, SYSTEM))


def people(idp: IdentityProvider, count: int, **attributes: object) -> list[dict[str, str]]:
    return [idp.add(f"u{number}@example.com", **attributes) for number in range(count)]


def switch(idp: IdentityProvider, users: list[dict[str, str]], *, on: bool) -> None:
    for user in users:
        idp.patch(user, {"op": "replace", "path": "active", "value": on})


def numbers(source: Source) -> list[tuple[int, int]]:
    refresh_source_questions(source)
    return list(SourceQuestion.objects.filter(answered_at=None).values_list("people", "of"))


def test_thirty_of_thirty_deactivated_make_a_question(idp: IdentityProvider, source: Source) -> None:
    switch(idp, people(idp, 30), on=False)
    assert numbers(source) == [(30, 30)]


def test_a_tenth_is_no_question_and_more_is(idp: IdentityProvider, source: Source) -> None:
    users = people(idp, 40)
    switch(idp, users[:4], on=False)
    assert numbers(source) == []
    switch(idp, users[4:5], on=False)
    assert numbers(source) == [(5, 40)]


def test_three_people_are_no_question_in_a_small_company(idp: IdentityProvider, source: Source) -> None:
    users = people(idp, 5)
    switch(idp, users[:3], on=False)
    assert numbers(source) == []
    idp("DELETE", f"/Users/{users[3]['id']}", expect=204)
    assert numbers(source) == [(4, 5)]


def test_who_is_off_when_first_named_has_not_gone(idp: IdentityProvider, source: Source) -> None:
    people(idp, 30, active=False)
    assert numbers(source) == []


def test_who_left_before_a_day_does_not_count(idp: IdentityProvider, source: Source) -> None:
    switch(idp, people(idp, 30), on=False)
    Employee.objects.update(ended_at=timezone.now() - timedelta(hours=25))
    assert numbers(source) == []


def test_the_question_goes_when_they_are_switched_on_again(idp: IdentityProvider, source: Source) -> None:
    users = people(idp, 30)
    switch(idp, users, on=False)
    assert numbers(source) == [(30, 30)]
    switch(idp, users[:20], on=True)
    assert numbers(source) == [(10, 30)]
    switch(idp, users[20:], on=True)
    assert numbers(source) == []


def test_the_rest_api_is_watched_too(db: None) -> None:
    hr = a_source("HR API", kind="api")
    for is_active in (True, False):
        for number in range(10):
            store(hr, EmployeeRecord(external_id=str(number), is_active=is_active), timezone.now())
    refresh_all_source_questions()
    assert SourceQuestion.objects.get().source == hr


@pytest.mark.django_db(transaction=True)
def test_it_is_asked_without_anybody_looking(idp: IdentityProvider, source: Source) -> None:
    users = people(idp, 10)
    mass_leaving._next_count.clear()
    switch(idp, users[:3], on=False)
    assert not SourceQuestion.objects.exists()
    mass_leaving._next_count.clear()
    switch(idp, users[3:4], on=False)
    assert SourceQuestion.objects.get().people == 4


@pytest.mark.parametrize("said", ["left", "mistake"])
def test_an_answer_with_a_reason_closes_it_and_is_in_the_ledger(
    idp: IdentityProvider, source: Source, said: str
) -> None:
    operator = signed_in("operator")
    users = people(idp, 10)
    switch(idp, users[:5], on=False)
    address = reverse("directory:source", args=[source.pk])
    page = operator.get(address).content.decode()
    assert "Have 5 of 10 people left?" in page
    home = operator.get(reverse("directory:home")).content.decode()
    assert "Okta: have many people left at once?" in home
    question = SourceQuestion.objects.get()
    to = reverse("directory:answer_question", args=[source.pk, question.pk])
    operator.post(to, {"answer": said, "why": "  "})
    assert numbers(source) == [(5, 10)]
    operator.post(to, {"answer": said, "why": "A plant was closed."})
    question.refresh_from_db()
    assert (question.answer, question.why, question.answered_by) == (
        said,
        "A plant was closed.",
        "operator@example.com",
    )
    assert Entry.objects.filter(action="directory.source_question_answered").count() == 1
    assert "people left?" not in operator.get(address).content.decode()
    # Who had left before the answer is not asked about again; who leaves after it is.
    switch(idp, users[5:8], on=False)
    assert numbers(source) == []
    switch(idp, users[8:9], on=False)
    assert numbers(source) == [(4, 5)]


def test_a_viewer_sees_the_question_and_cannot_answer(idp: IdentityProvider, source: Source) -> None:
    viewer = signed_in("viewer")
    switch(idp, people(idp, 10), on=False)
    page = viewer.get(reverse("directory:source", args=[source.pk])).content.decode()
    assert "Have 10 of 10 people left?" in page and "It was a mistake" not in page
    question = SourceQuestion.objects.get()
    to = reverse("directory:answer_question", args=[source.pk, question.pk])
    assert viewer.post(to, {"answer": "left", "why": "So."}).status_code == 403
    assert SourceQuestion.objects.get().answered_at is None


def test_the_dashboard_and_doctor_show_it(idp: IdentityProvider, source: Source, client: Client) -> None:
    user = User.objects.create_user("ada@example.com", "ada@example.com", "x", role="viewer")
    assert attention_items(user, [], None, None, []) == []
    switch(idp, people(idp, 10), on=False)
    refresh_all_source_questions()  # as the job of each minute does
    (item,) = attention_items(user, [], None, None, [])
    assert (item.key, item.count, item.detail) == (
        "source_questions",
        1,
        "Okta: have 10 of 10 left?",
    )
    assert item.url == reverse("directory:source", args=[source.pk])
    assert [each.outcome for each in directory_findings()] == ["passed", "warned"]
