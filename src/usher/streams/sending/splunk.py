"""Splunk's HTTP Event Collector (HEC). Where the token has indexer acknowledgment, waits until events are indexed."""

import asyncio
import time
import uuid

import msgspec

from usher.streams.sending.chunks import Chunk, TooLarge, chunks_of, send_halving
from usher.streams.sending.http import HttpAnswer, HttpWay, check_answer
from usher.streams.sending.message import MessageBatch, StreamMessage, Undelivered

MOST, MOST_BYTES = 1_000, 900_000
"""Splunk Cloud takes up to 1 MB at once."""
INDEXED_WITHIN_SECONDS = 60
ASKS_EVERY_SECONDS = 1.0


class SplunkReceiver:
    def __init__(self, way: HttpWay, token: str, index: str, form: str) -> None:
        self._way, self._token, self._index, self._form = way, token, index, form
        self._path = way.url.path.rstrip("/")
        self._channel = str(uuid.uuid4())

    async def send(self, batch: MessageBatch) -> None:
        for chunk in chunks_of(batch.messages, MOST, MOST_BYTES):
            await send_halving(chunk, self._send)

    async def _send(self, chunk: Chunk) -> None:
        body = b"\n".join(map(self._event, chunk))
        answer = await self._post("/services/collector/event", body)
        if answer.status == 413:
            raise TooLarge
        if answer.status in (400, 403):
            raise Undelivered(
                f"{self._way.host} answered {answer.status}: {_text_of(answer)}.",
                "In Splunk, look at the token: that it is on, and that it allows the index.",
            )
        check_answer(answer, self._way.host)
        acknowledgement = _json_of(answer).get("ackId")
        if isinstance(acknowledgement, int):
            await self._wait_until_indexed(acknowledgement)

    def _event(self, message: StreamMessage) -> bytes:
        source_type = f"{message.source}:{'ocsf' if self._form == 'ocsf' else 'audit'}"
        fields = {
            "time": round(message.at.timestamp(), 3),
            "source": "usher",
            "sourcetype": source_type,
            "event": msgspec.Raw(message.line),
            "fields": {"event_id": message.id, "event_type": message.event_type},
        }
        return msgspec.json.encode(fields | ({"index": self._index} if self._index else {}))

    async def _wait_until_indexed(self, acknowledgement: int) -> None:
        until = time.monotonic() + INDEXED_WITHIN_SECONDS
        question = msgspec.json.encode({"acks": [acknowledgement]})
        while time.monotonic() < until:
            answer = await self._post(f"/services/collector/ack?channel={self._channel}", question)
            check_answer(answer, self._way.host)
            found = _json_of(answer).get("acks")
            if isinstance(found, dict) and found.get(str(acknowledgement)):
                return
            await asyncio.sleep(ASKS_EVERY_SECONDS)
        raise Undelivered(
            f"{self._way.host} took the events, but did not index them within {INDEXED_WITHIN_SECONDS} seconds.",
            "See whether Splunk's indexers are up.",
        )

    async def _post(self, path: str, body: bytes) -> HttpAnswer:
        headers = {
            "authorization": f"Splunk {self._token}",
            "content-type": "application/json",
            "x-splunk-request-channel": self._channel,
        }
        return await self._way.request("POST", self._path + path, body, headers)


def _json_of(answer: HttpAnswer) -> dict[str, object]:
    try:
        return msgspec.json.decode(answer.content, type=dict[str, object])
    except msgspec.DecodeError:
        return {}


def _text_of(answer: HttpAnswer) -> str:
    return str(_json_of(answer).get("text") or "no reason given")[:200]
