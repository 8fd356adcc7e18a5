"""What processes count is added up in the database: right over all of them, whatever becomes of each."""

import subprocess
import sys
import threading

import pytest
from django.db import DatabaseError, connections
from hypothesis import given
from hypothesis import strategies as st

from tests.support.roster.people import a_connection
from usher.insights.health import kept_counts
from usher.insights.health.kept_counts import counts_kept, keep_counts
from usher.insights.models import KeptCount
from usher.platform.following import counting
from usher.platform.following.counting import SECONDS, CountedSeries, Counts
from usher.platform.scope import Scope, seen_with

PAGE = CountedSeries("pages", ("people",))


@pytest.fixture(autouse=True)
def nothing_counted() -> None:
    counting.take()


def kept(series: CountedSeries) -> KeptCount:
    return KeptCount.objects.get(name=series.name, labels=list(series.labels), connection=series.connection)


@given(st.lists(st.floats(min_value=0, max_value=1e4), max_size=50))
def test_each_time_is_in_one_bucket_and_no_longer_than_its_end(times: list[float]) -> None:
    counting.take()
    for seconds in times:
        counting.timed(PAGE, seconds)
    counts = counting.take().get(PAGE, Counts((0,) * (len(SECONDS) + 1)))
    for place, end in enumerate(SECONDS):
        assert sum(counts.numbers[: place + 1]) == sum(seconds <= end for seconds in times)
    assert sum(counts.numbers) == len(times)
    assert counts.total == pytest.approx(sum(times))


@pytest.mark.django_db
def test_what_several_processes_counted_is_added_up() -> None:
    for _ in range(3):
        counting.timed(PAGE, 0.2)
        counting.timed(PAGE, 99)
        counting.count(CountedSeries("asana_requests", ("429",)), by=2)
        keep_counts()
        keep_counts()  # nothing is left to keep
    assert kept(PAGE).numbers == [0, 0, 3, 0, 0, 0, 0, 0, 0, 3]
    assert kept(PAGE).total == pytest.approx(297.6)
    assert kept(CountedSeries("asana_requests", ("429",))).numbers == [6]


@pytest.mark.django_db
def test_other_buckets_of_another_version_begin_anew() -> None:
    KeptCount.objects.create(name="pages", labels=["people"], numbers=[7, 7], total=3)
    counting.timed(PAGE, 0.01)
    keep_counts()
    assert kept(PAGE).numbers == [1, *[0] * len(SECONDS)]
    assert kept(PAGE).total == pytest.approx(0.01)


@pytest.mark.django_db
def test_what_could_not_be_kept_is_kept_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    counting.count(CountedSeries("x"))
    monkeypatch.setattr(kept_counts, "_KEEP", "SELECT 1/0, %s, %s, %s, %s, %s")
    with pytest.raises(DatabaseError):
        keep_counts()
    counting.count(CountedSeries("x"))
    monkeypatch.undo()
    keep_counts()
    assert kept(CountedSeries("x")).numbers == [2]


@pytest.mark.django_db(transaction=True)
def test_a_service_keeps_what_is_left_when_it_ends() -> None:
    with counts_kept():
        counting.count(CountedSeries("x"), by=5)
    assert kept(CountedSeries("x")).numbers == [5]


@pytest.mark.django_db(transaction=True)
def test_threads_and_processes_that_keep_at_once_lose_nothing_and_do_not_wait_for_each_other_for_ever() -> (
    None
):
    def keep(number: int) -> None:
        try:
            for page in range(20):
                counting.count(CountedSeries("x", (str((page * 7 + number) % 20),)))
                if page % 5 == 0:
                    keep_counts()
            keep_counts()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=keep, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(one.numbers[0] for one in KeptCount.objects.filter(name="x")) == 80
    assert KeptCount.objects.filter(name="x").count() == 20


@pytest.mark.django_db(transaction=True)
def test_counts_of_a_connection_are_seen_with_it_and_others_by_nobody_with_a_limited_scope() -> None:
    mine, other = a_connection("Mine"), a_connection("Other")
    for connection in (mine, other):
        counting.count(CountedSeries("asana_requests", ("2xx",), connection.pk))
    counting.timed(PAGE, 1)
    with seen_with(Scope.of([mine.pk])):
        keep_counts()
        assert [one.connection_id for one in KeptCount.objects.all()] == [mine.pk]
    assert KeptCount.objects.count() == 3
    other.delete()
    assert KeptCount.objects.count() == 2


def test_counting_needs_no_django() -> None:
    """It is done wherever something happens."""
    subprocess.run(
        [
            sys.executable,
            "-c",
            "import usher.platform.following.counting, sys; assert 'django' not in sys.modules",
        ],
        check=True,
    )
