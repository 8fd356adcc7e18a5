"""Bringing a connection up to date: running the stages, showing progress, and resuming a run.

The setting `USHER_SYNC_STAGES` lists the stages, which belong to the capabilities above. This module runs them
and decides what happens when one fails.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from usher.asana import Asana, AsanaError, NotAuthorized, RequestCounts
from usher.connections.client import ServiceTokenRefused, open_asana
from usher.connections.ledger_entries import subject_of
from usher.connections.models import Connection, SyncRun
from usher.connections.schedule import next_daily_sync
from usher.connections.states import ProblemKind, SyncStep
from usher.connections.waiting import showing_waits
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.platform import full_disk
from usher.platform.full_disk import is_full_disk
from usher.platform.locks import Lock, check_locks, lock_async
from usher.platform.outages import is_outage

log = logging.getLogger(__name__)

PROGRESS_EVERY_SECONDS = 0.5
TRY_AGAIN_AFTER = timedelta(minutes=15)


class NeedsAnswer(Exception):
    """A stage has a question for a person, and stops until it is answered. The message is the question."""


class Disconnected(Exception):
    """A person disconnected the account while its sync was running."""


class SyncElsewhere(Exception):
    """Another process is syncing this connection."""


@dataclass
class SyncContext:
    """What a stage works with: the run, a client of Asana, the clock, and progress."""

    run: SyncRun
    asana: Asana
    now: Callable[[], datetime]
    on_progress: Callable[[SyncRun], None] | None = None
    requests_before: int = 0
    workspaces_known: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    """Set when the workspaces in scope are stored, or cannot be read."""
    people_read: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    """Set when no more people are read in this run. Until then, theirs is the progress that is shown."""
    unread: list[str] = field(default_factory=list, init=False)
    """Why a part of what was to be read could not be, although the run goes on."""
    _tallies: list[RequestCounts] = field(default_factory=list, init=False)
    _saved_at: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self.also_count(self.asana.tally)

    def also_count(self, tally: RequestCounts) -> None:
        """Counts the requests of another client, such as the service account's, in this run."""
        self._tallies.append(tally)

    @property
    def waits_until(self) -> datetime | None:
        """When all calls go on that wait because Asana asked for it or did not answer."""
        return max(filter(None, (tally.waits_until for tally in self._tallies)), default=None)

    async def report_progress(
        self,
        step: SyncStep,
        progress: int | None = None,
        total: int | None = None,
        *,
        workspaces: str = "",
        at_once: bool = False,
    ) -> None:
        """Shows how far the run is. Stored twice a second at most, unless `at_once`.

        A step that counts nothing gives no `progress` and leaves that of the step before.
        """
        self.run.set_step(step, workspaces)
        if progress is not None:
            self.run.progress, self.run.progress_total = progress, total
        if self.on_progress:
            self.on_progress(self.run)
        if at_once or time.monotonic() - self._saved_at >= PROGRESS_EVERY_SECONDS:
            self._saved_at = time.monotonic()
            await self.save_progress()

    async def save_progress(self) -> None:
        """Raises Disconnected when a person has disconnected the account meanwhile; LockLost."""
        await sync_to_async(check_locks)()
        if not await _is_connected(self.run.connection):
            raise Disconnected
        self.run.requests = self.requests_before + sum(tally.requests for tally in self._tallies)
        self.run.updated_at = timezone.now()
        await self.run.asave(update_fields=["step", "progress", "progress_total", "requests", "updated_at"])


Stage = Callable[[SyncContext], Awaitable[None]]


def stages() -> list[list[Stage]]:
    """What a sync brings up to date, in order, each with what is done at the same time: `USHER_SYNC_STAGES`."""
    return [[import_string(path) for path in together] for together in settings.USHER_SYNC_STAGES]


@transaction.atomic
def request_run(
    connection: Connection, trigger: SyncRun.Trigger, *, accepted_by: Actor | None = None
) -> SyncRun:
    """The open run of the connection, or a new one. The caller has it performed.

    `accepted_by` is who confirmed that people who disappear in this run really left, however many they are.
    """
    try:
        with transaction.atomic():
            run = SyncRun.objects.create(connection=connection, trigger=trigger)
    except IntegrityError:
        run = SyncRun.objects.get(connection=connection, state__in=SyncRun.OPEN)
    if accepted_by is not None and not run.accept_vanished:
        run.accept_vanished = True
        run.save(update_fields=["accept_vanished"])
        record(
            accepted_by,
            "connection.vanished_accepted",
            subject_of(connection),
            after={"run": run.pk},
            connection=connection.pk,
        )
    return run


@transaction.atomic
def decline(connection: Connection, actor: Actor) -> None:
    """Answers that the people who disappeared at once did not leave, and closes the question."""
    connection.runs.filter(state=SyncRun.State.ASKING).update(
        state=SyncRun.State.FAILED, remedy="Answered: they did not leave. Everyone was kept."
    )
    if connection.problem_kind == ProblemKind.QUESTION:
        connection.set_problem()
    record(actor, "connection.vanished_declined", subject_of(connection), connection=connection.pk)


