"""SIGTERM and Ctrl-C end a command at any moment, within its time and without a traceback."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli.running import Usher, migrated_database
from usher.sandbox import RunningSandbox

pytestmark = pytest.mark.xdist_group("cli")

MOMENTS = [0.2, 0.9, 2.0]
"""Seconds after the start: while modules are imported, while the server starts, and at work."""

SWALLOWS = """
import gc, sys, time
from usher.cli.stopping import closing_in_order, stops_in_order
class Finalized:
    def __del__(self):
        print("begun", flush=True)
        time.sleep(1.5)  # the signal comes now, and what its handler raises is swallowed
with stops_in_order(), closing_in_order():
    Finalized()
    while True:
        time.sleep(0.05)
"""

FAILS_WHILE_STOPPING = """
import time
import click
from usher.cli.errors import Failed
from usher.cli.stopping import closing_in_order, stops_in_order
@click.command()
def command():
    with closing_in_order():
        print("begun", flush=True)
        try:
            time.sleep(60)
        finally:
            time.sleep({seconds})
            raise Failed("The server is away.")
with stops_in_order():
    command()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("seconds", [0, 1.5])
def test_a_command_that_is_stopped_ends_as_stopped_whatever_fails_on_its_way(
    number: signal.Signals, seconds: float
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", FAILS_WHILE_STOPPING.format(seconds=seconds)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "begun\n"
        process.send_signal(number)
        assert process.wait(20) == 128 + number
        assert process.stdout.read().strip() in ("", "Stopped.")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_that_comes_while_a_finalizer_runs_is_not_lost(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SWALLOWS], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "begun\n"
        process.send_signal(number)
        assert process.wait(20) == 128 + number
        assert process.stdout.read().strip() in ("", "Stopped.")


@pytest.fixture(scope="module")
def with_tables(box: RunningSandbox, folder: Path) -> Iterator[Usher]:
    with migrated_database("stopping") as url:
        yield Usher(USHER_HOME=str(folder), USHER_ASANA_URL=box.url, DATABASE_URL=url)


@pytest.mark.parametrize("after", MOMENTS)
@pytest.mark.parametrize(
    ("command", "number"),
    [("people", signal.SIGTERM), ("migrate", signal.SIGINT), ("worker", signal.SIGTERM)],
)
def test_a_stop_at_any_moment_ends_a_command(
    with_tables: Usher, command: str, number: signal.Signals, after: float
) -> None:
    with with_tables.started(command) as process:
        time.sleep(after)
        if process.poll() is None:
            process.send_signal(number)
        code = process.wait(25)
        assert process.stdout
        said = process.stdout.read()
    assert code in (0, -number, 128 + number), said
    assert "Traceback" not in said
    assert "Exception" not in said
