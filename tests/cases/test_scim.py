"""Mishaps that really happened between identity providers and SCIM servers, rebuilt with invented people."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.directory.identity_provider import ENTERPRISE, USER, IdentityProvider
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.directory.employment.status import EmploymentGroup, employment_of
from usher.directory.matching.decisions import match_by_hand
from usher.directory.matching.update import bring_up_to_date
from usher.directory.models import Employee, EmployeeChange, Match, Source
from usher.directory.tokens import make_token
from usher.ledger.actors import SYSTEM
from usher.roster.models import Person, Workspace

HEX = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
OFF = {"op": "Replace", "path": "active", "value": "False"}
ON = {"op": "Replace", "path": "active", "value": "True"}


@pytest.fixture
def source(db: None) -> Source:
    return Source.objects.create(name="Entra", kind=Source.Kind.SCIM)


@pytest.fixture
def idp(source: Source) -> IdentityProvider:
    return IdentityProvider(make_token(source, SYSTEM))


@pytest.fixture
def acme(db: None) -> Workspace:
    return a_workspace(a_connection(), "Acme Inc", "acme.example")


def in_asana(acme: Workspace, name: str, email: str, **fields: object) -> Person:
    person = a_member(acme, name, email, **fields).person
    bring_up_to_date()
    return person


def user_of(address: str, name: str, number: str, **attributes: object) -> dict[str, Any]:
    given, _, family = name.partition(" ")
    return {
        "schemas": [USER, ENTERPRISE],
        "externalId": number,
        "userName": address,
        "active": True,
        "displayName": name,
        "name": {"givenName": given, "familyName": family},
        "emails": [{"value": address, "type": "work", "primary": True}],
        ENTERPRISE: {"employeeNumber": number},
    } | attributes


def post(idp: IdentityProvider, body: dict[str, Any]) -> dict[str, Any]:
    added: dict[str, Any] = idp("POST", "/Users", body, expect=201).json
    return added


def group_of(person: Person) -> EmploymentGroup | None:
    return employment_of(person, datetime.now(UTC).date()).group


def tombstone(address: str, *, with_email: bool = True) -> list[dict[str, Any]]:
    mangled = f"{HEX}{address}"
    email = {"op": "Replace", "path": 'emails[type eq "work"].value', "value": mangled}
    return [OFF, {"op": "Replace", "path": "userName", "value": mangled}, *([email] if with_email else [])]


@pytest.mark.parametrize("with_email", [True, False])
def test_b01_a_tombstone_is_matched_as_before_and_can_be_restored(
    idp: IdentityProvider, acme: Workspace, with_email: bool
) -> None:
    paula = in_asana(acme, "Paula Ruiz", "paula.ruiz@acme.example")
    user = post(idp, user_of("paula.ruiz@acme.example", "Paula Ruiz", "p.ruiz"))
    answer = idp.patch(user, *tombstone("paula.ruiz@acme.example", with_email=with_email))
    assert (answer["userName"], answer["active"]) == (f"{HEX}paula.ruiz@acme.example", False)
    assert group_of(paula) == EmploymentGroup.LEFT
    assert Employee.objects.get().email == "paula.ruiz@acme.example"
    restored = idp.patch(
        user,
        ON,
        {"op": "Replace", "path": "userName", "value": "paula.ruiz@acme.example"},
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "paula.ruiz@acme.example"},
    )
    assert restored["id"] == user["id"]
    assert group_of(paula) == EmploymentGroup.EMPLOYED
    assert idp.names('userName eq "paula.ruiz@acme.example"') == ["paula.ruiz@acme.example"]


def test_b01_the_freed_address_may_go_to_a_new_colleague(idp: IdentityProvider, acme: Workspace) -> None:
    account = in_asana(acme, "Paula Ruizdael", "paula.ruiz@acme.example")
    user = post(idp, user_of("paula.ruiz@acme.example", "Paula Ruiz", "p.ruiz"))
    idp.patch(user, *tombstone("paula.ruiz@acme.example"))
    other = post(idp, user_of("paula.ruiz@acme.example", "Paula Ruizdael", "p.ruiz2"))
    assert other["id"] != user["id"]
    assert group_of(account) == EmploymentGroup.EMPLOYED
    assert employment_of(account, datetime.now(UTC).date()).employee == Employee.objects.get(pk=other["id"])
    assert idp("GET", f"/Users/{user['id']}").json["active"] is False


def test_b01_an_anonymised_leaver_keeps_the_address_of_before(idp: IdentityProvider) -> None:
    user = post(idp, user_of("paula.ruiz@acme.example", "Paula Ruiz", "p.ruiz"))
    idp.patch(
        user,
        OFF,
        {"op": "Replace", "path": "userName", "value": "gone-7731"},
        {"op": "Replace", "path": "emails", "value": [{"value": "gone-7731@nowhere.example"}]},
    )
    employee = Employee.objects.get()
    assert employee.past_addresses == ["paula.ruiz@acme.example"]
    assert not employee.is_active


def renamed(idp: IdentityProvider, user: dict[str, Any], way: str) -> None:
    """A marriage: the old record is switched off, and the new address comes with the same external id."""
    new = user_of("nina.weber@acme.example", "Nina Weber", "hr-77")
    match way:
        case "off, then post":
            idp.patch(user, OFF)
            post(idp, new)
        case "post, then off":
            post(idp, new)
            idp.patch(user, OFF)
        case "post, then delete":
            post(idp, new)
            idp("DELETE", f"/Users/{user['id']}", expect=204)
        case "off, then put":
            idp.patch(user, OFF)
            idp("PUT", f"/Users/{user['id']}", new)


@pytest.mark.parametrize("way", ["off, then post", "post, then off", "post, then delete", "off, then put"])
def test_b03_a_new_name_is_the_same_employee_who_works_here(
    idp: IdentityProvider, acme: Workspace, way: str
) -> None:
    account = in_asana(acme, "Nina Kraus", "nina.kraus@acme.example")
    user = post(idp, user_of("nina.kraus@acme.example", "Nina Kraus", "hr-77"))
    renamed(idp, user, way)
    assert group_of(account) not in (EmploymentGroup.LEFT, EmploymentGroup.LEAVING)
    here = Employee.objects.get(is_active=True)
    assert (here.name, here.past_addresses) == ("Nina Weber", ["nina.kraus@acme.example"])
    assert EmployeeChange.objects.filter(employee=here, kind="joined").exists()
    assert idp.names('externalId eq "hr-77"') == ["nina.weber@acme.example"]
    new_account = in_asana(acme, "Nina Weber", "nina.weber@acme.example")
    assert group_of(new_account) == EmploymentGroup.EMPLOYED


@pytest.mark.parametrize("way", ["off, then post", "post, then off", "off, then put"])
def test_b03_a_match_by_hand_goes_with_the_new_name(idp: IdentityProvider, acme: Workspace, way: str) -> None:
    account = in_asana(acme, "Nina", "nina@home.example")
    user = post(idp, user_of("nina.kraus@acme.example", "Nina Kraus", "hr-77"))
    match_by_hand(SYSTEM, account, Employee.objects.get(pk=user["id"]))
    renamed(idp, user, way)
    assert group_of(account) == EmploymentGroup.EMPLOYED


MANAGER = "b1d0c7f2-0000-4a4a-9c9c-1234567890ab"


@pytest.mark.parametrize(
    ("operation", "manager"),
    [
        ({"op": "Remove", "path": f'manager[value eq "{MANAGER}"]'}, None),
        ({"op": "Remove", "path": f'{ENTERPRISE}:manager[value eq "{MANAGER}"].value'}, None),
        ({"op": "Add", "path": f"{ENTERPRISE}:manager.value", "value": "m2"}, "m2"),
        ({"op": "Replace", "path": f"{ENTERPRISE}.manager", "value": "m2"}, "m2"),
        ({"op": "Replace", "path": 'manager[type eq "x"].value', "value": "m2"}, "m2"),
        ({"op": "Add", "path": f"{ENTERPRISE}:manager", "value": ""}, None),
        ({"op": "Add", "path": f"{ENTERPRISE}:manager", "value": [{"value": "m2"}]}, "m2"),
        ({"op": "Remove", "path": f"{ENTERPRISE}:manager", "value": [{"value": MANAGER}]}, None),
        ({"op": "Replace", "path": "urn:scim:schemas:extension:enterprise:1.0:manager", "value": "m2"}, "m2"),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_b04_odd_ways_to_name_a_manager_do_not_lose_the_deactivation(
    idp: IdentityProvider, operation: dict[str, object], manager: str | None, first: bool
) -> None:
    extension = {ENTERPRISE: {"employeeNumber": "b04", "manager": {"value": MANAGER}}}
    user = post(idp, user_of("rolf.ekman@acme.example", "Rolf Ekman", "b04", **extension))
    answer = idp.patch(user, *([operation, OFF] if first else [OFF, operation]))
    assert answer["active"] is False
    assert answer[ENTERPRISE].get("manager", {}).get("value") == manager
    employee = Employee.objects.get()
    assert (employee.is_active, employee.manager) == (False, manager or "")


def test_b08_two_primary_addresses_are_taken_and_every_later_change_counts(idp: IdentityProvider) -> None:
    emails = [
        {"value": "lou.fink@acme.example", "type": "work", "primary": True},
        {"value": "lou@fink.example", "type": "home", "primary": True},
        {"value": "lfink@acme.example", "type": "work", "primary": "true"},
    ]
    user = post(idp, user_of("lou.fink@acme.example", "Lou Fink", "b08", emails=emails))
    work = {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "lou.fink-roth@acme.example"}
    idp.patch(user, work)
    added = {"value": "lfr@acme.example", "type": "work", "primary": True}
    answer = idp.patch(user, {"op": "Add", "path": "emails", "value": [added]})
    assert [each["value"] for each in answer["emails"] if each.get("primary")] == ["lfr@acme.example"]
    assert Employee.objects.get().email == "lfr@acme.example"
    idp.patch(user, OFF)
    assert not Employee.objects.get().is_active


def test_b08_users_stored_with_two_primary_addresses_can_still_be_changed(idp: IdentityProvider) -> None:
    user = post(idp, user_of("lou.fink@acme.example", "Lou Fink", "b08"))
    employee = Employee.objects.get()
    emails = [{"value": f"{name}@acme.example", "primary": True} for name in ("a", "b")]
    Employee.objects.update(details=employee.details | {"emails": emails})
    idp.patch(user, OFF, {"op": "add", "path": "emails", "value": [{"value": "c@acme.example"}]})
    assert not Employee.objects.get().is_active


@pytest.mark.parametrize("is_active", [True, False])
def test_b10_a_profile_without_active_leaves_it_as_it_is(idp: IdentityProvider, is_active: bool) -> None:
    user = post(idp, user_of("ines.mota@acme.example", "Ines Mota", "b10"))
    if not is_active:
        idp.patch(user, OFF)
    profile = user_of("ines.mota@acme.example", "Ines Mota", "b10", title="Buyer") | {"id": user["id"]}
    del profile["active"]
    assert idp("PUT", f"/Users/{user['id']}", profile).json["active"] is is_active
    got = idp("GET", f"/Users/{user['id']}").json
    assert (got["active"], got["title"]) == (is_active, "Buyer")
    assert Employee.objects.get().is_active is is_active


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "Add", "path": "title", "value": None},
        {"op": "Remove", "path": "title", "value": "Buyer"},
        {"op": "Remove", "path": 'emails[type eq "work"].value', "value": "omar.said@acme.example"},
        {"op": "Remove", "path": 'phoneNumbers[type eq "work"]'},
        {"op": "Replace", "path": "preferredLanguage"},
        {"op": "Replace", "path": "urn:other:custom:2.0:User:hatSize", "value": 57},
        {"op": "Replace", "path": "emails", "value": [None]},
        {"op": "Replace", "value": {"schemas": None, "title": None}},
        {"op": "Replace", "path": "active", "value": "false"},
        {"op": "Replace", "path": "urn:scim:schemas:core:1.0:title", "value": "Clerk"},
        {"op": "Replace", "path": "no such[ path", "value": 1},
        None,
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_b14_operations_that_mean_nothing_do_not_lose_the_deactivation(
    idp: IdentityProvider, acme: Workspace, operation: object, first: bool
) -> None:
    omar = in_asana(acme, "Omar Said", "omar.said@acme.example")
    user = post(idp, user_of("omar.said@acme.example", "Omar Said", "b14", title="Buyer"))
    body = {"schemas": None, "Operations": [operation, OFF] if first else [OFF, operation]}
    assert idp("PATCH", f"/Users/{user['id']}", body).json["active"] is False
    assert group_of(omar) == EmploymentGroup.LEFT


@pytest.mark.parametrize("schemas", [None, [], ["urn:scim:schemas:core:1.0"], "x", [None, 3]])
def test_b14_schemas_that_say_nothing_are_no_refusal(idp: IdentityProvider, schemas: object) -> None:
    body = user_of("omar.said@acme.example", "Omar Said", "b14") | {"schemas": schemas}
    user = post(idp, body)
    assert idp("PUT", f"/Users/{user['id']}", body | {"active": "False"}).json["active"] is False


@pytest.mark.parametrize("is_deleted", [True, False])
def test_e01_a_reused_external_id_and_address_is_somebody_new(
    idp: IdentityProvider, acme: Workspace, is_deleted: bool
) -> None:
    old_account = in_asana(acme, "Jan Prinz", "jprinz@acme.example", status="not_active")
    number = {ENTERPRISE: {"employeeNumber": "41"}}
    jan = post(idp, user_of("jprinz@acme.example", "Jan Prinz", "jprinz", **number))
    old = Employee.objects.get()
    match_by_hand(SYSTEM, old_account, old)
    if is_deleted:
        idp("DELETE", f"/Users/{jan['id']}", expect=204)
    else:
        idp.patch(jan, OFF)
    account = in_asana(acme, "Julia Prinz", "jprinz@acme.example")
    number = {ENTERPRISE: {"employeeNumber": "87"}}
    julia = post(idp, user_of("jprinz@acme.example", "Julia Prinz", "jprinz", **number))
    assert julia["id"] != jan["id"]
    new = Employee.objects.get(pk=julia["id"])
    assert group_of(account) == EmploymentGroup.EMPLOYED
    assert list(Match.objects.filter(how=Match.How.BY_HAND).values_list("employee", flat=True)) == [old.pk]
    assert [each.kind for each in new.changes.all()] == ["joined"]
    old.refresh_from_db()
    assert (old.addresses, old.past_addresses, old.is_active) == ([], ["jprinz@acme.example"], False)
    idp("DELETE", f"/Users/{jan['id']}", expect=404 if is_deleted else 204)
    assert group_of(account) == EmploymentGroup.EMPLOYED
    assert idp.names('externalId eq "jprinz"') == ["jprinz@acme.example"]


def test_e06_a_sign_in_switched_off_for_a_leave_and_on_again_leaves_one_employee_at_work(
    idp: IdentityProvider, acme: Workspace
) -> None:
    mia = in_asana(acme, "Mia Holt", "mia.holt@acme.example")
    user = post(idp, user_of("mia.holt@acme.example", "Mia Holt", "9001"))
    idp.patch(user, {"op": "replace", "value": {"active": False}})
    assert group_of(mia) == EmploymentGroup.LEFT
    idp.patch(user, {"op": "replace", "value": {"active": True}})
    assert group_of(mia) == EmploymentGroup.EMPLOYED
    assert [each.kind for each in Employee.objects.get().changes.order_by("pk")] == [
        "joined",
        "left",
        "returned",
    ]
