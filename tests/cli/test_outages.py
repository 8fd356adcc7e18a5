"""The database is away: before a process starts, and while a command in the foreground is at work."""

import re
import subprocess
import time
from collections.abc import Iterator

import httpx
import psycopg
import pytest

from tests.cli.test_up import FIRST_START_SECONDS
from tests.support.cli.running import Usher, wait_until
from tests.support.outages.server import OwnServer, own_server
from tests.support.ports import free_port
from usher.sandbox import RunningSandbox, running

pytestmark = pytest.mark.xdist_group("cli-outages")

IS_HEARD = "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '15 s'"


@pytest.fixture(scope="module")
def server() -> Iterator[OwnServer]:
    with own_server() as server:
        yield server


@pytest.fixture(scope="module")
def asana() -> Iterator[RunningSandbox]:
    with running(people=300, seed=7, per_minute=0) as box:
        yield box


@pytest.fixture(scope="module")
def usher(server: OwnServer, asana: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> Usher:
    """“Acme” is connected and not synced."""
    home = tmp_path_factory.mktemp("outages")
    usher = Usher(USHER_HOME=str(home), USHER_ASANA_URL=asana.url, DATABASE_URL=server.url)
    assert usher("migrate").returncode == 0
    assert usher("connect", "--name", "Acme", "--token", "sandbox-pat-1").returncode == 0
    return usher


def rows(server: OwnServer, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(server.url) as connection:
        return connection.execute(query).fetchall()  # type: ignore[arg-type]


def end(process: "subprocess.Popen[str]") -> str:
    """What it has said until it was told to end."""
    process.terminate()
    assert process.stdout
    said = process.stdout.read()
    process.wait(60)
    return said


def test_a_worker_that_starts_without_a_database_waits_for_it(usher: Usher, server: OwnServer) -> None:
    server.stop()
    with usher.started("worker") as worker:
        time.sleep(6)
        assert worker.poll() is None
        server.start()
        wait_until(lambda: rows(server, IS_HEARD) == [(1,)])
        said = end(worker)
    assert said.count("The database does not answer") == 1, said
    assert said.count("The database answers again") == 1, said
    assert "Traceback" not in said


def test_a_web_server_that_starts_without_a_database_waits_for_it(usher: Usher, server: OwnServer) -> None:
    server.stop()
    port = free_port()
    with usher.started("web", "--port", str(port)) as web:
        time.sleep(6)
        assert web.poll() is None
        server.start()

        def shows_pages() -> bool:
            try:
                return httpx.get(f"http://127.0.0.1:{port}/sign-in/", timeout=10).status_code == 200
            except httpx.TransportError:
                return False

        wait_until(shows_pages, seconds=FIRST_START_SECONDS)
        said = end(web)
    assert "Traceback" not in said
    assert len(said.splitlines()) < 12, said


@pytest.mark.parametrize("goes_away", ["stop", "kill"])
def test_a_sync_in_the_foreground_waits_for_its_database_and_goes_on(
    usher: Usher, server: OwnServer, asana: RunningSandbox, goes_away: str
) -> None:
    asked = asana.stats()["requests"]
    asana.sandbox.latency_seconds = 0.4
    try:
        with usher.started("sync", "Acme") as sync:
            wait_until(lambda: asana.stats()["requests"] > asked + 3)
            getattr(server, goes_away)()
            time.sleep(3)
            assert sync.poll() is None
            server.start()
            asana.sandbox.latency_seconds = 0
            assert sync.stdout
            said = sync.stdout.read()
            assert sync.wait(120) == 0, said
    finally:
        asana.sandbox.latency_seconds = 0
    assert re.search(r"The database does not answer: .+\. Waiting for it, up to \d+ s\.", said), said
    assert "Traceback" not in said
    assert rows(server, "SELECT count(*) FROM connections_syncrun WHERE state IN ('queued', 'running')") == [
        (0,)
    ]
    assert rows(server, "SELECT count(*) > 100 FROM roster_membership WHERE until IS NULL") == [(True,)]


def test_a_sync_in_the_foreground_gives_up_after_a_time_that_is_set(
    usher: Usher, server: OwnServer, asana: RunningSandbox
) -> None:
    asked = asana.stats()["requests"]
    asana.sandbox.latency_seconds = 0.4
    try:
        with usher.started("sync", "Acme", USHER_DATABASE_PATIENCE="2") as sync:
            wait_until(lambda: asana.stats()["requests"] > asked + 3)
            server.stop()
            assert sync.stdout
            said = sync.stdout.read()
            assert sync.wait(60) == 1, said
    finally:
        asana.sandbox.latency_seconds = 0
        server.start()
    assert "The database does not answer" in said
    assert "Traceback" not in said
    assert usher("sync", "Acme").returncode == 0, "the next one goes on"
