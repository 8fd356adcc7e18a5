"""`usher up`: everything with one command, and nothing left when it ends, however it ends."""

import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest

from tests.support.cli.running import Usher, wait_until
from tests.support.ports import free_port
from usher.sandbox import RunningSandbox

FIRST_START_SECONDS = 120
"""On a machine that does much else: a first start makes a database server and all tables."""

pytestmark = pytest.mark.xdist_group("cli")


def processes_of(folder: Path) -> list[str]:
    """Command lines of everything that runs with this data folder: ours and PostgreSQL."""
    found = []
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or int(process.name) == os.getpid():
            continue
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            surroundings = (process / "environ").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue  # it has just ended
        if command and (f"USHER_HOME={folder}" in surroundings or str(folder) in command):
            found.append(command)
    return found


@pytest.fixture
def embedded(box: RunningSandbox, folder: Path) -> Usher:
    """Commands on the embedded server."""
    return Usher(USHER_HOME=str(folder), USHER_ASANA_URL=box.url)


@contextmanager
def up(usher: Usher) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """The process and the address at which it answers."""
    port = free_port()
    with usher.started("up", "--port", str(port)) as process:
        url = f"http://127.0.0.1:{port}"

        def answers() -> bool:
            assert process.poll() is None, process.stdout and process.stdout.read()
            try:
                return httpx.get(f"{url}/healthz").status_code < 500
            except httpx.TransportError:
                return False

        wait_until(answers, seconds=FIRST_START_SECONDS)
        yield process, url


def test_the_first_start_prints_a_link_that_works_and_ctrl_c_leaves_nothing(
    embedded: Usher, folder: Path
) -> None:
    with up(embedded) as (process, url):
        wait_until(lambda: any(" worker" in command for command in processes_of(folder)))
        assert httpx.get(url, follow_redirects=True).status_code == 200
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert time.monotonic() - began < 15
        assert process.stdout
        said = process.stdout.read()
    link = re.search(rf"{url}/welcome/\S+", said)
    assert link, said
    assert "Traceback" not in said
    assert processes_of(folder) == []


def test_commands_work_while_it_runs_and_without_it(embedded: Usher, folder: Path) -> None:
    assert embedded("connect", "--name", "Acme", "--token", "sandbox-pat-1").returncode == 0
    with up(embedded) as (process, url):
        done = embedded("sync", "Acme")
        assert done.returncode == 0, done.stderr
        listed = embedded("people", "--format", "csv")
        assert listed.stdout.count("\n") > 60
        assert httpx.get(f"{url}/healthz").status_code == 200, "the server is still there for the others"
        assert "A worker is running." in embedded("doctor").stdout
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert processes_of(folder) == []
    assert embedded("people", "--format", "csv").stdout == listed.stdout
    assert processes_of(folder) == []


def test_when_it_is_killed_nothing_goes_on(embedded: Usher, folder: Path) -> None:
    with up(embedded) as (process, _):
        wait_until(lambda: any(" worker" in command for command in processes_of(folder)))
        process.send_signal(signal.SIGKILL)
        process.wait()
        wait_until(lambda: processes_of(folder) == [], seconds=15)
    assert embedded("people").returncode == 0, "and the next start finds everything in order"


def test_when_a_part_ends_all_ends_and_says_so(embedded: Usher, folder: Path) -> None:
    with up(embedded) as (process, _):
        wait_until(lambda: any(" worker" in command for command in processes_of(folder)))
        worker = next(
            int(entry.name)
            for entry in Path("/proc").iterdir()
            if entry.name.isdigit()
            and b"usher\0worker" in (entry / "cmdline").read_bytes()
            and f"USHER_HOME={folder}".encode() in (entry / "environ").read_bytes()
        )
        os.kill(worker, signal.SIGKILL)
        assert process.wait(20) == 1
        assert process.stdout
        assert "`usher worker` ended by itself" in process.stdout.read()
    assert processes_of(folder) == []


