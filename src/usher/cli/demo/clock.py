"""Lets Usher and the simulated Asana live at a moment of the past."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from importlib import import_module

from usher.sandbox import RunningSandbox

ASK_FOR_THE_TIME = tuple(
    import_module(name)
    for name in (
        "django.utils.timezone",
        "usher.asana.recording",  # not by `import`: usher.asana has a function of this name
        "usher.directory.matching.update",
        "usher.removal.execution.inventory",
    )
)
"""Every module that calls `datetime.now` itself. The others call `django.utils.timezone.now`."""


@contextmanager
def at(moment: datetime, sandbox: RunningSandbox) -> Iterator[Callable[[], datetime]]:
    """Time goes on from `moment` for the block, at its usual pace. Yields a function that gives the time."""
    began = time.monotonic()

    def now() -> datetime:
        return moment + timedelta(seconds=time.monotonic() - began)

    class PastDatetime(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return now().astimezone(tz) if tz else now().replace(tzinfo=None)

    sandbox.set_clock(moment)
    for module in ASK_FOR_THE_TIME:
        vars(module)["datetime"] = PastDatetime
    try:
        yield now
    finally:
        for module in ASK_FOR_THE_TIME:
            vars(module)["datetime"] = datetime
        sandbox.set_clock(None)
