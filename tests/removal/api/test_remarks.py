"""Remarks and their answers over REST."""

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.support.removal.company import a_company, left
from tests.support.removal.leaving import approved_case, no_waiting
from tests.support.rest import api_of, items
from usher.access.roles import UserRole
from usher.directory.models import Employee, Remark
from usher.ledger.models import Entry

pytestmark = pytest.mark.django_db

DOUBT = "The last day was 3 November, and the status says active."


def test_a_remark_is_read_and_answered_and_the_case_that_waited_runs() -> None:
    no_waiting()
    (person,) = left(a_company(), 1)
    row = [{"kind": "end_beside_active", "text": DOUBT}]
    Employee.objects.filter(matches__person=person).update(row_remarks=row)
    case = approved_case(person)
    ProcrastinateJob.objects.all()._raw_delete("default")
    (remark,) = items(api_of(UserRole.VIEWER), f"people/{person.pk}/remarks")
    assert (remark["text"], remark["answered_at"]) == (f"HR: {DOUBT}", None)
    address = f"/api/v1/people/{person.pk}/remarks/{remark['id']}/answer"
    admin = api_of(UserRole.ADMIN)
    assert admin.post(address, {"why": " "}, content_type="application/json").status_code == 409
    answer = admin.post(address, {"why": "I asked their manager"}, content_type="application/json")
    assert answer.status_code == 200
    assert (answer.json()["why"], answer.json()["answered_by"]) == (
        "I asked their manager",
        "admin@example.com: program",
    )
    assert Entry.objects.filter(action="directory.remark_answered").count() == 1
    assert ProcrastinateJob.objects.filter(args={"connection_id": case.connection_id}).exists()
    assert admin.post(address, {"why": "Again"}, content_type="application/json").status_code == 409


def test_a_remark_of_somebody_else_is_not_answered() -> None:
    first, second = left(a_company(), 2)
    remark = Remark.objects.create(person=first, kind=Remark.Kind.ENTRY_DOUBTFUL, text=DOUBT, fingerprint="x")
    address = f"/api/v1/people/{second.pk}/remarks/{remark.pk}/answer"
    answer = api_of().post(address, {"why": "x"}, content_type="application/json")
    assert answer.status_code == 409
    remark.refresh_from_db()
    assert remark.answered_at is None
