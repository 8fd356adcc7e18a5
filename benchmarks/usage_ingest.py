"""Measures the ingest of a very large audit log, up to the usage figures.

    python -m benchmarks.usage_ingest [--events 5000000]

The sandbox has no latency and no limit. `usher sync` runs in a process of its own. Its CPU time and peak memory, and
the CPU time of the embedded PostgreSQL, are read from the kernel. A run with a tenth of the events shows whether memory
grows with them.
"""

import argparse
import os
import sys
import threading
import time
from pathlib import Path

from benchmarks.rig import CONNECTION, TOKEN, UNPACED, home, inside, load, process, sandbox, usher
from benchmarks.usage_first_run import SERVICE_TOKEN

TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=5_000_000)
    events = parser.parse_args().events
    for count in (events // 10, events):
        _ingest(count)


def _ingest(events: int) -> None:
    options = ("--people", "2000", "--per-minute", "0", "--audit-events", str(events))
    with sandbox(*options, ready_within=900) as url, home(url) as environment:
        usher(
            environment, "connect", "--name", CONNECTION, "--token", TOKEN, "--service-token", SERVICE_TOKEN
        )
        inside(environment, "pace", UNPACED)
        watched = Watched(environment["USHER_HOME"])
        began = time.monotonic()
        with process([sys.executable, "-m", "usher", "sync", CONNECTION], environment) as syncing:
            watched.start(syncing.pid)
            assert syncing.stdout
            told = syncing.stdout.read().strip()
            seconds = time.monotonic() - began
            watched.stop()
        assert "is up to date" in told, told
        print(
            f"{events:,} events: {seconds:.0f} s, {events / seconds:,.0f} events/s; per million events "
            f"{watched.usher_cpu / events * 1e6:.0f} s of CPU in usher and "
            f"{watched.database_cpu / events * 1e6:.0f} s in PostgreSQL; peak {watched.peak_mb:.0f} MB ({load()})",
            flush=True,
        )
        print(f"  {told}", flush=True)


class Watched:
    """CPU seconds and peak memory of a process, and CPU seconds of the database of a data folder."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._done = threading.Event()
        self.usher_cpu = self.database_cpu = self.peak_mb = 0.0
        self._before: dict[str, float] = {}
        self._by_process: dict[str, float] = {}

    def start(self, pid: int) -> None:
        self._look(self._before)
        self._thread = threading.Thread(target=self._watch, args=(pid,))
        self._thread.start()

    def stop(self) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self, pid: int) -> None:
        while not self._done.wait(0.5):
            try:
                self.usher_cpu = cpu_of(pid)
                status = Path(f"/proc/{pid}/status").read_text()
                self.peak_mb = int(status.split("VmHWM:")[1].split()[0]) / 1024
            except (OSError, IndexError):
                pass  # the process has ended
            self._look(self._by_process)
            self.database_cpu = sum(
                cpu - self._before.get(name, 0.0) for name, cpu in self._by_process.items()
            )

    def _look(self, by_process: dict[str, float]) -> None:
        for row in Path("/proc").glob("[0-9]*"):
            try:
                if (row / "comm").read_text().strip() == "postgres" and self._is_ours(row):
                    by_process[row.name] = cpu_of(int(row.name))
            except OSError:
                continue

    def _is_ours(self, row: Path) -> bool:
        return self._folder in str((row / "cwd").readlink())


def cpu_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


if __name__ == "__main__":
    main()
