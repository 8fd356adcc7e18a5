"""What a view may read from the replica, and how it gets back to the primary.

Here the replica is the same database, in which nothing can be written.
"""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection, connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from tests.support.roster.people import a_connection
from usher.access.models import User
from usher.connections.models import Connection
from usher.platform import replica
from usher.platform.replica import ReplicaProgress, may_read, reading, use_replica
from usher.platform.statements import unhurried
from usher.web.csv_export import PART_CHARACTERS, csv_download
from usher.web.replica import COOKIE, READ_FROM, may_read_replica

pytestmark = pytest.mark.django_db(transaction=True)


class InStep(ReplicaProgress):
    """A replica that has replayed everything up to a position."""

    def __init__(self, replayed: int) -> None:
        super().__init__()
        self.replayed, self.problem = replayed, ""

    def check(self) -> None:
        pass


@pytest.fixture
def progress(transactional_db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[InStep]:
    name, host = connection.settings_dict["NAME"], connection.get_connection_params()["host"]
    settings.DATABASE_REPLICA_URL = (
        f"postgresql://postgres@/{name}?host={host}&options=-c%20default_transaction_read_only%3Don"
    )
    use_replica()
    # Tests may use this alias alone.
    connections["replica"] = type(connections["default"])(connections.settings["replica"], "default")
    progress = InStep(1000)
    monkeypatch.setattr(replica, "progress", progress)
    yield progress
    connections["replica"].close()
    del connections["replica"], connections.settings["replica"]


def reads_from() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW default_transaction_read_only")
        return "replica" if cursor.fetchone() == ("on",) else "primary"


def request(**cookies: str) -> HttpRequest:
    request = RequestFactory().get("/")
    request.user, request.COOKIES = AnonymousUser(), cookies
    return request


@may_read_replica
def page(_: HttpRequest) -> HttpResponse:
    return HttpResponse(reads_from())


def test_a_page_is_read_from_the_replica_and_the_rest_of_the_request_is_not(progress: InStep) -> None:
    answer = page(request())
    assert (answer.content, answer[READ_FROM]) == (b"replica", "replica")
    assert reads_from() == "primary"


@pytest.mark.parametrize(
    ("written", "from_where"),
    [("1000", "replica"), ("1001", "primary"), ("-5", "replica"), ("x", "replica"), ("9" * 40, "replica")],
)
def test_a_visitor_who_wrote_more_than_it_has_replayed_reads_from_the_primary(
    progress: InStep, written: str, from_where: str
) -> None:
    assert page(request(**{COOKIE: written})).content.decode() == from_where


def test_a_problem_leads_to_the_primary(progress: InStep) -> None:
    progress.problem = "it lags"
    assert page(request()).content == b"primary"


def test_a_view_that_writes_is_run_again_on_the_primary_and_the_replica_stays_in_use(
    progress: InStep,
) -> None:
    @may_read_replica
    def writes(_: HttpRequest) -> HttpResponse:
        a_connection("Acme")
        return HttpResponse(reads_from())

    answer = writes(request())
    assert answer.content == b"primary"
    assert READ_FROM not in answer
    assert Connection.objects.count() == 1
    assert page(request()).content == b"replica"


def test_a_view_is_run_again_when_the_replica_breaks_off(progress: InStep) -> None:
    connections["replica"].ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
    assert page(request()).content == b"primary"
    assert progress.problem
    assert not may_read(0)


def exported(rows: int = 3) -> StreamingHttpResponse:
    """A download whose rows are each sent as a part of its own."""

    @may_read_replica
    def export(_: HttpRequest) -> StreamingHttpResponse:
        width = "-" * PART_CHARACTERS
        return csv_download(
            "places", ["place", ""], ({"place": reads_from(), "": width} for _ in range(rows))
        )

    return export(request())


def test_an_export_is_read_from_the_replica_until_its_end(progress: InStep) -> None:
    answer = exported()
    assert reads_from() == "primary", "what the request does besides, such as noting the export"
    rows = b"".join(answer).splitlines()[1:]
    assert [row.split(b",")[0] for row in rows] == [b"replica"] * 3
    assert reads_from() == "primary"
    answer.close()


def test_an_export_that_is_broken_off_gives_the_thread_back(progress: InStep) -> None:
    answer = exported()
    parts = iter(answer)
    for _ in range(3):
        next(parts)
    assert connection.in_atomic_block
    answer.close()
    assert reads_from() == "primary"
    assert not connection.in_atomic_block
    assert not connections["replica"].in_atomic_block


def test_an_export_that_nobody_reads_changes_nothing(progress: InStep) -> None:
    exported().close()
    assert reads_from() == "primary"


def test_nothing_is_written_while_it_is_read_from(progress: InStep) -> None:
    with reading(), pytest.raises(Exception, match="read-only"):
        a_connection("Acme")
    with reading():
        assert list(unhurried(reads_from() for _ in range(2))) == ["replica"] * 2


def test_a_change_is_remembered_for_who_made_it(progress: InStep, browser: Client, user: User) -> None:
    browser.get("/people/")
    assert COOKIE not in browser.cookies
    browser.post("/sign-out/")
    cookie = browser.cookies[COOKIE]
    assert int(cookie.value) > 1000
    assert cookie["httponly"]
    assert cookie["max-age"] == 20


def test_without_a_replica_nobody_gets_a_cookie(browser: Client) -> None:
    browser.post("/sign-out/")
    assert COOKIE not in browser.cookies


def test_the_lag_is_the_time_since_which_it_has_not_replayed_everything(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, progress: InStep
) -> None:
    settings.USHER_REPLICA_LAG_SECONDS = 10
    now, positions = [100.0], {"default": 50, "replica": 40}
    monkeypatch.setattr("usher.platform.replica.time.monotonic", lambda: now[0])
    monkeypatch.setattr(replica, "_position", lambda alias, _: positions[alias])
    real = ReplicaProgress()

    def after(seconds: float, primary: int, replayed: int) -> tuple[float | None, bool]:
        now[0] += seconds
        positions.update(default=primary, replica=replayed)
        real.check()
        return real.lag, not real.problem

    assert after(0, 50, 40) == (None, False), "nothing is known of the time before"
    assert after(2, 60, 50) == (2, True)
    assert after(3, 70, 70) == (0, True)
    assert after(10, 80, 75) == (10, True)
    assert after(1, 80, 75) == (11, False)
    assert after(0.5, 80, 80) == (11, False), "not asked again within a second"
    assert after(0.5, 80, 80) == (0, True)
