"""Elasticsearch's bulk API, which OpenSearch has too. Documents have ids, so that none is there twice."""

from datetime import UTC

import msgspec

from usher.streams.sending.chunks import Chunk, TooLarge, chunks_of, send_halving
from usher.streams.sending.http import HttpWay, check_answer
from usher.streams.sending.message import MessageBatch, StreamMessage, Undelivered

MOST, MOST_BYTES = 1_000, 5_000_000
THERE_ALREADY, BUSY = 409, 429


class _Refusal(msgspec.Struct, frozen=True):
    type: str = ""
    reason: str = ""


class _Item(msgspec.Struct, frozen=True):
    status: int = 0
    error: _Refusal | None = None


class _BulkAnswer(msgspec.Struct, frozen=True):
    errors: bool = True
    items: list[dict[str, _Item]] = []


class ElasticReceiver:
    def __init__(self, way: HttpWay, key: str, index: str) -> None:
        self._way, self._key, self._index = way, key, index

    async def send(self, batch: MessageBatch) -> None:
        for chunk in chunks_of(batch.messages, MOST, MOST_BYTES):
            await send_halving(chunk, self._send)

    async def _send(self, chunk: Chunk) -> None:
        refused = await self._bulk(chunk, [_document(message) for message in chunk])
        if refused:
            # A field has another type than in earlier events. As one text, whatever the index expects.
            again = [message for message, _ in refused]
            still = await self._bulk(again, [_as_text(message, item) for message, item in refused])
            if still:
                message, item = still[0]
                raise Undelivered(
                    f"{self._way.host} refuses {message.event_type} {message.id}: {_words(item)}.",
                    "Give the index the mapping of docs/siem.md.",
                )

    async def _bulk(self, chunk: Chunk, documents: list[bytes]) -> list[tuple[StreamMessage, _Item]]:
        """Returns what was refused for good."""
        lines: list[bytes] = []
        for message, document in zip(chunk, documents, strict=True):
            lines += [msgspec.json.encode({"create": {"_index": self._index, "_id": message.id}}), document]
        headers = {"content-type": "application/x-ndjson"}
        if self._key:
            headers["authorization"] = f"ApiKey {self._key}"
        path = f"{self._way.url.path.rstrip('/')}/_bulk"
        answer = await self._way.request("POST", path, b"\n".join([*lines, b""]), headers)
        if answer.status == 413:
            raise TooLarge
        check_answer(answer, self._way.host)
        try:
            found = msgspec.json.decode(answer.content, type=_BulkAnswer)
        except msgspec.DecodeError:
            found = _BulkAnswer()
        if not found.errors:
            return []
        items = [item for by_action in found.items for item in by_action.values()]
        if len(items) != len(chunk):
            raise Undelivered(f"{self._way.host} did not answer as the bulk API does.", "Check the address.")
        if any(item.status == BUSY or item.status >= 500 for item in items):
            raise Undelivered(f"{self._way.host} is too busy for all of the events.", is_passing=True)
        return [
            (message, item)
            for message, item in zip(chunk, items, strict=True)
            if item.status >= 300 and item.status != THERE_ALREADY
        ]


def _document(message: StreamMessage) -> bytes:
    """The event itself, with the time where Elasticsearch looks for it."""
    return b'{"@timestamp":"%s",' % _time_of(message).encode() + message.line.lstrip()[1:]


def _as_text(message: StreamMessage, item: _Item) -> bytes:
    return msgspec.json.encode(
        {
            "@timestamp": _time_of(message),
            "event": {"original": message.line.decode(), "code": message.event_type},
            "error": {"message": _words(item)},
        }
    )


def _time_of(message: StreamMessage) -> str:
    return message.at.astimezone(UTC).isoformat(timespec="milliseconds")


def _words(item: _Item) -> str:
    return f"{item.error.type}: {item.error.reason}"[:300] if item.error else str(item.status)
