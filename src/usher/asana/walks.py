"""Walking Asana's lists page by page, completely and without duplicates."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from usher.asana.errors import MalformedAnswer, OffsetExpired
from usher.asana.records import ListAnswer, Page, Record

R = TypeVar("R", bound=Record)

MOST_RESTARTS = 5
MOST_PAGES_WITHOUT_NEWS = 100


async def walk(
    fetch: Callable[[str | None], Awaitable[ListAnswer[R]]], offset: str | None = None
) -> AsyncIterator[Page[R]]:
    """Every page from `offset` on.

    An expired offset is tried once more; then the walk restarts at the beginning of the list and skips items that it
    has already returned, so that pages may be empty. The walk ends only where Asana says so. A list that repeats itself
    raises MalformedAnswer; a list that expires again and again raises OffsetExpired.
    """
    given: set[str] = set()
    restarts = pages_before = pages = without_news = 0
    asked_again = False
    while True:
        try:
            answer = await fetch(offset)
        except OffsetExpired:
            if not asked_again:
                asked_again = True
                continue
            restarts += 1
            if offset is None or restarts > MOST_RESTARTS:
                raise
            offset, asked_again = None, False
            pages_before, pages, without_news = max(pages, pages_before), 0, 0
            continue
        asked_again = False
        pages += 1
        fresh = []
        for item in answer.data:
            if item.gid not in given:
                given.add(item.gid)
                fresh.append(item)
        following = answer.next_offset
        without_news = 0 if fresh else without_news + 1
        if not fresh and following is not None:
            stands_still = following == offset
            if stands_still or without_news > pages_before + MOST_PAGES_WITHOUT_NEWS:
                raise MalformedAnswer("Asana's list repeats itself and never ends.")
        yield Page(items=fresh, next_offset=following)
        if following is None:
            return
        offset = following
