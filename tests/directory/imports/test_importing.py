"""CSV files of employees: what they would change, and what they change."""

from datetime import datetime, timedelta

import pytest

from tests.support.directory.sources import SEEN, a_source
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.directory.imports.importing import (
    UnansweredQuestions,
    apply,
    apply_held,
    content_of,
    hold,
)
from usher.directory.imports.previewing import preview
from usher.directory.imports.reading import read_file
from usher.directory.models import Employee, EmployeeChange, Import, Match, Source
from usher.ledger.actors import Actor
from usher.ledger.models import Entry
from usher.refusals import Refused

pytestmark = pytest.mark.django_db

ADA = Actor("person", "ada@example.com", via="page")
NEXT_DAY = SEEN + timedelta(days=1)


@pytest.fixture
def hr(db: None) -> Source:
    return a_source()


def a_file(*lines: str) -> bytes:
    return "\n".join(("Work Email,Full Name,Status,Last Day", *lines)).encode()


def imported(source: Source, content: bytes, seen_at: datetime = SEEN, **answers: str) -> Import:
    form = read_file(content, source.mapping | answers)
    batch = apply(source, content, form, ADA, "people.csv", seen_at)
    source.refresh_from_db()
    return batch


def company(size: int) -> list[str]:
    return [f"p{n}@acme.example,Person {n},Active," for n in range(size)]


def statuses(day: datetime = SEEN) -> dict[str, str]:
    return {each.email: each.status_on(day.date()).value for each in Employee.objects.all()}


def test_a_first_file_makes_employees_and_matches(hr: Source) -> None:
    person = a_member(a_workspace(a_connection()), "Ada", "ADA@acme.example").person
    batch = imported(
        hr,
        a_file(
            "ada@acme.example,Ada Lovelace,Active,",
            "bo@acme.example,Bo Chen,Active,2026-12-31",
            "cy@acme.example,Cy Young,Terminated,2026-11-01",
        ),
    )
    assert statuses() == {
        "ada@acme.example": "active",
        "bo@acme.example": "leaving",
        "cy@acme.example": "left",
    }
    assert (batch.joined, batch.leaving, batch.left, batch.rows) == (1, 1, 1, 3)
    match = Match.objects.get()
    assert (match.person, match.employee.email, match.counts) == (person, "ada@acme.example", True)
    entry = Entry.objects.get(action="directory.imported")
    assert (entry.actor_name, entry.after["joined"]) == ("ada@example.com", 1)


def test_the_same_file_again_changes_nothing(hr: Source) -> None:
    content = a_file(*company(5), "cy@acme.example,Cy,Terminated,2026-11-01")
    imported(hr, content)
    changes = EmployeeChange.objects.count()
    batch = imported(hr, content, NEXT_DAY)
    assert EmployeeChange.objects.count() == changes
    assert (batch.joined, batch.left, batch.leaving, batch.returned, batch.changed, batch.unlisted) == (
        0,
    ) * 6


def test_each_step_of_a_life_is_history(hr: Source) -> None:
    others = company(50)
    for day, line in enumerate(
        [
            "ada@acme.example,Ada,Active,",
            "ada@acme.example,Ada L,Active,",
            "ada@acme.example,Ada L,Active,2026-12-31",
            "ada@acme.example,Ada L,Terminated,",
            "ada@acme.example,Ada L,Active,",
            "",
            "ada@acme.example,Ada L,Active,",
        ]
    ):
        imported(hr, a_file(*others, *filter(None, [line])), SEEN + timedelta(days=day))
    ada = Employee.objects.get(email="ada@acme.example")
    steps = list(ada.changes.order_by("pk").values_list("kind", flat=True))
    assert steps == ["joined", "changed", "leaving", "left", "returned", "unlisted", "returned"]
    assert ada.changes.order_by("pk")[1].fields == {"name": ["Ada", "Ada L"]}
    assert (ada.is_listed, ada.is_active, ada.ended_at, ada.last_day) == (True, True, None, None)


def test_who_is_listed_no_more_is_a_question_and_no_leaver(hr: Source) -> None:
    imported(hr, a_file(*company(40)))
    batch = imported(hr, a_file(*company(38)), NEXT_DAY)
    assert (batch.unlisted, batch.left) == (2, 0)
    gone = Employee.objects.get(email="p39@acme.example")
    assert (gone.is_listed, gone.ended_at) == (False, NEXT_DAY)
    assert statuses(NEXT_DAY)["p39@acme.example"] == "not_listed"


