import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from scim2_models import (
    Context,
    Error,
    ListResponse,
    ResourceType,
    Schema,
    ServiceProviderConfig,
    User,
)

from tests.sandbox.conftest import Client
from tests.support.sandbox.reading import audit_log
from usher.sandbox import RunningSandbox

TOMAS = "tomas.brook@halvorsen-brook.example"
GUSTAV = "gustav.outside@studio-nordlys.example"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@pytest.fixture
def service(sandbox: RunningSandbox, as_token: Client) -> httpx.Client:
    return as_token(sandbox, "sandbox-service-1")


@pytest.fixture
def workspace(sandbox: RunningSandbox) -> str:
    return sandbox.company.workspaces[0].gid


def _gid(sandbox: RunningSandbox, email: str) -> str:
    person = sandbox.company.person_by_email(email)
    assert person is not None
    return sandbox.company.gids.users.gid(person.number)


def _patch(service: httpx.Client, gid: str, *operations: dict[str, object]) -> httpx.Response:
    body = {"schemas": [PATCH_OP], "Operations": list(operations)}
    return service.patch(f"/scim/Users/{gid}", json=body)


def _licence(path: str, value: object) -> dict[str, object]:
    return {"op": "replace", "path": path, "value": value}


def _truth(sandbox: RunningSandbox, workspace: str, user: str) -> dict[str, str]:
    return sandbox.person(workspace, user)["membership"]  # type: ignore[return-value]


def test_everybody_but_guests_and_programs_is_listed(
    sandbox: RunningSandbox, service: httpx.Client, workspace: str
) -> None:
    body = service.get("/scim/Users").json()
    told = {user["id"]: (user["active"], user["userType"]) for user in body["Resources"]}
    members = sandbox.truth(workspace)["workspaces"][0]["memberships"]  # type: ignore[index, call-overload]
    types = {"member": "enterprise", "view_only": "view only"}
    assert told == {
        m["user"]: (m["status"] == "active", types[m["licence"]])
        for m in members
        if m["role"] != "guest" and not m["is_service_account"]
    }
    assert {"view only", "enterprise"} == {licence for _, licence in told.values()}
    assert {True, False} == {active for active, _ in told.values()}
    assert body["totalResults"] == len(told)


def test_pages_together_are_the_whole_list(service: httpx.Client) -> None:
    whole = [user["id"] for user in service.get("/scim/Users").json()["Resources"]]
    found: list[str] = []
    while len(found) < len(whole):
        page = service.get("/scim/Users", params={"startIndex": len(found) + 1, "count": 7}).json()
        assert page["totalResults"] == len(whole)
        assert page["itemsPerPage"] == len(page["Resources"]) <= 7
        found += [user["id"] for user in page["Resources"]]
    assert found == whole
    assert service.get("/scim/Users", params={"startIndex": "x"}).status_code == 400
    assert service.get("/scim/Users", params={"count": 0}).json()["Resources"] == []


@pytest.mark.parametrize("text", [f'userName eq "{TOMAS}"', f'username EQ "{TOMAS.upper()}"'])
def test_one_is_found_by_address(sandbox: RunningSandbox, service: httpx.Client, text: str) -> None:
    body = service.get("/scim/Users", params={"filter": text}).json()
    assert [user["id"] for user in body["Resources"]] == [_gid(sandbox, TOMAS)]


@pytest.mark.parametrize("address", [GUSTAV, "nobody@halvorsen-brook.example"])
def test_guests_and_strangers_are_not_found(
    sandbox: RunningSandbox, service: httpx.Client, address: str
) -> None:
    body = service.get("/scim/Users", params={"filter": f'userName eq "{address}"'}).json()
    assert body["totalResults"] == 0
    gid = _gid(sandbox, address) if address == GUSTAV else "77"
    assert service.get(f"/scim/Users/{gid}").status_code == 404
    assert service.delete(f"/scim/Users/{gid}").status_code == 404


