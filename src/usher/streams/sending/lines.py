"""JSON Lines over HTTP, for Vector, Fluent Bit, Cribl, a function of your own."""

from usher.streams.sending.chunks import Chunk, TooLarge, chunks_of, send_halving
from usher.streams.sending.http import HttpWay, check_answer
from usher.streams.sending.message import MessageBatch

MOST, MOST_BYTES = 1_000, 5_000_000


class LinesReceiver:
    def __init__(self, way: HttpWay, token: str) -> None:
        self._way, self._token = way, token

    async def send(self, batch: MessageBatch) -> None:
        for chunk in chunks_of(batch.messages, MOST, MOST_BYTES):
            await send_halving(chunk, self._send)

    async def _send(self, chunk: Chunk) -> None:
        headers = {"content-type": "application/x-ndjson"}
        if self._token:
            headers["authorization"] = f"Bearer {self._token}"
        path = self._way.url.raw_path.decode() or "/"
        body = b"".join(message.line + b"\n" for message in chunk)
        answer = await self._way.request("POST", path, body, headers)
        if answer.status == 413:
            raise TooLarge
        check_answer(answer, self._way.host)
