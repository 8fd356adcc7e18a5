"""Refusals as types that a page can explain."""

import traceback

import pytest
from starlette.responses import RedirectResponse, Response

from tests.asana.conftest import TOKEN
from tests.support.asana.scripted_asana import ScriptedAsana, data, refusal, web_page
from usher.asana import (
    Asana,
    AsanaError,
    BadRequest,
    Forbidden,
    MalformedAnswer,
    NotAuthorized,
    NotFound,
    OAuthError,
    OffsetExpired,
    PlanTooLow,
    Reason,
    SyncTokenExpired,
)
from usher.asana import errors as tree


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (400, "workspace: Not a recognized ID: xyz", BadRequest),
        (400, "offset: Your pagination token is invalid.", OffsetExpired),
        (401, "Not Authorized", NotAuthorized),
        (402, "Search is only available to premium users.", PlanTooLow),
        (403, "You do not have access to this project.", Forbidden),
        (404, "workspace: Unknown object: 12", NotFound),
        (409, "Conflict of tomorrow", BadRequest),
        (451, "Blocked", Forbidden),
    ],
)
async def test_each_refusal_has_its_type_and_keeps_what_happened(
    server: ScriptedAsana, asana: Asana, status, message, kind
):
    server.always = refusal(status, message, x_request_id="abc-1")
    with pytest.raises(kind) as caught:
        await asana.workspace("12")
    error = caught.value
    assert type(error) is kind
    assert (error.status, error.asana_message) == (status, message)
    assert (error.request, error.request_id) == ("GET /workspaces/12", "abc-1")
    assert message in str(error)
    assert str(status) in str(error)
    assert error.remedy
    assert len(server.seen) == (3 if kind is NotAuthorized else 1)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("The bearer token has expired. If you have a refresh token, use it.", Reason.EXPIRED),
        ("The access was revoked.", Reason.REVOKED),
        ("This app is not available to your Asana workspace.", Reason.APP_BLOCKED),
        ("Not Authorized", Reason.UNKNOWN),
    ],
)
async def test_a_refused_token_has_a_reason_and_a_remedy_of_its_own(server, asana, message, reason):
    server.always = refusal(401, message)
    with pytest.raises(NotAuthorized) as caught:
        await asana.me()
    assert caught.value.reason is reason
    assert len({tree._REMEDIES[each] for each in Reason}) == len(Reason)


async def test_one_odd_refusal_of_the_token_does_not_end_a_connection(server, asana):
    server.script.append(refusal(401, "Not Authorized"))
    server.always = data({"gid": "1"})
    assert (await asana.me()).gid == "1"


async def test_a_lost_sync_token_brings_the_fresh_one(server, asana):
    server.always = Response(b'{"errors":[{"message":"Sync token invalid"}],"sync":"fresh"}', 412)
    with pytest.raises(SyncTokenExpired) as caught:
        await asana.me()
    assert caught.value.sync == "fresh"


@pytest.mark.parametrize("answer", [web_page(200), web_page(401), web_page(403), web_page(404)])
async def test_a_web_page_of_someone_else_is_no_answer(server, asana, answer):
    server.always = answer
    with pytest.raises(MalformedAnswer, match=r"127\.0\.0\.1 sent a web page") as caught:
        await asana.me()
    assert "proxy" in caught.value.remedy
    assert len(server.seen) == 1


async def test_a_redirect_is_no_answer_and_is_not_followed(server, asana):
    server.always = RedirectResponse("https://captive.example.net/login?token=secret", 302)
    with pytest.raises(MalformedAnswer, match=r"redirected Usher to captive\.example\.net \(302\)") as caught:
        await asana.me()
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("body", [b'{"data": {"gid": 7}}', b"[]", b'{"other": 1}', b'"text"'])
async def test_json_of_another_shape_is_malformed_at_once(server, asana, body):
    server.always = Response(body, media_type="application/json")
    with pytest.raises(MalformedAnswer, match="documented shape"):
        await asana.me()
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b'"\xff"', b"null", b'{"errors":null}', b'{"errors":[{}]}']
)
async def test_a_refusal_with_an_odd_body_still_has_its_type(server, asana, body):
    server.always = Response(body, 403)
    with pytest.raises(Forbidden, match="403"):
        await asana.me()


async def test_bytes_that_are_no_text_are_damage(server, asana):
    server.script.append(Response(b'{"data": {"gid": "\xff"}}', media_type="application/json"))
    server.script.append(Response(b"not gzip", headers={"Content-Encoding": "gzip"}))
    server.always = data({"gid": "1"})
    assert (await asana.me()).gid == "1"
    assert len(server.seen) == 3


async def test_no_error_ever_shows_the_token(server, asana, caplog):
    caplog.set_level("DEBUG")
    for answer in (refusal(401, f"bad token {TOKEN}"), refusal(400, TOKEN), web_page(), refusal(500, TOKEN)):
        server.always = answer
        with pytest.raises(AsanaError) as caught:
            await asana.me()
        shown = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
        assert TOKEN not in shown
    assert f"Bearer {TOKEN}" == server.seen[0].headers["authorization"]
    assert TOKEN not in caplog.text


def test_the_drawn_tree_is_the_real_one():
    lines = [line for line in tree.__doc__.splitlines() if line.startswith("    ")]
    drawn = {line.strip("│├└─ ").split(" ")[0] for line in lines}
    real = {
        value.__name__
        for value in vars(tree).values()
        if isinstance(value, type) and issubclass(value, AsanaError)
    }
    assert drawn == real
    assert issubclass(OffsetExpired, BadRequest)
    assert issubclass(tree.ConsentRefused, OAuthError)


async def test_an_answer_that_can_never_be_unpacked_is_malformed(server, asana):
    server.always = Response(b"not gzip", headers={"Content-Encoding": "gzip"})
    with pytest.raises(MalformedAnswer, match="decompressed"):
        await asana.me()
