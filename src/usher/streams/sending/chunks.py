"""Parts of a batch that a receiver takes in one request."""

from collections.abc import Awaitable, Callable, Iterator, Sequence

from usher.streams.sending.message import StreamMessage, Undelivered


class TooLarge(Exception):
    """The receiver does not take a request of this length."""


Chunk = Sequence[StreamMessage]


def chunks_of(messages: Chunk, most: int, most_bytes: int) -> Iterator[Chunk]:
    """In order. A message that is too long by itself is a chunk of its own."""
    begin = length = 0
    for number, message in enumerate(messages):
        size = len(message.line)
        if number > begin and (number - begin == most or length + size > most_bytes):
            yield messages[begin:number]
            begin, length = number, 0
        length += size
    if begin < len(messages):
        yield messages[begin:]


async def send_halving(chunk: Chunk, send: Callable[[Chunk], Awaitable[None]]) -> None:
    """Sends it in ever smaller parts where the receiver says that it is too large."""
    try:
        await send(chunk)
    except TooLarge:
        if len(chunk) == 1:
            raise Undelivered(
                f"The receiver refuses {chunk[0].event_type} {chunk[0].id} as too large"
                f" ({len(chunk[0].line):,} bytes).",
                "Allow longer requests at the receiver, or choose the other format.",
            ) from None
        half = len(chunk) // 2
        await send_halving(chunk[:half], send)
        await send_halving(chunk[half:], send)
