"""Tokens that renew themselves, against a token endpoint over HTTP."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from starlette.responses import JSONResponse

from tests.asana.conftest import QUICK, UNHURRIED
from tests.support.asana.scripted_asana import ScriptedAsana, Seen, after, data, refusal
from usher.asana import Asana, BearerToken, NotAuthorized, OAuthApp, OAuthToken, Reason, TokenSet, Unavailable

TOKEN_PATH = "/-/oauth_token"


class TokenEndpoint:
    """Gives access-1, access-2, … and accepts only the newest on API calls."""

    def __init__(self, server: ScriptedAsana, rotates: bool = False) -> None:
        self.server, self.rotates, self.given = server, rotates, 0
        self.refusal: JSONResponse | None = None
        self.good = "access-0"
        server.always = self.answer

    async def answer(self, seen: Seen):
        if seen.path != TOKEN_PATH:
            if seen.headers["authorization"] == f"Bearer {self.good}":
                return data({"gid": "1"})
            return refusal(401, "The bearer token has expired.")
        if self.refusal:
            return self.refusal
        self.given += 1
        await asyncio.sleep(0.05)
        self.good = f"access-{self.given}"
        more = {"refresh_token": f"refresh-{self.given}"} if self.rotates else {}
        return JSONResponse({"access_token": self.good, "expires_in": 3600, **more})

    @property
    def refreshes(self) -> list[Seen]:
        return [seen for seen in self.server.seen if seen.path == TOKEN_PATH]


class Owner:
    def __init__(self) -> None:
        self.told: list[TokenSet] = []
        self.failures = 0

    async def store(self, tokens: TokenSet) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("the database is away")
        self.told.append(tokens)


@pytest.fixture
def owner() -> Owner:
    return Owner()


def token_of(server: ScriptedAsana, owner: Owner, lasts: timedelta) -> OAuthToken:
    app = OAuthApp("client", "app-secret", "https://usher.example/back", server.url, retries=QUICK)
    return OAuthToken(app, "access-0", "refresh-0", datetime.now(UTC) + lasts, owner.store)


async def test_a_token_is_renewed_one_minute_early_and_once_for_all_calls(server, owner):
    endpoint = TokenEndpoint(server)
    token = token_of(server, owner, timedelta(seconds=59))
    async with Asana(token, server.url, UNHURRIED, retries=QUICK) as asana:
        await asyncio.gather(*(asana.me() for _ in range(30)))
    assert len(endpoint.refreshes) == 1
    assert b"refresh_token=refresh-0" in endpoint.refreshes[0].body
    assert asana.requests_made == 30


async def test_a_token_that_lasts_is_left_alone(server, owner):
    endpoint = TokenEndpoint(server)
    async with Asana(token_of(server, owner, timedelta(seconds=65)), server.url) as asana:
        await asana.me()
    assert not endpoint.refreshes


async def test_the_old_refresh_token_is_kept_when_none_comes_back(server, owner):
    TokenEndpoint(server)
    await token_of(server, owner, timedelta()).access_token()
    [told] = owner.told
    assert (told.access_token, told.refresh_token) == ("access-1", "refresh-0")
    assert timedelta(minutes=59) < told.expires_at - datetime.now(UTC) <= timedelta(hours=1)


async def test_a_new_refresh_token_replaces_the_old_one(server, owner):
    endpoint = TokenEndpoint(server, rotates=True)
    token = token_of(server, owner, timedelta())
    await token.access_token()
    await token.renew(refused="access-1")
    await token.renew(refused="access-1")  # late: another call had it renewed
    assert [told.refresh_token for told in owner.told] == ["refresh-1", "refresh-2"]
    assert b"refresh_token=refresh-1" in endpoint.refreshes[1].body


async def test_an_owner_who_could_not_store_is_told_again_without_a_second_refresh(server, owner):
    endpoint = TokenEndpoint(server, rotates=True)
    owner.failures = 1
    token = token_of(server, owner, timedelta())
    with pytest.raises(OSError, match="away"):
        await token.access_token()
    assert await token.access_token() == "access-1"
    assert [told.refresh_token for told in owner.told] == ["refresh-1"]
    assert len(endpoint.refreshes) == 1


async def test_a_refused_token_is_renewed_once_and_the_calls_repeated(server, owner):
    endpoint = TokenEndpoint(server)
    endpoint.good = "access-1"  # the one we hold is not good any more
    async with Asana(
        token_of(server, owner, timedelta(hours=1)), server.url, UNHURRIED, retries=QUICK
    ) as asana:
        await asyncio.gather(*(asana.me() for _ in range(20)))
        await asana.me()
    assert len(endpoint.refreshes) == 1


async def test_a_write_is_repeated_after_a_renewal_too(server, owner):
    endpoint = TokenEndpoint(server)
    endpoint.good = "access-1"
    async with Asana(token_of(server, owner, timedelta(hours=1)), server.url) as asana:
        await asana.remove_user("900", "1204")
    assert [seen.path for seen in server.seen].count("/api/1.0/workspaces/900/removeUser") == 2


async def test_a_token_refused_even_when_fresh_is_not_asked_for_ever(server, owner):
    def answer(seen: Seen):
        if seen.path == TOKEN_PATH:
            return JSONResponse({"access_token": "another"})
        return refusal(401, "This app is not available to your Asana workspace.")

    server.always = answer
    async with Asana(token_of(server, owner, timedelta(hours=1)), server.url) as asana:
        with pytest.raises(NotAuthorized) as caught:
            await asana.me()
    assert caught.value.reason is Reason.APP_BLOCKED
    paths = [seen.path for seen in server.seen]
    assert (len(paths), paths.count(TOKEN_PATH)) == (4, 1)


async def test_a_refused_refresh_means_revoked_for_every_waiting_call(server, owner):
    endpoint = TokenEndpoint(server)
    endpoint.refusal = JSONResponse({"error": "invalid_grant", "error_description": "invalid"}, 400)
    async with Asana(token_of(server, owner, timedelta()), server.url) as asana:
        results = await asyncio.gather(*(asana.me() for _ in range(5)), return_exceptions=True)
    assert [type(result) for result in results] == [NotAuthorized] * 5
    assert {result.reason for result in results} == {Reason.REVOKED}
    assert len(endpoint.refreshes) == 1
    assert not owner.told


async def test_a_caller_who_gives_up_does_not_lose_the_tokens(server, owner):
    endpoint = TokenEndpoint(server, rotates=True)
    token = token_of(server, owner, timedelta())
    first = asyncio.create_task(token.access_token())
    await asyncio.sleep(0.02)
    first.cancel()
    assert await token.access_token() == "access-1"
    assert len(endpoint.refreshes) == 1


async def test_a_refresh_is_repeated_when_asana_is_down_for_a_moment(server, owner):
    TokenEndpoint(server)
    server.script.extend([refusal(503), after(0.01, refusal(502))])
    assert await token_of(server, owner, timedelta()).access_token() == "access-1"


async def test_asana_being_down_is_not_taken_for_revoked(server, owner):
    endpoint = TokenEndpoint(server)
    endpoint.refusal = JSONResponse({}, 503)
    with pytest.raises(Unavailable):
        await token_of(server, owner, timedelta()).access_token()


def test_no_secret_is_in_any_representation(server, owner):
    token = token_of(server, owner, timedelta())
    tokens = TokenSet("access-0", "refresh-0", datetime.now(UTC))
    for thing in (token, tokens, token._app, BearerToken("access-0"), [tokens], tokens.__rich_repr__()):
        for secret in ("access-0", "refresh-0", "app-secret"):
            assert secret not in f"{thing} {thing!r}"
