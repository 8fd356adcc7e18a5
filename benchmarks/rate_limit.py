"""Measures how much of Asana's request limit a sync uses, and whether it ever exceeds it.

    python -m benchmarks.rate_limit [--people 400000]

The sandbox enforces 1,500 requests per minute, and a quarter of them in any ten seconds, and responds after
50 ms. Its counters are read every second. The rate is the one over the first two minutes: afterwards workspaces are
read to their end and stored, and the last pages of the others wait for that instead of for Asana.
"""

import argparse
import subprocess
import sys
import time

import httpx
import msgspec

from benchmarks.rig import CONNECTION, connect, home, load, sandbox

PER_MINUTE = 1_500
MINUTES = 2
WORKSPACES = "8"


class Stats(msgspec.Struct):
    """The sandbox's counters. `rate_limited`: responses 429 that its limits caused."""

    requests: int
    rate_limited: int
    by_status: dict[str, int]
    most_at_once: int


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=400_000)
    people = parser.parse_args().people
    options = ("--latency", "0.05", "--people", str(people), "--equal-workspaces", WORKSPACES)
    with sandbox(*options, ready_within=600) as url, home(url) as environment:
        connect(environment)
        time.sleep(60)  # until the requests of the connection test no longer count in the limit's minute
        httpx.post(f"{url}/-/sandbox/reset-stats")
        command = [sys.executable, "-m", "usher", "sync", CONNECTION]
        syncing = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        samples = _sample(url, syncing)
        summary, _ = syncing.communicate()
        stats = _stats(url)
    measured = [(at, requests) for at, requests in samples if at <= samples[0][0] + MINUTES * 60]
    rate = (measured[-1][1] - measured[0][1]) / (measured[-1][0] - measured[0][0]) * 60
    print(summary.strip())
    print(
        f"{rate:,.0f} requests a minute over {MINUTES} minutes, {rate / PER_MINUTE:.1%} of the limit "
        f"(target 95 %); answers 429: {stats.by_status.get('429', 0)} (target 0); "
        f"at most {stats.most_at_once} at once ({load()})"
    )


def _sample(url: str, syncing: "subprocess.Popen[str]") -> list[tuple[float, int]]:
    """(seconds, requests so far), one per second, from the first request to the last."""
    samples: list[tuple[float, int]] = []
    while syncing.poll() is None:
        requests = _stats(url).requests
        if requests and (not samples or requests > samples[-1][1]):
            samples.append((time.monotonic(), requests))
        time.sleep(1)
    return samples


def _stats(url: str) -> Stats:
    return msgspec.json.decode(httpx.get(f"{url}/-/sandbox/stats", timeout=30).content, type=Stats)


if __name__ == "__main__":
    main()
