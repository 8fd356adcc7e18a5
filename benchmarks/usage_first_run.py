"""How fast a whole audit log is read when each answer takes its time.

    python -m benchmarks.usage_first_run [--events 100000]

Wall time of `usher sync`, from its start to usage figures, against a sandbox that takes 100 ms for each answer:
once without a limit, where one walker would need events / 100 x 100 ms, and once at Asana's 1,500 requests a
minute, enforced by the sandbox.
"""

import argparse
import re
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

    seconds, told, _ = _first_sync(events, per_minute=0)
    print(f"no limit: {seconds:.1f} s, {one_walker / seconds:.1f} x as fast as one walker's {one_walker:.0f} s (target 10)")
    print(f"  {told} ({load()})")

    seconds, told, stats = _first_sync(events, per_minute=None)
    requests = int(re.search(r"([\d,]+) requests", told).group(1).replace(",", ""))  # type: ignore[union-attr]
    took = float(re.search(r"in ([\d.]+) s", told).group(1))  # type: ignore[union-attr]
    print(
        f"1,500 a minute: {requests:,} requests in {took:.1f} s, {requests / took * 60 / 1500:.1%} of the limit "
        f"(target 95 %), {stats['rate_limited']} times refused (target 0)"
    )
    print(f"  {told} ({load()})")


def _first_sync(events: int, *, per_minute: int | None) -> tuple[float, str, dict[str, int]]:
    options = ["--latency", str(LATENCY), "--people", "2000", "--audit-events", str(events)]
    if per_minute is not None:
        options += ["--per-minute", str(per_minute)]
    with sandbox(*options) as url, home(url) as environment:
        usher(environment, "connect", "--name", CONNECTION, "--token", TOKEN, "--service-token", SERVICE_TOKEN)
        if per_minute == 0:
            inside(environment, "pace", UNPACED)
        began = time.monotonic()
        told = usher(environment, "sync", CONNECTION).strip()
        seconds = time.monotonic() - began
        return seconds, told, httpx.get(f"{url}/-/sandbox/stats").json()


if __name__ == "__main__":
    main()
