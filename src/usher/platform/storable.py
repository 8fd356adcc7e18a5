"""Text that the database can store: PostgreSQL takes neither U+0000 nor half of a surrogate pair."""

import re

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def is_storable(text: str) -> bool:
    return _UNSTORABLE.search(text) is None


def storable(text: str) -> str:
    """The text with a replacement character (U+FFFD) for each one that cannot be stored."""
    return _UNSTORABLE.sub("\ufffd", text)
