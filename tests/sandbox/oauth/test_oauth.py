import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.sandbox.conftest import TODAY
from usher.sandbox import RunningSandbox, running
from usher.sandbox.oauth.tokens import s256

REDIRECT = "https://usher.example/back"
OOB = "urn:ietf:wg:oauth:2.0:oob"
VERIFIER = "v" * 64


@pytest.fixture
def web(still_sandbox: RunningSandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=still_sandbox.url) as client:
        yield client


@pytest.fixture
def own_web(sandbox: RunningSandbox) -> Iterator[httpx.Client]:
    """For tests that spoil the sandbox for others."""
    with httpx.Client(base_url=sandbox.url) as client:
        yield client


def _request(**changes: str) -> dict[str, str]:
    asked = {
        "client_id": "sandbox-client",
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "state": "s-1",
        "code_challenge_method": "S256",
        "code_challenge": s256(VERIFIER),
    }
    return {name: value for name, value in (asked | changes).items() if value}


def _decide(web: httpx.Client, decision: str, account: int = 0, **changes: str) -> httpx.Response:
    """Fills in the consent page's own form, as a browser does."""
    page = web.get("/-/oauth_authorize", params=_request(**changes))
    assert page.status_code == 200, page.text
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.text))
    accounts = re.findall(r'name="account" value="(\d+)"', page.text)
    form = {**hidden, "account": accounts[account], "decision": decision}
    return web.post("/-/oauth_authorize", data=form)


def _back(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(REDIRECT)
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def _exchange(web: httpx.Client, code: str, **changes: str) -> httpx.Response:
    form = {
        "grant_type": "authorization_code",
        "client_id": "sandbox-client",
        "client_secret": "sandbox-secret",
        "redirect_uri": REDIRECT,
        "code": code,
        "code_verifier": VERIFIER,
    }
    return web.post("/-/oauth_token", data={k: v for k, v in (form | changes).items() if v})


def _refresh(web: httpx.Client, refresh_token: str) -> httpx.Response:
    return _exchange(web, "", grant_type="refresh_token", refresh_token=refresh_token, code_verifier="")


def _me(web: httpx.Client, token: str) -> httpx.Response:
    return web.get("/api/1.0/users/me", headers={"Authorization": f"Bearer {token}"})


def _connected(web: httpx.Client) -> dict[str, str]:
    return dict(_exchange(web, _back(_decide(web, "allow"))["code"]).json())


def test_the_page_says_that_it_is_a_sandbox_and_runs_no_script(web: httpx.Client) -> None:
    page = web.get("/-/oauth_authorize", params=_request(state='"><script>alert(1)</script>')).text
    assert "This is a sandbox, not Asana" in page
    assert "<script" not in page
    assert "Astrid Halvorsen" in page
    assert "Noor van Dijk" in page


def test_consent_leads_to_a_token_of_the_chosen_account(web: httpx.Client) -> None:
    back = _back(_decide(web, "allow", account=1))
    assert back["state"] == "s-1"
    answer = _exchange(web, back["code"])
    assert answer.status_code == 200
    tokens = answer.json()
    assert tokens["token_type"] == "bearer"
    assert tokens["expires_in"] == 3_600
    me = _me(web, tokens["access_token"]).json()["data"]
    assert me["gid"] == tokens["data"]["gid"] == tokens["data"]["id"]
    assert me["name"] == "Noor van Dijk"


def test_refusal_comes_back_as_access_denied(web: httpx.Client) -> None:
    back = _back(_decide(web, "deny"))
    assert back["error"] == "access_denied"
    assert back["state"] == "s-1"
    assert "code" not in back


def test_the_code_can_be_copied_out_of_band(web: httpx.Client) -> None:
    page = _decide(web, "allow", redirect_uri=OOB)
    code = re.search(r'id="code">([^<]+)<', page.text)
    assert code is not None
    assert _exchange(web, code[1], redirect_uri=OOB).status_code == 200
    refused = _decide(web, "deny", redirect_uri=OOB)
    assert 'id="error">access_denied<' in refused.text


@pytest.mark.parametrize(
    "changes",
    [{"client_id": "other"}, {"redirect_uri": "http://usher.example/back"}, {"redirect_uri": "nonsense"}],
)
def test_a_wrong_client_or_address_is_never_redirected(web: httpx.Client, changes: dict[str, str]) -> None:
    answer = web.get("/-/oauth_authorize", params=_request(**changes))
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    "uri", ["http://127.0.0.1:8000/back", "http://localhost:1/x", "https://a.example/b?c=d"]
)
def test_local_and_https_addresses_are_allowed(web: httpx.Client, uri: str) -> None:
    assert web.get("/-/oauth_authorize", params=_request(redirect_uri=uri)).status_code == 200


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"scope": "users:read"}, "forbidden_scopes"),
        ({"scope": "default tasks:write"}, "forbidden_scopes"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
    ],
)
def test_other_wrong_requests_come_back_with_their_error(
    web: httpx.Client, changes: dict[str, str], error: str
) -> None:
    back = _back(web.get("/-/oauth_authorize", params=_request(**changes)))
    assert back["error"] == error
    assert back["state"] == "s-1"


