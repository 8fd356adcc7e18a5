"""Requests as identity providers really send them, beside what the standard says."""

import pytest

from tests.support.directory.identity_provider import (
    EMPLOYMENT,
    ENTERPRISE,
    GROUP,
    PATCH_OP,
    USER,
    IdentityProvider,
)
from usher.directory.models import DirectoryGroup, Employee

# Okta


def test_okta_tests_a_connection(idp: IdentityProvider) -> None:
    found = idp("GET", "/Users?startIndex=1&count=2").json
    assert (found["totalResults"], found["startIndex"], found.get("Resources", [])) == (0, 1, [])
    idp("GET", "/ServiceProviderConfig")


def test_okta_adds_somebody_after_looking_for_them(idp: IdentityProvider) -> None:
    query = "/Users?filter=userName%20eq%20%22greta%40example.com%22&startIndex=1&count=100"
    assert idp("GET", query).json["totalResults"] == 0
    body = {
        "schemas": [USER],
        "userName": "greta@example.com",
        "name": {"givenName": "Greta", "familyName": "Sanz"},
        "emails": [{"primary": True, "value": "greta@example.com", "type": "work"}],
        "displayName": "Greta Sanz",
        "locale": "en-US",
        "externalId": "00ujl29u0le5T6Aj10h7",
        "groups": [],
        "password": "1mz050nq",
        "active": True,
    }
    idp("POST", "/Users", body, expect=201)
    found = idp("GET", query).json
    assert found["totalResults"] == 1
    assert found["Resources"][0]["externalId"] == "00ujl29u0le5T6Aj10h7"


def test_okta_deactivates_without_a_path_and_reads_the_user_in_the_answer(idp: IdentityProvider) -> None:
    answer = idp.patch(idp.add(), {"op": "replace", "value": {"active": False}})
    assert answer["active"] is False
    assert not Employee.objects.get().is_active


def test_okta_puts_back_what_it_got_with_one_change(idp: IdentityProvider) -> None:
    user = idp.add(title="Buyer")
    idp.add_group("Engineers", user)
    got = idp("GET", f"/Users/{user['id']}").json
    idp("PUT", f"/Users/{user['id']}", got | {"active": False})
    assert not Employee.objects.get().is_active
    assert idp("GET", f"/Users/{user['id']}").json["groups"][0]["display"] == "Engineers"


def test_okta_pushes_a_group_with_names_of_members_and_its_own_id(idp: IdentityProvider) -> None:
    greta, bo = idp.add(displayName="Greta"), idp.add("bo@example.com", displayName="Bo")
    group = idp.add_group("Engineers")
    group = idp.patch_group(
        group,
        {"op": "replace", "value": {"id": group["id"], "displayName": "Builders"}},
        {"op": "add", "path": "members", "value": [{"value": greta["id"], "display": "greta@example.com"}]},
        {"op": "add", "path": "members", "value": [{"value": bo["id"], "display": "bo@example.com"}]},
    )
    assert group["displayName"] == "Builders"
    assert [member["display"] for member in group["members"]] == ["Greta", "Bo"]
    group = idp.patch_group(group, {"op": "remove", "path": f'members[value eq "{bo["id"]}"]'})
    assert [member["value"] for member in group["members"]] == [greta["id"]]
    group = idp.patch_group(group, {"op": "replace", "path": "members", "value": [{"value": bo["id"]}]})
    assert [member["value"] for member in group["members"]] == [bo["id"]]


# Microsoft Entra ID


def test_entra_tests_a_connection_by_looking_for_somebody_who_is_not_there(idp: IdentityProvider) -> None:
    assert idp.names('userName eq "6f9bd2c4-9e4f-4a3c-8cf2-1a1dd0a0b1b0"') == []
    assert idp.names('externalId eq "6f9bd2c4-9e4f-4a3c-8cf2-1a1dd0a0b1b0"') == []


def test_entra_matches_by_address(idp: IdentityProvider) -> None:
    idp.add("greta", emails=[{"value": "Greta@example.com", "type": "work"}])
    idp.add("bo", emails=[{"value": "greta@example.com", "type": "home"}])
    assert idp.names('emails[type eq "work"].value eq "greta@example.com"') == ["greta"]


def test_entra_adds_somebody_with_meta_and_a_schema_of_the_companys_own(idp: IdentityProvider) -> None:
    own = "urn:ietf:params:scim:schemas:extension:custom:2.0:User"
    user = idp.add(
        schemas=[USER, ENTERPRISE, own],
        meta={"resourceType": "User"},
        name={"familyName": "Sanz", "givenName": "Greta"},
        **{own: {"worksiteId": "180"}},
    )
    assert user[own] == {"worksiteId": "180"}
    assert Employee.objects.get().name == "Greta Sanz"


