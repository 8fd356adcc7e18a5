"""Whatever else a request holds, a deactivation in it counts."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.directory.identity_provider import ENTERPRISE, PATCH_OP, USER, IdentityProvider
from usher.directory.models import Employee
from usher.directory.scim.activity import active_in

ANYTHING = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.floats(allow_nan=False),
        st.text(max_size=8),
        st.sampled_from(["", "Buyer", "greta@example.com", "17", "\x00", "\ud800", "2031-05-31", "x" * 400]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["value", "type", "primary", "display", "$ref", "displayName", "givenName"])
            | st.text(max_size=5),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=6,
)
NAMES = st.sampled_from(
    [
        "title",
        "userName",
        "externalId",
        "displayName",
        "name",
        "name.givenName",
        "name.familyName",
        "emails",
        "emails.value",
        "emails.primary",
        'emails[type eq "work"]',
        'emails[type eq "work"].value',
        'emails[type eq "work"].primary',
        "emails[primary eq true].value",
        'phoneNumbers[type eq "work"]',
        "emails[",
        "addresses",
        "roles",
        "groups",
        "id",
        "meta",
        "meta.created",
        "schemas",
        "password",
        "preferredLanguage",
        "x509Certificates",
        "manager",
        'manager[value eq "17"]',
        "manager.value",
        f"{ENTERPRISE}",
        f"{ENTERPRISE}:manager",
        f"{ENTERPRISE}:manager.value",
        f"{ENTERPRISE}:manager.displayName",
        f'{ENTERPRISE}:manager[value eq "17"].value',
        f"{ENTERPRISE}.manager",
        f"{ENTERPRISE}:department",
        f"{ENTERPRISE}:department.value",
        "urn:scim:schemas:core:1.0:title",
        "urn:scim:schemas:extension:enterprise:1.0:manager",
        "urn:acme:custom:2.0:User",
        "urn:acme:custom:2.0:User:shoeSize",
        "urn:acme:custom:2.0:User:shoe.size",
        "shoeSize",
        "shoe size",
        "",
        " ",
        ".",
        ":",
        "urn:",
        "a[b",
        "[]",
        "$ref",
        'title[value eq "Buyer"]',
        f"{USER}:title",
        f"{USER}",
    ]
) | st.text(max_size=6)
ODD = st.one_of(
    st.fixed_dictionaries(
        {
            "op": st.sampled_from(
                ["add", "Add", "replace", "Replace", "remove", "Remove", "REMOVE", "set", "", None, 7]
            )
        },
        optional={
            "path": NAMES | st.none() | st.integers(),
            "value": ANYTHING | st.dictionaries(NAMES, ANYTHING, max_size=3),
        },
    ),
    ANYTHING,
)
FALSE = st.sampled_from(
    [
        *(False, "False", "false", "FALSE", " false ", 0, "0", '"false"', ["false"]),
        *({"value": False}, {"Value": "False"}, [{"value": "False"}], [{"$ref": None, "value": "False"}]),
    ]
)
PATHS = st.sampled_from(
    [
        "active",
        "Active",
        "ACTIVE",
        f"{USER}:active",
        "urn:scim:schemas:core:1.0:active",
        " active ",
        "/active",
    ]
)
DEACTIVATIONS = st.one_of(
    st.tuples(st.sampled_from(["replace", "Replace", "add", "Add"]), PATHS, FALSE).map(
        lambda each: {"op": each[0], "path": each[1], "value": each[2]}
    ),
    st.tuples(
        st.sampled_from(["replace", "Replace"]), PATHS, FALSE, st.dictionaries(NAMES, ANYTHING, max_size=2)
    ).map(lambda each: {"op": each[0], "value": {**each[3], each[1].strip(): each[2]}}),
    FALSE.map(lambda value: {"op": "replace", "path": USER, "value": {"active": value}}),
    FALSE.map(lambda value: {"OP": "Replace", "Path": "active", "Value": value}),
)
SOURCE_OF_ALL = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(suppress_health_check=SOURCE_OF_ALL)
@given(before=st.lists(ODD, max_size=4), deactivation=DEACTIVATIONS, after=st.lists(ODD, max_size=4))
def test_any_operations_around_a_deactivation_deactivate(
    idp: IdentityProvider, before: list[Any], deactivation: dict[str, Any], after: list[Any]
) -> None:
    Employee.objects.all().delete()
    user = idp.add(
        "greta@example.com", externalId="1", title="Buyer", emails=[{"value": "greta@example.com"}]
    )
    # What says something else of `active` afterwards is another word, not an odd one.
    operations = [
        *before,
        deactivation,
        *(each for each in after if active_in({"Operations": [each]}) is not True),
    ]
    answer = idp.patch(user, *operations)
    assert answer["active"] is False
    assert not Employee.objects.get().is_active
    assert idp("GET", f"/Users/{user['id']}").json["active"] is False


@settings(suppress_health_check=SOURCE_OF_ALL)
@given(attributes=st.dictionaries(NAMES, ANYTHING, max_size=5), value=FALSE)
def test_any_attributes_around_a_deactivation_deactivate(
    idp: IdentityProvider, attributes: dict[str, Any], value: object
) -> None:
    Employee.objects.all().delete()
    user = idp.add("greta@example.com", externalId="1")
    attributes.pop(USER, None)
    body = {**attributes, "active": value}
    assert idp("PUT", f"/Users/{user['id']}", body).json["active"] is False
    assert not Employee.objects.get().is_active


@settings(suppress_health_check=SOURCE_OF_ALL)
@given(operations=st.lists(ODD, max_size=5), is_active=st.booleans())
def test_operations_that_say_nothing_of_active_leave_it_as_it_is(
    idp: IdentityProvider, operations: list[Any], is_active: bool
) -> None:
    Employee.objects.all().delete()
    user = idp.add("greta@example.com", externalId="1", active=is_active)
    body = {"schemas": [PATCH_OP], "Operations": [*operations, {"op": "remove", "path": "active"}]}
    if active_in(body) is None:
        idp("PATCH", f"/Users/{user['id']}", body)
        assert Employee.objects.get().is_active is is_active


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"active": "False"}, False),
        ({"ACTIVE": 0}, False),
        ({f"{USER}:active": "false"}, False),
        ({USER: {"active": False}}, False),
        ({"urn:scim:schemas:core:1.0": {"active": False}}, False),
        ({"active": {"value": False}}, False),
        ({"active": [{"value": "False"}]}, False),
        ({"active": True, "Active": False}, False),
        ({"Operations": [{"op": "add", "value": {"active": "1"}}]}, True),
        ({"Operations": {"op": "Replace", "path": "active", "value": "False"}}, False),
        ({"Operations": [[{"op": "Replace", "path": "active", "value": "False"}]]}, False),
        ({"Operations": [{"op": "replace", "value": '{"active": false}'}]}, False),
        ({"Operations": [{"path": "active", "value": True}, {"path": "active", "value": False}]}, False),
        ({"Operations": [{"path": "active", "value": False}, {"path": "active", "value": None}]}, False),
        ({"Operations": [{"op": "remove", "path": "active"}]}, None),
        ({"Operations": [{"op": "remove", "path": "active", "value": False}]}, None),
        ({"Operations": [{"op": "replace", "path": "active"}]}, None),
        ({"Operations": [{"op": "replace", "path": "roles[value eq 1].active", "value": False}]}, None),
        ({"Operations": [{"op": "replace", "path": "urn:acme:2.0:Badge:active", "value": False}]}, None),
        ({"active": "perhaps"}, None),
        ({"active": None}, None),
        ({"active": 2}, None),
        ({"interactive": False, "activeDirectory": False}, None),
        ([{"active": False}], None),
        (None, None),
    ],
)
def test_what_is_said_of_active(body: object, said: bool | None) -> None:
    assert active_in(body) is said
