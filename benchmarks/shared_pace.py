"""Measures how much of one token's limit three processes use together, and whether they ever exceed it.

    python -m benchmarks.shared_pace [--events 150000]

Three accounts share one service-account token. Two workers and an `usher sync` read the same audit log with it at the
same time, while the sandbox enforces 1,500 requests per minute, a quarter of them in any ten seconds and 50 reads at
once, and responds after 50 ms. A Test Connection in the middle shows how long a person waits. The rate is the one over
whole minutes from the first request for the audit log.
"""

import argparse
import subprocess
import sys
import time
from contextlib import ExitStack

import httpx
import msgspec

from benchmarks.rig import Environment, home, inside, load, process, sandbox, usher

PER_MINUTE = 1_500
MINUTE = 60
SERVICE_TOKEN = "sandbox-service-1"
ACCOUNTS = {"First": "sandbox-pat-1", "Second": "sandbox-pat-3", "Third": "sandbox-pat-4"}
"""Of the same organisation, so that the service account may be of each."""
TEST_AFTER = 75
"""Seconds: after the first burst, when the limit of a minute is used up."""


class Stats(msgspec.Struct):
    """The sandbox's counters. `rate_limited`: responses 429 that its limits caused."""

    rate_limited: int
    by_status: dict[str, int]
    by_route: dict[str, dict[str, int]]
    most_at_once: int

    @property
    def of_the_log(self) -> int:
        """Requests with the shared token; other routes are of the accounts' own."""
        return sum(sum(counts.values()) for route, counts in self.by_route.items() if "audit_log" in route)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=150_000)
    events = parser.parse_args().events
    options = ("--latency", "0.05", "--people", "1000", "--audit-events", str(events))
    with sandbox(*options, ready_within=600) as url, home(url) as environment:
        for name, token in ACCOUNTS.items():
            usher(environment, "connect", "--name", name, "--token", token, "--service-token", SERVICE_TOKEN)
        time.sleep(MINUTE)  # until the requests of the connection tests no longer count in the limit's minute
        httpx.post(f"{url}/-/sandbox/reset-stats")
        waited, samples = _three_at_once(url, environment)
        turns = inside(environment, "turns")
        stats = _stats(url)
    whole = (samples[-1][0] - samples[0][0]) // MINUTE * MINUTE
    until = [requests for at, requests in samples if at <= samples[0][0] + whole]
    rate = (until[-1] - samples[0][1]) / (whole / MINUTE)
    print(
        f"{rate:,.0f} requests a minute over {whole / MINUTE:.0f} minutes, {rate / PER_MINUTE:.1%} of the limit "
        f"(target 95 %); answers 429: {stats.by_status.get('429', 0)} (target 0); "
        f"at most {stats.most_at_once} at once; {turns.strip()}; Test Connection: {waited:.1f} s ({load()})"
    )


def _three_at_once(url: str, environment: Environment) -> tuple[float, list[tuple[float, int]]]:
    """Seconds of a Test Connection, and (seconds, requests so far) from the first request for the log to the last."""
    samples: list[tuple[float, int]] = []
    waited, test = 0.0, None
    with ExitStack() as running:
        for _ in range(2):
            worker = [sys.executable, "-m", "usher", "worker", "--concurrency", "1"]
            running.enter_context(process(worker, environment))
        first, second, third = ACCOUNTS
        inside(environment, "enqueue", first, second)
        command = [sys.executable, "-m", "usher", "sync", third]
        syncing = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        quiet_since = time.monotonic()
        while syncing.poll() is None or time.monotonic() - quiet_since < 10:
            now, requests = time.monotonic(), _stats(url).of_the_log
            if requests and (not samples or requests > samples[-1][1]):
                samples.append((now, requests))
                quiet_since = now
            if samples and test is None and now - samples[0][0] > TEST_AFTER:
                test = subprocess.Popen(
                    [sys.executable, "-m", "usher", "test", third],
                    env=environment,
                    stdout=subprocess.DEVNULL,
                )
                began = now
            if test is not None and not waited and test.poll() is not None:
                waited = now - began
            time.sleep(0.5)
    return waited, samples


def _stats(url: str) -> Stats:
    return msgspec.json.decode(httpx.get(f"{url}/-/sandbox/stats", timeout=30).content, type=Stats)


if __name__ == "__main__":
    main()
