"""A process of its own that reads so many times who its token belongs to, as fast as the pace allows.

    python -m tests.support.connections.sending CONNECTION URGENCY TIMES

Prints the number of requests at its end.
"""

import asyncio
import sys

from usher.cli.runtime import set_up_django


async def send(connection_id: int, urgency: str, times: int) -> int:
    from usher.connections.client import open_asana
    from usher.connections.models import Connection
    from usher.connections.pace.budget import Urgency

    connection = await Connection.objects.aget(pk=connection_id)
    async with await open_asana(connection, Urgency[urgency]) as asana:
        await asyncio.gather(*(asana.me() for _ in range(times)))
        return asana.tally.requests


if __name__ == "__main__":
    set_up_django()
    print(asyncio.run(send(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))), flush=True)
