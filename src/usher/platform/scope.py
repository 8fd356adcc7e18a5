"""Which connections are seen at this moment. The database shows the rows of no other: see `platform.postgres`.

Jobs, syncs and the verbs that decide for the whole installation see everything. Pages, the API and commands with
`--as` see what their user or token may see.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Scope:
    """The connections that somebody sees; None means all, also future ones."""

    connections: frozenset[int] | None = None
    viewer: int | None = None
    """The key of the user who looks; their own account is always seen."""

    @property
    def is_limited(self) -> bool:
        return self.connections is not None

    @classmethod
    def of(cls, connections: Iterable[int] | None, viewer: int | None = None) -> "Scope":
        return cls(None if connections is None else frozenset(connections), viewer)

    def includes(self, connection: int) -> bool:
        return self.connections is None or connection in self.connections

    def covers(self, other: "Scope") -> bool:
        """Whether everything that `other` sees, now and in future, is seen with this scope too."""
        if self.connections is None:
            return True
        return other.connections is not None and other.connections <= self.connections

    def within(self, other: "Scope") -> "Scope":
        """This scope, without what `other` does not see."""
        if other.connections is None:
            return self
        mine = other.connections if self.connections is None else self.connections & other.connections
        return Scope(mine, self.viewer)


EVERYTHING = Scope()

_current: ContextVar[Scope] = ContextVar("scope", default=EVERYTHING)


def current_scope() -> Scope:
    return _current.get()


def enter_scope(scope: Scope) -> None:
    """From here on in this request or command. `seen_with` around it ends it."""
    _current.set(scope)


@contextmanager
def seen_with(scope: Scope) -> Iterator[None]:
    token = _current.set(scope)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def whole_installation() -> Iterator[None]:
    """For a verb that decides for everybody, such as a limit that counts all removals. Also a decorator (not of async).

    Whoever uses it must look up what the user names beforehand, in the user's own scope.
    """
    with seen_with(EVERYTHING):
        yield


def each_seen_with(scope: Scope, items: Iterable[T]) -> Iterator[T]:
    """What is read after the request has ended, such as the rows of an export, in the scope of the request."""
    iterator = iter(items)
    while True:
        with seen_with(scope):
            try:
                item = next(iterator)
            except StopIteration:
                return
        yield item
