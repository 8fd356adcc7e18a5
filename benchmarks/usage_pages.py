"""Measures the response times of the pages about usage, with 20,000 people and ten million events.

    python -m benchmarks.usage_pages [--people 20000] [--events 10000000]

The audit log of the sandbox's last 90 days is multiplied inside the database, and all figures are computed from it.
Then the pages of `usher web` are timed, and the next sync, for which about 100,000 new events are left: the CPU time
of `usher sync` and of the database.
"""

import argparse
import re
import sys
import time

import httpx

from benchmarks.pages import make_account, measure
from benchmarks.rig import (
    CONNECTION,
    TOKEN,
    UNPACED,
    Environment,
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
from benchmarks.usage_ingest import Watched

TIMES = 40
DAYS_LEFT_FOR_THE_NEXT_RUN = 10
"""The time in which 20,000 people make about 100,000 events."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--only-next-run", action="store_true")
    arguments = parser.parse_args()
    with (
        sandbox("--per-minute", "0", "--people", str(arguments.people)) as url,
        home(url) as environment,
    ):
        usher(
            environment, "connect", "--name", CONNECTION, "--token", TOKEN, "--service-token", SERVICE_TOKEN
        )
        inside(environment, "pace", UNPACED)
        inside(environment, "as-of", str(DAYS_LEFT_FOR_THE_NEXT_RUN))
        stored = int(inside(environment, "multiply", "1"))
        stored = int(inside(environment, "multiply", str(max(1, round(arguments.events / stored)))))
        began = time.monotonic()
        usher(environment, "usage", "rebuild")
        print(
            f"{stored:,} events; all figures rebuilt in {time.monotonic() - began:.0f} s ({load()})",
            flush=True,
        )

        if not arguments.only_next_run:
            _serve(environment)
        _next_run(environment)


def _serve(environment: Environment) -> None:
    port = free_port()
    environment["USHER_BASE_URL"] = address = f"http://127.0.0.1:{port}"
    with process([sys.executable, "-m", "usher", "web", "--port", str(port)], environment):
        wait_for(f"{address}/healthz", within=60)
        with httpx.Client(base_url=address, timeout=120) as client:
            make_account(client, usher(environment, "sign-in-link").strip())
            _pages(client)


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


def _next_run(environment: Environment) -> None:
    watched = Watched(environment["USHER_HOME"])
    # The database is already up, as in production, so that its start is not measured.
    with process([sys.executable, "-m", "usher", "worker"], environment):
        time.sleep(5)
        with process([sys.executable, "-m", "usher", "sync", CONNECTION], environment) as syncing:
            watched.start(syncing.pid)
            assert syncing.stdout
            summary = syncing.stdout.read().strip()
            watched.stop()
    cpu = watched.usher_cpu + watched.database_cpu
    print(
        f"Next run: {cpu:.1f} s of CPU, {watched.usher_cpu:.1f} in usher and {watched.database_cpu:.1f} in PostgreSQL "
        f"(target 30) ({load()})\n  {summary}",
        flush=True,
    )


if __name__ == "__main__":
    main()
