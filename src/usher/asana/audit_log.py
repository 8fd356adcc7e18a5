"""Walking the audit log, which returns `next_page` for ever."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

from usher.asana.errors import MalformedAnswer, OffsetExpired
from usher.asana.events import AuditLogEvent
from usher.asana.records import ListAnswer, Page
from usher.asana.walks import MOST_RESTARTS


def query_of(start: datetime, end: datetime, offset: str | None, limit: int) -> dict[str, str | int]:
    """Asana's precision is a millisecond. Start is inclusive, end exclusive."""
    query: dict[str, str | int] = {"start_at": _text(start), "end_at": _text(end), "limit": limit}
    if offset is not None:
        query["offset"] = offset
    return query


async def audit_log_pages(
    fetch: Callable[[datetime, str | None], Awaitable[ListAnswer[AuditLogEvent]]],
    start: datetime,
    offset: str | None = None,
) -> AsyncIterator[Page[AuditLogEvent]]:
    """Pages of events from `start` or `offset` on, oldest first, up to the first empty page.

    Asana returns `next_page` for ever once something has matched (developers.asana.com/reference/getauditlogevents).
    So the end of the iterator marks the end, not a missing `next_offset`. After an expired offset, the walk continues
    from the time of the last event and skips events that it has already returned, except those from before `offset`.
    """
    since = asked_from = start  # an offset is valid only with its own parameters
    given_then: set[str] = set()  # gids of the returned events at `since`
    restarts = 0
    asked_again = False
    while True:
        try:
            answer = await fetch(asked_from, offset)
        except OffsetExpired:
            if not asked_again:
                asked_again = True
                continue
            restarts += 1
            if offset is None or restarts > MOST_RESTARTS:
                raise
            offset, asked_again, asked_from = None, False, since
            continue
        asked_again = False
        if not answer.data:
            return
        following = answer.next_offset
        if following is not None and following == offset:
            raise MalformedAnswer("Asana's audit log repeats itself and never ends.")
        fresh = [event for event in answer.data if event.gid not in given_then]
        if fresh:
            restarts = 0
            newest = max(event.created_at for event in answer.data)
            if newest > since:
                since, given_then = newest, set()
            given_then.update(event.gid for event in fresh if event.created_at == since)
            yield Page(items=fresh, next_offset=following)
        if following is None:
            return
        offset = following


def _text(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("a moment in the audit log needs a time zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"
