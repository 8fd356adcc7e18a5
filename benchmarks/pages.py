"""Measures the response times of the People page and the dashboard, with 20,000 people and half a year of history.

    python -m benchmarks.pages [--people 20000]

Syncs the sandbox's company as of each week, and starts `usher web` with its defaults. Each response is timed from the
request to its last byte, over one persistent connection on the same machine, one request at a time.
"""

import argparse
import re
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from statistics import median, quantiles

import httpx

from benchmarks.rig import (
    UNPACED,
    Environment,
    connect,
    free_port,
    home,
    inside,
    load,
    process,
    sandbox,
    usher,
    wait_for,
)

FILTERS = (
    "",
    "q=anna",
    "q=van+de",
    "q=nobody-is-called-so",
    "status=active",
    "status=not_active",
    "role=guest&role=admin",
    "licence=view_only",
    "workspace=1",
    "affiliation=internal",
    "affiliation=external",
    "domain=halvorsen-brook.example",
    "since_after=2024-01-01",
    "q=an&status=active&role=member&affiliation=internal",
)
SORTS = ("name", "workspace", "connection", "role", "licence", "status", "domain", "since", "until")
DASHBOARD_TIMES = 50
WEEKS = "26"
ACCOUNT = "bench@example.com"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=20_000)
    people = parser.parse_args().people
    options = ("--per-minute", "0", "--people", str(people))
    with sandbox(*options) as url, home(url) as environment, web(environment) as client:
        page = client.get("/people/").text
        memberships = re.search(r"([\d,]+) memberships", page)
        print(f"{memberships[1] if memberships else '?'} memberships ({load()})")
        measure(client, "People, 50 a page", _people_pages(client, per_page=50))
        measure(client, "People, 200 a page", ["/people/?per_page=200"] * DASHBOARD_TIMES)
        measure(client, "Dashboard", ["/"] * DASHBOARD_TIMES)
        measure(client, "Dashboard of one connection", ["/?connection=1"] * DASHBOARD_TIMES)


@contextmanager
def web(environment: Environment, weeks: str = WEEKS) -> Iterator[httpx.Client]:
    """A signed-in client, after half a year of syncs, or so many weeks."""
    connect(environment)
    inside(environment, "pace", UNPACED)
    inside(environment, "live", weeks)
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment["USHER_BASE_URL"] = address
    with process([sys.executable, "-m", "usher", "web", "--port", str(port)], environment):
        wait_for(f"{address}/healthz", within=30)
        with httpx.Client(base_url=address, timeout=60) as client:
            make_account(client, usher(environment, "sign-in-link").strip())
            yield client


def make_account(client: httpx.Client, link: str) -> None:
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get(link).text)
    assert token
    password = secrets.token_urlsafe()
    filled_in = {"name": "Bench", "email": ACCOUNT, "password1": password, "password2": password}
    answer = client.post(link, data={"csrfmiddlewaretoken": token[1], **filled_in})
    assert answer.status_code == 302, answer.text


def _people_pages(client: httpx.Client, per_page: int) -> list[str]:
    """Every filter with every order, ascending and descending, on its first, middle and last page."""
    addresses = []
    for chosen in FILTERS:
        page = client.get(f"/people/?{chosen}").text
        match = re.search(r"([\d,]+) membership", page)
        count = int(match[1].replace(",", "")) if match else 0
        last = max(1, -(-count // per_page))
        pages = sorted({1, (last + 1) // 2, last})
        addresses += [
            f"/people/?{chosen}&sort={way}{sort}&page={number}&per_page={per_page}"
            for sort, way, number in product(SORTS, ("", "-"), pages)
        ]
    return addresses


def measure(client: httpx.Client, name: str, addresses: list[str], *, p95: int = 200) -> None:
    client.get(addresses[0])
    times = []
    for address in addresses:
        began = time.perf_counter()
        answer = client.get(address)
        times.append(((time.perf_counter() - began) * 1000, address))
        assert answer.status_code == 200, f"{address}: {answer.status_code}"
    milliseconds = [took for took, _ in times]
    slowest, where = max(times)
    print(
        f"{name}: {len(times)} requests, median {median(milliseconds):.0f} ms (target 100), "
        f"p95 {quantiles(milliseconds, n=20)[-1]:.0f} ms (target {p95}), slowest {slowest:.0f} ms at {where} "
        f"({load()})",
        flush=True,
    )


if __name__ == "__main__":
    main()
