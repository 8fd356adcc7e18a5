"""For every line on its input: a process of its own that sends a stream, and kills itself at random points.

A line is the key of a destination and a number, which decides the points: before and after a batch is read, sent, and
taken. So some lie where the receiver has a batch, and the database does not know. Prints `killed` or `ended`.
"""

import asyncio
import random

from tests.support.notify.sends_in_forks import deadly, serve

SHARE_AT_ONCE = 5


def send(line: str) -> None:
    from usher.streams import running
    from usher.streams.reading import next_batch
    from usher.streams.sending import files, lines

    pk, number = map(int, line.split())
    dice = random.Random(number)
    next_batch.AT_ONCE = SHARE_AT_ONCE
    for owner, name in [
        (next_batch.StreamReader, "next_batch"),
        (running, "_taken"),
        (lines.LinesReceiver, "send"),
        (files, "_append_to"),
        (files.FolderReceiver, "_keep"),
    ]:
        setattr(owner, name, deadly(dice, getattr(owner, name)))
    asyncio.run(running.run_stream(pk))


if __name__ == "__main__":
    serve(send, "usher.streams.running")
