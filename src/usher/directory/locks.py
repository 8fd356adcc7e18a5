"""Who waits for whom: imports of one source for each other, and everything for a run over all matches.

Locks of PostgreSQL that end with the transaction. A source's lock is always taken before that of matching.
"""

from usher.platform.locks import Lock, lock_transaction

MATCHING = Lock.DIRECTORY.of(0)


def source_shared(source: int) -> None:
    """One of many who change single employees of a source; not beside an import."""
    lock_transaction(Lock.DIRECTORY.of(source), shared=True)


def changing_single(source: int) -> None:
    """`source_shared` and `matching_shared`, in their order, at once."""
    lock_transaction(Lock.DIRECTORY.of(source), MATCHING, shared=True)


def source_alone(source: int) -> None:
    """An import."""
    lock_transaction(Lock.DIRECTORY.of(source))


def matching_shared() -> None:
    """One of many who bring some people's matches up to date; not beside a run over all."""
    lock_transaction(MATCHING, shared=True)


def matching_alone() -> None:
    """A run over all matches, or a change of what they rest on."""
    lock_transaction(MATCHING)
