"""Measures how long a thousand removals take at Asana's limits, and whether they ever exceed them.

    python -m benchmarks.removals [--people 1000] [--hand-over]

The sandbox enforces 1,500 requests per minute, a quarter of them in any ten seconds, and 15 concurrent writes, and
responds after 50 ms. A case for each person is opened, requested and approved. The time is that of the run. Afterwards
the sandbox reports who is removed and how often each change was made. The pace excludes the last seconds, in which
only a few cases are left.
"""

import argparse
import asyncio
import resource
import subprocess
import sys
import time

import httpx
import msgspec

from benchmarks.accounts import asker_and_approver
from benchmarks.rig import CONNECTION, Environment, connect, home, load, sandbox, usher

PER_MINUTE = 1_500
MINUTE = 60
STAFF_FOR_EACH = 4
"""How many people the company has for each person who is removed."""


class Made(msgspec.Struct):
    took_effect: int
    nothing_to_do: int


class Stats(msgspec.Struct):
    """The sandbox's counters. `rate_limited`: responses 429 that its limits caused."""

    requests: int
    rate_limited: int
    by_status: dict[str, int]
    changes: dict[str, dict[str, Made]]


class Outcome(msgspec.Struct):
    """Figures of the process that ran the cases. `processor`: CPU seconds."""

    done: int
    verified: int
    seconds: float
    processor: float
    megabytes: int


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=1_000)
    parser.add_argument("--hand-over", action="store_true", help="give tasks and projects to somebody first")
    parser.add_argument("--inside", choices=["prepare", "run"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside == "prepare":
        _prepare(arguments.people, hand_over=arguments.hand_over)
    elif arguments.inside == "run":
        _run_cases()
    else:
        _measure(arguments.people, hand_over=arguments.hand_over)


def _measure(people: int, *, hand_over: bool) -> None:
    staff = str(people * STAFF_FOR_EACH)
    options = ("--latency", "0.05", "--people", staff, "--equal-workspaces", "1")
    with sandbox(*options, ready_within=600) as url, home(url) as environment:
        connect(environment)
        usher(environment, "sync", CONNECTION)
        wanted = ("--people", str(people), *(["--hand-over"] if hand_over else []))
        subprocess.run(_inside("prepare", *wanted), env=environment, check=True)
        time.sleep(MINUTE)  # until the requests of the sync no longer count in the limit's minute
        httpx.post(f"{url}/-/sandbox/reset-stats")
        outcome, samples = _sampled(url, environment)
        stats = _stats(url)
        truth = httpx.get(f"{url}/-/sandbox/truth", timeout=60).json()
    removals = stats.changes["removals"]
    once = sum(made.took_effect == 1 and made.nothing_to_do == 0 for made in removals.values())
    still_there = {
        f"{workspace['gid']}/{one['user']}"
        for workspace in truth["workspaces"]
        for one in workspace["memberships"]
        if one["status"] == "active"
    } & set(removals)
    print(
        f"{outcome.done:,} cases done, {outcome.verified:,} verified in {outcome.seconds:.1f} s; the sandbox: "
        f"{len(removals):,} removed, each once: {once == len(removals)}, still there: {len(still_there)}"
    )
    print(
        f"{stats.requests:,} requests, {stats.requests / max(1, len(removals)):.1f} a removal; "
        f"{_pace(samples) / PER_MINUTE:.1%} of the limit's pace (target 95 %); "
        f"answers 429: {stats.by_status.get('429', 0)} (target 0); "
        f"{outcome.processor:.0f} s of one core, {outcome.megabytes} MB ({load()})"
    )
    if outcome.done != people or once != people or still_there:
        sys.exit("Not every removal was made once and verified.")


def _sampled(url: str, environment: Environment) -> tuple[Outcome, list[tuple[float, int]]]:
    """The outcome, and (seconds, requests so far), one per second, from the first request to the last."""
    samples: list[tuple[float, int]] = []
    command = _inside("run")
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as running:
        while running.poll() is None:
            requests = _stats(url).requests
            if requests and (not samples or requests > samples[-1][1]):
                samples.append((time.monotonic(), requests))
            time.sleep(1)
        assert running.stdout
        output = running.stdout.read()
    return msgspec.json.decode(output, type=Outcome), samples


def _pace(samples: list[tuple[float, int]]) -> float:
    """Requests per minute."""
    kept = samples[: max(2, len(samples) - 5)]
    return (kept[-1][1] - kept[0][1]) / (kept[-1][0] - kept[0][0]) * MINUTE


def _inside(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "benchmarks.removals", "--inside", *arguments]


def _prepare(people: int, *, hand_over: bool) -> None:
    from usher.cli.runtime import database

    with database():
        from usher.connections.models import Connection, Mode
        from usher.removal.cases import opening, transitions
        from usher.removal.models import Guardrails
        from usher.roster.models import Membership, Person, Role, Status

        connection = Connection.objects.get()
        connection.mode = Mode.ACT
        connection.save()
        Guardrails.get()
        Guardrails.objects.update(
            daily_limit=people, share_limit=100, grace_minutes=0, quiet_from=None, quiet_until=None
        )
        admins = Membership.objects.filter(role=Role.ADMIN).values("person")
        active = Person.objects.filter(memberships__status=Status.ACTIVE, memberships__role=Role.MEMBER)
        people_to_remove = active.exclude(pk__in=admins).distinct().order_by("gid")[: people + 1]
        receiver, *leaving = people_to_remove
        asker, approver = asker_and_approver()
        wish = opening.CaseRequest(reason="Left", hand_over_to=receiver if hand_over else None)
        for person in leaving:
            case = transitions.request_approval(opening.open_case(person, wish, asker), asker)
            transitions.approve(case, approver)


def _run_cases() -> None:
    from usher.cli.runtime import database

    with database():
        from usher.connections.models import Connection
        from usher.removal.execution.runner import run_due
        from usher.removal.models import Target

        used, began = time.process_time(), time.monotonic()
        report = asyncio.run(run_due(Connection.objects.get().pk))
        outcome = Outcome(
            done=report.done,
            verified=Target.objects.filter(outcome=Target.Outcome.DONE).count(),
            seconds=time.monotonic() - began,
            processor=time.process_time() - used,
            megabytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        )
    sys.stdout.buffer.write(msgspec.json.encode(outcome))


def _stats(url: str) -> Stats:
    return msgspec.json.decode(httpx.get(f"{url}/-/sandbox/stats", timeout=30).content, type=Stats)


if __name__ == "__main__":
    main()
