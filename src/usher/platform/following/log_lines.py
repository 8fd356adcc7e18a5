"""How an entry of the log is written: plain, or as JSON. Neither ever holds a token, nor addresses if it shall not."""

import json
import logging
import re
from datetime import UTC, datetime
from ipaddress import ip_address

from usher.platform.following.tracking import job_id, request_id
from usher.platform.printable import OneLineFormatter, printable

_MAIL = re.compile(r"[\w.+%'-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_MAYBE_IP = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}(?!\w)|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?![\w:]))"
)
_TOKENS = re.compile(
    r"""(?ix) \b(?P<kind>bearer|basic)\s+[\w.~+/=:-]{8,}  # a header
    | \b[012]/\d{6,}(?:/\d+)?:[0-9a-f]{16,}  # of Asana
    | \b(?:xox[abprs]|xapp)-[\w-]{8,}  # of Slack
    | \b(?:whsec_|usher_)[\w+/=-]{16,}
    | (?<=/)[\w-]{40,}(?=[/.\s?]|$)  # a link that lets somebody in
    | (?<=://)[^\s/@:]+:[^\s/@]+(?=@)  # user and password in an address
    """
)


def without_tokens(text: str) -> str:
    """For what a library may write. Usher itself never logs one."""
    return _TOKENS.sub(lambda found: f"{found['kind']} [token]" if found["kind"] else "[token]", text)


def without_addresses(text: str) -> str:
    """Without e-mail and IP addresses."""
    return _MAYBE_IP.sub(_masked, _MAIL.sub("[e-mail]", text))


def _masked(found: re.Match[str]) -> str:
    text = found[0]
    bare = text.rstrip(".:")
    try:
        ip_address(bare)
    except ValueError:
        return text
    return "[address]" + text[len(bare) :]


class _Masking:
    def __init__(self, *, addresses: bool) -> None:
        self._addresses = addresses

    def masked(self, text: str) -> str:
        text = without_tokens(text)
        return text if self._addresses else without_addresses(text)


class PlainFormatter(OneLineFormatter):
    """One entry is one line, with the id of the request or the job at its end."""

    def __init__(self, *, addresses: bool = True) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._masking = _Masking(addresses=addresses)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # as logging calls it
        at_work = "".join(
            f" [{name} {value}]"
            for name, value in (("request", request_id()), ("job", job_of(record)))
            if value
        )
        return super().formatMessage(record) + at_work

    def format(self, record: logging.LogRecord) -> str:
        return self._masking.masked(super().format(record))


class JsonFormatter(logging.Formatter):
    """One entry is one JSON object on one line. Absent values are left out."""

    def __init__(self, *, addresses: bool = True) -> None:
        super().__init__()
        self._masking = _Masking(addresses=addresses)

    def format(self, record: logging.LogRecord) -> str:
        masked = self._masking.masked
        trace = self.formatException(record.exc_info) if record.exc_info and record.exc_info[0] else ""
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": masked(printable(record.getMessage())),
            "request_id": request_id(),
            "job_id": job_of(record),
            "error": record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else "",
            "traceback": masked(trace),
            "process": record.process,
            "thread": record.threadName,
        }
        return json.dumps({name: value for name, value in entry.items() if value})


def job_of(record: logging.LogRecord) -> str:
    """Procrastinate writes of a job from outside of it, and names it."""
    return job_id() or str(getattr(record, "job_id", None) or "")