def test_who_had_left_may_be_missing_from_the_next_file(hr: Source) -> None:
    imported(hr, a_file(*company(5), "cy@acme.example,Cy,Terminated,2026-11-01"))
    batch = imported(hr, a_file(*company(5)), NEXT_DAY)
    assert (batch.unlisted, batch.changed) == (0, 0)
    assert statuses()["cy@acme.example"] == "left"


@pytest.mark.parametrize(
    ("size", "gone", "asks"),
    [
        (3, 1, False),
        (5, 2, True),
        (5, 3, True),
        (10, 3, False),
        (10, 4, True),
        (100, 10, False),
        (100, 11, True),
    ],
)
def test_a_list_that_shrinks_by_much_counts_only_when_somebody_says_that_it_is_complete(
    size: int, gone: int, asks: bool, hr: Source
) -> None:
    imported(hr, a_file(*company(size)))
    content = a_file(*company(size - gone))
    seen = preview(hr, content, read_file(content), NEXT_DAY)
    assert (bool(seen.questions), seen.tally.drops, seen.tally.here_before) == (asks, gone, size)
    if asks:
        for accepted in ("0", str(gone - 1)):
            with pytest.raises(UnansweredQuestions, match=f"{gone} of {size} employees would be gone"):
                imported(hr, content, NEXT_DAY, gone=accepted)
        assert set(statuses().values()) == {"active"}
        assert Import.objects.count() == 1
    imported(hr, content, NEXT_DAY, gone=str(gone))
    assert list(statuses(NEXT_DAY).values()).count("not_listed") == gone
    assert "left" not in statuses(NEXT_DAY).values()


def test_those_who_are_marked_as_left_count_as_a_drop_too(hr: Source) -> None:
    imported(hr, a_file(*company(10)))
    marked = [line.replace("Active", "Terminated") for line in company(4)]
    with pytest.raises(UnansweredQuestions, match="4 of 10"):
        imported(hr, a_file(*marked, *company(10)[4:]), NEXT_DAY)


def test_a_preview_shows_what_would_change_and_changes_nothing(hr: Source) -> None:
    org = a_workspace(a_connection())
    imported(
        hr, a_file("ada@acme.example,Ada,Active,", "bo@acme.example,Bo,Active,", "cy@acme.example,Cy,Active,")
    )
    seat = a_member(org, "Ada", "ada@acme.example").person
    a_member(org, "Gu", "gu@acme.example", role="guest", licence="guest")
    new = a_member(org, "Di", "di@acme.example").person
    imported(
        hr,
        a_file("ada@acme.example,Ada,Active,", "bo@acme.example,Bo,Active,", "cy@acme.example,Cy,Active,"),
        lists="everybody",
    )
    content = a_file(
        "ada@acme.example,Ada,Terminated,2026-11-19",
        "bo@acme.example,Bo Chen,Active,",
        "di@acme.example,Di,Terminated,2026-11-10",
        "em@acme.example,Em,Active,",
        "fy@acme.example,Fy,Active,2026-12-24",
    )
    before = list(Employee.objects.order_by("pk").values())
    seen = preview(hr, content, read_file(content), SEEN)
    assert {kind: [step.after.email for step in steps] for kind, steps in seen.samples.items()} == {
        "left": ["ada@acme.example", "di@acme.example"],
        "changed": ["bo@acme.example"],
        "unlisted": ["cy@acme.example"],
        "joined": ["em@acme.example"],
        "leaving": ["fy@acme.example"],
    }
    assert (seen.seat_count, set(seen.seats)) == (2, {seat, new})
    assert list(Employee.objects.order_by("pk").values()) == before


def test_a_row_that_cannot_be_understood_is_left_out_and_its_employee_stays(hr: Source) -> None:
    imported(
        hr, a_file("ada@acme.example,Ada Lovelace,Active,", "bo@acme.example,Bo Chen,Active,", *company(3))
    )
    content = a_file("ada@acme.example,Ada Lovelace,Active,31 Foo 2026", ",Bo Chen,Active,", *company(3))
    with pytest.raises(UnansweredQuestions, match="no days that Usher can read"):
        imported(hr, content, NEXT_DAY)
    hr.mapping = {"unreadable_days:last_day": "none"}
    batch = imported(hr, content, NEXT_DAY)
    assert (batch.left_out, batch.unlisted, batch.left) == (1, 0, 0)
    assert Employee.objects.get(name="Bo Chen").row_remarks == [
        {
            "kind": "row_unreadable",
            "text": "Line 3 was left out: There is neither an e-mail address nor an employee ID.",
        }
    ]
    assert [(each["line"], each["why"][:40]) for each in batch.unreadable] == [
        ("3", "There is neither an e-mail address nor a"),
    ]
    assert set(statuses().values()) == {"active"}


