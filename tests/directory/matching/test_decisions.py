"""What people decide about many matches at once."""

import pytest

from tests.support.directory.sources import a_source, an_employee
from tests.support.roster.people import a_member
from usher.directory.matching import decisions
from usher.directory.matching.update import bring_up_to_date
from usher.directory.models import Match, Source
from usher.ledger.actors import SYSTEM
from usher.ledger.models import Entry
from usher.roster.models import Workspace

pytestmark = pytest.mark.django_db


def proposals() -> list[int]:
    bring_up_to_date()
    return [*decisions.open_proposals().order_by("pk").values_list("pk", flat=True)]


def test_of_two_proposals_for_one_person_and_source_the_last_one_counts(acme: Workspace, hr: Source) -> None:
    person = a_member(acme, "Info", "info@acme.example").person
    for number in (1, 2):
        an_employee(hr, "info@acme.example", f"Person {number}", external_id=f"E{number}")
    first, last = proposals()
    chosen = Match.objects.get(pk=last).employee
    assert decisions.confirm(SYSTEM, [first, last]) == 1
    (match,) = Match.objects.filter(person=person)
    assert (match.employee, match.state, match.how, match.counts) == (chosen, "matched", "hand", True)
    assert Entry.objects.filter(action="directory.matched").count() == 1


def test_confirming_in_two_sources_matches_in_both(acme: Workspace, hr: Source) -> None:
    person = a_member(acme, "Ada Lovelace", "ada@elsewhere.example").person
    for source in (hr, a_source("Okta", rank=2)):
        an_employee(source, "a.lovelace@acme.example", "Ada Lovelace")
    assert decisions.confirm(SYSTEM, proposals()) == 2
    matches = Match.objects.filter(person=person, state="matched").order_by("employee__source__rank")
    assert [(each.employee.source.name, each.counts) for each in matches] == [("HR", True), ("Okta", False)]


def test_what_is_rejected_is_not_proposed_again_and_what_was_decided_stays(
    acme: Workspace, hr: Source
) -> None:
    for name in ("Ada Lovelace", "Bo Chen"):
        a_member(acme, name, f"{name.split()[0].lower()}@elsewhere.example")
        an_employee(hr, f"{name.split()[1].lower()}@acme.example", name)
    ada, bo = proposals()
    assert decisions.reject(SYSTEM, [ada]) == 1
    assert decisions.confirm(SYSTEM, [ada, bo]) == 1
    assert proposals() == []
    assert {each.pk: each.state for each in Match.objects.all()} == {ada: "rejected", bo: "matched"}
    reasons = Entry.objects.filter(action="directory.match_rejected").values_list("reason", flat=True)
    assert [*reasons] == ["Same name, different address"]
