"""Walking lists: whole, nothing twice, never for ever."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.asana.scripted_asana import ScriptedAsana, Seen, data, refusal
from usher.asana import (
    Asana,
    AuditLogEvent,
    ListTruncated,
    MalformedAnswer,
    OffsetExpired,
    Page,
    Team,
)
from usher.asana.audit_log import audit_log_pages
from usher.asana.records import ListAnswer, NextPage
from usher.asana.walks import MOST_RESTARTS, walk

EXPIRED = "offset: Your pagination token has expired."
DAY = datetime(2026, 11, 20, tzinfo=UTC)


class ListOfTeams:
    """A list whose offsets are positions. At the calls `expires_at_calls` all offsets given so far expire."""

    def __init__(self, gids: list[str], size: int, expires_at_calls: set[int] = frozenset()) -> None:
        self.gids, self.size, self.expires_at_calls = gids, size, expires_at_calls
        self.calls = self.generation = 0

    async def fetch(self, offset: str | None) -> ListAnswer[Team]:
        self.calls += 1
        self.generation += self.calls in self.expires_at_calls
        at, generation = (0, self.generation) if offset is None else map(int, offset.split("-"))
        if generation < self.generation:
            raise OffsetExpired(EXPIRED)
        more = at + self.size < len(self.gids)
        return ListAnswer(
            [Team(gid) for gid in self.gids[at : at + self.size]],
            NextPage(f"{at + self.size}-{generation}") if more else None,
        )


async def all_of(pages) -> list[Page]:
    return [page async for page in pages]


def gids_in(pages: list[Page]) -> list[str]:
    return [item.gid for page in pages for item in page.items]


@given(count=st.integers(0, 60), size=st.integers(1, 20), expired=st.sets(st.integers(1, 40), max_size=5))
def test_a_walk_gives_everything_once_whatever_expires(count, size, expired):
    gids = [str(number) for number in range(count)]
    pages = asyncio.run(all_of(walk(ListOfTeams(gids, size, expired).fetch)))
    assert gids_in(pages) == gids
    assert [page.next_offset is None for page in pages] == [False] * (len(pages) - 1) + [True]


@given(gids=st.lists(st.integers(0, 12).map(str), max_size=40), size=st.integers(1, 7))
def test_an_item_that_moves_between_pages_is_given_once(gids, size):
    pages = asyncio.run(all_of(walk(ListOfTeams(gids, size).fetch)))
    assert gids_in(pages) == list(dict.fromkeys(gids))


@given(count=st.integers(1, 40), size=st.integers(1, 9), taken=st.integers(0, 50))
def test_a_walk_goes_on_from_any_page(count, size, taken):
    gids = [str(number) for number in range(count)]
    source = ListOfTeams(gids, size)
    first = asyncio.run(all_of(walk(source.fetch)))[: taken + 1]
    offset = first[-1].next_offset
    rest = asyncio.run(all_of(walk(source.fetch, offset))) if offset else []
    assert gids_in(first) + gids_in(rest) == gids


async def test_a_walk_that_expires_again_and_again_gives_up():
    source = ListOfTeams([str(number) for number in range(10)], 2, set(range(1, 100)))
    with pytest.raises(OffsetExpired):
        await all_of(walk(source.fetch))
    assert source.calls == 3 * (MOST_RESTARTS + 1)


@pytest.mark.parametrize(("offsets", "most_calls"), [(["A"], 2), (["A", "B"], 110)])
async def test_a_list_in_circles_does_not_go_on_for_ever(offsets, most_calls):
    calls = 0

    async def fetch(_: str | None) -> ListAnswer[Team]:
        nonlocal calls
        calls += 1
        return ListAnswer([Team("1"), Team("2")], NextPage(offsets[calls % len(offsets)]))

    with pytest.raises(MalformedAnswer, match="repeats itself"):
        await all_of(walk(fetch))
    assert calls <= most_calls


async def test_an_expired_offset_begins_anew_over_http(server: ScriptedAsana, asana: Asana):
    server.script.extend(
        [
            data([{"gid": "1"}, {"gid": "2"}], "old"),
            refusal(400, EXPIRED),
            refusal(400, EXPIRED),
            data([{"gid": "1"}, {"gid": "2"}], "new"),
            data([{"gid": "3"}]),
        ]
    )
    pages = await all_of(asana.workspace_memberships("900"))
    assert [gids_in([page]) for page in pages] == [["1", "2"], [], ["3"]]
    assert [page.next_offset for page in pages] == ["old", "new", None]
    assert [seen.query.get("offset") for seen in server.seen] == [None, "old", "old", None, "new"]


async def test_an_offset_from_an_earlier_run_that_expired_begins_anew(server, asana):
    invalid = refusal(400, "offset: Your pagination token is invalid.")
    server.script.extend([invalid, invalid, data([{"gid": "1"}])])
    assert gids_in(await all_of(asana.workspace_memberships("900", offset="stale"))) == ["1"]


async def test_a_truncated_list_raises_its_own_error_after_its_pages(server, asana):
    server.script.extend([data([{"gid": "1"}], "more"), refusal(400, "The data set was truncated.")])
    got = []
    with pytest.raises(ListTruncated, match="truncated") as caught:
        async for page in asana.workspace_memberships("900"):
            got += page.items
    assert [membership.gid for membership in got] == ["1"]
    assert caught.value.status == 400


class AuditLog:
    """Events as (gid, moment); answers `next_page` for ever, as Asana does."""

    def __init__(self, events: list[AuditLogEvent], size: int, expires_at_calls: set[int]) -> None:
        self.events, self.size, self.expires_at_calls = events, size, expires_at_calls
        self.calls = self.generation = 0

    async def fetch(self, since: datetime, offset: str | None) -> ListAnswer[AuditLogEvent]:
        self.calls += 1
        self.generation += self.calls in self.expires_at_calls
        first = next((i for i, e in enumerate(self.events) if e.created_at >= since), len(self.events))
        at, generation = first, self.generation
        if offset is not None:
            place, given_for = offset.split("@")
            at, generation = map(int, place.split("-"))
            assert given_for == since.isoformat(), "an offset goes with the parameters that it was given for"
        if generation < self.generation:
            raise OffsetExpired(EXPIRED)
        page = self.events[at : at + self.size]
        return ListAnswer(
            page, NextPage(f"{at + len(page)}-{generation}@{since.isoformat()}") if self.events else None
        )


@given(
    seconds=st.lists(st.integers(0, 6), max_size=40).map(sorted),
    size=st.integers(1, 9),
    expired=st.sets(st.integers(1, 60), max_size=5),
)
def test_the_audit_log_gives_every_event_once_and_ends_at_the_empty_page(seconds, size, expired):
    events = [
        AuditLogEvent(str(number), DAY + timedelta(seconds=second)) for number, second in enumerate(seconds)
    ]
    log = AuditLog(events, size, expired)
    pages = asyncio.run(all_of(audit_log_pages(log.fetch, DAY)))
    assert gids_in(pages) == [event.gid for event in events]
    assert all(page.items for page in pages)


async def test_the_audit_log_is_asked_in_milliseconds_and_utc(server, asana):
    event = {"gid": "1", "created_at": "2026-11-20T09:12:44.318Z", "event_type": "user_login_succeeded"}
    server.script.extend([data([event], "a"), data([], "a")])
    start = datetime.fromisoformat("2026-11-20T02:00:00.123999+02:00")
    pages = await all_of(asana.audit_log_events("900", start, DAY + timedelta(days=1), limit=7))
    assert gids_in(pages) == ["1"]
    assert server.seen[0].query == {
        "start_at": "2026-11-20T00:00:00.123Z",
        "end_at": "2026-11-21T00:00:00.000Z",
        "limit": "7",
    }
    assert server.seen[1].query["offset"] == "a"


async def test_an_audit_log_in_circles_does_not_go_on_for_ever(server, asana):
    event = {"gid": "1", "created_at": "2026-11-20T09:12:44.318Z"}
    server.always = data([event], "same")
    with pytest.raises(MalformedAnswer, match="repeats itself"):
        await all_of(asana.audit_log_events("900", DAY, DAY + timedelta(days=1)))
    assert len(server.seen) == 2


async def test_faults_on_the_way_change_nothing_in_a_walk(server, asana):
    faults = [refusal(500), refusal(429, retry_after="0"), refusal(503)]
    calls = 0

    def answer(seen: Seen):
        nonlocal calls
        calls += 1
        if calls % 3 == 0:
            return faults[calls // 3 % 3]
        at = int(seen.query.get("offset", 0))
        return data([{"gid": str(at)}], str(at + 1) if at < 20 else None)

    server.always = answer
    assert gids_in(await all_of(asana.workspace_memberships("900"))) == [str(n) for n in range(21)]
