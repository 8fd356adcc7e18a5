"""For every line on its input: a process of its own that sends what is due, and kills itself at random points.

A line is a number, which decides the points: before and after a delivery is claimed, is handed to a mail server, Slack
or a webhook, and is settled. So half of them lie where the receiver has a message, and the database does not know.
Prints `killed` or `ended`.
"""

import asyncio
import os
import random
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from typing import Any

from usher.cli.runtime import set_up_django

SHARE = 0.03


def deadly(dice: random.Random, function: Callable[..., Any]) -> Callable[..., Any]:
    def may_die() -> None:
        if dice.random() < SHARE:
            os.kill(os.getpid(), signal.SIGKILL)

    async def around_async(*args: Any, **options: Any) -> Any:
        may_die()
        result = await function(*args, **options)
        may_die()
        return result

    def around(*args: Any, **options: Any) -> Any:
        may_die()
        result = function(*args, **options)
        may_die()
        return result

    return around_async if asyncio.iscoroutinefunction(function) else around


def send(number: str) -> None:
    import smtplib

    import httpx
    from slack_sdk.web.async_client import AsyncWebClient

    from usher.notify.sending import outbox

    dice = random.Random(int(number))
    outbox.CUT_OFF_AFTER = timedelta(0)  # no other process lives that could still be sending
    for owner, name in [
        (outbox, "claim"),
        (outbox, "settle"),
        (smtplib.SMTP, "data"),
        (httpx.AsyncClient, "send"),
        (AsyncWebClient, "chat_postMessage"),
    ]:
        setattr(owner, name, deadly(dice, getattr(owner, name)))
    while asyncio.run(outbox.send_waiting()):
        pass


def serve(send: Callable[[str], None], module: str) -> None:
    """`module`: what is sent with, imported once and not in each process."""
    set_up_django()
    import_module(module)
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            nowhere = os.open(os.devnull, os.O_RDWR)
            for stream in range(2):
                os.dup2(nowhere, stream)
            send(line)
            os._exit(0)
        _, status = os.waitpid(process, 0)
        sys.stdout.write(
            "killed\n" if os.WIFSIGNALED(status) else "ended\n" if status == 0 else f"failed {status}\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    serve(send, "usher.notify.sending.outbox")
