"""How Usher speaks HTTP: time-outs, name, and what a failure on the way means."""

from functools import cache
from importlib.metadata import PackageNotFoundError, version
from urllib.parse import urlsplit

import httpx

from usher.asana.errors import AsanaError, MalformedAnswer, Unavailable

# Seconds. The pool's is long: how many calls run at once is the limiter's business.
TIMEOUT = httpx.Timeout(connect=10, read=60, write=60, pool=600)
LONGEST_EXCHANGE = 180  # a line that drips, byte by byte, never times out by the above


@cache
def user_agent() -> str:
    try:
        return f"usher/{version('usher-seats')}"
    except PackageNotFoundError:
        return "usher/dev"


def checked(url: str) -> str:
    """The address of Asana without a slash at its end. Raises ValueError when it is no web address."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError(f"not a web address: {url!r}")
    return url.rstrip("/")


def not_reached(error: httpx.RequestError | TimeoutError, method: str, path: str) -> AsanaError:
    """What a failure without an answer means."""
    if isinstance(error, httpx.DecodingError):
        return MalformedAnswer(
            "Asana's answer was damaged and cannot be unpacked.", passing=True, method=method, path=path
        )
    never_sent = isinstance(
        error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.ProxyError
    )
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        what = "Asana did not answer in time."
    elif "CERTIFICATE" in str(error):
        what = "The certificate shown for Asana's address is not trusted by this machine."
    elif never_sent:
        what = "Asana cannot be reached from this machine."
    else:
        what = "The line to Asana broke before the answer was whole."
    return Unavailable(what, not_sent=never_sent, method=method, path=path)