@pytest.mark.parametrize("scope", ["", "default", "default openid email"])
def test_full_permissions_need_no_scope_or_default(web: httpx.Client, scope: str) -> None:
    assert "code" in _back(_decide(web, "allow", scope=scope))


def _hold_refused(answer: httpx.Response, error: str, status: int = 400) -> None:
    assert answer.status_code == status
    assert answer.json()["error"] == error
    assert answer.json()["error_description"]


def test_a_code_works_once_and_a_second_use_kills_its_tokens(web: httpx.Client) -> None:
    code = _back(_decide(web, "allow"))["code"]
    tokens = _exchange(web, code).json()
    _hold_refused(_exchange(web, code), "invalid_grant")
    assert _me(web, tokens["access_token"]).status_code == 401
    _hold_refused(_refresh(web, tokens["refresh_token"]), "invalid_grant")


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "2/0/made-up"},
        {"code_verifier": "w" * 64},
        {"code_verifier": ""},
        {"redirect_uri": "https://elsewhere.example/back"},
    ],
)
def test_a_code_is_bound_to_its_verifier_and_address(web: httpx.Client, changes: dict[str, str]) -> None:
    given = {"code": _back(_decide(web, "allow"))["code"], **changes}
    _hold_refused(_exchange(web, **given), "invalid_grant")


def test_the_app_must_prove_who_it_is(web: httpx.Client) -> None:
    code = _back(_decide(web, "allow"))["code"]
    _hold_refused(_exchange(web, code, client_secret="wrong"), "invalid_client", 401)
    _hold_refused(_exchange(web, code, grant_type="password"), "unsupported_grant_type")
    assert _exchange(web, code).status_code == 200


def test_a_refresh_gives_a_new_access_token_and_no_new_refresh_token(web: httpx.Client) -> None:
    tokens = _connected(web)
    answer = _refresh(web, tokens["refresh_token"]).json()
    assert "refresh_token" not in answer
    assert answer["access_token"] != tokens["access_token"]
    assert _me(web, answer["access_token"]).status_code == 200
    _hold_refused(_refresh(web, tokens["access_token"]), "invalid_grant")
    _hold_refused(_refresh(web, "made-up"), "invalid_grant")


def test_revoking_kills_the_refresh_token_and_its_access_tokens(web: httpx.Client) -> None:
    tokens = _connected(web)
    app = {"client_id": "sandbox-client", "client_secret": "sandbox-secret"}
    refused = web.post("/-/oauth_revoke", data={**app, "token": tokens["access_token"]})
    assert refused.status_code == 400
    for token in (tokens["refresh_token"], "unknown"):
        assert web.post("/-/oauth_revoke", data={**app, "token": token}).status_code == 200
    assert _me(web, tokens["access_token"]).status_code == 401
    _hold_refused(_refresh(web, tokens["refresh_token"]), "invalid_grant")


def test_access_tokens_expire_and_refreshing_helps(sandbox: RunningSandbox, own_web: httpx.Client) -> None:
    tokens = _connected(own_web)
    sandbox.post_faults(expire_tokens=True)
    answer = _me(own_web, tokens["access_token"])
    assert answer.status_code == 401
    assert "The bearer token has expired" in answer.text
    assert _me(own_web, _refresh(own_web, tokens["refresh_token"]).json()["access_token"]).status_code == 200


def test_a_revoked_app_is_shut_out_until_somebody_consents_again(
    sandbox: RunningSandbox, own_web: httpx.Client
) -> None:
    tokens = _connected(own_web)
    sandbox.post_faults(revoked_app=True)
    assert _me(own_web, tokens["access_token"]).status_code == 401
    _hold_refused(_refresh(own_web, tokens["refresh_token"]), "invalid_grant")
    assert _me(own_web, "sandbox-pat-1").status_code == 200
    assert _me(own_web, _connected(own_web)["access_token"]).status_code == 200


def test_tokens_outlive_a_restart_of_the_same_company() -> None:
    with running(people=30, today=TODAY) as before:
        tokens = _connected(httpx.Client(base_url=before.url))
    with running(people=30, today=TODAY) as after:
        web = httpx.Client(base_url=after.url)
        assert _me(web, tokens["access_token"]).status_code == 200
        assert _refresh(web, tokens["refresh_token"]).status_code == 200
    with running(people=30, seed=8, today=TODAY) as other:
        assert _me(httpx.Client(base_url=other.url), tokens["access_token"]).status_code == 401


def test_no_oauth_token_reads_the_audit_log(still_sandbox: RunningSandbox, web: httpx.Client) -> None:
    token, gid = _connected(web)["access_token"], still_sandbox.company.workspaces[0].gid
    answer = web.get(
        f"/api/1.0/workspaces/{gid}/audit_log_events", headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 403
