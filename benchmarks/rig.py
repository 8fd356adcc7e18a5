"""What every benchmark needs: a simulated Asana and Usher, each in its own processes and folders."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

CONNECTION = "Bench"
TOKEN = "sandbox-pat-1"
UNPACED = "1000000"
"""Requests per minute for `inside pace` if Usher should have no limit."""
NOBODY = "http://127.0.0.1:1"
"""An address where no Asana answers, for benchmarks that need none."""
Environment = dict[str, str]


@contextmanager
def sandbox(*options: str, ready_within: float = 300) -> Iterator[str]:
    """Runs `usher sandbox` with these options, and yields its address once it responds."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with process(
        [sys.executable, "-m", "usher", "sandbox", "--port", str(port), *options], bare_environment()
    ):
        wait_for(f"{url}/", ready_within)
        yield url


@contextmanager
def home(asana_url: str) -> Iterator[Environment]:
    """A fresh data folder with an embedded database; yields the environment that points Usher to it."""
    folder = Path(
        tempfile.mkdtemp(prefix="usher-bench-", dir="/tmp")
    )  # the length of a socket's path is limited
    try:
        environment = environment_of(folder, asana_url)
        usher(environment, "migrate")  # begins an Usher; most commands do not
        yield environment
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def environment_of(folder: Path, asana_url: str) -> Environment:
    """Of an Usher whose data folder this is."""
    return bare_environment() | {
        "USHER_HOME": str(folder),
        "USHER_ASANA_URL": asana_url,
        # Starts of the embedded server wait for each other in this folder.
        "XDG_RUNTIME_DIR": str(folder),
    }


def usher(environment: Environment, *arguments: str) -> str:
    """Runs `usher …` to its end and returns what it printed. Raises RuntimeError when it fails."""
    return _run(environment, "usher", *arguments)


def _run(environment: Environment, module: str, *arguments: str) -> str:
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{module} {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def inside(environment: Environment, *arguments: str) -> str:
    """Runs `python -m benchmarks.inside …` and returns what it printed."""
    return _run(environment, "benchmarks.inside", *arguments)


def connect(environment: Environment) -> None:
    usher(environment, "connect", "--name", CONNECTION, "--token", TOKEN)


@contextmanager
def process(command: list[str], environment: Environment) -> Iterator["subprocess.Popen[str]"]:
    """Runs a command during the block, and stops it and its children when the block ends."""
    child = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=None, text=True, start_new_session=True
    )
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def wait_for(url: str, within: float) -> None:
    """Waits until the address responds. Raises TimeoutError."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            httpx.get(url, timeout=5)
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"{url} does not answer within {within:.0f} s")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def bare_environment() -> Environment:
    """The environment without the settings of a real Usher, and with compiled modules, as usual."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("USHER_") and name not in ("DATABASE_URL", "PYTHONDONTWRITEBYTECODE")
    }


def load() -> str:
    """The machine's load, shown with each figure because other processes may be running."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