def test_a_filter_that_is_not_known_is_refused_in_scims_shape(service: httpx.Client) -> None:
    answer = service.get("/scim/Users", params={"filter": 'title sw "Eng"'})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/scim+json"
    error = Error.model_validate(answer.json())
    assert (error.status, error.scim_type) == (400, "invalidFilter")


@pytest.mark.parametrize(
    ("token", "status"), [("sandbox-pat-1", 403), ("sandbox-revoked", 401), ("nonsense", 401)]
)
def test_only_service_accounts_come_in(
    still_sandbox: RunningSandbox, as_token: Client, token: str, status: int
) -> None:
    for path in ("/Users", "/ServiceProviderConfig", "/ResourceTypes", "/Schemas"):
        answer = as_token(still_sandbox, token).get(f"/scim{path}")
        assert answer.status_code == status
        assert Error.model_validate(answer.json()).status == status


def test_a_service_account_of_another_company_knows_nobody_of_this(
    sandbox: RunningSandbox, as_token: Client
) -> None:
    other = as_token(sandbox, "sandbox-service-2")
    assert other.get(f"/scim/Users/{_gid(sandbox, TOMAS)}").status_code == 404


def test_answers_are_scim_as_the_standard_has_it(sandbox: RunningSandbox, service: httpx.Client) -> None:
    read = Context.RESOURCE_QUERY_RESPONSE
    everybody = ListResponse[User].model_validate(service.get("/scim/Users").json(), scim_ctx=read)
    assert everybody.total_results == len(everybody.resources or ())
    User.model_validate(service.get(f"/scim/Users/{_gid(sandbox, TOMAS)}").json(), scim_ctx=read)
    offers = ServiceProviderConfig.model_validate(
        service.get("/scim/ServiceProviderConfig").json(), scim_ctx=read
    )
    assert offers.patch is not None
    assert offers.patch.supported
    kinds = ListResponse[ResourceType].model_validate(
        service.get("/scim/ResourceTypes").json(), scim_ctx=read
    )
    assert [kind.endpoint for kind in kinds.resources or ()] == ["/Users"]
    ListResponse[Schema].model_validate(service.get("/scim/Schemas").json(), scim_ctx=read)
    User.model_validate(
        _patch(service, _gid(sandbox, TOMAS), _licence("userType", "view only")).json(),
        scim_ctx=Context.RESOURCE_PATCH_RESPONSE,
    )


def test_a_licence_goes_down_and_up_again(
    sandbox: RunningSandbox, service: httpx.Client, workspace: str
) -> None:
    tomas = _gid(sandbox, TOMAS)
    down = _patch(service, tomas, _licence("userType", "view only"))
    assert down.json()["userType"] == "view only"
    path = f"/workspaces/{workspace}/workspace_memberships"
    query = {"user": tomas, "opt_fields": "is_view_only,is_active"}
    (membership,) = service.get(path, params=query).json()["data"]
    assert membership["is_view_only"]
    assert membership["is_active"]
    up = _patch(service, tomas, {"op": "Replace", "value": {"userType": "enterprise"}})
    assert up.json()["userType"] == "enterprise"
    assert _truth(sandbox, workspace, tomas)["licence"] == "member"
    assert sandbox.changes("licence_changes")[f"{workspace}/{tomas}"].took_effect == 2


def test_an_admin_who_may_only_view_is_none_any_more(
    sandbox: RunningSandbox, service: httpx.Client, workspace: str
) -> None:
    astrid = _gid(sandbox, "astrid.halvorsen@halvorsen-brook.example")
    _patch(service, astrid, _licence("userType", "view only"))
    truth = _truth(sandbox, workspace, astrid)
    assert (truth["role"], truth["licence"]) == ("member", "view_only")


