"""Licences and removals by SCIM."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import JSONResponse, Response

from tests.asana.conftest import QUICK, UNHURRIED
from tests.support.asana.scripted_asana import ScriptedAsana, broken_json, data, refusal, web_page
from usher.asana import (
    Asana,
    AsanaError,
    BearerToken,
    Forbidden,
    MalformedAnswer,
    MembershipLicence,
    NotAuthorized,
    NotFound,
    PlanTooLow,
    ScimUser,
    Unavailable,
    Uncertain,
)
from usher.asana.scim import filter_for
from usher.sandbox import running
from usher.sandbox.api.scim import address_in

GRETA = {
    "id": "1204",
    "userName": "greta@example.com",
    "emails": [{"value": "greta.sanz@example.com", "primary": True, "type": "work"}],
    "active": True,
    "userType": "enterprise",
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "R&D"},
}


def _listed(*users: object) -> Response:
    return JSONResponse({"Resources": list(users), "totalResults": len(users)})


def _scim_refusal(status: int, detail: str = "No.", **headers: str) -> Response:
    schema = "urn:ietf:params:scim:api:messages:2.0:Error"
    body = {"schemas": [schema], "status": str(status), "detail": detail}
    return JSONResponse(body, status, headers=headers, media_type="application/scim+json")


async def test_a_user_is_told_with_licence_and_status(server: ScriptedAsana, asana: Asana):
    server.always = JSONResponse(GRETA)
    user = await asana.scim.user("1204")
    assert user is not None
    assert (user.id, user.user_name, user.active) == ("1204", "greta@example.com", True)
    assert (user.user_type, user.licence) == ("enterprise", MembershipLicence.MEMBER)
    assert server.seen[0].path == "/api/1.0/scim/Users/1204"


@pytest.mark.parametrize(
    ("user_type", "licence"),
    [
        ("view only", MembershipLicence.VIEW_ONLY),
        ("View Only ", MembershipLicence.VIEW_ONLY),
        ("enterprise", MembershipLicence.MEMBER),
        ("platinum of tomorrow", None),
        (None, None),
    ],
)
async def test_an_unknown_licence_is_kept_and_no_trouble(server, asana, user_type, licence):
    server.always = JSONResponse({"id": "1", "userType": user_type, "active": None})
    user = await asana.scim.user("1")
    assert (user.user_type, user.licence, user.active) == (user_type, licence, None)


@pytest.mark.parametrize("known", ["greta@example.com", "GRETA.sanz@Example.com"])
async def test_a_user_is_found_by_any_of_the_addresses(server, asana, known):
    server.always = _listed({"id": "9", "userName": "other@example.com"}, GRETA)
    assert (await asana.scim.user_by_email(known)).id == "1204"
    assert server.seen[0].query == {"filter": f'userName eq "{known}"'}


async def test_a_server_that_ignores_the_filter_gives_nobody_else(server, asana):
    server.always = _listed({"id": "9", "userName": "other@example.com"})
    assert await asana.scim.user_by_email("greta@example.com") is None
    server.always = JSONResponse({"totalResults": 0})
    assert await asana.scim.user_by_email("greta@example.com") is None


async def test_an_address_cannot_change_the_filter(server, asana):
    server.always = _listed()
    await asana.scim.user_by_email('x" or userName pr or "\\')
    assert server.seen[0].query["filter"] == r'userName eq "x\" or userName pr or \"\\"'


@given(st.text())
def test_every_address_arrives_in_the_filter_as_it_was(address):
    """As the sandbox reads it, which is held to the standard's grammar."""
    assert address_in(filter_for(address)) == address


@pytest.mark.parametrize(
    ("odd", "read"),
    [
        ({"id": 1204}, ("1204", None, None)),
        ({"id": "1204", "active": "True", "userType": 7}, ("1204", True, None)),
        ({"id": "1204", "active": "perhaps", "emails": None, "userName": None}, ("1204", None, None)),
        (
            {"id": 1204, "active": "false", "emails": ["a@example.com", {}, 3, {"value": 4}]},
            ("1204", False, None),
        ),
    ],
)
async def test_what_is_left_out_or_odd_is_not_known_and_an_id_may_be_a_number(server, asana, odd, read):
    server.always = JSONResponse(odd)
    user = await asana.scim.user("1204")
    assert (user.id, user.active, user.licence) == read


async def test_a_person_without_an_id_is_an_answer_without_a_person(server, asana):
    server.always = JSONResponse({"userName": "greta@example.com"})
    with pytest.raises(MalformedAnswer, match="without an id"):
        await asana.scim.user("1204")
    server.always = _listed(
        {"userName": "greta@example.com"}, {"id": True, "userName": "greta@example.com"}, GRETA
    )
    assert (await asana.scim.user_by_email("greta@example.com")).id == "1204"
    server.always = JSONResponse({"Resources": None})
    assert await asana.scim.user_by_email("greta@example.com") is None


@given(
    st.dictionaries(
        st.sampled_from(["id", "userName", "active", "userType", "emails", "other"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["value", "primary"]), inner),
        ),
    )
)
def test_any_record_is_read_or_is_nobody(given_record):
    user = ScimUser.from_json(given_record)
    if user is not None:
        assert user.id == str(given_record["id"])
        assert user.licence in (None, MembershipLicence.MEMBER, MembershipLicence.VIEW_ONLY)
        assert user.has_address(user.user_name or "") == bool(user.user_name)


