"""SIGTERM and Ctrl-C end a command at any moment, within its time and without a traceback."""

import signal
import subprocess
import sys
import time

import pytest

from tests.support.cli.running import Usher

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


@pytest.mark.parametrize("after", MOMENTS)
@pytest.mark.parametrize(
    ("command", "number"),
    [("people", signal.SIGTERM), ("migrate", signal.SIGINT), ("worker", signal.SIGTERM)],
)
def test_a_stop_at_any_moment_ends_a_command(
    usher: Usher, command: str, number: signal.Signals, after: float
) -> None:
    with usher.started(command) as process:
        time.sleep(after)
        if process.poll() is None:
            process.send_signal(number)
        code = process.wait(25)
        assert process.stdout
        said = process.stdout.read()
    assert code in (0, -number, 128 + number), said
    assert "Traceback" not in said
    assert "Exception" not in said
