"""Advisory locks: who waits for whom, and who must not."""

from datetime import date
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import OperationalError, transaction
from django.db import connection as database

import usher
from usher.activity.usage.compute import bring_up_to_date
from usher.connections.models import Connection
from usher.platform.locks import Key, Lock, lock_async, lock_session, lock_transaction


def compute_without_waiting(connection: Connection) -> None:
    with database.cursor() as cursor:
        cursor.execute("SET lock_timeout = '2s'")
    try:
        bring_up_to_date(connection, date(2026, 3, 1))
    finally:
        with database.cursor() as cursor:
            cursor.execute("SET lock_timeout = 0")


def test_figures_are_computed_while_removals_run(connection: Connection) -> None:
    async def while_removals_run() -> None:
        async with lock_async(Lock.REMOVALS.of(connection.pk), wait=False) as ours:
            assert ours
            await sync_to_async(compute_without_waiting)(connection)

    async_to_sync(while_removals_run)()


def test_the_numbers_differ() -> None:
    numbers = [member.value for member in Lock.__members__.values()]
    assert len(numbers) == len(set(numbers))


def test_a_process_of_the_version_before_is_excluded() -> None:
    """All numbers that version 0.1.0 had, but that of the figures, which was the one of removals."""
    since = {"ARRIVALS", "EVENT_RECORDS", "EVENT_STREAM", "FIGURES", "REMARKS", "SESSION", "SSO_ADMISSION"}
    assert {name: member.value for name, member in Lock.__members__.items() if name not in since} == {
        "SYNC": 0x05E9,
        "REMOVALS": 0x05EA,
        "DIRECTORY": 0x0D1E,
        "SCIM_ADDING": 0x5C13,
        "MIGRATIONS": 0x05E90001,
        "PARTITIONS": 0x05E90002,
        "FIRST_ACCOUNT": 0x7573686572,
    }


def test_no_other_module_takes_advisory_locks() -> None:
    source = Path(usher.__file__).parent
    takers = [file for file in source.rglob("*.py") if "pg_advisory" in file.read_text()]
    assert takers == [source / "platform" / "locks.py"]


@pytest.mark.parametrize(
    ("key", "other"),
    [
        (Lock.SYNC.of(1), Lock.SYNC.of(2)),
        (Lock.SCIM_ADDING.of("1 ada"), Lock.SCIM_ADDING.of("1 bob")),
        (Lock.MIGRATIONS.whole, Lock.PARTITIONS.whole),
    ],
)
def test_one_key_is_held_once_and_other_keys_are_not_affected(db: None, key: Key, other: Key) -> None:
    async def taken(wanted: Key) -> bool:
        async with lock_async(wanted, wait=False) as ours:
            return ours

    async def while_held() -> tuple[bool, bool]:
        async with lock_async(key, wait=False):
            return await taken(key), await taken(other)

    assert async_to_sync(while_held)() == (False, True)
    assert async_to_sync(taken)(key)


def test_a_transaction_waits_for_a_session(db: None) -> None:
    async def while_held() -> None:
        async with lock_async(Lock.DIRECTORY.of(1), wait=False):
            await sync_to_async(lock_in_transaction)(Lock.DIRECTORY.of(1), shared=True)

    with pytest.raises(OperationalError, match="lock timeout"):
        async_to_sync(while_held)()
    lock_in_transaction(Lock.DIRECTORY.of(1), Lock.DIRECTORY.of(0))


def lock_in_transaction(*keys: Key, shared: bool = False) -> None:
    with transaction.atomic():
        with database.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '100ms'")
        lock_transaction(*keys, shared=shared)


def test_a_session_lock_is_given_back_after_an_error(db: None) -> None:
    async def is_taken() -> bool:
        async with lock_async(Lock.MIGRATIONS.whole, wait=False) as ours:
            return not ours

    with pytest.raises(RuntimeError), lock_session(Lock.MIGRATIONS.whole):
        assert async_to_sync(is_taken)()
        raise RuntimeError
    assert not async_to_sync(is_taken)()
