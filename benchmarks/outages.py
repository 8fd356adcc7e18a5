"""Takes the database away at random moments, and compares the end with that of an undisturbed run, row by row.

    python -m benchmarks.outages [--outages 50] [--long 2] [--seed 1]

A worker, the web server and a stream of requests run all the time. Before each outage a sync is queued and a few
removals with handing over are approved; every fifth outage finds Usher idle. The server is stopped as an admin does it,
or killed, for 0 or 6 seconds, and a few times for 90. Afterwards the same cases and syncs run without an outage on a
database and a simulated Asana of their own.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import httpx
import psycopg

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.support.outages.server import OwnServer, own_server

from benchmarks.accounts import asker_and_approver
from benchmarks.removals import Stats, _stats
from benchmarks.rig import bare_environment, connect, free_port, load, sandbox, usher

CASES_EACH = 2
SHORT, LONG = 6, 90  # seconds
QUERIES = {
    "memberships": "SELECT w.gid, p.gid, m.role, m.licence, m.status, m.until IS NULL FROM roster_membership m"
    " JOIN roster_person p ON p.id = person_id JOIN roster_workspace w ON w.id = workspace_id ORDER BY 1, 2",
    # Not by their numbers: a server that was killed leaves some out.
    "cases": "SELECT person_gid, state, outcome, error FROM removal_case ORDER BY 1",
    "targets": "SELECT person_gid, workspace_gid, t.outcome FROM removal_target t JOIN removal_case c ON c.id = case_id"
    " ORDER BY 1, 2",
    "steps": "SELECT person_gid, name, workspace_gid, s.state FROM removal_step s"
    " JOIN removal_case c ON c.id = s.case_id LEFT JOIN removal_target t ON t.id = target_id ORDER BY 1, s.id",
    "ledger": "SELECT action, regexp_replace(subject, '^case [0-9]+', 'case') AS subject, count(*)"
    " FROM ledger_entry GROUP BY 1, 2 ORDER BY 1, 2",
}
OPEN = (
    "SELECT (SELECT count(*) FROM removal_case WHERE state NOT IN ('done', 'failed', 'superseded', 'cancelled'))"
    " + (SELECT count(*) FROM connections_syncrun WHERE state IN ('queued', 'running'))"
)
Rows = dict[str, list[tuple[object, ...]]]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--outages", type=int, default=50)
    parser.add_argument("--long", type=int, default=2, help="how many of them last for 90 s")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        _more_to_do()
        return
    disturbed, made = _run(arguments.outages, arguments.long, arguments.seed)
    undisturbed, _ = _run(0, 0, arguments.seed, rounds=arguments.outages)
    different = [name for name in QUERIES if disturbed[name] != undisturbed[name]]
    once = sum(one.took_effect == 1 and one.nothing_to_do == 0 for one in made.changes["removals"].values())
    print(f"removals: {len(made.changes['removals'])}, made once: {once}")
    print(
        f"rows: { {name: len(rows) for name, rows in disturbed.items()} }; different: {different or 'none'} ({load()})"
    )
    for name in different:
        print(name, [row for row in disturbed[name] if row not in undisturbed[name]][:5])
        print(name, [row for row in undisturbed[name] if row not in disturbed[name]][:5])
    if different or once != len(made.changes["removals"]):
        sys.exit("The end is not the same.")


def _run(outages: int, long: int, seed: int, *, rounds: int = 0) -> tuple[Rows, Stats]:
    draw, rounds = random.Random(seed), outages or rounds
    staff = str(max(200, rounds * CASES_EACH * 4))
    with (
        sandbox("--latency", "0.05", "--people", staff, "--per-minute", "0") as asana,
        own_server() as server,
        tempfile.TemporaryDirectory(prefix="usher-bench-") as folder,
    ):
        port = free_port()
        environment = bare_environment() | {
            "USHER_HOME": folder,
            "USHER_ASANA_URL": asana,
            "DATABASE_URL": server.url,
        }
        usher(environment, "migrate")
        connect(environment)
        usher(environment, "sync", "Bench")
        with (Path(folder) / "log").open("w") as log:
            services = [
                subprocess.Popen(
                    [sys.executable, "-m", "usher", *command],
                    env=environment,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
                for command in (["worker"], ["web", "--port", str(port)])
            ]
        visitor = Visitor(port)
        visitor.start()
        back: list[float] = []
        lengths = [LONG] * long + [draw.choice([0, SHORT]) for _ in range(rounds - long)]
        draw.shuffle(lengths)
        for number, seconds in enumerate(lengths, 1):
            if number % 5:
                subprocess.run(
                    [sys.executable, "-m", "benchmarks.outages", "--inside"],
                    env=environment,
                    check=True,
                )
            if outages:
                time.sleep(draw.uniform(0, 4))
                back.append(_outage(server, draw, seconds))
                assert all(service.poll() is None for service in services), Path(folder, "log").read_text()
        _until_done(server)
        visitor.stop()
        verified = usher(environment, "ledger", "verify").strip()
        for service in services:
            service.terminate()
        codes = [service.wait(30) for service in services]
        said = Path(folder, "log").read_text()
        made = _stats(asana)
        with psycopg.connect(server.url) as connection:
            rows = {name: connection.execute(query).fetchall() for name, query in QUERIES.items()}
    if outages:
        print(
            f"{outages} outages, {sum(lengths)} s; lines of log {len(said.splitlines())}, "
            f"tracebacks {said.count('Traceback')}"
        )
        print(
            f"a worker is back after {sorted(back)[len(back) // 2]:.1f} s (median), {max(back):.1f} s (longest)"
        )
        print(
            f"answers to pages: {dict(visitor.answers)}; longest wait {visitor.longest:.1f} s; "
            f"exit codes {codes}; {verified}"
        )
    return rows, made


def _outage(server: OwnServer, draw: random.Random, seconds: int) -> float:
    """Seconds from its end until a worker is registered."""
    draw.choice([server.stop, server.kill])()
    time.sleep(seconds)
    server.start()
    began = time.monotonic()
    with psycopg.connect(server.url, autocommit=True) as connection:
        alive = "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '2 s'"
        while not connection.execute(alive).fetchone()[0]:  # type: ignore[index]
            time.sleep(0.1)
    return time.monotonic() - began


def _until_done(server: OwnServer) -> None:
    with psycopg.connect(server.url, autocommit=True) as connection:
        for _ in range(1200):
            if connection.execute(OPEN).fetchone()[0] == 0:  # type: ignore[index]
                return
            time.sleep(0.5)
        print(
            connection.execute(
                "SELECT state, held_by, error FROM removal_case WHERE state <> 'done'"
            ).fetchall()
        )
    sys.exit("Not everything came to its end within ten minutes.")


class Visitor(threading.Thread):
    """Asks for a page that needs the database, all the time."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.answers: Counter[str] = Counter()
        self.longest = 0.0
        self._address, self._ends = f"http://127.0.0.1:{port}/sign-in/", threading.Event()

    def run(self) -> None:
        while not self._ends.wait(0.2):
            began = time.monotonic()
            try:
                answer = httpx.get(self._address, timeout=120, cookies={"sessionid": "x" * 32})
                self.answers[str(answer.status_code)] += 1
                self.longest = max(self.longest, time.monotonic() - began)
            except httpx.ConnectError:
                self.answers["not started"] += 1
            except httpx.HTTPError as error:
                self.answers[type(error).__name__] += 1

    def stop(self) -> None:
        self._ends.set()
        self.join(130)


