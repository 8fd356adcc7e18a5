"""Real identity providers from npm, as processes."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.paths import ROOT

HERE = Path(__file__).parent


@contextmanager
def running_provider(script: str, usher_url: str, *more: str) -> Iterator[str]:
    """`script` of this folder, until the block ends. Gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    process = subprocess.Popen(
        ["node", str(HERE / script), port, usher_url, *more],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout
        assert any(line.strip() == "ready" for line in iter(process.stdout.readline, "")), script
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)
