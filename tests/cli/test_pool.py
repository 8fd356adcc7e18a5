"""`usher web` behind PgBouncer in transaction mode, with one session of the server for everybody."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import psycopg
import pytest

from tests.support.cli.running import Usher, migrated_database, wait_until
from tests.support.pool.pages import people_of, run, send, signed_in, web
from tests.support.pool.pgbouncer import needs_pgbouncer, pgbouncer, through
from usher.sandbox import RunningSandbox, running

pytestmark = [needs_pgbouncer, pytest.mark.xdist_group("cli-pool")]

ROUNDS = 3


@dataclass
class Pooled:
    usher: Usher
    direct: str
    pool: str
    asana: RunningSandbox


@pytest.fixture(scope="module")
def pooled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pooled]:
    with (
        running(people=60, seed=7, per_minute=0) as asana,
        migrated_database("usher_pool") as url,
        pgbouncer(size=1) as port,
    ):
        pool = through(port, url)
        usher = Usher(
            USHER_HOME=str(tmp_path_factory.mktemp("pool")),
            USHER_ASANA_URL=asana.url,
            DATABASE_URL=pool,
            DATABASE_DIRECT_URL=url,
        )
        yield Pooled(usher, url, pool, asana)


def test_a_sync_asked_for_on_a_page_is_done_and_two_users_see_their_own(pooled: Pooled) -> None:
    usher = pooled.usher
    run(usher, "connect", "--name", "Acme", "--token", "sandbox-pat-1")
    run(usher, "connect", "--name", "Second", "--token", "sandbox-pat-2")
    run(usher, "sync", "Second")
    for email, role in (("ada@example.com", "admin"), ("bob@example.com", "viewer")):
        run(usher, "users", "add", email, "--role", role)
    run(usher, "users", "limit", "bob@example.com", "--connection", "Second")

    with usher.started("worker"), web(usher) as url:
        ada, bob = (signed_in(usher, url, f"{name}@example.com") for name in ("ada", "bob"))
        send(ada, "/integrations/", "/integrations/1/sync/")
        wait_until(lambda: is_synced(pooled), seconds=120, every=0.5)

        everybody = people_of(ada)
        theirs = people_of(bob)
        assert "Noor van Dijk" in theirs
        assert theirs < everybody
        assert "Astrid Halvorsen" in everybody - theirs
        with ThreadPoolExecutor(4) as at_once:  # all by the same session of the server
            for _ in range(ROUNDS):
                got = list(at_once.map(people_of, [ada, bob, ada, bob]))
                assert got == [everybody, theirs] * 2
            pages = list(at_once.map(lambda browser: browser.get("/people/").text, [ada, bob] * ROUNDS))
        assert all("Noor van Dijk" in page for page in pages)
        assert {"Astrid Halvorsen" in page for page in pages[1::2]} == {False}
        assert {"Astrid Halvorsen" in page for page in pages[::2]} == {True}
    assert len(json.loads(run(usher, "people", "--format", "json"))) >= len(everybody)


def is_synced(pooled: Pooled) -> bool:
    query = "SELECT state FROM connections_syncrun WHERE trigger = 'person'"
    with psycopg.connect(pooled.direct) as session:
        return session.execute(query).fetchall() == [("done",)]


def test_doctor_says_what_goes_through_the_pool(pooled: Pooled) -> None:
    assert "Pages go through a pooler" in pooled.usher("doctor").stdout
    without = pooled.usher("doctor", DATABASE_URL=pooled.direct)
    assert "there is no pooler on the way" in without.stdout
    with migrated_database("usher_other") as other:
        wrong = pooled.usher("doctor", DATABASE_URL=other)
    assert (wrong.returncode, "lead to two databases" in wrong.stdout) == (1, True)


@pytest.mark.parametrize("command", ["people", "worker", "web"])
def test_a_pool_of_transactions_without_a_direct_address_is_refused(pooled: Pooled, command: str) -> None:
    refused = pooled.usher(command, DATABASE_DIRECT_URL="")
    assert refused.returncode == 1
    assert "DATABASE_URL leads to a pooler" in refused.stderr
    assert "Set DATABASE_DIRECT_URL" in refused.stderr


def test_a_direct_address_that_is_such_a_pool_is_refused(pooled: Pooled) -> None:
    refused = pooled.usher("people", DATABASE_DIRECT_URL=pooled.pool)
    assert refused.returncode == 1
    assert "a pooler in transaction mode, where no lock holds" in refused.stderr


def test_a_pooler_in_session_mode_works_when_the_operator_vouches_for_it(pooled: Pooled) -> None:
    with pgbouncer(size=10, mode="session") as port:
        session = through(port, pooled.direct)
        assert pooled.usher("people", DATABASE_URL=session, DATABASE_DIRECT_URL="").returncode == 1
        vouched = {"DATABASE_URL": session, "DATABASE_DIRECT_URL": session}
        assert pooled.usher("people", **vouched).returncode == 0
        assert "only if that is in session mode" in pooled.usher("doctor", **vouched).stdout
