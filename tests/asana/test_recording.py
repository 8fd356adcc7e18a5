"""The evidence of what was asked of Asana."""

import asyncio
from datetime import UTC, datetime

import pytest

from tests.asana.conftest import TOKEN
from tests.support.asana.scripted_asana import ScriptedAsana, after, breaks_off, broken_json, data, refusal
from usher.asana import (
    Asana,
    AsanaError,
    BearerToken,
    Exchange,
    NotFound,
    Retries,
    Unavailable,
    Uncertain,
    recording,
)

PERSON = {"gid": "1", "name": "Greta"}


async def test_a_call_is_told_as_it_went_out_and_came_back(server: ScriptedAsana, asana: Asana):
    server.script.append(after(0.05, data({}, x_request_id="abc-1")))
    told: list[Exchange] = []
    began = datetime.now(UTC)
    with recording(told.append):
        await asana.remove_user("900", "1204")
    [exchange] = told
    assert began <= exchange.at <= datetime.now(UTC)
    assert exchange.at.tzinfo is UTC
    assert (exchange.method, exchange.path) == ("POST", "/workspaces/900/removeUser")
    assert exchange.body == '{"data":{"user":"1204"}}'
    assert (exchange.status, exchange.request_id, exchange.error) == (200, "abc-1", None)
    assert 50 <= exchange.milliseconds < 2_000


async def test_the_other_header_names_the_exchange_too(server, asana):
    server.always = data(PERSON, x_asana_request_id="def-2")
    told: list[Exchange] = []
    with recording(told.append):
        await asana.me()
    assert told[0].request_id == "def-2"


async def test_every_try_is_told_with_what_went_wrong(server, asana):
    server.script += [
        refusal(429, "slow down"), refusal(503, "down"), breaks_off(), broken_json(), refusal(401, "Not Authorized"),
    ]  # fmt: skip
    server.always = data(PERSON)
    told: list[Exchange] = []
    with recording(told.append):
        await asana.me()
    assert [exchange.status for exchange in told] == [429, 503, None, 200, 401, 200]
    words = [exchange.error for exchange in told]
    assert words[-1] is None
    for part, heard in zip(("429", "down", "broke", "damaged", "Not Authorized"), words, strict=False):
        assert part in heard
    assert len(told) == len(server.seen) == asana.requests_made


async def test_a_refusal_and_an_unknown_outcome_are_told(server, asana):
    server.script += [refusal(404, "user: Unknown object: 1204"), refusal(500)]
    told: list[Exchange] = []
    with recording(told.append):
        with pytest.raises(NotFound):
            await asana.remove_user("900", "1204")
        with pytest.raises(Uncertain):
            await asana.remove_user("900", "1204")
    assert [exchange.status for exchange in told] == [404, 500]
    assert "Unknown object: 1204" in told[0].error


async def test_a_machine_that_nobody_answers_on_is_told():
    told: list[Exchange] = []
    retries = Retries(tries=2, first_wait=0)
    async with Asana(BearerToken(TOKEN), "http://127.0.0.1:9", retries=retries) as asana:
        with recording(told.append), pytest.raises(Unavailable):
            await asana.me()
    assert [exchange.status for exchange in told] == [None, None]
    assert "cannot reach Asana" in told[0].error


async def test_a_call_that_is_cancelled_while_asana_works_is_told(server, asana):
    server.script.append(after(1, data({})))
    told: list[Exchange] = []
    with recording(told.append), pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await asana.remove_user("900", "1204")
    assert len(server.seen) == 1
    [exchange] = told
    assert exchange.status is None
    assert "before Asana answered" in exchange.error


async def test_no_secret_is_ever_told(server, asana):
    server.script.append(refusal(403, f"The token {TOKEN} may not do this."))
    server.script += [data([], next_offset="secret-offset"), data([])]
    told: list[Exchange] = []
    with recording(told.append):
        with pytest.raises(AsanaError, match="does not allow"):
            await asana.remove_user("900", "1204")
        async for _ in asana.workspace_memberships_of("1204"):
            pass
        with pytest.raises(AsanaError):
            await asana.workspace_events("900", sync="secret-sync")
    assert len(told) == 4
    text = repr(told)
    assert TOKEN not in text
    assert "secret" not in text
    assert "opt_fields" not in text


async def test_what_was_asked_about_is_told(server, asana):
    server.always = data([])
    told: list[Exchange] = []
    with recording(told.append):
        assert await asana.membership_in("900", "1204") is None
    assert told[0].query == {"user": "1204"}
    assert told[0].body is None


async def test_cases_that_share_a_client_get_exactly_their_own(server, asana):
    server.always = data({})
    told: dict[int, list[Exchange]] = {number: [] for number in range(1, 40)}

    async def case(number: int) -> None:
        with recording(told[number].append):
            await asana.remove_user("900", str(number))
            await asyncio.create_task(asana.remove_user("901", str(number)))

    await asyncio.gather(*(case(number) for number in told))
    for number, exchanges in told.items():
        assert [exchange.path for exchange in exchanges] == [
            "/workspaces/900/removeUser",
            "/workspaces/901/removeUser",
        ]
        assert all(f'"{number}"' in exchange.body for exchange in exchanges)


async def test_recordings_within_recordings_both_hear_and_nobody_hears_after_the_end(server, asana):
    server.always = data(PERSON)
    outer: list[Exchange] = []
    inner: list[Exchange] = []
    with recording(outer.append):
        await asana.me()
        with recording(inner.append):
            await asana.me()
    await asana.me()
    assert (len(outer), len(inner)) == (2, 1)
    assert outer[1] is inner[0]
