"""Datadog's intake of logs (v2)."""

import msgspec

from usher.streams.sending.chunks import Chunk, TooLarge, chunks_of, send_halving
from usher.streams.sending.http import HttpWay, check_answer
from usher.streams.sending.message import MessageBatch, StreamMessage

MOST, MOST_BYTES = 1_000, 3_500_000
"""Datadog takes 1,000 logs and 5 MB at once; a message in JSON within JSON is longer."""
PATH = "/api/v2/logs"


class DatadogReceiver:
    def __init__(self, way: HttpWay, key: str) -> None:
        self._way, self._key = way, key

    async def send(self, batch: MessageBatch) -> None:
        for chunk in chunks_of(batch.messages, MOST, MOST_BYTES):
            await send_halving(chunk, self._send)

    async def _send(self, chunk: Chunk) -> None:
        body = msgspec.json.encode([_log(message) for message in chunk])
        headers = {"dd-api-key": self._key, "content-type": "application/json"}
        path = self._way.url.path.rstrip("/")
        answer = await self._way.request("POST", path if path else PATH, body, headers)
        if answer.status == 413:
            raise TooLarge
        check_answer(answer, self._way.host)


def _log(message: StreamMessage) -> dict[str, str]:
    return {
        "ddsource": message.source,
        "service": "usher",
        "ddtags": f"event_type:{message.event_type}",
        "message": message.line.decode(),
    }