def _more_to_do() -> None:
    """Queues a sync, and approves the next cases."""
    from usher.cli.runtime import database

    with database():
        from usher.connections.jobs import start_sync
        from usher.connections.models import Connection, Mode, SyncRun
        from usher.removal.cases import opening, transitions
        from usher.removal.jobs import run_soon
        from usher.removal.models import Case, Guardrails
        from usher.roster.models import Membership, Person, Role, Status

        Connection.objects.update(mode=Mode.ACT)
        connection = Connection.objects.get()
        Guardrails.get()
        Guardrails.objects.update(
            daily_limit=10_000, share_limit=100, grace_minutes=0, quiet_from=None, quiet_until=None
        )
        admins = Membership.objects.filter(role=Role.ADMIN).values("person")
        people = (
            Person.objects.exclude(pk__in=admins)
            .filter(memberships__role=Role.MEMBER, memberships__status=Status.ACTIVE)
            .exclude(email="")
            .distinct()
        )
        receiver = people.order_by("gid").last()
        leaving = people.exclude(pk__in=Case.objects.values("person")).order_by("gid")[:CASES_EACH]
        asker, approver = asker_and_approver()
        for person in leaving:
            case = opening.open_case(person, opening.CaseRequest(reason="Left", hand_over_to=receiver), asker)
            transitions.approve(transitions.request_approval(case, asker), approver)
        run_soon(connection.pk)
        start_sync(connection, SyncRun.Trigger.PERSON)


if __name__ == "__main__":
    os.environ.setdefault("PYTHONPATH", str(Path(__file__).parent.parent))
    main()
