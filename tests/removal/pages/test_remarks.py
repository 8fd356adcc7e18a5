"""Remarks on pages: shown wherever somebody decides, answered by a word of why, counted in lists."""

import pytest

from tests.support.queries import assert_costs_the_same
from tests.support.removal.accounts import account, actor, signed_in
from tests.support.removal.company import a_company, boxes, left, people, rows, text
from tests.support.removal.leaving import no_waiting
from usher.access.roles import UserRole
from usher.directory.models import Employee, Remark
from usher.removal.cases import opening, transitions
from usher.removal.cases.opening import CaseRequest
from usher.removal.cases.versions import version_of
from usher.removal.models import Case
from usher.removal.states import CaseState
from usher.roster.models import Person, Workspace

pytestmark = pytest.mark.django_db

OPERATOR, APPROVER, VIEWER = UserRole.OPERATOR, UserRole.APPROVER, UserRole.VIEWER
DOUBT = "The last day was 3 November, and the status says active."


def in_doubt(person: Person, doubt: str = DOUBT) -> Person:
    """The entry in the directory does not fit together."""
    row = [{"kind": "end_beside_active", "text": doubt}]
    Employee.objects.filter(matches__person=person).update(row_remarks=row)
    Remark.objects.create(person=person, kind=Remark.Kind.ENTRY_DOUBTFUL, text=doubt, fingerprint=doubt[:64])
    return person


def requested(person: Person) -> Case:
    operator = actor(account(OPERATOR))
    case = opening.open_case(person, CaseRequest(cause=Case.Cause.DIRECTORY, reason="Left"), operator)
    return transitions.request_approval(case, operator)


@pytest.fixture
def acme() -> Workspace:
    no_waiting()
    return a_company()


def test_the_page_of_a_case_shows_the_remark_and_what_each_source_says(acme: Workspace) -> None:
    (person,) = left(acme, 1)
    case = requested(in_doubt(person))
    page = text(signed_in(APPROVER).get(f"/cases/{case.pk}/"))
    assert "Entry in the directory does not fit together" in page
    assert DOUBT in page
    assert "1 remark on this person is not answered. You can approve, but the case does not run" in page
    assert "When approval was requested Now HR counts Left on" in page
    assert "After approval, this would block it There is a remark that nobody has answered" in page


def test_an_answer_on_the_page_of_a_case_is_kept_and_lets_the_case_run(acme: Workspace) -> None:
    (person,) = left(acme, 1)
    case = requested(in_doubt(person))
    transitions.approve(case, actor(account(APPROVER)))
    (remark,) = person.remarks.all()
    answer = signed_in(UserRole.ADMIN).post(
        f"/people/{person.pk}/remarks/{remark.pk}/answer/", {"why": "Asked HR", "case": case.pk}, follow=True
    )
    page = text(answer)
    assert answer.redirect_chain == [(f"/cases/{case.pk}/", 302)]
    assert "The answer is saved." in page
    assert "admin@example.com answered" in page
    assert "Asked HR" in page
    assert "nobody has answered" not in page


def test_an_answer_without_why_is_refused_on_the_page(acme: Workspace) -> None:
    person = in_doubt(*left(acme, 1))
    (remark,) = person.remarks.all()
    address = f"/people/{person.pk}/remarks/{remark.pk}/answer/"
    page = text(signed_in(OPERATOR).post(address, {"why": " "}, follow=True))
    assert "A remark is answered by saying why." in page
    assert Remark.objects.get().answered_at is None
    assert signed_in(VIEWER).post(address, {"why": "I say so"}).status_code == 403


def test_whoever_requested_an_approved_case_is_told_that_somebody_else_answers(acme: Workspace) -> None:
    (person,) = left(acme, 1)
    case = requested(in_doubt(person))
    transitions.approve(case, actor(account(APPROVER)))
    page = text(signed_in(OPERATOR).get(f"/cases/{case.pk}/"))
    assert "You requested this case, and it was approved before these remarks were answered." in page
    assert "Save answer" not in page
    assert "Save answer" in text(signed_in(APPROVER).get(f"/cases/{case.pk}/"))


def test_a_case_that_ended_shows_what_was_known_then(acme: Workspace) -> None:
    (person,) = left(acme, 1)
    case = requested(in_doubt(person))
    transitions.cancel(case, actor(account(OPERATOR)))
    Remark.objects.all().delete()
    page = text(signed_in(APPROVER).get(f"/cases/{case.pk}/"))
    assert DOUBT in page
    assert "When it was opened" not in page
    assert "When approval was requested" in page
    assert "Save answer" not in page


def test_approving_several_leaves_out_what_has_remarks_and_links_to_it(acme: Workspace) -> None:
    clear, doubtful = left(acme, 2)
    cases = [requested(clear), requested(in_doubt(doubtful))]
    browser = signed_in(APPROVER)
    assert boxes(browser.get("/cases/"), "case") == [cases[0].pk]
    both = {"case": [case.pk for case in cases]}
    page = browser.post("/cases/approve/", both)
    assert "1 of the selected cases is left out because nobody has answered the remarks on it." in text(page)
    assert f'href="/cases/{cases[1].pk}/"' in page.content.decode()
    read = {f"read-{case.pk}": version_of(case) for case in cases}
    browser.post("/cases/approve/", both | read | {"approve": "yes"})
    assert [Case.objects.get(pk=case.pk).state for case in cases] == [CaseState.SCHEDULED, CaseState.WAITING]
    only_doubtful = browser.post("/cases/approve/", {"case": cases[1].pk}, follow=True)
    assert "remarks that nobody has answered" in text(only_doubtful)


def test_cases_and_leavers_are_found_by_their_remarks(acme: Workspace) -> None:
    clear, doubtful = left(acme, 2)
    in_doubt(doubtful)
    browser = signed_in(OPERATOR)
    assert rows(browser.get("/leavers/?show=remarks")) == [str(doubtful)]
    assert "1 remark" in text(browser.get("/leavers/"))
    requested(clear), requested(doubtful)
    assert [row[:4] for row in rows(browser.get("/cases/"))] == ["case", "case"]
    assert str(doubtful) in rows(browser.get("/cases/?remarks=unanswered"))[0]
    assert len(rows(browser.get("/cases/?remarks=unanswered"))) == 1
    assert str(clear) in rows(browser.get("/cases/?remarks=none"))[0]
    assert DOUBT in b"".join(browser.get("/leavers/export.csv")).decode()
    assert DOUBT in b"".join(browser.get("/cases/export.csv")).decode()


def test_the_page_of_a_person_and_of_new_cases_shows_remarks(acme: Workspace) -> None:
    person = in_doubt(*left(acme, 1))
    browser = signed_in(OPERATOR)
    assert DOUBT in text(browser.get(f"/people/{person.pk}/removal/"))
    assert DOUBT in text(browser.get(f"/removals/new/?person={person.pk}"))
    (other,) = people(acme, 1)
    assert "Remarks" not in text(browser.get(f"/people/{other.pk}/removal/"))


@pytest.mark.parametrize("address", ["/leavers/", "/cases/", "/leavers/export.csv", "/cases/export.csv"])
def test_lists_count_remarks_without_a_query_for_each_row(address: str, acme: Workspace) -> None:
    added = 0

    def add(count: int) -> None:
        nonlocal added
        for person in left(acme, count, name=f"Leaver{added}"):
            requested(in_doubt(person))
        added += count

    assert_costs_the_same(signed_in(APPROVER), address, add)
