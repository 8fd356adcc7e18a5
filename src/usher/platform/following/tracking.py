"""Which request or job this thread or task is at work for, so that every line of the log can say it.

Threads that `sync_to_async` starts for a job have a copy of its context.
"""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")

_request: ContextVar[str] = ContextVar("request id", default="")
_job: ContextVar[str] = ContextVar("job id", default="")


def enter_request(given: str = "") -> str:
    """Takes the id that a trusted proxy gave, if it is one, or makes one. Ends with the next request of the thread.

    It is not reset after the request, because the rows of an export are read later.
    """
    request_id = given if _WELL_FORMED.fullmatch(given) else secrets.token_hex(10)
    _request.set(request_id)
    return request_id


def request_id() -> str:
    """Empty outside of requests."""
    return _request.get()


@contextmanager
def at_work_for_job(job_id: int | None) -> Iterator[None]:
    token = _job.set("" if job_id is None else str(job_id))
    try:
        yield
    finally:
        _job.reset(token)


def job_id() -> str:
    """Empty outside of jobs."""
    return _job.get()
