"""Real processes send with one token to a sandbox that enforces Asana's limits: it never has to refuse."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import pytest
from django.db import connection as database

from usher.connections.connecting.by_token import connect_with_token
from usher.connections.connecting.settings import ConnectionSettings
from usher.connections.models import Connection, TokenPace
from usher.connections.pace.statements import FORGOTTEN_SECONDS
from usher.ledger.actors import SYSTEM
from usher.sandbox import Limits, RunningSandbox, running

pytestmark = pytest.mark.django_db(transaction=True)

PER_MINUTE = 600
"""In ten seconds, Usher sends 117 of them at most, and the sandbox allows 150: three that each keep to it exceed it."""


@contextmanager
def connected(
    url_of: object, limits: Limits, latency: float = 0.0
) -> Iterator[tuple[RunningSandbox, Connection]]:
    with running(limits=limits, latency_seconds=latency) as box:
        url_of.USHER_ASANA_URL = box.url  # type: ignore[attr-defined]
        connection = connect_with_token(ConnectionSettings("Acme"), "sandbox-pat-1", SYSTEM)
        connection.requests_per_minute = limits.per_minute or 1_000_000
        connection.save()
        box.reset_stats()
        TokenPace.objects.all().delete()  # as `reset_stats` forgets the requests of connecting
        yield box, connection


@contextmanager
def sending(
    box: RunningSandbox, connection: Connection, times: int, urgency: str = "SYNC"
) -> Iterator["subprocess.Popen[str]"]:
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database.settings_dict['NAME']}").geturl()
    command = [
        sys.executable,
        "-m",
        "tests.support.connections.sending",
        str(connection.pk),
        urgency,
        str(times),
    ]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"DATABASE_URL": url, "USHER_ASANA_URL": box.url},
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def requests_of(process: "subprocess.Popen[str]") -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


def test_three_processes_are_never_refused_and_use_what_is_allowed(settings):
    with connected(settings, Limits(per_minute=PER_MINUTE)) as (box, connection), ExitStack() as stack:
        begun = time.monotonic()
        senders = [stack.enter_context(sending(box, connection, 60)) for _ in range(3)]
        sent = [requests_of(process) for process in senders]
        seconds = time.monotonic() - begun
        assert box.stats()["rate_limited"] == 0
    assert sent == [60, 60, 60]
    assert seconds > 10  # 180 do not fit in ten seconds


def test_three_processes_have_no_more_under_way_than_asana_allows(settings):
    limits = Limits(per_minute=None, concurrent_reads=50)
    with connected(settings, limits, latency=1.0) as (box, connection), ExitStack() as stack:
        senders = [stack.enter_context(sending(box, connection, 100)) for _ in range(3)]
        assert [requests_of(process) for process in senders] == [100, 100, 100]
        assert box.stats()["rate_limited"] == 0
        assert 40 <= box.stats()["most_at_once"] <= 50


def test_a_process_that_is_killed_in_the_middle_leaves_the_budget_to_the_others(settings):
    limits = Limits(per_minute=None, concurrent_reads=50)
    with (
        connected(settings, limits, latency=2.0) as (box, connection),
        sending(box, connection, 60) as killed,
    ):
        while box.stats()["most_at_once"] < 40:
            time.sleep(0.05)
        os.kill(killed.pid, signal.SIGKILL)
        begun = time.monotonic()
        with sending(box, connection, 60, "REMOVAL") as survivor:
            assert requests_of(survivor) == 60
        assert time.monotonic() - begun < FORGOTTEN_SECONDS + 20
        assert box.stats()["rate_limited"] == 0
