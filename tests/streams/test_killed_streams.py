"""The process that sends is killed at random. Every event arrives, twice at most with one id, and files stay whole."""

import gzip
import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection as database

from tests.support.activity.written_events import an_event, write
from tests.support.streams.receivers import LinesServer
from tests.support.streams.sending import a_stream
from usher.roster.models import Workspace
from usher.streams.models import StreamDestination

EVENTS = 100
MOST_DEATHS = 300


@pytest.fixture
def forks() -> "Iterator[subprocess.Popen[str]]":
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database.settings_dict['NAME']}").geturl()
    reached = {
        "DATABASE_URL": url,
        "USHER_WEBHOOK_NETWORKS": "127.0.0.1",
        "USHER_STREAMS_FOLDER": settings.USHER_STREAMS_FOLDER,
    }
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.streams.sends_in_forks"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | reached,
    ) as process:
        yield process
        assert process.stdin
        process.stdin.close()


def send_and_die(process: "subprocess.Popen[str]", stream: StreamDestination) -> int:
    """Starts processes until nothing is left. Returns how many were killed."""
    assert process.stdin and process.stdout
    for deaths in range(MOST_DEATHS):
        process.stdin.write(f"{stream.pk} {random.randrange(2**31)}\n")
        process.stdin.flush()
        end = process.stdout.readline().strip()
        if end == "ended":
            stream.refresh_from_db()
            assert not stream.problem
            return deaths
        assert end == "killed"
    raise AssertionError("It never came to its end.")


def test_over_http_each_event_arrives(
    org: Workspace, lines: LinesServer, forks: "subprocess.Popen[str]"
) -> None:
    stream = a_stream("lines", lines.url)
    gids = write(org, *(an_event() for _ in range(EVENTS)))
    deaths = send_and_die(forks, stream)
    counted = Counter(event["metadata"]["uid"] for event in lines.taken)
    assert deaths
    assert set(counted) == set(gids)
    assert sum(counted.values()) - EVENTS <= 5 * deaths  # a batch for each death, and no more


def test_files_can_be_read_and_have_each_event(org: Workspace, forks: "subprocess.Popen[str]") -> None:
    stream = a_stream("folder", "asana")
    gids = write(org, *(an_event() for _ in range(EVENTS)))
    deaths = send_and_die(forks, stream)
    [path] = (Path(settings.USHER_STREAMS_FOLDER) / "asana").glob("*.gz")
    lines = gzip.decompress(path.read_bytes()).splitlines()
    counted = Counter(json.loads(line)["metadata"]["uid"] for line in lines)
    assert deaths
    assert set(counted) == set(gids)
    assert sum(counted.values()) - EVENTS <= 5 * deaths
