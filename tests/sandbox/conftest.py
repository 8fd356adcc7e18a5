from collections.abc import Callable, Iterator
from datetime import date

import httpx
import pytest

from usher.sandbox import RunningSandbox, running

TODAY = date(2026, 11, 24)

Client = Callable[..., httpx.Client]


@pytest.fixture(scope="session")
def still_sandbox() -> Iterator[RunningSandbox]:
    """Shared by tests that change nothing in it."""
    with running(people=120, seed=7, today=TODAY, per_minute=0) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running(people=60, seed=7, today=TODAY, per_minute=0) as running_sandbox:
        yield running_sandbox


@pytest.fixture
def sandbox_of_many() -> Iterator[RunningSandbox]:
    with running(people=600, seed=7, today=TODAY, per_minute=0) as running_sandbox:
        yield running_sandbox


@pytest.fixture
def as_token() -> Iterator[Client]:
    """`as_token(sandbox, token)`: a client of its API that calls with that token."""
    with_opened: list[httpx.Client] = []

    def client(sandbox: RunningSandbox, token: str = "sandbox-pat-1") -> httpx.Client:
        opened = httpx.Client(
            base_url=f"{sandbox.url}/api/1.0", headers={"Authorization": f"Bearer {token}"}, timeout=10
        )
        with_opened.append(opened)
        return opened

    yield client
    for opened in with_opened:
        opened.close()


@pytest.fixture
def asana(still_sandbox: RunningSandbox, as_token: Client) -> httpx.Client:
    """The unchanging sandbox, as the super admin."""
    return as_token(still_sandbox)