@pytest.mark.parametrize(
    "remove",
    [
        lambda service, gid: service.delete(f"/scim/Users/{gid}"),
        lambda service, gid: _patch(service, gid, _licence("active", False)),
        lambda service, gid: _patch(service, gid, {"op": "Replace", "path": "active", "value": "False"}),
        lambda service, gid: service.put(f"/scim/Users/{gid}", json={"userName": TOMAS, "active": False}),
    ],
)
def test_removing_is_the_same_by_each_way(
    sandbox: RunningSandbox, service: httpx.Client, workspace: str, remove
) -> None:
    tomas = _gid(sandbox, TOMAS)
    tasks = sandbox.person(workspace, tomas)["open_tasks"]
    answer = remove(service, tomas)
    assert answer.status_code in (200, 204)
    assert (answer.status_code == 204) == (answer.content == b"")
    after = sandbox.person(workspace, tomas)
    assert after["membership"]["status"] == "not_active"  # type: ignore[index, call-overload]
    assert (after["open_tasks"], after["teams"]) == ([], [])
    assert bool(after["left_behind"]) == bool(tasks)
    assert sandbox.changes("removals")[f"{workspace}/{tomas}"].took_effect == 1
    later = service.get(f"/scim/Users/{tomas}")
    assert later.status_code == 404 or later.json()["active"] is False


def test_a_removal_stands_in_the_audit_log(
    sandbox: RunningSandbox, service: httpx.Client, workspace: str
) -> None:
    tomas, now = _gid(sandbox, TOMAS), datetime.now(UTC)
    sandbox.set_clock(now)
    service.delete(f"/scim/Users/{tomas}")
    sandbox.set_clock(now + timedelta(seconds=2))
    since = (now - timedelta(seconds=1)).isoformat()
    (event,) = audit_log(service, workspace, event_type="user_deprovisioned", start_at=since)
    assert event["resource"]["gid"] == tomas


def test_scim_brings_nobody_back(sandbox: RunningSandbox, service: httpx.Client, workspace: str) -> None:
    gone = next(u["id"] for u in service.get("/scim/Users").json()["Resources"] if not u["active"])
    answer = _patch(service, gone, _licence("active", True))
    assert answer.status_code == 400
    assert _truth(sandbox, workspace, gone)["status"] == "not_active"


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        (_licence("userType", "platinum"), "invalidValue"),
        (_licence("active", "perhaps"), "invalidValue"),
        (_licence("shoeSize", 44), "invalidPath"),
        ({"op": "explode"}, "invalidSyntax"),
        ({"op": "replace"}, "invalidSyntax"),
    ],
)
def test_a_patch_that_makes_no_sense_changes_nothing(
    sandbox: RunningSandbox, service: httpx.Client, operation: dict[str, object], kind: str
) -> None:
    before = sandbox.truth()["workspaces"]
    answer = _patch(service, _gid(sandbox, TOMAS), operation)
    assert answer.status_code == 400
    assert answer.json()["scimType"] == kind
    assert sandbox.truth()["workspaces"] == before


def test_a_body_that_is_no_json_is_refused(sandbox: RunningSandbox, service: httpx.Client) -> None:
    answer = service.patch(f"/scim/Users/{_gid(sandbox, TOMAS)}", content=b"[1")
    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidSyntax")


@pytest.mark.parametrize("kind", ["500", "429", "reset", "truncate-body", "broken-json"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_deletion_fails_before_or_after_it_took_effect(
    sandbox: RunningSandbox, service: httpx.Client, workspace: str, kind: str, when: str
) -> None:
    tomas = _gid(sandbox, TOMAS)
    try:
        answer = service.delete(f"/scim/Users/{tomas}", headers={"X-Sandbox-Fault": f"{kind};{when}"})
        assert kind in ("500", "429", "broken-json")
        if kind == "broken-json":
            with pytest.raises(ValueError):
                answer.json()
        else:
            assert Error.model_validate(answer.json()).status == int(kind)
    except httpx.TransportError:
        assert kind in ("reset", "truncate-body")
    membership = sandbox.company.membership_of(sandbox.company.people[1], sandbox.company.workspaces[0])
    assert membership is not None
    assert membership.is_active(time.time()) == (when == "before")
    assert (f"{workspace}/{tomas}" in sandbox.changes("removals")) == (when == "after")
