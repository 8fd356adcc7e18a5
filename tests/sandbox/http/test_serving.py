import os
import signal
import socket
import subprocess
import sys
import time

import httpx
import pytest

from tests.support.ports import free_port
from usher.sandbox import serve


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_from_the_command_line_until_it_is_ended(end: signal.Signals) -> None:
    port = free_port()
    command = [sys.executable, "-m", "usher.sandbox", "--port", str(port), "--people", "60"]
    served = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ, text=True
    )
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                answer = httpx.get(f"http://127.0.0.1:{port}/-/sandbox")
                break
            except httpx.TransportError:
                assert time.monotonic() < deadline, "it did not start"
                time.sleep(0.05)
        assert answer.json()["seed"] == 7
        served.send_signal(end)
        out, err = served.communicate(timeout=10)
    finally:
        served.kill()
    assert f"http://127.0.0.1:{port}" in out
    assert "sandbox-pat-1" in out
    assert err == ""


def test_a_port_in_use_is_told_before_anybody_is_invented() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        serve("127.0.0.1", taken.getsockname()[1], people=1_000_000_000, seed=1)
