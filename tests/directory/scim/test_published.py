"""What the server publishes about itself."""

from tests.support.directory.identity_provider import EMPLOYMENT, GROUP, USER, IdentityProvider


def test_schemas_and_resource_types_keep_their_published_names(idp: IdentityProvider) -> None:
    schemas = {each["id"]: each["name"] for each in idp("GET", "/Schemas").json["Resources"]}
    assert (schemas[USER], schemas[GROUP], schemas[EMPLOYMENT]) == ("User", "Group", "Employment")
    types = {each["name"]: each["endpoint"] for each in idp("GET", "/ResourceTypes").json["Resources"]}
    assert types == {"User": "/Users", "Group": "/Groups"}


def test_members_refer_to_users_and_groups(idp: IdentityProvider) -> None:
    attributes = idp("GET", f"/Schemas/{GROUP}").json["attributes"]
    (members,) = (each for each in attributes if each["name"] == "members")
    (ref,) = (each for each in members["subAttributes"] if each["name"] == "$ref")
    assert ref["referenceTypes"] == ["User", "Group"]
