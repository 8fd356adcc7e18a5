"""Who waits for whom: imports of one source for each other, and everything for a run over all matches.

Locks of PostgreSQL that end with the transaction. A source's lock is always taken before that of matching.
"""

from django.db import connection as database

NAMESPACE = 0x0D1E
"""The first half of the key; the second is the source, or 0 for matching."""
MATCHING = 0


def source_shared(source: int) -> None:
    """One of many who change single employees of a source; not beside an import."""
    _lock("pg_advisory_xact_lock_shared", source)


def changing_single(source: int) -> None:
    """`source_shared` and `matching_shared`, in their order, at once."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock_shared(%s, %s), pg_advisory_xact_lock_shared(%s, %s)",
            [NAMESPACE, source, NAMESPACE, MATCHING],
        )


def source_alone(source: int) -> None:
    """An import."""
    _lock("pg_advisory_xact_lock", source)


def matching_shared() -> None:
    """One of many who bring some people's matches up to date; not beside a run over all."""
    _lock("pg_advisory_xact_lock_shared", MATCHING)


def matching_alone() -> None:
    """A run over all matches, or a change of what they rest on."""
    _lock("pg_advisory_xact_lock", MATCHING)


def _lock(function: str, key: int) -> None:
    with database.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [NAMESPACE, key])
