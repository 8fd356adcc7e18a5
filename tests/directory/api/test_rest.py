"""The REST API, as an HR system uses it."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.directory.employment.status import EmploymentGroup, employment_of
from usher.directory.matching.update import bring_up_to_date
from usher.directory.models import Employee, Source
from usher.directory.tokens import make_token, revoke_token
from usher.ledger.actors import SYSTEM


def today() -> date:
    return datetime.now(UTC).date()


class HrSystem:
    def __init__(self, token: str) -> None:
        self.http = Client(headers={"authorization": f"Bearer {token}"}, enforce_csrf_checks=True)

    def __call__(self, method: str, path: str, body: object = None, *, expect: int = 200) -> Any:
        answer = self.http.generic(
            method,
            f"/api/v1/directory{path}",
            json.dumps(body) if body is not None else "",
            content_type="application/json",
        )
        assert answer.status_code == expect, (answer.status_code, answer.content)
        return answer.json() if answer.content else None


@pytest.fixture
def source(db: None) -> Source:
    return Source.objects.create(name="Workday", kind=Source.Kind.API)


@pytest.fixture
def hr(source: Source) -> HrSystem:
    return HrSystem(make_token(source, SYSTEM))


GRETA = {"email": "greta@example.com", "name": "Greta Sanz", "department": "Finance", "manager": "B-2"}


def test_an_employee_is_put_and_read(hr: HrSystem) -> None:
    put = hr("PUT", "/employees/A-1", GRETA, expect=201)
    assert put["change"] == "joined"
    assert hr("GET", "/employees/A-1") == put["employee"]
    assert put["employee"]["external_id"] == "A-1"
    assert (put["employee"]["status"], put["employee"]["left_on"]) == ("active", None)
    assert hr("PUT", "/employees/A-1", GRETA)["change"] is None


def test_a_put_replaces_all_and_a_patch_what_is_named(hr: HrSystem) -> None:
    hr("PUT", "/employees/A-1", GRETA | {"other_addresses": ["g@home.example"]}, expect=201)
    patched = hr("PATCH", "/employees/A-1", {"department": "Sales", "manager": None})
    assert patched["change"] == "changed"
    assert patched["employee"]["department"] == "Sales"
    assert patched["employee"]["manager"] == ""
    assert patched["employee"]["other_addresses"] == ["g@home.example"]
    put = hr("PUT", "/employees/A-1", {"email": "greta@example.com"})["employee"]
    assert (put["department"], put["name"], put["other_addresses"]) == ("", "", [])


def test_who_leaves_is_left_in_asana_at_once_and_who_returns_employed(hr: HrSystem) -> None:
    greta = a_member(a_workspace(a_connection(), "Acme", "example.com"), "Greta", "greta@example.com").person
    bring_up_to_date(today=today())
    hr("PUT", "/employees/A-1", GRETA, expect=201)
    assert employment_of(greta, today()).group == EmploymentGroup.EMPLOYED
    assert hr("PATCH", "/employees/A-1", {"last_day": f"{today() + timedelta(9)}"})["change"] == "leaving"
    assert employment_of(greta, today()).group == EmploymentGroup.LEAVING
    left = hr("PATCH", "/employees/A-1", {"is_active": False, "last_day": None})
    assert (left["change"], left["employee"]["status"]) == ("left", "left")
    assert left["employee"]["left_on"] == f"{today()}"
    assert employment_of(greta, today()).group == EmploymentGroup.LEFT
    assert hr("PATCH", "/employees/A-1", {"is_active": True})["change"] == "returned"
    assert employment_of(greta, today()).group == EmploymentGroup.EMPLOYED


def test_who_is_deleted_has_left_and_may_be_put_again(hr: HrSystem) -> None:
    hr("PUT", "/employees/A-1", GRETA, expect=201)
    hr("DELETE", "/employees/A-1", expect=204)
    assert hr("GET", "/employees/A-1", expect=404)["message"] == "The source has no such employee."
    hr("DELETE", "/employees/A-1", expect=404)
    hr("PATCH", "/employees/A-1", {"name": "x"}, expect=404)
    assert not Employee.objects.get().is_active
    assert hr("PUT", "/employees/A-1", GRETA, expect=201)["change"] == "returned"
    assert Employee.objects.count() == 1


def test_employees_are_listed_by_page(hr: HrSystem) -> None:
    for number in range(5):
        hr("PUT", f"/employees/{number}", {"email": f"u{number}@example.com"}, expect=201)
    page = hr("GET", "/employees?limit=2&offset=2")
    assert ([each["external_id"] for each in page["items"]], page["count"]) == (["2", "3"], 5)
    assert hr("GET", "/employees?email=U4@Example.com")["items"][0]["external_id"] == "4"
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat().replace("+", "%2B")
    assert hr("GET", f"/employees?changed_since={later}")["count"] == 0
    hr("GET", "/employees?limit=5000", expect=422)


def test_an_external_id_may_have_slashes_and_blanks(hr: HrSystem) -> None:
    hr("PUT", "/employees/DE%2FBerlin/A%201", GRETA, expect=201)
    assert hr("GET", "/employees/DE/Berlin/A 1")["external_id"] == "DE/Berlin/A 1"


def test_a_batch_is_stored_whole(hr: HrSystem) -> None:
    employees = [{"external_id": str(number), "email": f"u{number}@example.com"} for number in range(30)]
    assert hr("POST", "/employees/batch", {"employees": employees})["joined"] == 30
    employees[0]["department"] = "IT"
    again = hr("POST", "/employees/batch", {"employees": employees})
    assert (again["employees"], again["changed"], again["unchanged"]) == (30, 1, 29)


@pytest.mark.parametrize(
    ("employees", "status", "says"),
    [
        (
            [{"external_id": "1"}, {"external_id": "2"}, {"external_id": "1"}],
            409,
            "1 is in the batch more than once.",
        ),
        ([{"external_id": "1"}, {"external_id": ""}], 422, "employees.1.external_id"),
        ([{"external_id": "1"}, {"email": "a@b"}], 422, "employees.1.external_id: Field required"),
        ([], 422, "at least 1 item"),
        ([{"external_id": str(number)} for number in range(1001)], 422, "at most 1000 items"),
    ],
)
def test_a_batch_with_a_mistake_stores_nothing(
    hr: HrSystem, employees: list[object], status: int, says: str
) -> None:
    refusal = hr("POST", "/employees/batch", {"employees": employees}, expect=status)
    assert says in refusal["message"] and refusal["remedy"]
    assert not Employee.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"is_active": "perhaps"}, "is_active"),
        ({"last_day": "31.05.2031"}, "last_day"),
        ({"kind": "robot"}, "kind"),
        ({"email": "greta"}, "email"),
        ({"name": "x" * 300}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"departmnet": "IT"}, "departmnet"),
    ],
)
def test_a_field_that_is_wrong_is_named(hr: HrSystem, body: dict[str, object], field: str) -> None:
    for method in ("PUT", "PATCH"):
        refusal = hr(method, "/employees/A-1", body, expect=422)
        assert field in refusal["message"]
        assert field in refusal["errors"][0]["field"]
    assert not Employee.objects.exists()


def test_nobody_gets_in_without_the_token_of_a_rest_source(source: Source) -> None:
    scim = Source.objects.create(name="Okta", kind=Source.Kind.SCIM)
    token = make_token(source, SYSTEM)
    HrSystem(token)("GET", "/employees")
    revoke_token(source, SYSTEM)
    for wrong in (token, make_token(scim, SYSTEM), "usher_directory_", "", "x"):
        refusal = HrSystem(wrong)("GET", "/employees", expect=401)
        assert refusal["message"] and refusal["remedy"]


def test_a_source_sees_its_own_employees_only(hr: HrSystem) -> None:
    hr("PUT", "/employees/A-1", GRETA, expect=201)
    other = HrSystem(make_token(Source.objects.create(name="Personio", kind=Source.Kind.API), SYSTEM))
    assert other("GET", "/employees")["count"] == 0
    other("DELETE", "/employees/A-1", expect=404)
    other("PUT", "/employees/A-1", GRETA, expect=201)
    assert Employee.objects.count() == 2


def test_the_document_describes_every_operation_and_field(db: None) -> None:
    document = Client().get("/api/v1/openapi.json").json()
    employee = document["paths"]["/api/v1/directory/employees/{external_id}"]
    assert employee.keys() == {"get", "put", "patch", "delete"}
    fields = document["components"]["schemas"]["EmployeeFields"]["properties"]
    assert {
        "email",
        "other_addresses",
        "name",
        "department",
        "manager",
        "kind",
        "is_active",
        "last_day",
    } == fields.keys()
    assert Client().get("/api/v1/docs").status_code == 404


@pytest.mark.parametrize("blank", ["%1E", "%1C", "%20", "%C2%85"])
def test_blanks_around_an_external_id_do_not_count(hr: HrSystem, blank: str) -> None:
    assert hr("PUT", f"/employees/{blank}A-1", GRETA, expect=201)["employee"]["external_id"] == "A-1"
    assert hr("PUT", f"/employees/A-1{blank}", GRETA)["change"] is None
    hr("PUT", f"/employees/{blank}", GRETA, expect=422)
