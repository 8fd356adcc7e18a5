from datetime import date

import pytest

from tests.support.directory.identity_provider import EMPLOYMENT, ENTERPRISE, ERROR, USER, IdentityProvider
from usher.directory.models import Employee, EmployeeChange, Source
from usher.directory.tokens import make_token
from usher.ledger.actors import SYSTEM


def kinds_of(employee: Employee) -> list[str]:
    return [change.kind for change in employee.changes.order_by("pk")]


def test_a_user_becomes_an_employee(idp: IdentityProvider, source: Source) -> None:
    user = idp.add(
        "greta@example.com",
        externalId="00u1",
        name={"givenName": "Greta", "familyName": "Sanz"},
        emails=[
            {"value": "g.sanz@home.example", "type": "home"},
            {"value": "Greta.Sanz@example.com", "type": "work", "primary": True},
        ],
        userType="Contractor",
        **{ENTERPRISE: {"department": "Finance", "manager": {"value": "17", "displayName": "Bo"}}},
    )
    employee = Employee.objects.get(source=source)
    assert user["id"] == str(employee.pk)
    assert (employee.external_id, employee.email) == ("00u1", "Greta.Sanz@example.com")
    assert employee.other_addresses == ["g.sanz@home.example", "greta@example.com"]
    assert (employee.name, employee.department, employee.manager) == ("Greta Sanz", "Finance", "17")
    assert (employee.kind, employee.is_active, employee.last_day) == ("contractor", True, None)
    assert kinds_of(employee) == ["joined"]


def test_what_a_client_sends_comes_back_as_it_was(idp: IdentityProvider) -> None:
    sent = {
        "schemas": [USER, ENTERPRISE, "urn:acme:2.0:User"],
        "userName": "Greta@example.com",
        "active": True,
        "title": "Buyer",
        "phoneNumbers": [{"value": "+49 1", "type": "Desk"}],
        "emails": [{"value": "greta@company.local", "type": "work", "primary": True}],
        "x509Certificates": [{"value": "aGk="}],
        "favouriteColour": "green",
        ENTERPRISE: {"costCenter": "4711", "manager": {"value": "17"}, "shoeSize": 39},
        "urn:acme:2.0:User": {"worksite": "180", "badges": [1, 2]},
    }
    user = idp.add(**sent)
    got = idp("GET", f"/Users/{user['id']}").json
    assert {name: value for name, value in got.items() if name not in ("id", "meta")} == sent
    assert got == user


def test_a_password_is_neither_kept_nor_shown(idp: IdentityProvider) -> None:
    user = idp.add(password="hunter2hunter2")
    idp.patch(user, {"op": "replace", "path": "password", "value": "correct horse"})
    assert "password" not in idp("GET", f"/Users/{user['id']}").json
    assert "password" not in Employee.objects.get().details


def test_a_user_is_replaced_as_a_whole(idp: IdentityProvider) -> None:
    user = idp.add(displayName="Greta", title="Buyer")
    idp("PUT", f"/Users/{user['id']}", {"schemas": [USER], "userName": "greta@example.com", "active": False})
    got = idp("GET", f"/Users/{user['id']}").json
    assert "title" not in got and "displayName" not in got
    employee = Employee.objects.get()
    assert (employee.name, employee.is_active) == ("", False)
    assert employee.ended_at is not None
    assert kinds_of(employee) == ["joined", "left"]


def test_who_comes_back_is_the_same_employee_returned(idp: IdentityProvider) -> None:
    user = idp.add()
    idp.patch(user, {"op": "replace", "path": "active", "value": False})
    idp.patch(user, {"op": "replace", "path": "active", "value": True})
    employee = Employee.objects.get()
    assert (employee.is_active, employee.ended_at) == (True, None)
    assert kinds_of(employee) == ["joined", "left", "returned"]


def test_a_deleted_user_is_gone_for_the_client_and_kept_as_left(idp: IdentityProvider) -> None:
    user = idp.add()
    idp("DELETE", f"/Users/{user['id']}", expect=204)
    assert idp("GET", f"/Users/{user['id']}", expect=404).json["schemas"] == [ERROR]
    idp("DELETE", f"/Users/{user['id']}", expect=404)
    assert idp("GET", "/Users").json["totalResults"] == 0
    employee = Employee.objects.get()
    assert not employee.is_active and employee.ended_at
    assert kinds_of(employee) == ["joined", "left"]


