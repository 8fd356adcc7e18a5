"""What about a person does not fit, from what sources, Asana and usage say."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from tests.support.directory.sources import SEEN, TODAY, a_source, an_employee
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.activity.models import PersonUsage
from usher.directory.employees.store import EmployeeRecord, store
from usher.directory.matching.update import bring_up_to_date
from usher.directory.models import Employee, Remark, Source, SourceQuestion
from usher.directory.remarks.answers import answer
from usher.directory.remarks.questions import current, has_unanswered, unanswered
from usher.directory.remarks.refresh import refresh_all_remarks, refresh_recent_remarks, refresh_remarks
from usher.directory.remarks.said import sentence, what_sources_say
from usher.ledger.actors import Actor
from usher.ledger.models import Entry
from usher.refusals import Refused
from usher.roster.models import Person, Workspace

pytestmark = pytest.mark.django_db
ADA = "ada@acme.example"
ADMIN = Actor("person", "olga@example.com", 1, via="page", role="admin")


@pytest.fixture
def acme() -> Workspace:
    return a_workspace(a_connection(), "Acme Inc", "acme.example")


@pytest.fixture
def ada(acme: Workspace) -> Person:
    return a_member(acme, "Ada Lovelace", ADA).person


@pytest.fixture
def hr() -> Source:
    return a_source(changed_at=SEEN)


def kinds(person: Person) -> list[str]:
    """Found for this person alone, which must be what the daily run finds for everybody."""
    bring_up_to_date(today=TODAY)
    refresh_remarks([person.pk], TODAY)
    alone = sorted(remark.kind for remark in unanswered(person))
    refresh_all_remarks(TODAY)
    assert sorted(remark.kind for remark in unanswered(person)) == alone
    assert Person.objects.filter(has_unanswered(), pk=person.pk).exists() == bool(alone)
    return alone


def test_a_leaver_of_whom_all_says_the_same_has_no_remark(ada: Person, hr: Source) -> None:
    an_employee(hr, ADA, "Ada Lovelace", last_day=date(2026, 11, 19))
    assert kinds(ada) == []


@pytest.mark.parametrize("on_leave", [True, False])
def test_a_leaver_who_works_here_by_another_source_of_that_day_or_later(
    ada: Person, hr: Source, on_leave: bool
) -> None:
    an_employee(hr, ADA, last_day=date(2026, 11, 19))
    an_employee(a_source("Okta", rank=2, changed_at=SEEN), ADA, on_leave=on_leave)
    assert kinds(ada) == ["sources"]
    here = "on leave" if on_leave else "works here"
    assert [word.text for word in what_sources_say(ada, TODAY)] == ["left on 19 Nov 2026", here]
    assert sentence(what_sources_say(ada, TODAY)) == (
        f"HR (20 Nov 2026): left on 19 Nov 2026; Okta (20 Nov 2026): {here}."
    )


def test_a_source_that_has_said_nothing_since_contradicts_nobody(ada: Person, hr: Source) -> None:
    an_employee(hr, ADA, last_day=date(2026, 11, 19))
    old = a_source("Old list", rank=2)
    an_employee(old, ADA)
    long_ago = datetime(2026, 6, 1, tzinfo=UTC)
    Source.objects.filter(pk=old.pk).update(changed_at=long_ago)
    Employee.objects.filter(source=old).update(changed_at=long_ago)
    assert kinds(ada) == []


def test_a_last_day_to_come_contradicts_nobody(ada: Person, hr: Source) -> None:
    an_employee(hr, ADA, last_day=date(2026, 12, 31))
    an_employee(a_source("Okta", rank=2, changed_at=SEEN), ADA)
    assert kinds(ada) == []


def test_who_works_here_by_the_source_that_counts_and_left_by_another_is_remarked_too(
    ada: Person, hr: Source
) -> None:
    an_employee(hr, ADA)
    an_employee(a_source("Okta", rank=2, changed_at=SEEN), ADA, is_active=False)
    assert kinds(ada) == ["sources"]


@pytest.mark.parametrize(("day", "found"), [(19, []), (20, ["used_since"])])
def test_a_leaver_who_used_asana_since(ada: Person, hr: Source, day: int, found: list[str]) -> None:
    an_employee(hr, ADA, last_day=date(2026, 11, 19))
    PersonUsage.objects.create(
        connection=ada.connection,
        user_gid=ada.gid,
        as_of=TODAY,
        last_used_at=datetime(2026, 11, day, 12, tzinfo=UTC),
    )
    assert kinds(ada) == found


def test_another_name_in_asana(ada: Person, hr: Source) -> None:
    an_employee(hr, ADA, "Grace Hopper", is_active=False)
    assert kinds(ada) == ["other_name"]


def test_matched_by_an_address_that_is_not_the_main_one(ada: Person, hr: Source) -> None:
    an_employee(hr, "lovelace@acme.example", "Ada Lovelace", other_addresses=(ADA,), is_active=False)
    assert kinds(ada) == ["address"]


def test_matched_by_an_address_of_before(ada: Person, hr: Source) -> None:
    an_employee(hr, ADA, "Ada Lovelace", external_id="1")
    record = EmployeeRecord(external_id="1", email="gone@x.example", name="Ada Lovelace", is_active=False)
    store(hr, record, SEEN)
    assert kinds(ada) == ["address"]
    assert "an address that they had before" in current(ada).get().text


def test_the_address_of_two(ada: Person, hr: Source) -> None:
    an_employee(hr, ADA, "Ada Lovelace", external_id="1", last_day=date(2026, 11, 1))
    an_employee(hr, ADA, "Ada Lovelace", external_id="2", last_day=date(2026, 11, 9))
    assert kinds(ada) == ["reused"]


@pytest.mark.parametrize("name", ["7", "boss@acme.example", "Hopper, Grace", "Grace Hopper"])
def test_a_manager_who_leaves_too(ada: Person, hr: Source, name: str) -> None:
    an_employee(hr, ADA, manager=name, is_active=False)
    an_employee(hr, "boss@acme.example", "Grace Hopper", external_id="7", last_day=date(2026, 12, 1))
    assert kinds(ada) == ["manager"]
    assert current(ada).get().text == "Their manager, Grace Hopper, leaves after 1 Dec 2026."


def test_a_manager_whose_name_two_people_have_is_nobody(ada: Person, hr: Source) -> None:
    an_employee(hr, ADA, manager="Grace Hopper", is_active=False)
    for number in (1, 2):
        an_employee(hr, f"grace{number}@acme.example", "Grace Hopper", last_day=date(2026, 12, 1))
    assert kinds(ada) == []


def test_what_does_not_fit_in_an_entry_and_an_entry_that_could_not_be_read(ada: Person, hr: Source) -> None:
    remarks = (("rehired", "Hired again."), ("row_unreadable", "Line 3 could not be read."))
    an_employee(hr, ADA, is_active=False, remarks=remarks)
    assert kinds(ada) == ["entry", "unreadable"]


def test_a_question_about_the_whole_source_concerns_who_left_since(ada: Person, hr: Source) -> None:
    question = SourceQuestion.objects.create(
        source=hr, kind="many_off", since=SEEN - timedelta(hours=1), people=30, of=30
    )
    an_employee(hr, ADA, is_active=False)
    assert kinds(ada) == ["source"]
    question.answer, question.answered_at = SourceQuestion.Answer.MISTAKE, SEEN
    question.save()
    assert kinds(ada) == ["source"]
    assert "mistake" in current(ada).get().text
    question.answer = SourceQuestion.Answer.THEY_LEFT
    question.save()
    assert kinds(ada) == []


def test_an_answer_holds_as_long_as_the_same_does_not_fit(ada: Person, hr: Source) -> None:
    an_employee(hr, ADA, "Grace Hopper", is_active=False)
    assert kinds(ada) == ["other_name"]
    remark = answer(ADMIN, unanswered(ada).get().pk, " Her name before the marriage ")
    assert (remark.answered_by, remark.why) == ("olga@example.com", "Her name before the marriage")
    assert kinds(ada) == []
    assert current(ada).get() == remark
    entry = Entry.objects.get(action="directory.remark_answered")
    assert entry.reason == "Her name before the marriage"
    Employee.objects.filter(source=hr).update(name="Joan Clarke")
    assert kinds(ada) == ["other_name"]
    assert Remark.objects.filter(person=ada).count() == 2


@pytest.mark.parametrize("why", ["", "  "])
def test_an_answer_needs_a_word_of_why(ada: Person, hr: Source, why: str) -> None:
    an_employee(hr, ADA, "Grace Hopper", is_active=False)
    kinds(ada)
    with pytest.raises(Refused, match="saying why"):
        answer(ADMIN, unanswered(ada).get().pk, why)


def test_what_is_over_or_answered_cannot_be_answered_again(ada: Person, hr: Source) -> None:
    an_employee(hr, ADA, "Grace Hopper", is_active=False)
    kinds(ada)
    pk = answer(ADMIN, unanswered(ada).get().pk, "Seen").pk
    with pytest.raises(Refused, match="already answered"):
        answer(ADMIN, pk, "Seen")
    Employee.objects.filter(source=hr).update(name="Ada Lovelace")
    assert kinds(ada) == []
    with pytest.raises(Refused, match="no longer holds"):
        answer(ADMIN, pk, "Seen")


def test_remarks_of_changed_employees_are_found_within_minutes(ada: Person, hr: Source) -> None:
    bring_up_to_date(today=TODAY)
    store(hr, EmployeeRecord(email=ADA, name="Grace Hopper", is_active=False), timezone.now())
    assert refresh_recent_remarks(timedelta(minutes=5)) == 1
    assert unanswered(ada).get().kind == "other_name"


def test_a_change_of_somebody_who_stays_is_not_looked_at_until_they_leave(ada: Person, hr: Source) -> None:
    """A first import changes everybody. Those who stay have no remark that anybody reads."""
    bring_up_to_date(today=TODAY)
    store(hr, EmployeeRecord(email=ADA, name="Grace Hopper"), timezone.now())
    assert refresh_recent_remarks(timedelta(minutes=5)) == 0
    store(hr, EmployeeRecord(email=ADA, name="Grace Hopper", last_day=date.max), timezone.now())
    assert refresh_recent_remarks(timedelta(minutes=5)) == 1
    assert unanswered(ada).get().kind == "other_name"