@pytest.mark.parametrize("value", ["False", "false", False])
def test_entra_deactivates_with_a_capital_letter_and_a_word(idp: IdentityProvider, value: object) -> None:
    idp.patch(idp.add(), {"op": "Replace", "path": "active", "value": value})
    assert not Employee.objects.get().is_active


@pytest.mark.parametrize("value", ["True", "true", True])
def test_entra_takes_somebody_back(idp: IdentityProvider, value: object) -> None:
    idp.patch(idp.add(active=False), {"op": "Replace", "path": "active", "value": value})
    assert Employee.objects.get().is_active


def test_entra_fills_an_address_that_is_not_there(idp: IdentityProvider) -> None:
    user = idp.patch(
        idp.add("greta"),
        {"op": "Add", "path": 'emails[type eq "work"].value', "value": "greta@example.com"},
        {"op": "Replace", "path": 'emails[type eq "work"].primary', "value": "True"},
        {"op": "Add", "path": 'addresses[type eq "work"].formatted', "value": "18/2111"},
        {"op": "Add", "path": 'phoneNumbers[type eq "mobile"].value', "value": "+49 1"},
    )
    assert user["emails"] == [{"type": "work", "value": "greta@example.com", "primary": True}]
    assert user["addresses"] == [{"type": "work", "formatted": "18/2111"}]
    assert Employee.objects.get().email == "greta@example.com"


def test_entra_changes_one_address_of_several(idp: IdentityProvider) -> None:
    emails = [{"value": "a@example.com", "type": "work"}, {"value": "b@home.example", "type": "home"}]
    user = idp.patch(
        idp.add(emails=emails),
        {"op": "Add", "path": 'emails[type eq "work"].value', "value": "c@example.com"},
    )
    assert [email["value"] for email in user["emails"]] == ["c@example.com", "b@home.example"]


def test_entra_sends_keys_that_are_paths(idp: IdentityProvider) -> None:
    idp.patch(
        idp.add(),
        {
            "op": "replace",
            "value": {
                "displayName": "Greta Berg",
                "name.givenName": "Greta",
                "name.familyName": "Berg",
                'emails[type eq "work"].value': "g.berg@example.com",
                f"{ENTERPRISE}:department": "Finance",
            },
        },
    )
    employee = Employee.objects.get()
    assert (employee.name, employee.email, employee.department) == (
        "Greta Berg",
        "g.berg@example.com",
        "Finance",
    )


@pytest.mark.parametrize("path", [f"{ENTERPRISE}:manager", f"{ENTERPRISE}:manager.value"])
def test_entra_sends_the_managers_id_alone(idp: IdentityProvider, path: str) -> None:
    user = idp.patch(idp.add(), {"op": "Add", "path": path, "value": "17"})
    assert user[ENTERPRISE] == {"manager": {"value": "17"}}
    assert Employee.objects.get().manager == "17"


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "Remove", "path": f"{ENTERPRISE}:manager"},
        {"op": "Replace", "path": f"{ENTERPRISE}:manager", "value": ""},
        {"op": "Replace", "path": f"{ENTERPRISE}:manager", "value": None},
    ],
)
def test_entra_takes_the_manager_away(idp: IdentityProvider, operation: dict[str, object]) -> None:
    idp.patch(idp.add(**{ENTERPRISE: {"manager": {"value": "17"}}}), operation)
    assert Employee.objects.get().manager == ""


def test_entras_older_way_to_send_a_value(idp: IdentityProvider) -> None:
    user = idp.patch(
        idp.add(),
        {"op": "Replace", "path": "displayName", "value": [{"$ref": None, "value": "Greta Berg"}]},
        {"op": "Replace", "path": "active", "value": [{"$ref": None, "value": "False"}]},
    )
    assert (user["displayName"], user["active"]) == ("Greta Berg", False)


