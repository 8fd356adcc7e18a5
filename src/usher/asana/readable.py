"""Reading a list of events of which some may have a shape that nobody has described."""

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

T = TypeVar("T")

logger = logging.getLogger(__name__)


def readable(raw: Iterable[msgspec.Raw], read: Callable[[msgspec.Raw], T]) -> list[T]:
    """What can be read. One event that cannot must not keep all that follow from being read: it is logged."""
    found = []
    for one in raw:
        try:
            found.append(read(one))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            logger.warning("Asana sent what is no event, and it is left out: %s", error)
    return found