def test_two_rows_of_one_employee_that_contradict_are_left_out(hr: Source) -> None:
    imported(hr, a_file(*company(3)))
    content = a_file(*company(3), "P0@acme.example,Somebody Else,Active,")
    with pytest.raises(UnansweredQuestions, match="Lines 2, 5 are of the same employee"):
        imported(hr, content, NEXT_DAY)
    batch = imported(hr, content, NEXT_DAY, left_out="2")
    assert (batch.left_out, batch.unlisted, batch.left) == (2, 0, 0)
    assert batch.unreadable[0]["why"] == "Lines 2, 5 are of the same employee, and differ."


def test_of_an_old_and_a_new_row_the_one_that_works_here_counts(hr: Source) -> None:
    imported(hr, a_file("ada@acme.example,Ada,Terminated,2024-01-31", "ada@acme.example,Ada,Active,"))
    assert statuses() == {"ada@acme.example": "active"}


def test_a_file_that_gains_employee_ids_is_of_the_same_people(hr: Source) -> None:
    imported(hr, a_file(*company(5)))
    content = "\n".join(
        [
            "Employee ID,Email,Full Name,Status",
            *(f"E{n},p{n}@acme.example,Person {n},Active" for n in range(5)),
        ]
    )
    batch = imported(hr, content.encode(), NEXT_DAY)
    assert (batch.joined, batch.unlisted, batch.changed) == (0, 0, 5)
    assert set(Employee.objects.values_list("key", flat=True)) == {f"E{n}" for n in range(5)}


def test_a_new_address_of_a_known_employee_is_a_change(hr: Source) -> None:
    imported(hr, b"Employee ID,Email,Status\n7,ada@old.example,Active")
    batch = imported(hr, b"Employee ID,Email,Status\n7,ada@new.example,Active", NEXT_DAY)
    assert (batch.changed, batch.unlisted, batch.joined) == (1, 0, 0)


def test_what_is_asked_must_be_answered_before_anything_counts(hr: Source) -> None:
    content = a_file("ada@acme.example,Ada,Suspended,", "bo@acme.example,Bo,Active,")
    with pytest.raises(UnansweredQuestions, match=r"“Suspended” \(1\)"):
        imported(hr, content)
    hr.mapping = {"status:suspended": "left"}
    hr.save()
    imported(hr, content)
    assert statuses() == {"ada@acme.example": "left", "bo@acme.example": "active"}


def test_what_was_chosen_is_remembered_for_the_next_file(hr: Source) -> None:
    hr.mapping = {"email": "Login", "department": "", "status:suspended": "here", "date_order": "dmy"}
    hr.save()
    content = b"Login,Mail,Department,Status,Last Day\nada,ada@acme.example,Sales,Suspended,03/04/2027"
    batch = imported(hr, content.replace(b"\nada,", b"\nada@x.example,"))
    assert batch.leaving == 1
    ada = Employee.objects.get()
    assert (ada.email, ada.department, str(ada.last_day)) == ("ada@x.example", "", "2027-04-03")
    assert hr.mapping == {
        "email": "Login",
        "department": "",
        "status:suspended": "here",
        "date_order": "dmy",
    }


def test_a_held_file_is_unreadable_in_the_database_and_applied_once(hr: Source) -> None:
    content = a_file(*company(3))
    held = hold(hr, ADA, "people.csv", content)
    assert content_of(held) == content
    assert Employee.objects.count() == 0
    assert apply_held(held.pk, ADA, SEEN).joined == 3
    with pytest.raises(Refused):
        apply_held(held.pk, ADA, NEXT_DAY)
    held.refresh_from_db()
    assert (held.state, held.content) == ("applied", "")


def test_files_of_two_sources_do_not_touch_each_other(hr: Source) -> None:
    other = a_source("Okta")
    imported(hr, a_file(*company(5)))
    batch = imported(other, a_file("p1@acme.example,Person 1,Active,"), NEXT_DAY)
    assert (batch.joined, batch.unlisted) == (1, 0)
    assert Employee.objects.filter(source=hr, is_listed=True).count() == 5
