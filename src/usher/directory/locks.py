"""The locks of the directory: one for each source, and one for matching. They end with the transaction.

The lock of a source is always taken before that of matching.
"""

from usher.platform.locks import MATCHING, Lock, lock_transaction


def source_shared(source: int) -> None:
    """For changing single employees of a source: with others who do so, but not during an import."""
    lock_transaction(Lock.DIRECTORY.of(source), shared=True)


def changing_single(source: int) -> None:
    """`source_shared` and `matching_shared`, in one query."""
    lock_transaction(Lock.DIRECTORY.of(source), MATCHING, shared=True)


def source_alone(source: int) -> None:
    """For an import."""
    lock_transaction(Lock.DIRECTORY.of(source))


def remarks_alone() -> None:
    """For bringing remarks up to date."""
    lock_transaction(Lock.REMARKS.whole)


def matching_shared() -> None:
    """For matching some people: with others who do so, but not while everybody is matched."""
    lock_transaction(MATCHING, shared=True)


def matching_alone() -> None:
    """For matching everybody, changing what all matches depend on, or changing many employees."""
    lock_transaction(MATCHING)
