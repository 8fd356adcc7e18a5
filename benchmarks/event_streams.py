"""Measures how fast stored audit log events reach a receiver on this machine, as OCSF and as they are.

    python -m benchmarks.event_streams [--events 200000]

The events of the sandbox are read by `usher sync` and stored as always. Then a process of its own sends all over HTTP,
as JSON Lines, and to a folder, as a worker does. The receiver counts lines, in this process.
"""

import argparse
import asyncio
import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from benchmarks.rig import CONNECTION, TOKEN, UNPACED, home, inside, load, process, sandbox, usher
from benchmarks.usage_first_run import SERVICE_TOKEN

TIMES = [("lines", "ocsf"), ("lines", "raw"), ("folder", "ocsf")]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--inside", nargs=3, metavar=("KIND", "FORM", "ADDRESS"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        _send(*arguments.inside)
        return
    options = ("--people", "2000", "--per-minute", "0", "--audit-events", str(arguments.events))
    with sandbox(*options, ready_within=900) as url, home(url) as environment, receiver() as counted:
        accounts = ("--token", TOKEN, "--service-token", SERVICE_TOKEN)
        usher(environment, "connect", "--name", CONNECTION, *accounts)
        inside(environment, "pace", UNPACED)
        usher(environment, "sync", CONNECTION)
        for kind, form in TIMES:
            counted.lines = 0
            address = counted.url if kind == "lines" else "benchmark"
            command = [sys.executable, "-m", "benchmarks.event_streams", "--inside", kind, form, address]
            with process(command, environment | {"USHER_WEBHOOK_NETWORKS": "127.0.0.1"}) as sending:
                assert sending.stdout
                told = json.loads(sending.stdout.read().strip().splitlines()[-1])
            assert kind != "lines" or counted.lines == told["sent"], (counted.lines, told)
            print(
                f"{kind}, {form}: {told['sent']:,} events in {told['seconds']:.1f} s,"
                f" {told['sent'] / told['seconds']:,.0f} a second; {told['cpu']:.1f} s of CPU in usher,"
                f" peak {told['peak_mb']:.0f} MB ({load()}, {os.cpu_count()} cores)",
                flush=True,
            )


def _send(kind: str, form: str, address: str) -> None:
    import resource

    from usher.cli.runtime import database

    with database():
        from usher.streams.models import StreamDestination
        from usher.streams.running import run_stream

        stream = StreamDestination.objects.create(
            kind=kind, form=form, name=f"{kind} {form}", address=address, contents="events"
        )
        began, cpu = time.monotonic(), time.process_time()
        sent = asyncio.run(run_stream(stream.pk, seconds=3600))
        seconds, cpu = time.monotonic() - began, time.process_time() - cpu
        stream.refresh_from_db()
        assert not stream.problem, stream.problem
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"sent": sent, "seconds": seconds, "cpu": cpu, "peak_mb": peak}))


class Counted:
    url = ""
    lines = 0


@contextmanager
def receiver() -> Iterator[Counted]:
    counted = Counted()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            counted.lines += self.rfile.read(int(self.headers["Content-Length"])).count(b"\n")
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    counted.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield counted
    finally:
        server.shutdown()


if __name__ == "__main__":
    main()
