"""Reads the audit log of one workspace into the database: several windows in parallel, resumable at any moment.

Each page is stored together with the progress of its window. If the process dies, pages that were not stored are
read again, and events that are stored already are ignored.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from asgiref.sync import sync_to_async
from django.db import connection as database
from django.db import transaction

from usher.activity.ingest.coverage import add_coverage, cut_coverage, spans_of
from usher.activity.ingest.store import store_audit_events
from usher.activity.ingest.windows import (
    LogWindow,
    cut_off,
    finished_spans,
    give_up_before,
    split,
    steal,
    unplanned,
)
from usher.activity.models import AuditWindow, EvidenceSource
from usher.asana import Asana, AuditLogEvent
from usher.roster.models import Workspace

KEPT_BY_ASANA = timedelta(days=90)
READ_AGAIN = timedelta(hours=1)
"""Events can arrive late, so each run reads the newest hour of the previous run again."""

WALKERS = 32
WALKERS_FOR_A_DAY = 6
A_LOT = timedelta(days=2)
PAGES_AT_ONCE = 40


@dataclass
class _Read:
    """A page to be stored: its events, and how far its window has been read."""

    window: LogWindow
    events: list[AuditLogEvent]
    read_until: datetime
    is_last: bool = False


@dataclass
class AuditWalk:
    """One walk of one workspace's audit log. `on_progress` gets the number of events stored so far."""

    asana: Asana
    workspace: Workspace
    now: datetime
    on_progress: Callable[[int], Awaitable[None]] | None = None
    stored: int = 0
    _windows: list[LogWindow] = field(default_factory=list)
    _moved: asyncio.Event = field(default_factory=asyncio.Event)
    _pages_read: int = 0
    _time_read: timedelta = timedelta(0)
    _first_span: timedelta = timedelta(0)
    _pages: asyncio.Queue[_Read | None] = field(default_factory=lambda: asyncio.Queue(PAGES_AT_ONCE))

    async def run(self) -> int:
        """Brings the stored log up to `now` and returns the number of new events.

        Raises what the client raises. Everything stored until then stays, and the next walk continues from there.
        """
        self.now = self.now.replace(microsecond=self.now.microsecond // 1000 * 1000)  # Asana's precision
        self._windows = await sync_to_async(self._plan)()
        todo = [window for window in self._windows if not window.is_done]
        if todo:
            self._first_span = max(window.left for window in todo)
            writer = asyncio.create_task(self._write())
            try:
                async with asyncio.TaskGroup() as group:
                    for n in range(max(len(todo), self._walkers())):
                        group.create_task(self._walk(todo[n] if n < len(todo) else None, writer))
            except BaseExceptionGroup as several:
                await self._stop(writer)
                await sync_to_async(self._conclude)()
                raise several.exceptions[0] from None
            except BaseException:
                writer.cancel()
                raise
            await self._stop(writer)
        await sync_to_async(self._conclude)()
        return self.stored

    async def _stop(self, writer: "asyncio.Task[None]") -> None:
        await self._put(None, writer)
        await writer

    # Planning

    def _plan(self) -> list[LogWindow]:
        """The windows of an interrupted walk, the time since then, and the newest hour again."""
        oldest = self.now - KEPT_BY_ASANA
        stored = [_window(row) for row in self.workspace.audit_windows.all()]
        ends = [window.ends_at for window in stored]
        ends += [span.ends_at for span in spans_of(self.workspace, EvidenceSource.AUDIT)]
        if ends and max(ends) > self.now + READ_AGAIN:
            # The clock was wrong before: coverage of the future is not true, so everything is read again.
            cut_coverage(self.workspace, EvidenceSource.AUDIT, oldest)
            stored, ends = [], []
        start = max(max(ends) - READ_AGAIN, oldest) if ends else oldest
        known = cut_off(give_up_before(oldest, stored), start)
        parts = WALKERS if self.now - start > A_LOT else WALKERS_FOR_A_DAY
        planned = [*known, *unplanned(known, oldest), *split(start, self.now, parts)]
        with transaction.atomic():
            self.workspace.audit_windows.all().delete()
            rows = AuditWindow.objects.bulk_create(_row(self.workspace, window) for window in planned)
        for window, row in zip(planned, rows, strict=True):
            window.key = row.pk
        return planned

    def _walkers(self) -> int:
        left = sum((window.left for window in self._windows), timedelta(0))
        return WALKERS if left > A_LOT else WALKERS_FOR_A_DAY

    # Reading

    @property
    def _page_span(self) -> timedelta:
        """The average time that a page spans. The first value is the length of a window."""
        return (self._first_span + self._time_read) / (1 + self._pages_read)

    async def _walk(self, window: LogWindow | None, writer: "asyncio.Task[None]") -> None:
        while True:
            if window is None:
                shared = steal(self._windows, self._page_span) if self._pages_read else None
                if shared is None:
                    if all(other.is_done for other in self._windows):
                        return
                    await self._moved.wait()
                    continue
                shortened, window = shared
                self._windows.append(window)
                await sync_to_async(_share)(self.workspace, shortened, window)
            await self._read(window, writer)
            window = None

    async def _read(self, window: LogWindow, writer: "asyncio.Task[None]") -> None:
        """Reads the window to its end. Another walker may move the end closer in the meantime."""
        while window.read_until < window.ends_at:
            end = window.ends_at
            pages = self.asana.audit_log_events(self.workspace.gid, window.read_until, end)
            async for page in pages:
                newest = max(event.created_at for event in page.items)
                self._pages_read += 1
                self._time_read += max(timedelta(0), newest - window.read_until)
                window.read_until = max(window.read_until, newest)
                await self._hand_over(_Read(window, page.items, window.read_until), writer)
                if window.ends_at != end:
                    break
            else:
                break
        window.is_done = True
        await self._hand_over(_Read(window, [], window.ends_at, is_last=True), writer)

    async def _hand_over(self, page: _Read, writer: "asyncio.Task[None]") -> None:
        self._moved.set()  # walkers that wait for a window may find one now
        self._moved = asyncio.Event()
        await self._put(page, writer)
        if writer.done():
            writer.result()  # raises its failure

    async def _put(self, page: _Read | None, writer: "asyncio.Task[None]") -> None:
        """Waits for space in the queue, unless the writer has failed and will never make any."""
        put = asyncio.ensure_future(self._pages.put(page))
        try:
            await asyncio.wait({put, writer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            put.cancel()

    # Writing

    async def _write(self) -> None:
        """Stores all pages that wait in the queue, together."""
        continues = True
        while continues:
            pages = [await self._pages.get()]
            while not self._pages.empty():
                pages.append(self._pages.get_nowait())
            continues = pages[-1] is not None
            read = [page for page in pages if page is not None]
            if read:
                self.stored += await sync_to_async(self._store)(read)
                if self.on_progress:
                    await self.on_progress(self.stored)

    @transaction.atomic
    def _store(self, pages: list[_Read]) -> int:
        with database.cursor() as cursor:
            # After a power failure, events and progress are lost together, and read again.
            cursor.execute("SET LOCAL synchronous_commit = off")
        new = store_audit_events(
            self.workspace.connection_id,
            self.workspace.pk,
            [event for page in pages for event in page.events],
        )
        for page in {page.window.key: page for page in pages}.values():  # the last page of each window counts
            row = AuditWindow.objects.filter(pk=page.window.key)
            if page.is_last:
                # With its end, since the half taken from it may not be stored yet (see `_share`).
                row.update(ends_at=page.read_until, read_until=page.read_until, is_done=True)
            else:
                row.update(read_until=page.read_until)
        return new

    @transaction.atomic
    def _conclude(self) -> None:
        """Adds what was read without a gap to the coverage, and deletes the windows once all are done."""
        windows = [_window(row) for row in self.workspace.audit_windows.all()]
        for span in finished_spans(windows):
            add_coverage(self.workspace, EvidenceSource.AUDIT, span.begins_at, span.ends_at)
        if all(window.is_done for window in windows) and not unplanned(windows, self.now - KEPT_BY_ASANA):
            self.workspace.audit_windows.all().delete()


def _window(row: AuditWindow) -> LogWindow:
    return LogWindow(row.starts_at, row.ends_at, row.read_until, row.is_done, row.pk)


def _row(workspace: Workspace, window: LogWindow) -> AuditWindow:
    return AuditWindow(
        workspace=workspace,
        starts_at=window.starts_at,
        ends_at=window.ends_at,
        read_until=window.read_until,
        is_done=window.is_done,
    )


@transaction.atomic
def _share(workspace: Workspace, shortened: LogWindow, taken: LogWindow) -> None:
    """Stores both halves in one transaction, so that no moment is lost between them."""
    AuditWindow.objects.filter(pk=shortened.key).update(ends_at=shortened.ends_at)
    taken.key = AuditWindow.objects.create(
        workspace=workspace, starts_at=taken.starts_at, ends_at=taken.ends_at, read_until=taken.starts_at
    ).pk
