"""Reading a list of events, some of which may have an undocumented shape."""

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

T = TypeVar("T")

logger = logging.getLogger(__name__)


def readable(raw: Iterable[msgspec.Raw], read: Callable[[msgspec.Raw], T]) -> list[T]:
    """The readable items. An unreadable one is logged, and does not stop the rest from being read."""
    items = []
    for one in raw:
        try:
            items.append(read(one))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            logger.warning("Usher skips something from Asana that is not an event: %s", error)
    return items