async def perform(
    run_id: int,
    *,
    wait: bool = False,
    now: Callable[[], datetime] = timezone.now,
    on_progress: Callable[[SyncRun], None] | None = None,
    on_wait: Callable[[], None] | None = None,
) -> SyncRun:
    """Performs an open run, continuing where a killed process left it. Returns a closed run unchanged.

    Raises SyncElsewhere when another process works on it and `wait` is False. `on_wait` is called before it waits.
    """
    connection_id = (await SyncRun.objects.aget(pk=run_id)).connection_id
    async with lock_async(Lock.SYNC.of(connection_id), wait=wait, on_wait=on_wait) as ours:
        if not ours:
            raise SyncElsewhere
        # Read under the lock: the holder before may have finished this run.
        run = await SyncRun.objects.select_related("connection").aget(pk=run_id)
        if run.is_open:
            await _perform_locked(run, now, on_progress)
            await run.arefresh_from_db(fields=["joined", "left", "changed"])  # the stages add to them in SQL
    return run


async def _perform_locked(
    run: SyncRun, now: Callable[[], datetime], on_progress: Callable[[SyncRun], None] | None
) -> None:
    connection = run.connection
    if not connection.is_connected:
        await _close_disconnected(run, now())
        return
    run.state = SyncRun.State.RUNNING
    run.started_at = run.started_at or now()
    run.attempts += 1
    run.updated_at = timezone.now()
    await run.asave(update_fields=["state", "started_at", "attempts", "updated_at"])
    try:
        async with await open_asana(connection) as asana:
            context = SyncContext(run, asana, now, on_progress, requests_before=run.requests)
            try:
                async with showing_waits(context):
                    await _run_stages(context)
            finally:
                run.retries += asana.tally.retries
                await run.asave(update_fields=["retries"])
                await context.save_progress()
    except NeedsAnswer as question:
        remedy = "Answer whether these people really left."
        await _close_and_tell(run, ProblemKind.QUESTION, now(), str(question), remedy)
    except Disconnected:
        await _close_disconnected(run, now())
    except AsanaError as error:
        if not await _is_connected(connection):  # the token was revoked by the disconnect
            await _close_disconnected(run, now())
            return
        log.warning("Sync of %s failed: %s", connection, error)
        await _close_and_tell(run, _kind_of(error), now(), str(error), error.remedy)
    except Exception as error:
        if is_outage(error):
            raise  # the run stays open, and goes on after it
        log.exception("Sync of %s failed", connection)
        reason = f"Usher itself failed: {type(error).__name__}: {error}"
        remedy = "See the log of `usher worker`. The next sync starts anew."
        if is_full_disk(error):
            reason, remedy = full_disk.MESSAGE, full_disk.REMEDY
        await _close_and_tell(run, ProblemKind.SYNC_FAILED, now(), reason, remedy)
        raise
    else:
        await _close_as_synced(run, now())


async def _run_stages(context: SyncContext) -> None:
    """Runs all stages even when one asks or fails: events not read within 90 days are lost."""
    first: BaseException | None = None
    for together in stages():
        outcomes = await asyncio.gather(*(stage(context) for stage in together), return_exceptions=True)
        for trouble in filter(None, outcomes):
            if not isinstance(trouble, NeedsAnswer | AsanaError):
                raise trouble
            first = first or trouble
    if first is not None:
        raise first


async def _is_connected(connection: Connection) -> bool:
    return await Connection.objects.filter(pk=connection.pk, disconnected_at=None).aexists()


async def _close_disconnected(run: SyncRun, finished_at: datetime) -> None:
    await sync_to_async(_close)(
        run, SyncRun.State.FAILED, finished_at, "The connection was disconnected.", "Reconnect it first."
    )


def _close(
    run: SyncRun, state: SyncRun.State, finished_at: datetime, error: str = "", remedy: str = ""
) -> None:
    run.state, run.finished_at, run.error, run.remedy = state, finished_at, error, remedy
    run.save(update_fields=["state", "finished_at", "error", "remedy"])


# A run is closed in one transaction with what it means for its connection: in between, a page would see neither an
# open run nor its result, take the connection for one that was never synced, and ask no further.


@sync_to_async
@transaction.atomic
def _close_as_synced(run: SyncRun, finished_at: datetime) -> None:
    check_locks()
    connection = run.connection
    _close(run, SyncRun.State.DONE, finished_at)
    connection.last_synced_at = finished_at
    connection.next_sync_at = next_daily_sync(connection, timezone.now())
    connection.save(update_fields=["last_synced_at", "next_sync_at"])
    # A sync does not disprove what a test found, such as an audit log that cannot be read.
    Connection.objects.filter(pk=connection.pk).exclude(problem_kind=ProblemKind.TEST_FAILED).update(
        problem="", problem_remedy="", problem_kind=ProblemKind.NONE
    )


@sync_to_async
@transaction.atomic
def _close_and_tell(
    run: SyncRun, kind: ProblemKind, finished_at: datetime, problem: str, remedy: str
) -> None:
    """Closes a run that asks or failed, and has the connection say so."""
    connection = run.connection
    asks = kind == ProblemKind.QUESTION
    _close(run, SyncRun.State.ASKING if asks else SyncRun.State.FAILED, finished_at, problem, remedy)
    connection.problem_kind, connection.problem, connection.problem_remedy = kind, problem, remedy
    # A question or a refused token waits for a person; everything else is tried again soon.
    daily = next_daily_sync(connection, timezone.now())
    retry = timezone.now() + TRY_AGAIN_AFTER
    connection.next_sync_at = min(daily, retry) if kind == ProblemKind.SYNC_FAILED else daily
    connection.save(update_fields=["problem_kind", "problem", "problem_remedy", "next_sync_at"])


def _kind_of(error: AsanaError) -> ProblemKind:
    if isinstance(error, NotAuthorized):
        return ProblemKind.NOT_AUTHORIZED
    return ProblemKind.SERVICE_TOKEN if isinstance(error, ServiceTokenRefused) else ProblemKind.SYNC_FAILED
