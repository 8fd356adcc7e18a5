"""Pages with opaque offsets that expire and are valid only for the list that they came from."""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Iterable
from urllib.parse import urlencode

import msgspec

from usher.sandbox.http.answers import Json, Record, bad

MOST_WITHOUT_LIMIT = 1_000
OFFSET_SECONDS = 900.0
EXPIRED = "offset: Your pagination token has expired."
INVALID = "offset: Your pagination token is invalid."


class _Mark(msgspec.Struct, array_like=True):
    position: int
    list_hash: int
    issued_at: float
    generation: int


class Offsets:
    """Creates and reads offset tokens: signed, bound to a list, valid for a few minutes."""

    def __init__(
        self, secret: bytes, lasts_seconds: float = OFFSET_SECONDS, seconds: Callable[[], float] = time.time
    ) -> None:
        self._secret = secret
        self._lasts = lasts_seconds
        self._seconds = seconds
        self._generation = 0

    def token(self, position: int, list_key: str) -> str:
        mark = _Mark(position, self._hash(list_key), self._seconds(), self._generation)
        raw = msgspec.msgpack.encode(mark)
        return base64.urlsafe_b64encode(self._sign(raw) + raw).decode().rstrip("=")

    def position(self, token: str, list_key: str) -> int:
        """Raises AsanaError 400 if the token is expired, forged or of another list."""
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except ValueError:
            raise bad(INVALID) from None
        signature, raw = raw[:9], raw[9:]
        if not hmac.compare_digest(signature, self._sign(raw)):
            raise bad(INVALID)
        mark = msgspec.msgpack.decode(raw, type=_Mark)
        if mark.list_hash != self._hash(list_key):
            raise bad(INVALID)
        if mark.generation < self._generation or self._seconds() - mark.issued_at > self._lasts:
            raise bad(EXPIRED)
        return mark.position

    def expire_all(self) -> None:
        self._generation += 1

    def _sign(self, raw: bytes) -> bytes:
        return hmac.digest(self._secret, raw, "sha256")[:9]

    def _hash(self, list_key: str) -> int:
        return int.from_bytes(hashlib.sha256(list_key.encode()).digest()[:6])


class Page(msgspec.Struct, frozen=True):
    """Which part of a list is requested. A `limit` of None means all of it."""

    limit: int | None
    offset: str | None
    list_key: str
    path: str
    base_url: str
    query: tuple[tuple[str, str], ...]

    def next_page(self, token: str, default_limit: int | None = None) -> Record:
        rest = [(k, v) for k, v in self.query if k not in ("offset", "limit")]
        limit = self.limit if self.limit is not None else default_limit
        query = urlencode([*rest, ("limit", str(limit)), ("offset", token)])
        return {
            "offset": token,
            "path": f"{self.path}?{query}",
            "uri": f"{self.base_url}/api/1.0{self.path}?{query}",
        }


def paged(
    offsets: Offsets,
    page: Page,
    positions: Callable[[int], Iterable[tuple[int, Callable[[], Json]]]],
) -> Record:
    """The response of a list call. `positions(start)` yields what is visible from a raw position on.

    Offsets hold raw positions, so that people who join or leave between two pages shift nobody.
    """
    start = 0 if page.offset is None else offsets.position(page.offset, page.list_key)
    data: list[Json] = []
    most = MOST_WITHOUT_LIMIT if page.limit is None else page.limit
    for position, render in positions(start):
        if len(data) == most:
            if page.limit is None:
                raise bad(
                    "The result is too large. You should use pagination (may require specifying a workspace)!"
                )
            return {"data": data, "next_page": page.next_page(offsets.token(position, page.list_key))}
        data.append(render())
    return {"data": data} if page.limit is None else {"data": data, "next_page": None}
