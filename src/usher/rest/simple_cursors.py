"""Cursors of lists that are always in the order of a number."""

from usher.rest import cursors
from usher.rest.cursors import Place, UnknownPlace
from usher.web.refused.problems import UnreadableRequest

SORT = "key"


def cursor_of(key: int) -> str:
    return cursors.write(Place(SORT, None, key))


def key_in(cursor: str) -> int:
    """0 without a cursor. Raises UnreadableRequest."""
    if not cursor:
        return 0
    try:
        key = cursors.read(cursor, SORT).key
    except UnknownPlace:
        key = ""
    if not isinstance(key, int) or abs(key) >= 2**63:
        raise UnreadableRequest({"cursor": "This is no cursor of this list. Begin without one."})
    return key
