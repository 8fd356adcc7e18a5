"""Pages and exports are read from a real streaming replica, while it keeps up."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import psycopg
import pytest

from tests.support.cli.running import Usher, wait_until
from tests.support.outages.server import OwnServer, own_server
from tests.support.pool.pages import people_of, run, send, signed_in, web
from tests.support.pool.standby import Standby, standby
from usher.sandbox import running

pytestmark = pytest.mark.xdist_group("cli-replica")

LONG = {"USHER_REPLICA_LAG_SECONDS": "600"}


@dataclass
class Replicated:
    usher: Usher
    primary: OwnServer
    replica: Standby

    def rename(self, before: str, after: str) -> None:
        """In the primary."""
        with psycopg.connect(self.primary.url) as session:
            changed = session.execute("UPDATE roster_person SET name = %s WHERE name = %s", [after, before])
            assert changed.rowcount >= 1

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """The replica replays nothing."""
        self.replica("SELECT pg_wal_replay_pause()")
        wait_until(lambda: self.replica("SELECT pg_get_wal_replay_pause_state()") == "paused")
        try:
            yield
        finally:
            self.replica("SELECT pg_wal_replay_resume()")

    @property
    def is_in_step(self) -> bool:
        with psycopg.connect(self.primary.url) as session:
            row = session.execute("SELECT pg_current_wal_insert_lsn()").fetchone()
        assert row
        return bool(self.replica(f"SELECT pg_last_wal_replay_lsn() >= '{row[0]}'"))


@pytest.fixture(scope="module")
def replicated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicated]:
    """With two connections, of which the viewer Bob sees the second."""
    with running(people=60, seed=7, per_minute=0) as asana, own_server() as primary:
        usher = Usher(
            USHER_HOME=str(tmp_path_factory.mktemp("replica")),
            USHER_ASANA_URL=asana.url,
            DATABASE_URL=primary.url,
        )
        run(usher, "migrate")
        run(usher, "connect", "--name", "Acme", "--token", "sandbox-pat-1")
        run(usher, "connect", "--name", "Second", "--token", "sandbox-pat-2")
        for name in ("Acme", "Second"):
            run(usher, "sync", name)
        for email, role in (("ada@example.com", "admin"), ("bob@example.com", "viewer")):
            run(usher, "users", "add", email, "--role", role)
        run(usher, "users", "limit", "bob@example.com", "--connection", "Second")
        with standby(primary) as replica:
            usher.environment["DATABASE_REPLICA_URL"] = replica.url
            yield Replicated(usher, primary, replica)


def both(replicated: Replicated, url: str) -> tuple[httpx.Client, httpx.Client]:
    """Signed in, and with pages that are read from the replica."""
    ada, bob = (signed_in(replicated.usher, url, f"{name}@example.com") for name in ("ada", "bob"))
    wait_until(lambda: replicated.is_in_step)
    wait_until(lambda: is_from_replica(ada) and is_from_replica(bob), every=0.3)
    assert "It keeps up" in ada.get("/healthz/details").text
    return ada, bob


def is_from_replica(browser: httpx.Client) -> bool:
    return browser.get("/people/?q=nobody").headers.get("Usher-Read-From") == "replica"


def test_pages_come_from_the_replica_and_who_changed_something_sees_it(replicated: Replicated) -> None:
    with web(replicated.usher, workers=1, **LONG) as url:
        ada, bob = both(replicated, url)
        everybody, theirs = people_of(ada), people_of(bob)
        assert "Noor van Dijk" in theirs
        assert theirs < everybody
        assert "Astrid Halvorsen" in everybody - theirs

        with replicated.standing_still():
            replicated.rename("Noor van Dijk", "Noor Renamed")
            assert people_of(bob) == theirs, "the replica does not know it yet"
            assert "Noor van Dijk" in bob.get("/people/").text
            assert people_of(ada) == everybody

            send(ada, "/integrations/", "/integrations/1/sync/")
            assert "Noor Renamed" in people_of(ada), "from the primary, after a change of her own"
            assert people_of(bob) == theirs
        wait_until(lambda: "Noor Renamed" in people_of(bob))
        assert len(people_of(bob)) == len(theirs)
    replicated.rename("Noor Renamed", "Noor van Dijk")


def test_a_replica_that_lags_or_is_away_is_not_read_from(replicated: Replicated) -> None:
    usher = replicated.usher
    with web(usher, workers=1, USHER_REPLICA_LAG_SECONDS="1") as url:
        _, bob = both(replicated, url)
        with replicated.standing_still():
            replicated.rename("Noor van Dijk", "Noor Lagging")
            wait_until(lambda: "Noor Lagging" in people_of(bob))
            said = usher("doctor", USHER_REPLICA_LAG_SECONDS="1").stdout
            assert "it lags more than 1 seconds" in said
        wait_until(lambda: replicated.is_in_step)

        replicated.replica.stop()
        try:
            for _ in range(3):
                assert "Noor Lagging" in people_of(bob)
                assert bob.get("/").status_code == 200
            assert "since the replica is not used: connection" in usher("doctor").stdout
        finally:
            replicated.replica.start()
    assert "It keeps up" in usher("doctor").stdout


def test_another_database_is_no_replica(replicated: Replicated) -> None:
    said = replicated.usher("doctor", DATABASE_REPLICA_URL=replicated.primary.url).stdout
    assert "it is no standby of the database" in said
