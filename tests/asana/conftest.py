from collections.abc import AsyncIterator, Iterator

import pytest

from tests.support.asana.scripted_asana import RunningServer, ScriptedAsana
from usher.asana import Asana, BearerToken, RateLimits, Retries

TOKEN = "2/1234/5678:0123456789abcdef"
UNHURRIED = RateLimits(requests_per_minute=60_000)
QUICK = Retries(first_wait=0.001, longest_wait=0.01)


@pytest.fixture(scope="session")
def running_server() -> Iterator[ScriptedAsana]:
    with RunningServer() as server:
        yield server


@pytest.fixture
def server(running_server: ScriptedAsana) -> ScriptedAsana:
    running_server.reset()
    return running_server


@pytest.fixture
async def asana(server: ScriptedAsana) -> AsyncIterator[Asana]:
    async with Asana(BearerToken(TOKEN), server.url, UNHURRIED, retries=QUICK) as asana:
        yield asana
