"""Employees whose IDs in a file are not those that are stored."""

from datetime import timedelta

import pytest

from tests.support.directory.files import a_list, asked, imported, statuses
from tests.support.directory.sources import SEEN
from tests.support.roster.people import a_member
from usher.directory.matching.decisions import match_by_hand
from usher.directory.matching.update import bring_up_to_date
from usher.directory.models import Employee, Match, Source
from usher.ledger.actors import SYSTEM
from usher.roster.models import Workspace

pytestmark = pytest.mark.django_db

HEADER = "Employee ID,Email,Full Name,Status"
NEXT_DAY = SEEN + timedelta(days=1)
NAMES = ("Ada Lovelace", "Bo Chen", "Cy Young", "Di Prince", "Em Stone", "Fy Green", "Gu West", "Hal Nine")


def staff(id_of: str = "E{}", domain: str = "acme.example") -> list[str]:
    return [
        f"{id_of.format(n)},{name.split()[0].lower()}@{domain},{name},Active"
        for n, name in enumerate(NAMES, 1)
    ]


def ids() -> set[str]:
    return set(Employee.objects.values_list("key", flat=True))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("00{}", "{}"),
        ("{}", "000{}"),
        ("E-{}", "E{}"),
        ("e{}", "E{}"),
        ("{}", "{}.0"),
        ("EMP 00{}", "EMP-{}"),
    ],
)
def test_an_id_that_is_only_written_otherwise_is_the_same(hr: Source, before: str, after: str) -> None:
    imported(hr, a_list(HEADER, *staff(before)))
    batch = imported(hr, a_list(HEADER, *staff(after)), NEXT_DAY)
    assert (batch.joined, batch.unlisted, batch.left) == (0, 0, 0)
    assert ids() == {after.format(n) for n in range(1, len(NAMES) + 1)}


def test_an_id_written_otherwise_under_another_name_and_address_is_somebody_else(hr: Source) -> None:
    imported(hr, a_list(HEADER, *staff()))
    batch = imported(hr, a_list(HEADER, *staff()[1:], "E-1,new@acme.example,New Person,Active"), NEXT_DAY)
    assert (batch.joined, batch.unlisted) == (1, 1)


def test_ids_that_vanish_later_leave_the_same_people(hr: Source) -> None:
    imported(hr, a_list(HEADER, *staff()))
    without = [line.partition(",")[2] for line in staff()]
    batch = imported(hr, a_list(HEADER.partition(",")[2], *without), NEXT_DAY)
    assert (batch.joined, batch.unlisted) == (0, 0)


def test_all_ids_new_is_asked_and_keeps_matches_by_hand(hr: Source, acme: Workspace) -> None:
    imported(hr, a_list(HEADER, *staff()), lists="everybody")
    person = a_member(acme, "Ada", "private@home.example").person
    match_by_hand(SYSTEM, person, Employee.objects.get(key="E1"))
    content = a_list(HEADER, *staff("W9{}"))
    assert asked(hr, content, NEXT_DAY) == ["Are these the same people with new IDs?"]
    assert ids() == {f"E{n}" for n in range(1, 9)}
    batch = imported(hr, content, NEXT_DAY, new_ids="same")
    assert (batch.joined, batch.unlisted, batch.left) == (0, 0, 0)
    assert ids() == {f"W9{n}" for n in range(1, 9)}
    match = Match.objects.get(person=person, counts=True)
    assert (match.how, match.employee.key) == ("hand", "W91")


def test_new_ids_with_new_addresses_are_known_by_name(hr: Source) -> None:
    imported(hr, a_list(HEADER, *staff()))
    content = a_list(HEADER, *staff("W9{}", "merged.example"))
    assert asked(hr, content, NEXT_DAY) == ["Are these the same people with new IDs?"]
    batch = imported(hr, content, NEXT_DAY, new_ids="same")
    assert (batch.joined, batch.unlisted, batch.changed) == (0, 0, 8)


