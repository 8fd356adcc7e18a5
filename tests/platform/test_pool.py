"""Through PgBouncer in transaction mode, nobody finds what another has left in a session of the server."""

import asyncio
from collections.abc import Callable, Iterator
from threading import Thread

import psycopg
import pytest
from asgiref.sync import async_to_sync
from django.db import DatabaseError, connection, connections, transaction
from pytest_django import Settings

from tests.platform.test_scope import TwoCompanies, names
from tests.support.pool.pgbouncer import needs_pgbouncer, pgbouncer
from usher.asana import RateLimits
from usher.connections.models import TokenPace
from usher.connections.pace.budget import Budget, Urgency
from usher.connections.pace.shared import SharedPace
from usher.platform import statements
from usher.platform.database import database_settings, session_params, use_pool
from usher.platform.locks import Lock, lock_async, lock_session
from usher.platform.pooler import (
    SessionNeeded,
    hands_sessions_over,
    is_pooled,
    refuse_sessions_handed_over,
)
from usher.platform.scope import EVERYTHING, Scope, each_seen_with, seen_with, whole_installation
from usher.platform.statements import EXPORT_SECONDS, PAGE_SECONDS, limited_to, unhurried
from usher.roster.models import Person

pytestmark = [needs_pgbouncer, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Of a pool with a single session of the server."""
    with pgbouncer(size=1) as port:
        yield port


@pytest.fixture
def address(port: int, transactional_db: None) -> str:
    return f"postgresql://usher@127.0.0.1:{port}/{connection.settings_dict['NAME']}"


@pytest.fixture
def pooled(address: str, settings: Settings) -> Iterator[None]:
    """As in a process of `usher web`."""
    before = dict(connections.settings["default"])
    settings.DATABASE_URL, settings.DATABASE_DIRECT_URL = address, "direct"
    connections.close_all()
    use_pool()
    yield
    connections.close_all()
    connections.settings["default"].clear()
    connections.settings["default"].update(before)


@pytest.fixture
def two(pooled: None) -> TwoCompanies:
    return TwoCompanies()


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        number: int = cursor.fetchone()[0]
    return number


def elsewhere(scope: Scope, does: Callable[[], object]) -> list[object]:
    """What another viewer gets, in a thread and by a connection of their own."""
    got: list[object] = []

    def run() -> None:
        try:
            with seen_with(scope):
                got.append(does())
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    thread.join(30)
    return got


def test_two_viewers_share_a_session_and_each_sees_their_own(two: TwoCompanies) -> None:
    beta = Scope.of([two.beta.pk])
    with seen_with(two.scope):
        mine = backend()
        for _ in range(3):
            assert names() == ["Ada"]
            assert elsewhere(beta, lambda: (names(), backend())) == [(["Bob"], mine)]
            assert elsewhere(EVERYTHING, lambda: (names(), backend())) == [(["Ada", "Bob"], mine)]
        with transaction.atomic():
            assert (names(), backend()) == (["Ada"], mine)
    assert (names(), backend()) == (["Ada", "Bob"], mine)


def test_a_statement_alone_leaves_nothing_in_the_session(two: TwoCompanies, address: str) -> None:
    with seen_with(two.scope):
        assert names() == ["Ada"]
        with transaction.atomic():
            assert names() == ["Ada"]
        with pytest.raises(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SELECT 1/0")
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1/0")
    with psycopg.connect(address) as another:
        found = another.execute(
            "SELECT current_setting('role'), current_setting('usher.scope', true),"
            " current_setting('usher.viewer', true), current_setting('statement_timeout')"
        ).fetchone()
    assert found == ("none", "", "", "0")


def test_a_role_that_another_program_left_does_not_count(two: TwoCompanies, address: str) -> None:
    with psycopg.connect(address, autocommit=True) as another:
        another.execute("SET ROLE usher_scoped")
        assert names() == ["Ada", "Bob"]
        another.execute("RESET ROLE")


def test_a_scope_holds_in_every_kind_of_statement(two: TwoCompanies) -> None:
    with seen_with(two.scope):
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM roster_person WHERE name LIKE '%%a' OR name = %s", ["Bob"])
            assert cursor.fetchall() == [("Ada",)]
            cursor.execute("SELECT name FROM roster_person WHERE name LIKE '%b'")
            assert (cursor.fetchall(), cursor.rowcount) == ([], 0)
            with cursor.copy("COPY (SELECT name FROM roster_person) TO STDOUT") as copied:
                assert b"".join(copied) == b"Ada\n"
            cursor.executemany(
                "UPDATE roster_person SET name = %s WHERE name = %s", [["Eve", "Ada"], ["X", "Bob"]]
            )
            with pytest.raises(psycopg.NotSupportedError):
                cursor.cursor.stream("SELECT 1")
        assert names() == ["Eve"]
        with transaction.atomic():
            assert [person.name for person in Person.objects.iterator(chunk_size=1)] == ["Eve"]
            with whole_installation():
                assert names() == ["Bob", "Eve"]
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT 1/0")
            assert names() == ["Eve"]
    assert names() == ["Bob", "Eve"]


def test_a_transaction_that_failed_takes_its_rollback(two: TwoCompanies) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        with pytest.raises(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SELECT 1/0")
        names()
    assert names() == ["Ada", "Bob"]


def test_an_export_reads_part_by_part_in_the_scope_of_its_reader(two: TwoCompanies) -> None:
    for number in range(5):
        Person.objects.create(connection=two.acme, gid=f"9{number}", name=f"Ada {number}")
    people = (person.name for person in Person.objects.order_by("name").iterator(chunk_size=2))
    export = each_seen_with(two.scope, unhurried(people))
    got = [next(export)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_cursors WHERE NOT is_holdable")
        assert cursor.fetchone() == (1,)
    got += export
    assert got == ["Ada", *(f"Ada {number}" for number in range(5))]
    assert not connection.in_atomic_block


def test_without_a_transaction_an_iterator_reads_at_once(two: TwoCompanies) -> None:
    people = Person.objects.order_by("name").iterator(chunk_size=1)
    assert next(people).name == "Ada"
    assert elsewhere(EVERYTHING, names) == [["Ada", "Bob"]]
    assert next(people).name == "Bob"


def limit() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT setting::int / 1000 FROM pg_settings WHERE name = 'statement_timeout'")
        seconds: int = cursor.fetchone()[0]
    return seconds


def test_each_statement_has_the_limit_of_its_kind(pooled: None) -> None:
    assert limit() == PAGE_SECONDS
    assert [limit() for _ in unhurried([1])] == [PAGE_SECONDS]
    assert list(unhurried(limit() for _ in range(2))) == [EXPORT_SECONDS] * 2
    with limited_to(3):
        assert limit() == 3
    assert limit() == PAGE_SECONDS


def test_the_limit_stops_the_statement_that_brings_it(pooled: None) -> None:
    token = statements._carried.set(1)
    try:
        with pytest.raises(DatabaseError, match="statement timeout"), connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(30)")
    finally:
        statements._carried.reset(token)


def test_a_lock_is_held_by_a_session_of_its_own(pooled: None) -> None:
    async def lock() -> bool:
        async with (
            lock_async(Lock.REMOVALS.of(7), wait=False) as is_ours,
            lock_async(Lock.REMOVALS.of(7), wait=False) as is_others,
        ):
            return is_ours and not is_others

    assert asyncio.run(lock())
    with pytest.raises(SessionNeeded), lock_session(Lock.MIGRATIONS.whole):
        pass


def test_a_page_that_asks_asana_waits_for_its_turn_outside_of_the_pool(pooled: None) -> None:
    """The pool's only session is in the transaction of the page meanwhile."""

    async def ask() -> None:
        budget = Budget("a token", RateLimits(), Urgency.PERSON)
        async with SharedPace(budget) as pace, pace.turn(is_write=False, on_pause=lambda _: None):
            pass

    with transaction.atomic():
        backend()
        async_to_sync(ask)()
    pace = TokenPace.objects.get(key="a token")
    assert (sum(pace.sent), pace.under_way) == (1, {})


def test_without_a_direct_address_a_pooler_is_refused(address: str, settings: Settings) -> None:
    before = dict(connections.settings["default"])
    connections.close_all()
    connections.settings["default"].update(database_settings(address))
    try:
        with pytest.raises(SessionNeeded, match="pooler") as refused:
            connection.ensure_connection()
        assert "DATABASE_DIRECT_URL" in refused.value.remedy
        with pytest.raises(SessionNeeded):
            asyncio.run(_lock())
        settings.DATABASE_DIRECT_URL = "the operator vouches for it"
        connection.ensure_connection()
        assert not is_pooled(connection)
        with pytest.raises(SessionNeeded, match="transaction mode"):
            refuse_sessions_handed_over(session_params())
    finally:
        connections.close_all()
        connections.settings["default"].clear()
        connections.settings["default"].update(before)
    assert not hands_sessions_over(session_params())


async def _lock() -> None:
    async with lock_async(Lock.SYNC.of(7), wait=False):
        pass
