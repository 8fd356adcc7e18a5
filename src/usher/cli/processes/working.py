"""`usher worker`: runs jobs until it is stopped, and outlives outages of the database.

An outage ends Procrastinate's worker, whose side tasks fail. A new one takes its place when the database is back, and
the jobs that the old one was doing begin again where they stood.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.db import connections
from procrastinate.contrib.django import app
from procrastinate.job_context import JobContext
from procrastinate.psycopg_connector import PsycopgConnector
from procrastinate.worker import Worker

from usher.cli.errors import Failed
from usher.cli.stopping import STOP_WITHIN_SECONDS, calling_on_stop
from usher.connections.housekeeping import return_jobs_of, skip_parked
from usher.platform.database import have_server_notice_async, session_params
from usher.platform.following import tracing
from usher.platform.following.tracking import at_work_for_job
from usher.platform.outages import SessionLost, is_outage, outlive, pauses, wait_for_database

GRACE_SECONDS = 5
"""For which a stop waits for running jobs. They go on in another process."""
POOL_SECONDS = 10
"""For which a job waits for one of the worker's connections."""
REMEMBERED_JOBS = 1000
AT_ONCE_SECONDS, MOST_AT_ONCE = 2, 10
"""A worker that ends so soon, so often, although the database answers, cannot go on."""


class JobWorker:
    """One worker of Procrastinate after another, with what must be known of the one before."""

    def __init__(self, concurrency: int) -> None:
        self._concurrency = concurrency
        self._numbers: set[int] = set()
        self._begun: deque[int] = deque(maxlen=REMEMBERED_JOBS)

    async def run(self) -> None:
        """Until a stop. Raises Failed where the worker cannot go on although the database answers."""
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        app.perform_import_paths()  # type: ignore[no-untyped-call]
        with calling_on_stop(lambda: loop.call_soon_threadsafe(stop.set), STOP_WITHIN_SECONDS):
            tries, failures = pauses(), 0
            while True:
                began = time.monotonic()
                error = await self._run_one(stop)
                if stop.is_set():
                    return
                if time.monotonic() - began > AT_ONCE_SECONDS:
                    tries, failures = pauses(), 0
                failures += 1
                if failures > MOST_AT_ONCE:
                    raise Failed("The worker ends again and again, although the database answers.") from error
                await _first_of(wait_for_database(error, tries=tries), stop)

    async def _run_one(self, stop: asyncio.Event) -> Exception:
        """Runs jobs until a stop or until the worker ends. What ended it, as far as it says so."""
        try:
            await _first_of(self._work(), stop)
        except Exception as error:
            if not is_outage(error):
                raise
            return error
        return SessionLost("a connection has broken off")

    async def _work(self) -> None:
        connector = PsycopgConnector(
            kwargs=session_params(),
            configure=have_server_notice_async,
            timeout=POOL_SECONDS,
            min_size=1,
            max_size=4,
        )
        with app.replace_connector(connector):
            async with app.open_async():
                await self._return_jobs()
                worker = Worker(
                    app,
                    concurrency=self._concurrency,
                    shutdown_graceful_timeout=GRACE_SECONDS,
                    delete_jobs="successful",
                    install_signal_handlers=False,
                    worker_middleware=[_followed, _in_thread_of_its_own],
                    task_middleware=[self._outliving],
                )
                await worker.run()  # type: ignore[no-untyped-call]

    async def _return_jobs(self) -> None:
        if self._numbers:
            await return_jobs_of(list(self._numbers), list(self._begun))
            self._numbers.clear()
            self._begun.clear()

    async def _outliving(
        self, call_next: Callable[[], Awaitable[object]], context: JobContext, worker: Worker
    ) -> object:
        if worker.worker_id is not None:
            self._numbers.add(worker.worker_id)
        if context.job.id is not None:
            self._begun.append(context.job.id)

        async def do() -> object:
            return None if await skip_parked(context.job) else await call_next()

        return await outlive(do)


async def _followed(
    call_next: Callable[[], Awaitable[object]], context: JobContext, worker: Worker
) -> object:
    """Every line of the log that a job writes names it, and so does its span."""
    job = context.job
    with at_work_for_job(job.id), tracing.span(f"Job {job.task_name}", kind="consumer") as span:
        if job.id is not None:
            span.note("usher.job_id", job.id)
        return await call_next()


async def _in_thread_of_its_own(
    call_next: Callable[[], Awaitable[object]], context: JobContext, worker: Worker
) -> object:
    """All jobs of a process would share one thread for their statements, so a long one would hold up the others.

    Django keeps a connection for each thread, so the job has one of its own, too, which ends with it.
    """
    async with ThreadSensitiveContext():
        try:
            return await call_next()
        finally:
            await sync_to_async(connections.close_all)()


async def _first_of(work: Coroutine[None, None, None], stop: asyncio.Event) -> None:
    """Awaits the work, and cancels it when a stop comes first. Raises what the work raises, unless it is stopped."""
    task, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    await asyncio.wait([task, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if stop.is_set():
        task.cancel()
        # Without a database, closing would wait for it.
        await asyncio.wait([task], timeout=GRACE_SECONDS + 3)
    else:
        await task
