"""Calls that fail for a while, on a real line."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.asana.conftest import QUICK, TOKEN, UNHURRIED
from tests.support.asana.scripted_asana import (
    ScriptedAsana,
    after,
    breaks_off,
    broken_json,
    data,
    refusal,
    web_page,
)
from usher.asana import (
    Asana,
    BearerToken,
    MalformedAnswer,
    RateLimited,
    Retries,
    Unavailable,
    Uncertain,
)
from usher.asana.retry import seconds_in

PERSON = {"gid": "1", "name": "Greta"}


@pytest.mark.parametrize(
    "failure",
    [
        refusal(500, "Server Error"), refusal(502), refusal(503), refusal(504), refusal(424), refusal(408),
        web_page(502), broken_json(), breaks_off(), refusal(429), refusal(429, retry_after="0"),
    ],
)  # fmt: skip
async def test_a_read_is_repeated_until_asana_answers(server: ScriptedAsana, asana: Asana, failure):
    server.script.append(failure)
    server.always = data(PERSON)
    assert (await asana.me()).name == "Greta"
    assert (asana.requests_made, asana.tally.retries) == (2, 1)


async def test_tries_are_bounded_in_number(server, asana):
    server.always = refusal(503, "down")
    with pytest.raises(Unavailable, match="503"):
        await asana.me()
    assert len(server.seen) == QUICK.tries == 8


async def test_tries_are_bounded_in_time(server):
    server.always = refusal(503)
    began = time.monotonic()
    retries = Retries(tries=1000, seconds=0.3, first_wait=0.1, longest_wait=0.1)
    async with Asana(BearerToken(TOKEN), server.url, retries=retries) as asana:
        with pytest.raises(Unavailable):
            await asana.me()
    assert time.monotonic() - began < 1
    assert len(server.seen) > 1


async def test_an_answer_that_stays_broken_is_malformed(server, asana):
    server.always = broken_json()
    with pytest.raises(MalformedAnswer, match="damaged"):
        await asana.me()
    assert len(server.seen) == 8


async def test_a_machine_that_nobody_answers_on_is_unavailable():
    async with Asana(
        BearerToken(TOKEN), "http://127.0.0.1:9", retries=Retries(tries=2, first_wait=0)
    ) as asana:
        with pytest.raises(Unavailable, match="cannot reach Asana") as caught:
            await asana.remove_user("1", "2")  # a write too: it surely was not sent
    assert caught.value.not_sent
    assert asana.requests_made == 2


async def test_all_waiting_calls_obey_a_retry_after(server):
    server.script.append(refusal(429, "slow down", retry_after="1"))
    server.always = data(PERSON)
    async with Asana(BearerToken("waiting"), server.url, UNHURRIED, retries=QUICK) as asana:
        first = asyncio.create_task(asana.me())
        await asyncio.sleep(0.2)
        assert len(server.seen) == 1
        await asyncio.gather(first, *(asana.me() for _ in range(20)))
    refused, *later = server.seen
    assert len(later) == 21
    assert all(seen.at - refused.at >= 1 for seen in later)
    assert asana.tally.waited_seconds > 15


async def test_a_client_that_is_opened_anew_still_obeys(server):
    server.script.append(refusal(429, retry_after="0.6"))
    server.always = data(PERSON)
    impatient = Retries(longest_retry_after=0.6, tries=1)
    async with Asana(BearerToken("again"), server.url, retries=impatient) as asana:
        with pytest.raises(RateLimited) as caught:
            await asana.me()
    assert caught.value.retry_after == 0.6
    async with Asana(BearerToken("again"), server.url, retries=impatient) as asana:
        await asana.me()
    refused, obeyed = server.seen
    assert obeyed.at - refused.at >= 0.6


async def test_a_longer_retry_after_than_the_time_left_is_obeyed(server):
    server.script.append(refusal(429, retry_after="0.5"))
    server.always = data(PERSON)
    retries = Retries(seconds=0.1, first_wait=0.001)
    async with Asana(BearerToken("longer"), server.url, retries=retries) as asana:
        assert (await asana.me()).gid == "1"


async def test_a_retry_after_beyond_ten_minutes_is_reported_at_once(server, asana):
    server.always = refusal(429, retry_after="601")
    with pytest.raises(RateLimited) as caught:
        await asana.me()
    assert caught.value.retry_after == 601
    assert len(server.seen) == 1


@pytest.mark.parametrize("failure", [refusal(500), refusal(503), broken_json(), breaks_off(), web_page()])
async def test_a_write_whose_outcome_is_unknown_is_not_repeated(server, asana, failure):
    server.always = failure
    with pytest.raises(Uncertain, match="It is unknown whether"):
        await asana.remove_user("900", "1204")
    assert len(server.seen) == 1


@pytest.mark.parametrize("failure", [refusal(502), broken_json(), breaks_off()])
async def test_a_handover_whose_outcome_is_unknown_is_not_repeated(server, asana, failure):
    server.always = failure
    for write in (asana.reassign_task("3", "9"), asana.change_project_owner("8", "9")):
        with pytest.raises(Uncertain, match="It is unknown whether"):
            await write
    assert len(server.seen) == 2


async def test_a_write_that_was_refused_for_haste_is_repeated(server, asana):
    server.script.append(refusal(429))
    server.always = data({})
    await asana.remove_user("900", "1204")
    assert len(server.seen) == 2


async def test_a_write_that_times_out_is_uncertain(server, monkeypatch):
    monkeypatch.setattr("usher.asana.wire.LONGEST_EXCHANGE", 0.2)
    server.script.append(after(0.6, data({})))
    async with Asana(BearerToken(TOKEN), server.url, retries=QUICK) as asana:
        with pytest.raises(Uncertain, match="in time"):
            await asana.remove_user("900", "1204")
        assert asana.requests_made == 1
        server.script.append(after(0.6, data(PERSON)))
        server.always = data(PERSON)
        assert (await asana.me()).gid == "1"


@given(failures=st.integers(1, 30), elapsed=st.floats(0, 1000))
def test_waits_grow_but_never_lead_past_the_bounds(failures, elapsed):
    retries = Retries()
    wait = retries.wait_after(Unavailable("down"), failures, elapsed)
    if failures >= retries.tries or elapsed >= retries.seconds:
        assert wait is None
    elif wait is not None:
        assert 0 <= wait <= min(retries.longest_wait, retries.first_wait * 2 ** (failures - 1))
        assert elapsed + wait < retries.seconds


def test_no_wait_begins_after_the_time_is_up_even_when_asana_asks_for_it():
    asked = RateLimited("slow down", retry_after=30)
    assert Retries(seconds=300).wait_after(asked, 1, elapsed=299) == 30
    assert Retries(seconds=300).wait_after(asked, 1, elapsed=300) is None


@given(st.text())
def test_any_retry_after_header_is_read_without_trouble(header):
    seconds = seconds_in(header)
    assert seconds is None or seconds >= 0


def test_a_retry_after_may_be_a_date():
    moment = datetime.now(UTC) + timedelta(seconds=90)
    assert seconds_in(format_datetime(moment, usegmt=True)) == pytest.approx(90, abs=2)
    assert seconds_in("nan") is None
    assert seconds_in("-3") == 0
