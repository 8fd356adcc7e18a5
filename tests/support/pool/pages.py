"""Pages of an `usher web` that runs as a process of its own."""

import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tests.support.cli.running import Usher, wait_until
from tests.support.ports import free_port


def run(usher: Usher, *arguments: str) -> str:
    done = usher(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def web(usher: Usher, *, workers: int = 2, **settings: str) -> Iterator[str]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = ["web", "--port", str(port), "--workers", str(workers)]
    with usher.started(*command, USHER_BASE_URL=address, **settings) as process:

        def answers() -> bool:
            assert process.poll() is None, process.stdout and process.stdout.read()
            try:
                return httpx.get(f"{address}/healthz", timeout=30).status_code == 200
            except httpx.TransportError:
                return False

        wait_until(answers, seconds=120)
        yield address
        process.terminate()
        assert process.stdout
        said = process.stdout.read()
    assert "Traceback" not in said, said


def signed_in(usher: Usher, url: str, email: str) -> httpx.Client:
    link = re.search(r"/welcome/\S+", run(usher, "sign-in-link", email))
    assert link
    browser = httpx.Client(base_url=url, follow_redirects=True, timeout=60)
    send(browser, link[0])
    return browser


def send(browser: httpx.Client, address: str, to: str = "", **values: str) -> str:
    """Opens a page and sends a form to it, or to another address."""
    page = browser.get(address)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token, page.text
    answer = browser.post(
        to or page.url, data={"csrfmiddlewaretoken": token[1], **values}, headers={"Referer": str(page.url)}
    )
    assert answer.status_code == 200, answer.text
    return answer.text


def people_of(browser: httpx.Client) -> set[str]:
    """The names in the export."""
    answer = browser.get("/people/export.csv")
    assert answer.status_code == 200
    return {row["name"] for row in csv.DictReader(answer.text.lstrip("\ufeff").splitlines())}
