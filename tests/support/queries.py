"""How many queries a page costs: a list must cost the same for two rows and for twenty."""

from collections.abc import Callable

from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext


def queries_of(browser: Client, url: str, **headers: str) -> list[str]:
    """The SQL of one request. The first request of a process also fills caches, so it is made twice."""
    for _ in range(2):
        with CaptureQueriesContext(database) as captured:
            answer = browser.get(url, headers=headers)
            b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert answer.status_code == 200, answer.status_code
    return [query["sql"] for query in captured.captured_queries]


def assert_costs_the_same(
    browser: Client, url: str, add_rows: Callable[[int], object], **headers: str
) -> None:
    """`add_rows(n)` adds n rows to the list at `url`."""
    add_rows(2)
    few = queries_of(browser, url, **headers)
    add_rows(18)
    many = queries_of(browser, url, **headers)
    extra = "\n".join(many[len(few) :][:5])
    assert len(many) == len(few), (
        f"{len(few)} queries for 2 rows, {len(many)} for 20. The last ones:\n{extra}"
    )
