"""The Test button: sends one message now, and says what became of it. No cursor moves."""

import uuid

import msgspec
from asgiref.sync import async_to_sync
from django.utils import timezone

from usher.streams.models import StreamDestination
from usher.streams.ocsf.classes import OCSF_VERSION
from usher.streams.ocsf.ledger_entries import PRODUCT
from usher.streams.ocsf.mapping import UNKNOWN
from usher.streams.sending.message import MessageBatch, StreamMessage, Undelivered
from usher.streams.sending.receivers import open_receiver

TEXT = "A test from Usher: somebody pressed Test under Settings → Event streams."


def test_stream(destination: StreamDestination) -> Undelivered | None:
    """What went wrong; None if the receiver took it."""
    message = _message(destination.form)
    batch = MessageBatch(f"test-{message.id}", [message])

    async def send() -> None:
        async with open_receiver(destination) as receiver:
            await receiver.send(batch)

    try:
        async_to_sync(send)()
    except Undelivered as problem:
        return problem
    return None


def _message(form: str) -> StreamMessage:
    now, uid = timezone.now(), str(uuid.uuid4())
    if form == StreamDestination.Form.RAW:
        document: dict[str, object] = {"gid": uid, "event_type": "usher_test", "message": TEXT}
        document["created_at"] = now.isoformat(timespec="milliseconds")
    else:
        metadata = {"version": OCSF_VERSION, "product": PRODUCT, "uid": uid, "event_code": "usher_test"}
        document = {
            **UNKNOWN.fields("usher_test"),
            "time": round(now.timestamp() * 1000),
            "message": TEXT,
            "metadata": metadata,
        }
    return StreamMessage(uid, now, "usher", "usher_test", msgspec.json.encode(document))