def test_entra_changes_attributes_of_the_companys_own(idp: IdentityProvider) -> None:
    own = "urn:ietf:params:scim:schemas:extension:custom:2.0:User"
    user = idp.add(**{own: {"worksiteId": "180"}})
    user = idp.patch(
        user,
        {"op": "Add", "path": f"{own}:worksiteId", "value": "200"},
        {"op": "Add", "path": f"{own}:terminationDate", "value": "2031-05-31"},
        {"op": "Add", "path": "shoeSize", "value": 39},
    )
    assert user[own] == {"worksiteId": "200", "terminationDate": "2031-05-31"}
    assert user["shoeSize"] == 39
    assert str(Employee.objects.get().last_day) == "2031-05-31"
    user = idp.patch(
        user, {"op": "Remove", "path": f"{own}:terminationDate"}, {"op": "Remove", "path": "shoeSize"}
    )
    assert user[own] == {"worksiteId": "200"} and "shoeSize" not in user
    assert Employee.objects.get().last_day is None


def test_entra_names_the_last_day_in_ushers_own_schema(idp: IdentityProvider) -> None:
    idp.patch(idp.add(), {"op": "Add", "path": f"{EMPLOYMENT}:lastDay", "value": "2031-05-31T00:00:00Z"})
    assert str(Employee.objects.get().last_day) == "2031-05-31"


def test_entra_pushes_a_group(idp: IdentityProvider) -> None:
    greta = idp.add()
    body = {"schemas": [GROUP], "displayName": "Engineers", "externalId": "8aa1", "members": []}
    group = idp("POST", "/Groups", body | {"meta": {"resourceType": "Group"}}, expect=201).json
    listed = idp("GET", "/Groups?excludedAttributes=members&filter=displayName%20eq%20%22engineers%22").json
    assert [found["id"] for found in listed["Resources"]] == [group["id"]]
    member = {"$ref": None, "value": greta["id"]}
    group = idp.patch_group(group, {"op": "Add", "path": "members", "value": [member]})
    assert [each["value"] for each in group["members"]] == [greta["id"]]
    there = f'id eq "{group["id"]}" and members eq "{greta["id"]}"'.replace(" ", "%20").replace('"', "%22")
    assert idp("GET", f"/Groups?filter={there}&attributes=id").json["totalResults"] == 1
    group = idp.patch_group(group, {"op": "Remove", "path": "members", "value": [member]})
    assert "members" not in group


# OneLogin, Google Workspace and JumpCloud


def test_onelogin_puts_whole_users_without_schemas(idp: IdentityProvider) -> None:
    user = idp.add()
    body = {"userName": "greta@example.com", "active": False, "emails": [{"value": "g@example.com"}]}
    idp("PUT", f"/Users/{user['id']}", body)
    employee = Employee.objects.get()
    assert (employee.is_active, employee.email) == (False, "g@example.com")


def test_onelogin_adds_and_removes_members_by_path(idp: IdentityProvider) -> None:
    greta, bo = idp.add(), idp.add("bo@example.com")
    group = idp.add_group("Engineers", greta, bo)
    group = idp.patch_group(
        group,
        {"op": "remove", "path": f'members[value eq "{greta["id"]}"]'},
        {"op": "add", "value": {"members": [{"value": greta["id"], "display": "Greta"}]}},
        {"op": "remove", "path": f'members[value eq "{bo["id"]}"]'},
    )
    assert [member["value"] for member in group["members"]] == [greta["id"]]


def test_google_suspends_and_deletes(idp: IdentityProvider) -> None:
    user = idp.add(name={"givenName": "Greta", "familyName": "Sanz"}, externalId="108642")
    idp.patch(user, {"op": "replace", "path": "active", "value": False})
    assert not Employee.objects.get().is_active
    idp("DELETE", f"/Users/{user['id']}", expect=204)
    assert idp.names('userName eq "greta@example.com"') == []


def test_a_token_without_the_word_bearer_is_understood(token: str) -> None:
    idp = IdentityProvider(token)
    idp.http = type(idp.http)(headers={"authorization": token})
    idp("GET", "/Users")


def test_operations_in_small_letters_are_understood(idp: IdentityProvider) -> None:
    user = idp.add()
    body = {"schemas": [PATCH_OP], "operations": [{"op": "replace", "path": "active", "value": False}]}
    idp("PATCH", f"/Users/{user['id']}", body)
    assert not Employee.objects.get().is_active


def test_groups_within_groups_and_strangers_are_kept_for_the_client(idp: IdentityProvider) -> None:
    inner = idp.add_group("Inner")
    outer = idp.add_group("Outer", inner, {"id": "not-ours"})
    assert [member["value"] for member in idp("GET", f"/Groups/{outer['id']}").json["members"]] == [
        inner["id"],
        "not-ours",
    ]
    idp("DELETE", f"/Groups/{inner['id']}", expect=204)
    assert list(DirectoryGroup.objects.values_list("name", flat=True)) == ["Outer"]