def test_a_deleted_user_who_is_added_again_is_the_same_employee_under_a_new_id(idp: IdentityProvider) -> None:
    user = idp.add()
    idp("DELETE", f"/Users/{user['id']}", expect=204)
    again = idp.add("GRETA@example.com", title="Head buyer")
    assert again["id"] != user["id"]
    assert kinds_of(Employee.objects.get()) == ["joined", "left", "returned"]
    idp("DELETE", f"/Users/{user['id']}", expect=404)
    assert Employee.objects.get().is_active


def test_one_hired_again_under_a_new_name_is_known_by_the_external_id(idp: IdentityProvider) -> None:
    user = idp.add("greta.sanz@example.com", externalId="00u1")
    idp("DELETE", f"/Users/{user['id']}", expect=204)
    idp.add("greta.berg@example.com", externalId="00u1")
    assert kinds_of(Employee.objects.get()) == ["joined", "left", "returned"]


def test_a_user_name_is_taken_once_whatever_its_capitals(idp: IdentityProvider) -> None:
    idp.add("greta@example.com")
    refusal = idp("POST", "/Users", {"schemas": [USER], "userName": "Greta@Example.com"}, expect=409).json
    assert (refusal["schemas"], refusal["status"], refusal["scimType"]) == ([ERROR], "409", "uniqueness")
    other = idp.add("bo@example.com")
    idp.patch(other, {"op": "replace", "path": "userName", "value": "greta@example.com"}, expect=409)
    assert idp("GET", f"/Users/{other['id']}").json["userName"] == "bo@example.com"


def test_the_user_name_of_somebody_deleted_is_free(idp: IdentityProvider) -> None:
    left = idp.add("greta@example.com")
    idp("DELETE", f"/Users/{left['id']}", expect=204)
    user = idp.add("g.berg@example.com")
    idp.patch(user, {"op": "replace", "path": "userName", "value": "greta@example.com"})
    assert idp.names('userName eq "greta@example.com"') == ["greta@example.com"]
    assert Employee.objects.count() == 2


def test_a_new_user_name_keeps_the_id(idp: IdentityProvider) -> None:
    user = idp.add("greta.sanz@example.com")
    renamed = idp.patch(user, {"op": "replace", "path": "userName", "value": "greta.berg@example.com"})
    assert renamed["id"] == user["id"]
    assert idp.names('userName eq "greta.berg@example.com"') == ["greta.berg@example.com"]
    assert idp.names('userName eq "greta.sanz@example.com"') == []


@pytest.mark.parametrize(
    "attributes",
    [
        {EMPLOYMENT: {"lastDay": "2031-05-31"}},
        {EMPLOYMENT: {"lastDay": "2031-05-31T00:00:00Z"}},
        {"urn:acme:2.0:User": {"terminationDate": "2031-05-31"}},
        {ENTERPRISE: {"termination_date": "2031-05-31"}},
        {"lastDayOfWork": "2031-05-31T10:00:00+02:00"},
    ],
)
def test_a_last_day_says_that_somebody_is_leaving(
    idp: IdentityProvider, attributes: dict[str, object]
) -> None:
    idp.add(**attributes)
    employee = Employee.objects.get()
    assert employee.last_day == date(2031, 5, 31)
    assert kinds_of(employee) == ["leaving"]


@pytest.mark.parametrize("day", ["soon", "", "31.05.2031", 20310531])
def test_a_last_day_that_cannot_be_read_is_none(idp: IdentityProvider, day: object) -> None:
    idp.add(**{"urn:acme:2.0:User": {"terminationDate": day}})
    assert Employee.objects.get().last_day is None


@pytest.mark.parametrize(
    ("user_type", "kind"),
    [
        ("Employee", "employee"),
        ("", "employee"),
        ("Template designer", "employee"),
        ("External", "contractor"),
        ("Temp", "contractor"),
        ("freelancer", "contractor"),
    ],
)
def test_the_user_type_tells_contractors(idp: IdentityProvider, user_type: str, kind: str) -> None:
    idp.add(userType=user_type)
    assert Employee.objects.get().kind == kind