async def test_whom_scim_does_not_know_is_none_but_an_unknown_address_is_an_error(server, asana):
    server.script.append(_scim_refusal(404, "User 7 not found"))
    assert await asana.scim.user("7") is None
    server.script.append(refusal(404, "No matching route for request"))
    with pytest.raises(NotFound):
        await asana.scim.user("7")


async def test_a_licence_is_set_by_a_patch_and_a_person_removed_by_a_deletion(server, asana):
    server.script += [JSONResponse(GRETA), Response(status_code=204), Response(status_code=204)]
    await asana.scim.set_licence("1204", "view only")
    await asana.scim.set_licence("1204", "enterprise")
    await asana.scim.deactivate("1204")
    down, up, gone = server.seen
    assert {(seen.path) for seen in server.seen} == {"/api/1.0/scim/Users/1204"}
    assert [seen.method for seen in server.seen] == ["PATCH", "PATCH", "DELETE"]
    assert down.json() == {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "userType", "value": "view only"}],
    }
    assert up.json()["Operations"][0]["value"] == "enterprise"
    assert gone.body == b""


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, NotAuthorized), (402, PlanTooLow), (403, Forbidden), (404, NotFound), (503, Uncertain)],
)
async def test_refusals_in_scims_shape_have_the_same_types_and_remedies(server, asana, status, kind):
    server.always = _scim_refusal(status, "Ask your admin.", **{"x-request-id": "r-1"})
    with pytest.raises(kind) as caught:
        await asana.scim.deactivate("1204")
    error = caught.value
    assert (error.status, error.asana_message, error.request_id) == (status, "Ask your admin.", "r-1")
    assert "Ask your admin." in str(error)
    assert error.remedy


@pytest.mark.parametrize("failure", [_scim_refusal(500), broken_json(), web_page()])
async def test_a_write_whose_outcome_is_unknown_is_not_repeated(server, asana, failure):
    server.always = failure
    for write in (asana.scim.deactivate("1204"), asana.scim.set_licence("1204", "view only")):
        with pytest.raises(Uncertain, match="It is unknown whether"):
            await write
    assert len(server.seen) == 2


async def test_a_write_that_was_refused_for_haste_is_repeated(server, asana):
    server.script.append(_scim_refusal(429))
    server.always = Response(status_code=204)
    await asana.scim.deactivate("1204")
    assert len(server.seen) == 2


@pytest.mark.parametrize(
    ("answer", "available"),
    [
        (_listed(), True),
        (_scim_refusal(401), False),
        (_scim_refusal(403), False),
        (refusal(402, "Enterprise only"), False),
        (refusal(404, "No matching route for request"), False),
    ],
)
async def test_whether_scim_is_there(server, asana, answer, available):
    server.always = answer
    assert await asana.scim.is_available() is available


async def test_whether_scim_is_there_is_not_known_while_asana_is_down(server, asana):
    server.always = refusal(503)
    with pytest.raises(Unavailable):
        await asana.scim.is_available()


@pytest.mark.parametrize("gid", ["", ".", ".."])
async def test_an_id_cannot_change_the_path(server, asana, gid):
    with pytest.raises(ValueError, match="not an id"):
        await asana.scim.deactivate(gid)
    server.always = data({})
    await asana.scim.deactivate("1/../2")
    assert [seen.path for seen in server.seen] == ["/api/1.0/scim/Users/1%2F..%2F2"]


async def test_licence_and_removal_work_end_to_end():
    with running(people=60, per_minute=0) as sandbox:
        organization, tomas = sandbox.company.workspaces[0].gid, "tomas.brook@halvorsen-brook.example"
        async with Asana(BearerToken("sandbox-service-1"), sandbox.url, UNHURRIED, retries=QUICK) as asana:
            assert await asana.scim.is_available()
            user = await asana.scim.user_by_email(tomas)
            assert isinstance(user, ScimUser)
            assert user.licence is MembershipLicence.MEMBER
            await asana.scim.set_licence(user.id, "view only")
            assert (await asana.scim.user(user.id)).licence is MembershipLicence.VIEW_ONLY
            assert (await asana.membership_in(organization, user.id)).licence is MembershipLicence.VIEW_ONLY
            await asana.scim.set_licence(user.id, "enterprise")
            assert (await asana.membership_in(organization, user.id)).licence is MembershipLicence.MEMBER
            await asana.scim.deactivate(user.id)
            after = await asana.membership_in(organization, user.id)
            assert after is None or after.status == "not_active"
            again = await asana.scim.user(user.id)
            assert again is None or again.active is False
        made = sandbox.changes("removals")[f"{organization}/{user.id}"]
        assert (made.took_effect, made.nothing_to_do) == (1, 0)
        async with Asana(BearerToken("sandbox-pat-1"), sandbox.url, UNHURRIED, retries=QUICK) as asana:
            assert not await asana.scim.is_available()
            with pytest.raises(AsanaError):
                await asana.scim.deactivate(user.id)
