"""Measures how fast a complete audit log is read when each response takes 100 ms.

    python -m benchmarks.usage_first_run [--events 100000]

Wall time of `usher sync`, from its start to usage figures: once without a limit, where a single walker would need
events / 100 x 100 ms, and once with Asana's 1,500 requests per minute, which the sandbox enforces.
"""

import argparse
import threading
import time

import httpx

from benchmarks.rig import CONNECTION, TOKEN, UNPACED, home, inside, load, sandbox, usher

LATENCY = 0.1
PER_PAGE = 100
SERVICE_TOKEN = "sandbox-service-1"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=100_000)
    events = parser.parse_args().events
    one_walker = events / PER_PAGE * LATENCY

    seconds, summary, _ = _first_sync(events, per_minute=0)
    print(
        f"no limit: {seconds:.1f} s, {one_walker / seconds:.1f} x as fast as one walker's {one_walker:.0f} s "
        "(target 10)"
    )
    print(f"  {summary} ({load()})")

    seconds, summary, stats = _first_sync(events, per_minute=None)
    print(
        f"1,500 a minute: {stats['share']:.1%} of the limit used while the audit log was read (target 95 %), "
        f"{stats['refused']:.0f} times refused (target 0)"
    )
    print(f"  {summary} ({load()})")


def _first_sync(events: int, *, per_minute: int | None) -> tuple[float, str, dict[str, float]]:
    options = ["--latency", str(LATENCY), "--people", "2000", "--audit-events", str(events)]
    if per_minute is not None:
        options += ["--per-minute", str(per_minute)]
    with sandbox(*options) as url, home(url) as environment:
        usher(
            environment, "connect", "--name", CONNECTION, "--token", TOKEN, "--service-token", SERVICE_TOKEN
        )
        if per_minute == 0:
            inside(environment, "pace", UNPACED)
        samples = _Samples(url)
        began = time.monotonic()
        summary = usher(environment, "sync", CONNECTION).strip()
        seconds = time.monotonic() - began
        return seconds, summary, samples.end()


class _Samples:
    """How many requests for the audit log the sandbox has responded to, by time."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._rows: list[tuple[float, int]] = []
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def end(self) -> dict[str, float]:
        self._done.set()
        self._thread.join()
        tested, last = self._rows[0][1], self._rows[-1][1]  # the connection test has requested it, too
        working = [(at, count) for at, count in self._rows if tested < count < last]
        (begun, before), (ended, after) = working[0], working[-1]
        return {
            "share": (after - before) / (ended - begun) * 60 / 1500,
            "refused": httpx.get(f"{self._url}/-/sandbox/stats").json()["rate_limited"],
        }

    def _watch(self) -> None:
        with httpx.Client() as http:
            while not self._done.wait(0.5):
                routes = http.get(f"{self._url}/-/sandbox/stats").json()["by_route"]
                count = sum(sum(by.values()) for route, by in routes.items() if "audit_log_events" in route)
                self._rows.append((time.monotonic(), count))


if __name__ == "__main__":
    main()
