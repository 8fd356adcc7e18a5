"""`Asana-Change` headers, which announce changes of the API. Each is logged once per process."""

import logging

import httpx
import msgspec

logger = logging.getLogger(__name__)

_MOST_REMEMBERED = 1000
_logged: set[tuple[str, str]] = set()


class AnnouncedChange(msgspec.Struct, frozen=True):
    """`affected`: calls with this token will behave differently."""

    name: str
    info: str = ""
    affected: bool = False


def announced_in(response: httpx.Response) -> list[AnnouncedChange]:
    """The changes that an answer announces. Logs new ones. Never fails."""
    changes = [_parsed(header) for header in response.headers.get_list("asana-change")]
    for change in changes:
        key = (change.name, change.info)
        if key not in _logged and len(_logged) < _MOST_REMEMBERED:
            _logged.add(key)
            logger.warning("Asana announces a change: %s (%s)", change.name, change.info or "no details")
    return changes


def _parsed(header: str) -> AnnouncedChange:
    parts = dict(part.strip().partition("=")[::2] for part in header.split(";"))
    return AnnouncedChange(
        name=parts.get("name", header)[:200],
        info=parts.get("info", "")[:500],
        affected=parts.get("affected", "").lower() == "true",
    )
