"""Two transactions at the same time, for tests of what neither sees of the other."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection as database
from django.db import connections, transaction

SOMEBODY_WAITS_FOR_US = """
    SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))
"""


@contextmanager
def while_we_are_at_it(
    change: Callable[[], object], then: Callable[[], object] | None = None
) -> Iterator[None]:
    """The block changes something; `change` happens before that is committed, unless it waits for it.

    `then` is what our transaction does next, while the other waits for it.
    """
    failures: list[BaseException] = []

    def run() -> None:
        try:
            change()
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    other = threading.Thread(target=run)
    with transaction.atomic():
        yield
        other.start()
        while other.is_alive() and not somebody_waits_for_us():
            time.sleep(0.01)
        if then is not None:
            then()
    other.join()
    assert failures == []


def somebody_waits_for_us() -> bool:
    with database.cursor() as cursor:
        cursor.execute(SOMEBODY_WAITS_FOR_US)
        return bool(cursor.fetchone()[0])
