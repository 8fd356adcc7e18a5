"""Half a year of the demo's past, played in order: syncs, imports, removals, and what people do today."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial

from usher.activity.sync_stage import poll_streams
from usher.cli.demo.agreement import agree
from usher.cli.demo.cases import CaseWork
from usher.cli.demo.clock import at
from usher.cli.demo.hr_export import import_export
from usher.cli.demo.moments import Event, Now, moment, workday
from usher.cli.demo.pauses import pauses
from usher.cli.demo.rules import RuleWork
from usher.cli.demo.team import add_team, signs_in
from usher.cli.demo.workforce import Leaver, plan
from usher.cli.errors import Failed
from usher.connections import sync
from usher.connections.connecting.by_token import connect_with_token
from usher.connections.connecting.settings import ConnectionSettings
from usher.connections.connection_test.run import run_test
from usher.connections.models import Connection, ConnectionTest, Mode, SyncRun
from usher.directory.models import Protected
from usher.removal.guardrails.protected_list import protect_pattern
from usher.removal.guardrails.settings import change_guardrails
from usher.sandbox import RunningSandbox

WEEKS = 26
POLL_EVERY = timedelta(hours=23)
"""The tokens of the event stream live for a day."""
SYNCED_DAILY_DAYS = 20
"""Before, the account is synced once a week, and before each removal: a sync each day would take long to play."""
DOWNGRADED = ((109, 2), (81, 1), (46, 3), (18, 2), (7, 2))
"""How many days ago how many idle seats were downgraded."""
NO_LIMIT, LIMIT = 1_000_000, 1_500
ACCOUNT = ConnectionSettings("Halvorsen & Brook", Mode.ACT, service_token="sandbox-service-1")  # noqa: S106


class History:
    """Everything that happens at the demo's company. `play` it once."""

    def __init__(self, sandbox: RunningSandbox, now: datetime) -> None:
        self._sandbox = sandbox
        self._now = now
        self._today = now.date()
        self._start = moment(workday(self._today - timedelta(weeks=WEEKS)), 9)
        self._workforce = plan(sandbox, self._start.date(), self._today)

    @property
    def open_question(self) -> str:
        return self._rules.open_question

    def play(self) -> Iterator[tuple[datetime, int]]:
        """Plays one event after the other. Yields the moment of each before it, and how many are to come."""
        yield self._start, 0
        with at(self._start, self._sandbox) as now:
            self._set_up(now)
        events = [event for event in self._events() if self._start < event.at <= self._now]
        events.sort(key=lambda event: event.at)
        for number, event in enumerate(events):
            yield event.at, len(events) - number
            with at(event.at, self._sandbox) as now:
                event.play(now)
        Connection.objects.update(requests_per_minute=LIMIT)

    def _events(self) -> Iterator[Event]:
        yield from self._syncs()
        yield from self._imports()
        for leaver_number, leaver in enumerate(self._workforce.removed):
            yield from self._removal(leaver, leaver_number)
        yield from self._idle_seats()
        yield from self._lately()
        yield from self._rules.events(self._today)
        yield from pauses(self._workforce, self._sandbox, self._team, self._now)
        yield Event(self._now, self._arrive)

    def _set_up(self, now: Now) -> None:
        team = add_team(self._workforce)
        admin = signs_in(team.admin, now())
        connection = connect_with_token(ACCOUNT, "sandbox-pat-1", admin)
        Connection.objects.update(requests_per_minute=NO_LIMIT)
        self._connection = Connection.objects.get(pk=connection.pk)
        self._cases = CaseWork(self._connection, self._workforce, team)
        self._rules = RuleWork(self._connection, self._cases)
        self._team = team
        protect_pattern("*.bot@*", Protected.Why.SERVICE_ACCOUNT, "Bots of Asana's service accounts", admin)
        self._sync(now, SyncRun.Trigger.PERSON)
        agree(self._connection, self._start.date(), self._today, admin)
        import_export(self._workforce, now(), signs_in(team.operator, now()))

    # syncs and imports

    def _syncs(self) -> Iterator[Event]:
        """At the connection's hour. The event stream is read every day."""
        hour = self._connection.sync_at
        days = {(self._today - _day_of_removal(leaver)).days for leaver in self._workforce.removed}
        days |= {(self._today - day).days for day, _ in self._days_of_downgrades()}
        days |= set(range(SYNCED_DAILY_DAYS))
        for ago in range(SYNCED_DAILY_DAYS, WEEKS * 7, 7):
            if not days & set(range(ago, ago + 7)):
                days.add(ago)
        for ago in days:
            yield Event(datetime.combine(self._today - timedelta(days=ago), hour, UTC), self._sync)
        polled = self._start + POLL_EVERY
        while polled < self._now:
            yield Event(polled, self._poll)
            polled += POLL_EVERY

    def _sync(self, now: Now, trigger: SyncRun.Trigger = SyncRun.Trigger.SCHEDULE) -> None:
        run = sync.request_run(self._connection, trigger)
        done = asyncio.run(sync.perform(run.pk, now=now))
        if done.state != SyncRun.State.DONE:
            raise Failed(f"A sync of the demo failed: {done.error}", done.remedy)

    def _arrive(self, now: Now) -> None:
        """The visitor finds everything just tested and synced."""
        signs_in(self._team.admin, now())
        test = ConnectionTest.objects.create(connection=self._connection)
        asyncio.run(run_test(test.pk))
        self._sync(now, SyncRun.Trigger.PERSON)
        self._rules.on_arrival(now)

    def _poll(self, now: Now) -> None:
        asyncio.run(poll_streams(now))

    def _imports(self) -> Iterator[Event]:
        """On the first working day of each month, and today."""
        months = {date(day.year, day.month, 1) for day in self._days()}
        for first in months:
            yield Event(moment(workday(first), 8, 10), self._import)
        yield Event(self._now - timedelta(hours=5), self._import)

    def _import(self, now: Now) -> None:
        import_export(self._workforce, now(), signs_in(self._team.operator, now()))

    def _days(self) -> Iterator[date]:
        return (self._start.date() + timedelta(days=n) for n in range(WEEKS * 7 + 1))

    # removals

    def _removal(self, leaver: Leaver, number: int) -> Iterator[Event]:
        """Requested in the morning after the last day, approved some hours later, run after the grace period."""
        requested = moment(_day_of_removal(leaver), 9, 5 + number * 7 % 50)
        approved = requested + timedelta(hours=1 + number % 4, minutes=number * 11 % 60)
        hands_over = number % 3 != 0
        yield Event(requested, lambda now: self._cases.request_removal(leaver, now(), hand_over=hands_over))
        yield Event(approved, lambda now: self._cases.approve(leaver.person, now()))
        yield Event(approved + timedelta(minutes=61), self._cases_due)

    def _request_downgrades(self, count: int, now: Now) -> None:
        self._cases.request_downgrades(count, now())

    def _request_removal(self, leaver: Leaver, now: Now) -> None:
        self._cases.request_removal(leaver, now(), hand_over=True)

    def _cases_due(self, now: Now) -> None:
        self._cases.run_due(now)

    def _days_of_downgrades(self) -> list[tuple[date, int]]:
        return [(workday(self._today - timedelta(days=ago)), count) for ago, count in DOWNGRADED]

    def _idle_seats(self) -> Iterator[Event]:
        """Requested in the afternoon, approved or rejected within hours, run after the grace period."""
        for number, (day, count) in enumerate(self._days_of_downgrades()):
            requested = moment(day, 13, 10 + number * 3)
            approved = requested + timedelta(hours=1 + number % 2, minutes=number * 9)
            yield Event(requested, partial(self._request_downgrades, count))
            yield Event(approved, lambda now: self._cases.approve_downgrades(now()))
            yield Event(approved + timedelta(minutes=61), self._cases_due)
        rejected = moment(workday(self._today - timedelta(days=13)), 14, 40)
        yield Event(rejected, lambda now: self._cases.request_downgrades(1, now()))
        yield Event(rejected + timedelta(minutes=95), lambda now: self._cases.reject_downgrade(now()))

    def _lately(self) -> Iterator[Event]:
        """One cancelled, one protected, one that runs after a last day to come, two that wait for the visitor."""
        workforce = self._workforce
        contractor = next((one for one in workforce.stay if workforce.is_contractor(one)), None)
        if contractor is not None:
            mistake = moment(workday(self._today - timedelta(days=58)), 13, 30)
            yield Event(mistake, lambda now: self._cases.request_by_mistake(contractor, now()))
            yield Event(mistake + timedelta(minutes=48), lambda now: self._cases.cancel_mistake(now()))
        first, second, protected, *_ = workforce.still_there
        last = workforce.leaving[0]
        ago = self._now - timedelta(hours=4)
        yield Event(ago, lambda now: self._cases.protect(protected, now()))
        yield Event(
            ago + timedelta(minutes=12), lambda now: self._cases.request_removal(last, now(), hand_over=True)
        )
        yield Event(ago + timedelta(minutes=55), lambda now: self._cases.approve(last.person, now()))
        for minutes, leaver in ((80, first), (83, second)):
            yield Event(
                ago + timedelta(minutes=minutes),
                partial(self._request_removal, leaver),
            )
        yield Event(ago + timedelta(minutes=90), lambda now: self._cases.draft_idle_seat(now()))
        yield Event(self._now - timedelta(minutes=20), self._shorten_the_grace_period)

    def _shorten_the_grace_period(self, now: Now) -> None:
        """So that the visitor sees a removal run within minutes, at any time of the day."""
        wanted = {"grace_minutes": 2, "quiet_from": None, "quiet_until": None}
        change_guardrails(signs_in(self._team.admin, now()), wanted, "So that nobody has to wait in the demo")


def _day_of_removal(leaver: Leaver) -> date:
    return workday(leaver.last_day + timedelta(days=1))
