"""A span of time is shared out among walkers without a moment lost or read for two."""

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from usher.activity.ingest.spans import Span, covers, gaps, joined
from usher.activity.ingest.windows import (
    LEAST_WORTH_HALVING,
    SMALLEST_SHARE,
    WORTH_HALVING,
    LogWindow,
    cut_off,
    finished_spans,
    give_up_before,
    split,
    steal,
    unplanned,
)

START = datetime(2026, 8, 1, tzinfo=UTC)
minutes = st.integers(0, 60 * 24 * 90)


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


@given(st.integers(1, 10**10), st.integers(1, 64))
def test_windows_are_exactly_the_span(milliseconds: int, parts: int) -> None:
    end = START + timedelta(milliseconds=milliseconds)
    windows = split(START, end, parts)
    assert 1 <= len(windows) <= parts
    assert windows[0].starts_at == START
    assert windows[-1].ends_at == end
    assert all(one.ends_at == other.starts_at for one, other in itertools.pairwise(windows))
    assert all(window.starts_at < window.ends_at for window in windows)
    assert len(windows) == 1 or all(w.ends_at - w.starts_at >= SMALLEST_SHARE * 0.99 for w in windows)


def test_an_empty_span_has_no_windows() -> None:
    assert split(START, START, 4) == []


@given(
    st.lists(st.tuples(st.integers(1, 5000), st.floats(0, 1), st.booleans()), min_size=1, max_size=20),
    st.integers(1, 500),
)
def test_what_is_stolen_is_taken_from_the_largest_and_nothing_is_lost(parts, page) -> None:
    windows, edge = [], START
    for length, share, done in parts:
        end = edge + timedelta(minutes=length)
        read = end if done else edge + (end - edge) * share
        windows.append(LogWindow(edge, end, read, done))
        edge = end
    left = {id(window): window.left for window in windows}
    before = Span(START, edge)
    shared = steal(windows, timedelta(minutes=page))
    if shared is None:
        assert max(left.values()) < max(WORTH_HALVING * timedelta(minutes=page), LEAST_WORTH_HALVING)
        return
    shortened, taken = shared
    assert left[id(shortened)] == max(left.values())
    assert shortened.ends_at == taken.starts_at == taken.read_until
    assert shortened.read_until <= shortened.ends_at < taken.ends_at
    assert not taken.is_done
    everything = joined(Span(window.starts_at, window.ends_at) for window in [*windows, taken])
    assert everything == [before]


@given(st.lists(st.booleans(), min_size=1, max_size=12))
def test_coverage_reaches_as_far_as_windows_are_finished_without_a_break(done: list[bool]) -> None:
    windows = [
        LogWindow(at(n), at(n + 1), at(n + 1) if is_done else at(n), is_done)
        for n, is_done in enumerate(done)
    ]
    finished = next((n for n, is_done in enumerate(done) if not is_done), len(done))
    assert finished_spans(windows) == ([Span(at(0), at(finished))] if finished else [])


def test_what_asana_has_deleted_before_it_was_read_is_a_gap_for_ever() -> None:
    windows = [
        LogWindow(at(0), at(10), at(10), True),
        LogWindow(at(10), at(20), at(14)),
        LogWindow(at(20), at(30), at(20)),
    ]
    kept = give_up_before(at(25), windows)
    assert [(w.starts_at, w.ends_at, w.is_done) for w in kept] == [
        (at(0), at(10), True),
        (at(10), at(14), True),
        (at(25), at(30), False),
    ]
    for window in kept:
        window.is_done = True
    assert finished_spans(kept) == [Span(at(0), at(14)), Span(at(25), at(30))]
    assert unplanned(kept, oldest=at(25)) == []


@given(
    st.lists(st.tuples(st.integers(1, 500), st.floats(0, 1), st.booleans()), max_size=12),
    st.integers(-10, 6000),
)
def test_what_is_cut_off_is_nowhere_and_the_rest_is_as_it_was(parts, minute) -> None:
    windows, edge = [], START
    for length, share, done in parts:
        end = edge + timedelta(minutes=length)
        windows.append(LogWindow(edge, end, end if done else edge + (end - edge) * share, done))
        edge = end
    kept = cut_off(windows, at(minute))
    assert all(window.ends_at <= at(minute) for window in kept)
    assert joined(Span(w.starts_at, w.ends_at) for w in kept) == (
        [Span(START, min(edge, at(minute)))] if min(edge, at(minute)) > START else []
    )
    for window in kept:
        [before] = [one for one in windows if one.starts_at == window.starts_at]
        assert window.read_until == min(before.read_until, at(minute))
        is_cut = before.ends_at > at(minute)
        assert window.is_done == (before.is_done or (is_cut and before.read_until >= at(minute)))


def test_a_hole_between_windows_is_planned_again() -> None:
    """A process can die after a window was shortened and before the half taken from it was stored."""
    holes = unplanned(
        [LogWindow(at(0), at(10), at(10), True), LogWindow(at(20), at(30), at(20))], oldest=at(-5)
    )
    assert [(w.starts_at, w.ends_at, w.read_until) for w in holes] == [(at(10), at(20), at(10))]


spans = st.lists(
    st.tuples(minutes, minutes).map(lambda pair: Span(at(min(pair)), at(max(pair)))), max_size=12
)


@given(spans)
def test_joined_spans_hold_the_same_time_and_never_touch(given_spans: list[Span]) -> None:
    whole = joined(given_spans)
    assert whole == sorted(whole)
    assert all(one.ends_at < other.begins_at for one, other in itertools.pairwise(whole))
    for span in given_spans:
        assert covers(whole, span.begins_at, span.ends_at)
    edges = {span.begins_at for span in given_spans} | {span.ends_at for span in given_spans}
    assert {edge for span in whole for edge in (span.begins_at, span.ends_at)} <= edges
    assert joined(reversed(whole)) == whole


@given(spans)
def test_a_gap_lies_between_what_is_covered(given_spans: list[Span]) -> None:
    whole = joined(given_spans)
    assert len(gaps(whole)) == max(0, len(whole) - 1)
    for gap in gaps(given_spans):
        assert not covers(given_spans, gap.begins_at, gap.ends_at)
