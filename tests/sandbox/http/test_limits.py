import asyncio
from collections import Counter

import httpx
import pytest

from tests.sandbox.conftest import TODAY, Client
from usher.sandbox import Limits, running
from usher.sandbox.http.answers import AsanaError
from usher.sandbox.http.limits import Meter


class Seconds:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def _call(meter: Meter, token: str = "t", *, is_search: bool = False) -> int:
    """0 when let in, else the seconds to wait."""
    try:
        with meter.admitted(token, is_write=False, is_search=is_search):
            return 0
    except AsanaError as refused:
        assert refused.status == 429
        return int(refused.headers["Retry-After"])


def test_a_minutes_quota_holds_over_any_sixty_seconds() -> None:
    seconds = Seconds()
    meter = Meter(Limits(per_minute=60), seconds)
    let_in: list[float] = []
    for _ in range(4 * 180):
        if _call(meter, "steady") == 0:
            let_in.append(seconds.now)
        seconds.now += 1.0
    assert all(sum(at - 60 < other <= at for other in let_in) <= 60 for at in let_in)


def test_steady_calls_at_the_quota_are_never_refused() -> None:
    seconds = Seconds()
    meter = Meter(Limits(per_minute=1_500), seconds)
    for _ in range(6_000):
        assert _call(meter) == 0
        seconds.now += 60 / 1_499


def test_a_burst_above_a_quarter_of_the_quota_is_refused_within_ten_seconds() -> None:
    seconds = Seconds()
    meter = Meter(Limits(per_minute=1_500), seconds)
    assert [_call(meter) for _ in range(375)] == [0] * 375
    assert _call(meter) == 10
    seconds.now += 10.5
    assert _call(meter) == 0


def test_refused_calls_count_as_well() -> None:
    seconds = Seconds()
    meter = Meter(Limits(per_minute=40), seconds)
    for _ in range(30):
        _call(meter)
        seconds.now += 0.5
    assert _call(meter) > 0, "it kept calling while refused, so it is still refused"


def test_each_token_has_its_own_quota() -> None:
    meter = Meter(Limits(per_minute=4), Seconds())
    assert _call(meter, "a") == 0
    assert _call(meter, "a") > 0
    assert _call(meter, "b") == 0


def test_searches_have_a_quota_of_their_own() -> None:
    seconds = Seconds()
    meter = Meter(Limits(), seconds)
    assert [_call(meter, is_search=True) for _ in range(60)] == [0] * 60
    assert _call(meter, is_search=True) > 0
    assert _call(meter) == 0


@pytest.mark.parametrize(("free", "quota"), [(False, 1_500), (True, 150)])
def test_the_plan_decides_the_quota(free: bool, quota: int) -> None:
    assert Limits.of_plan(free=free).per_minute == quota
    assert Limits.of_plan(free=free, per_minute=0).per_minute is None
    assert Limits.of_plan(free=free, per_minute=99).per_minute == 99


def test_a_refused_call_says_when_to_come_back(as_token: Client) -> None:
    with running(people=30, today=TODAY, per_minute=8) as sandbox:
        asana = as_token(sandbox)
        answers = [asana.get("/users/me") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert 1 <= int(answers[2].headers["retry-after"]) <= 10
        assert answers[2].json()["errors"][0]["message"].startswith("You've made too many requests")
        assert sandbox.stats()["rate_limited"] == 1
        sandbox.reset_stats()
        assert asana.get("/users/me").status_code == 200
        assert sandbox.stats()["requests"] == 1


async def test_fifty_reads_and_fifteen_writes_at_once_and_no_more() -> None:
    with running(people=30, today=TODAY, latency_seconds=0.5) as sandbox:
        gid = sandbox.company.workspaces[0].gid
        limits = httpx.Limits(max_connections=100)
        headers = {"Authorization": "Bearer sandbox-pat-1"}
        async with httpx.AsyncClient(
            base_url=f"{sandbox.url}/api/1.0", headers=headers, limits=limits
        ) as asana:
            reads = [asana.get("/users/me") for _ in range(53)]
            body = {"data": {"user": "me"}}
            writes = [asana.post(f"/workspaces/{gid}/addUser", json=body) for _ in range(17)]
            answers = await asyncio.gather(*reads, *writes)
        assert Counter(a.status_code for a in answers[:53]) == {200: 50, 429: 3}
        assert Counter(a.status_code for a in answers[53:]) == {200: 15, 429: 2}
        assert sandbox.stats()["most_at_once"] == 65
        assert sandbox.stats()["writes_by_user"] == {sandbox.company.gids.users.gid(0): 15}
