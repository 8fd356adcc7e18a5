"""How long the server takes for the pages of use, with 20,000 people and ten million events.

    python -m benchmarks.usage_pages [--people 20000] [--events 10000000]

The sandbox's company with the audit log of its last 90 days, each event multiplied inside the database until there
are so many, and all figures computed from them. Then the pages behind `usher web`, and a daily run: the same
company a day later, with 100,000 events more.
"""

import argparse
import re
import resource
import sys
import time

import httpx

from benchmarks.pages import make_account, measure
from benchmarks.rig import (
    CONNECTION,
    TOKEN,
    UNPACED,
    free_port,
    home,
    inside,
    load,
    process,
    sandbox,
    usher,
    wait_for,
)
from benchmarks.usage_first_run import SERVICE_TOKEN

TIMES = 40


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--events", type=int, default=10_000_000)
    arguments = parser.parse_args()
    with (
        sandbox("--per-minute", "0", "--people", str(arguments.people)) as url,
        home(url) as environment,
    ):
        usher(
            environment, "connect", "--name", CONNECTION, "--token", TOKEN, "--service-token", SERVICE_TOKEN
        )
        inside(environment, "pace", UNPACED)
        print(usher(environment, "sync", CONNECTION).strip(), flush=True)
        stored = int(inside(environment, "multiply", "1"))
        stored = int(inside(environment, "multiply", str(max(1, round(arguments.events / stored)))))
        began = time.monotonic()
        usher(environment, "usage", "rebuild")
        print(
            f"{stored:,} events; all figures rebuilt in {time.monotonic() - began:.0f} s ({load()})",
            flush=True,
        )

        port = free_port()
        environment["USHER_BASE_URL"] = address = f"http://127.0.0.1:{port}"
        with process([sys.executable, "-m", "usher", "web", "--port", str(port)], environment):
            wait_for(f"{address}/healthz", within=60)
            with httpx.Client(base_url=address, timeout=120) as client:
                make_account(client, usher(environment, "sign-in-link").strip())
                _pages(client)
            _daily_run(environment, url)


def _pages(client: httpx.Client) -> None:
    wide = "columns=workspace&columns=role&columns=last_used&columns=active_days&columns=average&columns=confidence"
    measure(
        client,
        "People with use",
        [f"/people/?{wide}&sort={sort}" for sort in SORTS for _ in range(5)],
        p95=200,
    )
    measure(
        client, "People idle", [f"/people/?{wide}&idle={n}" for n in (30, 60, 90) for _ in range(14)], p95=200
    )
    others = [f"/people/?{wide}&use={use}" for use in ("never", "unknown", "automated", "recent")]
    measure(client, "People by use", others * 10, p95=200)
    measure(client, "Dashboard", ["/", "/?period=week", "/?period=month"] * 14, p95=300)
    log = client.get("/audit-log/").text
    people = re.findall(r"person=([^&\"]+)", log) or ["anna"]
    measure(client, "Audit log, newest", ["/audit-log/"] * TIMES, p95=200)
    by_person = [
        f"/audit-log/?person={person}" for person in [*people[:20], "anna", "van", "1200000000006584"]
    ]
    measure(client, "Audit log by person", by_person * 2, p95=200)
    types = (
        "user_login_succeeded",
        "user_login_failed",
        "workspace_baa_signed",
        "attachment_uploaded",
        "no_such",
    )
    measure(client, "Audit log by type", [f"/audit-log/?type={one}" for one in types] * 8, p95=200)


SORTS = ("name", "last_used", "-last_used", "-active_days", "average", "-average", "level", "-level")


def _daily_run(environment: dict[str, str], url: str) -> None:
    """CPU of `usher sync` alone, and of PostgreSQL not: that is not a child of it here."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    told = usher(environment, "sync", CONNECTION).strip()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(
        f"Next run: {cpu:.1f} s of CPU in usher, {time.monotonic() - began:.1f} s ({load()})\n  {told}",
        flush=True,
    )


if __name__ == "__main__":
    main()