@pytest.mark.parametrize(
    ("body", "status", "scim_type"),
    [
        ({"schemas": [USER]}, 400, "invalidValue"),
        ({"schemas": [USER], "userName": "  "}, 400, "invalidValue"),
        ({"schemas": [USER], "userName": "x" * 400}, 400, "invalidValue"),
        ([1, 2], 400, "invalidSyntax"),
        ("text", 400, "invalidSyntax"),
    ],
)
def test_what_is_wrong_is_refused_in_the_words_of_the_standard(
    idp: IdentityProvider, body: object, status: int, scim_type: str
) -> None:
    refusal = idp("POST", "/Users", body, expect=status)
    assert refusal.headers["Content-Type"] == "application/scim+json"
    assert (refusal.json["schemas"], refusal.json["scimType"]) == ([ERROR], scim_type)
    assert not Employee.objects.exists()


def test_what_cannot_be_read_of_a_patch_does_not_lose_the_rest(idp: IdentityProvider) -> None:
    user = idp.add(title="Buyer")
    changed = idp.patch(
        user,
        {"op": "replace", "path": "title", "value": "Head buyer"},
        {"op": "replace", "path": "active", "value": "perhaps"},
        {"op": "replace", "path": "emails", "value": 17},
        {"op": "replace", "path": "nickName", "value": "Gre"},
    )
    assert (changed["title"], changed["nickName"], changed["active"]) == ("Head buyer", "Gre", True)
    assert "emails" not in changed


def test_what_cannot_be_read_of_a_new_user_does_not_lose_the_rest(idp: IdentityProvider) -> None:
    user = idp.add(
        active="perhaps", title="Buy\x00er", emails=[None, {"value": "g@example.com"}, 17], roles=3
    )
    assert (user["title"], user["emails"]) == ("Buyer", [{"value": "g@example.com"}])
    assert "active" not in user
    assert Employee.objects.get().is_active


def test_a_version_that_has_passed_is_refused(idp: IdentityProvider) -> None:
    user = idp.add()
    version = user["meta"]["version"]
    assert idp("GET", f"/Users/{user['id']}", expect=304, If_None_Match=version).content == b""
    newer = idp.patch(user, {"op": "replace", "path": "title", "value": "Buyer"})
    assert newer["meta"]["version"] != version
    body = {"schemas": [USER], "userName": "x@example.com"}
    idp("PUT", f"/Users/{user['id']}", body, expect=412, If_Match=version)
    idp("DELETE", f"/Users/{user['id']}", expect=412, If_Match=version)
    assert idp("GET", f"/Users/{user['id']}").json == newer


def test_a_patch_that_says_nothing_new_leaves_no_trace(idp: IdentityProvider) -> None:
    user = idp.add(title="Buyer")
    assert idp.patch(user, {"op": "replace", "path": "title", "value": "Buyer"}) == user
    assert kinds_of(Employee.objects.get()) == ["joined"]


@pytest.mark.parametrize("media_type", ["application/scim+json", "application/json; charset=utf-8"])
def test_both_media_types_are_read(token: str, media_type: str) -> None:
    IdentityProvider(token, media_type).add()
    assert Employee.objects.count() == 1


def test_a_source_sees_its_own_employees_only(idp: IdentityProvider) -> None:
    user = idp.add()
    other = Source.objects.create(name="OneLogin", kind=Source.Kind.SCIM)
    stranger = IdentityProvider(make_token(other, SYSTEM))
    assert stranger("GET", "/Users").json["totalResults"] == 0
    for method, body in [("GET", None), ("PUT", {"userName": "x"}), ("DELETE", None)]:
        stranger(method, f"/Users/{user['id']}", body, expect=404)
    assert stranger.add()["id"] != user["id"]
    assert Employee.objects.count() == 2


def test_change_history_names_what_changed(idp: IdentityProvider) -> None:
    user = idp.add(**{ENTERPRISE: {"department": "Sales"}})
    idp.patch(user, {"op": "replace", "path": f"{ENTERPRISE}:department", "value": "Finance"})
    change = EmployeeChange.objects.get(kind="changed")
    assert change.fields == {"department": ["Sales", "Finance"]}
