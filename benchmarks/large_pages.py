"""Measures every page, list and export of a large company, as kept by `benchmarks.large_company`.

    python -m benchmarks.large_pages [--people 200000] [--events 100000000] [--times 15]

`usher web` as it is started by default. From the request to the last byte over one kept connection, one request at a
time; of an export, the first page of it and the whole.
"""

import argparse
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from benchmarks.large_company import large_company
from benchmarks.pages import ACCOUNT, make_account, measure
from benchmarks.rig import Environment, free_port, inside, load, process, usher, wait_for

PAGES = {
    "dashboard": "/",
    "People": "/people/",
    "People, with a search": "/people/?q=anna",
    "People, sorted by last use": "/people/?sort=-last_used",
    "People, page 2,000": "/people/?page=2000",
    "People, guests": "/people/?role=guest",
    "People, usage unknown": "/people/?use=unknown",
    "one person": "/people/100/",
    "one person's activity": "/people/100/activity/",
    "Leavers": "/leavers/",
    "Leavers, leaving": "/leavers/?show=leaving",
    "Possible leavers": "/directory/possible-leavers/",
    "Directory": "/directory/",
    "Directory, employed": "/directory/groups/employed/",
    "Directory, unknown": "/directory/groups/unknown/",
    "Directory, without a seat": "/directory/employees/without-seat/",
    "Directory, no longer listed": "/directory/employees/no-longer-listed/",
    "Matches": "/directory/matches/",
    "Audit log": "/audit-log/",
    "Cases": "/cases/",
    "Compared with the Admin Console": "/reconciliation/",
    "Integrations": "/integrations/",
    "one connection": "/integrations/1/",
    "Ledger": "/ledger/",
}
API = {
    "leavers": "/api/v1/leavers",
    "leavers, a page": "/api/v1/leavers?limit=100",
    "cases": "/api/v1/cases",
    "memberships": "/api/v1/memberships",
    "memberships, idle": "/api/v1/memberships?status=active&idle=90",
    "people": "/api/v1/people",
    "usage": "/api/v1/usage",
    "idle": "/api/v1/idle",
    "coverage": "/api/v1/coverage",
    "events": "/api/v1/events",
    "new events": "/api/v1/events/new",
    "all employees": "/api/v1/employees",
    "employment": "/api/v1/employment",
    "matches": "/api/v1/matches",
    "figures": "/api/v1/figures",
    "ledger": "/api/v1/ledger",
}
DIRECTORY_API = {
    "employees": "/api/v1/directory/employees",
    "employees, far down": "/api/v1/directory/employees?offset={three_quarters}",
    "employees with an address": "/api/v1/directory/employees?email=staff77@large.example",
}
EXPORTS = {
    "People as CSV": "/people/export.csv",
    "Leavers as CSV": "/leavers/export.csv",
    "Directory, employed, as CSV": "/directory/groups/employed.csv",
    "Directory, without a seat, as CSV": "/directory/employees/without-seat.csv",
}
A_PAGE_BYTES = 16_384


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=200_000)
    parser.add_argument("--events", type=int, default=100_000_000)
    parser.add_argument("--times", type=int, default=15)
    arguments = parser.parse_args()
    print(
        f"{arguments.people:,} people, {arguments.events:,} events, {arguments.times} times each ({load()})"
    )
    with (
        large_company(arguments.people, arguments.events) as environment,
        signed_in(environment) as client,
    ):
        _keep_counted(environment)
        for name, address in PAGES.items():
            measure(client, name, [address] * arguments.times)
        tokens = inside(environment, "api-tokens", ACCOUNT).split()
        for token, addresses in zip(tokens, (API, DIRECTORY_API), strict=True):
            client.headers["Authorization"] = f"Bearer {token}"
            for name, address in addresses.items():
                asked = address.format(three_quarters=arguments.people * 3 // 4)
                measure(client, f"API: {name}", [asked] * arguments.times)
        del client.headers["Authorization"]
        for name, address in EXPORTS.items():
            first, whole, size = _exported(client, address)
            print(f"| {name} | first {first:.1f} s | whole {whole:.1f} s, {size / 1e6:.1f} MB | `{address}`")


def _keep_counted(environment: Environment) -> None:
    """As a worker does once a minute. None runs here."""
    print(inside(environment, "keep-counted").strip(), flush=True)


@contextmanager
def signed_in(environment: Environment) -> Iterator[httpx.Client]:
    """A client of an Usher that runs during the block."""
    port = free_port()
    address = environment["USHER_BASE_URL"] = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "usher", "web", "--port", str(port)]
    with process(command, environment), httpx.Client(base_url=address, timeout=300) as client:
        wait_for(f"{address}/healthz", within=60)
        _sign_in(client, environment)
        yield client


def _sign_in(client: httpx.Client, environment: Environment) -> None:
    """The account is made by the first run, and kept."""
    if ACCOUNT not in usher(environment, "users", "list"):
        make_account(client, usher(environment, "sign-in-link").strip())
        return
    shown = client.get(usher(environment, "sign-in-link", ACCOUNT).strip())
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', shown.text)
    assert token, shown.text
    client.post(shown.url, data={"csrfmiddlewaretoken": token[1]})


def _exported(client: httpx.Client, address: str) -> tuple[float, float, int]:
    """Seconds until the first page of it, until its end, and its bytes."""
    began, first, size = time.perf_counter(), 0.0, 0
    with client.stream("GET", address) as answer:
        assert answer.status_code == 200, f"{address}: {answer.status_code}"
        for part in answer.iter_bytes():
            size += len(part)
            if not first and size >= A_PAGE_BYTES:
                first = time.perf_counter() - began
    return first, time.perf_counter() - began, size


if __name__ == "__main__":
    main()
