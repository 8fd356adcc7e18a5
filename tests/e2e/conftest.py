"""Real processes and a real browser: the sandbox, `usher up`, Chromium."""

import atexit
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    StorageState,
    sync_playwright,
)
from pytest_django.live_server_helper import LiveServer

from tests.support import chromium as system_chromium
from tests.support.cli.forked import forking_usher
from tests.support.cli.running import bare_environment
from tests.support.ports import free_port
from usher.sandbox import RunningSandbox, running

STARTS_WITHIN_SECONDS = 120
STOPS_WITHIN_SECONDS = 20


def pytest_configure(config: pytest.Config) -> None:
    # Known to pytest-xdist, which is not there when tests are run one after the other with `-p no:xdist`.
    config.addinivalue_line("markers", "xdist_group(name): tests of a group run in one worker")


@dataclass
class Installation:
    """Usher as someone has just started it with `usher up`."""

    url: str
    one_time_link: str
    environment: dict[str, str]
    sandbox: RunningSandbox

    def command(self, *arguments: str) -> str:
        """Runs `usher …` beside it, and returns what it prints."""
        done = forking_usher().run(list(arguments), "", self.environment, seconds=60)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def usher() -> Iterator[Installation]:
    with installed() as installation:
        yield installation


@contextmanager
def installed(**environment: str) -> Iterator[Installation]:
    """A fresh Usher and the simulated Asana that it talks to, until the block ends."""
    with (
        running(people=400, seed=7, per_minute=0) as sandbox,
        started(sandbox, **environment) as installation,
    ):
        yield installation


@contextmanager
def started(sandbox: RunningSandbox, **more: str) -> Iterator[Installation]:
    folder = _own_folder()
    subprocess.run(["cp", "-a", str(_home_with_tables()), str(folder / "home")], check=True)
    port = free_port()
    environment = bare_environment() | {
        "USHER_HOME": str(folder / "home"),
        "USHER_ASANA_URL": sandbox.url,
        "USHER_ASANA_CLIENT_ID": "sandbox-client",
        "USHER_ASANA_CLIENT_SECRET": "sandbox-secret",
        **more,
    }
    log = folder / "log"
    with log.open("w") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "usher", "up", "--port", str(port)],
            env=environment,
            stdout=written,
            stderr=subprocess.STDOUT,
        )
    try:
        link = _printed_link(process, log)
        _wait_until_it_answers(process, log, port)
        yield Installation(f"http://127.0.0.1:{port}", link, environment, sandbox)
        _, failed, how = log.read_text().partition("Traceback")
        assert not failed, how[:5000]
    finally:
        process.terminate()
        process.wait(STOPS_WITHIN_SECONDS)
        shutil.rmtree(folder, ignore_errors=True)


def _own_folder() -> Path:
    """Of a short path: the database's socket lies in it, and a socket's path has a limit."""
    return Path(tempfile.mkdtemp(prefix="usher-e2e-", dir="/tmp"))


@cache
def _home_with_tables() -> Path:
    """A data folder with a database in which nothing is. It is copied, since making it takes many seconds."""
    folder = _own_folder()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    subprocess.run(
        [sys.executable, "-m", "usher", "migrate"],
        env=bare_environment() | {"USHER_HOME": str(folder / "home")},
        check=True,
        timeout=300,
    )
    return folder / "home"


def _printed_link(process: "subprocess.Popen[bytes]", log: Path) -> str:
    for _ in _while_it_starts(process, log):
        found = re.search(r"http\S+/welcome/\S+", log.read_text())
        if found:
            return found[0]
    raise AssertionError("unreachable")


def _wait_until_it_answers(process: "subprocess.Popen[bytes]", log: Path, port: int) -> None:
    """Not only takes connections, which it does before its pages are loaded."""
    for _ in _while_it_starts(process, log):
        with suppress(httpx.TransportError):
            if httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=5).status_code < 500:
                return


def _while_it_starts(process: "subprocess.Popen[bytes]", log: Path) -> Iterator[None]:
    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        yield
        time.sleep(0.1)
    pytest.fail(f"`usher up` did not start:\n{log.read_text()}")


@pytest.fixture(scope="module")  # its event loop must be gone when other tests follow
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=system_chromium.EXECUTABLE, args=system_chromium.ARGUMENTS
        )
        yield browser
        browser.close()


@pytest.fixture
def width() -> int:
    """Of the screen, in pixels; parametrized by tests that want another."""
    return 1280


@pytest.fixture
def signed_in() -> StorageState | None:
    """The session that the browser starts with: none, unless a module overrides this."""
    return None


@pytest.fixture
def context(
    chromium: Browser, usher: Installation | LiveServer, width: int, signed_in: StorageState | None
) -> Iterator[BrowserContext]:
    """A browser. When it closes, no page of Usher may have complained on its console."""
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        page = message.page
        if message.type in {"error", "warning"} and page and page.url.startswith(usher.url):
            complaints.append(f"{page.url}: {message.text}")

    context = chromium.new_context(
        base_url=usher.url,
        viewport={"width": width, "height": 900},
        reduced_motion="reduce",
        storage_state=signed_in,
    )
    context.set_default_timeout(system_chromium.PATIENCE_MILLISECONDS)
    context.on("console", hear)
    context.on("weberror", lambda problem: complaints.append(str(problem.error)))
    yield context
    context.close()
    assert complaints == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()
