"""What is sent, and what can go wrong."""

from datetime import datetime, timedelta
from typing import Protocol

import msgspec


class StreamMessage(msgspec.Struct, frozen=True):
    """One event or entry. `line` is its JSON, without a line break."""

    id: str
    """The same each time it is sent: a receiver can drop a second."""
    at: datetime
    source: str
    """`asana` or `usher`."""
    event_type: str
    line: bytes


class MessageBatch(msgspec.Struct, frozen=True):
    """Messages in order, and where they begin: the same key until the cursor has moved, also after a crash."""

    key: str
    messages: list[StreamMessage]


class Undelivered(Exception):
    """The receiver did not take a batch, or did not say that it did. Texts are for people and hold no secret."""

    def __init__(
        self, problem: str, remedy: str = "", *, wait: timedelta | None = None, is_passing: bool = False
    ) -> None:
        super().__init__(problem)
        self.problem, self.remedy, self.wait = problem, remedy, wait
        self.is_passing = is_passing
        """Whether a second attempt within seconds may well succeed."""


class Receiver(Protocol):
    """An open way to one destination."""

    async def send(self, batch: MessageBatch) -> None:
        """Returns when the receiver has all of it. Raises Undelivered: then all of it is sent again."""