def test_other_people_with_new_ids_make_nobody_a_leaver(hr: Source) -> None:
    imported(hr, a_list(HEADER, *staff()))
    content = a_list(HEADER, *staff("W9{}"))
    assert asked(hr, content, NEXT_DAY, new_ids="others") == ["Is the file complete, and of this source?"]
    imported(hr, content, NEXT_DAY, new_ids="others", gone="8")
    assert set(statuses(NEXT_DAY).values()) == {"active", "not_listed"}


def test_one_new_id_of_the_same_name_and_address_is_the_same_person(hr: Source) -> None:
    imported(hr, a_list(HEADER, *staff()))
    batch = imported(hr, a_list(HEADER, *staff()[1:], staff("C7{}")[0]), NEXT_DAY)
    assert (batch.joined, batch.unlisted, batch.changed) == (0, 0, 1)


def test_who_has_left_is_not_whoever_has_the_same_name_and_address_later(hr: Source) -> None:
    gone = staff()[0].replace("Active", "Terminated")
    imported(hr, a_list(HEADER, gone, *staff()[1:]))
    batch = imported(hr, a_list(HEADER, *staff()[1:], staff("C7{}")[0]), NEXT_DAY)
    assert (batch.joined, statuses(NEXT_DAY)["E1"], statuses(NEXT_DAY)["C71"]) == (1, "left", "active")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("same", {"E1": "Jane Roe"}),
        ("new", {"E1": "Jane Roe", "E1 (until employee {})": "Ada Lovelace"}),
        ("leave_out", {"E1": "Ada Lovelace"}),
    ],
)
def test_a_reused_id_with_another_name_and_address_is_asked(
    hr: Source, answer: str, expected: dict[str, str]
) -> None:
    imported(hr, a_list(HEADER, *staff()))
    ada = Employee.objects.get(key="E1")
    content = a_list(HEADER, "E1,jane@acme.example,Jane Roe,Active", *staff()[1:])
    assert asked(hr, content, NEXT_DAY) == ["The same person renamed, or somebody new?"]
    assert Employee.objects.get(key="E1").name == "Ada Lovelace"
    imported(hr, content, NEXT_DAY, **{"reused_id:E1": answer})
    named = dict(Employee.objects.exclude(name__in=NAMES[1:]).values_list("key", "name"))
    assert named == {key.format(ada.pk): name for key, name in expected.items()}
    assert "left" not in statuses(NEXT_DAY).values()


def test_ids_that_are_given_out_anew_among_the_same_people_are_new_ids(hr: Source) -> None:
    imported(hr, a_list(HEADER, *staff()))
    before = dict(Employee.objects.values_list("email", "pk"))
    shifted = [f"E{n % 8 + 1},{line.partition(',')[2]}" for n, line in enumerate(staff(), 1)]
    content = a_list(HEADER, *shifted)
    assert asked(hr, content, NEXT_DAY) == ["Are these the same people with new IDs?"]
    batch = imported(hr, content, NEXT_DAY, new_ids="same")
    assert (batch.joined, batch.unlisted, batch.left) == (0, 0, 0)
    assert dict(Employee.objects.values_list("email", "pk")) == before
    assert Employee.objects.get(email="ada@acme.example").key == "E2"


def test_a_new_name_or_a_new_address_alone_is_a_change(hr: Source) -> None:
    imported(hr, a_list(HEADER, *staff()))
    content = a_list(
        HEADER,
        "E1,ada@acme.example,Ada King,Active",
        "E2,bo.chen@new.example,Bo Chen,Active",
        *staff()[2:],
    )
    batch = imported(hr, content, NEXT_DAY)
    assert (batch.changed, batch.joined, batch.left_out) == (2, 0, 0)


def test_of_two_records_of_one_person_the_one_that_works_here_counts(hr: Source, acme: Workspace) -> None:
    person = a_member(acme, "Ada Lovelace", "ada@acme.example").person
    content = a_list(
        HEADER,
        "C1,ada@acme.example,Ada Lovelace,Terminated",
        "E1,ada@acme.example,Ada Lovelace,Active",
    )
    imported(hr, content)
    bring_up_to_date()
    counting = Match.objects.get(person=person, counts=True)
    assert (counting.employee.key, counting.employee.is_active) == ("E1", True)