@pytest.mark.parametrize("command", ["up", "web", "demo"])
def test_a_port_that_is_taken_is_said_so_at_once(command: str, embedded: Usher, folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = embedded(command, "--port", str(taken.getsockname()[1]), seconds=10)
    assert done.returncode == 1
    assert "Address already in use" in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr
    assert processes_of(folder) == []


def test_a_data_folder_that_cannot_be_is_said_so(embedded: Usher) -> None:
    done = embedded("people", USHER_HOME="/dev/null/usher")
    assert done.returncode == 1
    assert "USHER_HOME" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_command_that_is_asked_to_end_takes_its_server_with_it(
    embedded: Usher, folder: Path, box: RunningSandbox
) -> None:
    embedded("connect", "--name", "Acme", "--token", "sandbox-pat-1")  # unless a test before did
    box.sandbox.latency_seconds = 1.0
    try:
        asked = box.stats()["requests"]
        with embedded.started("sync", "Acme") as syncing:
            wait_until(lambda: box.stats()["requests"] > asked or syncing.poll() is not None)
            assert syncing.poll() is None, syncing.stdout and syncing.stdout.read()
            syncing.send_signal(signal.SIGTERM)
            assert syncing.wait(10) == 128 + signal.SIGTERM
            assert syncing.stdout
            assert "Traceback" not in syncing.stdout.read()
        assert processes_of(folder) == []
    finally:
        box.sandbox.latency_seconds = 0.0
    assert embedded("sync", "Acme").returncode == 0


def test_the_demo_prints_a_link_that_signs_in_to_pages_with_people(embedded: Usher, folder: Path) -> None:
    port = free_port()
    with embedded.started("demo", "--people", "80", "--port", str(port)) as demo:
        said: list[str] = []
        assert demo.stdout
        for line in demo.stdout:
            said.append(line)
            if "Ctrl-C" in line:
                break
        link = re.search(r"http://\S+/welcome/\S+", "".join(said))
        assert link, said
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", follow_redirects=True) as browser:
            wait_until(lambda: answers(browser))
            page = browser.get(link.group())
            token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
            assert token
            signed_in = browser.post(
                page.url, data={"csrfmiddlewaretoken": token[1]}, headers={"Referer": str(page.url)}
            )
            assert signed_in.status_code == 200
            assert "Halvorsen &amp; Brook" in browser.get("/").text
            assert "Astrid Halvorsen" in browser.get("/people/?q=astrid").text
            assert "says the audit log" in browser.get("/pauses/?show=all").text
            check_rules(browser)
        again = embedded("demo", "--people", "80", "--port", str(free_port()))
        assert (again.returncode, "running already" in again.stderr) == (1, True)
        demo.send_signal(signal.SIGINT)
        assert demo.wait(20) == 0
    assert processes_of(folder) == []
    check_the_past(Usher(USHER_HOME=str(folder / "demo")))


def check_rules(browser: httpx.Client) -> None:
    """One acts, and one is watched that the visitor may approve in advance."""
    pages = re.findall(r'href="(/rules/\d+/)"', browser.get("/rules/").text)
    rules = [browser.get(page).text for page in pages]
    assert sorted(
        state for page in rules for state in ("Acting since", "Being watched since") if state in page
    ) == [
        "Acting since",
        "Being watched since",
    ]
    assert any("approve its cases in advance" in page for page in rules)
    assert all("Whom the rule finds" in page for page in rules), "both were tried"


def check_the_past(usher: Usher) -> None:
    """What the demo shows fits together: nobody approves their own request, and time runs forward."""
    cases = json.loads(usher("cases", "--format", "json").stdout)
    assert {case["state"] for case in cases} >= {"done", "scheduled", "waiting"}
    for case in cases:
        assert case["asked_by"] not in case["approved_by"]
        if case["state"] == "done":
            assert case["scheduled_for"] <= case["started_at"] <= case["finished_at"]
    assert len({case["finished_at"][:7] for case in cases if case["state"] == "done"}) > 1, "several months"
    assert usher("ledger", "verify").returncode == 0
    moments = [json.loads(line)["at"] for line in usher("ledger", "export").stdout.splitlines()]
    assert moments == sorted(moments)
    leavers = json.loads(usher("leavers", "--format", "json").stdout)
    last_used = {
        row["gid"]: row["last_used"] for row in json.loads(usher("usage", "--format", "json").stdout)
    }
    for leaver in leavers:
        if leaver["left_on"] and last_used[leaver["gid"]]:
            # A working day may end on the next day in UTC.
            assert date.fromisoformat(last_used[leaver["gid"]][:10]) <= date.fromisoformat(
                leaver["left_on"]
            ) + timedelta(days=1)


def test_usher_dev_prints_a_link_that_signs_in_and_ctrl_c_leaves_nothing(
    embedded: Usher, folder: Path
) -> None:
    port = free_port()
    with embedded.started("dev", "--people", "60", "--port", str(port), "--home", str(folder)) as dev:
        assert dev.stdout
        link = next(line.strip() for line in dev.stdout if "/welcome/" in line)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", follow_redirects=True) as browser:
            wait_until(lambda: answers(browser))
            assert "Developer" in browser.get(link).text
        dev.send_signal(signal.SIGINT)
        assert dev.wait(20) == 0
    assert processes_of(folder) == []


def answers(browser: httpx.Client) -> bool:
    try:
        return browser.get("/healthz").is_success
    except httpx.TransportError:
        return False
