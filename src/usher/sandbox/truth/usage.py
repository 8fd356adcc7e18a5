"""How much everyone really used Asana, counted from what they did, not from what the API shows.

Human and automated use, active days, sessions and usage time are what a reader of both sources should find.
`audit_only` is what a reader of the audit log alone can find.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec

from usher.sandbox.audit_log.days import INVITED, moves_of
from usher.sandbox.audit_log.event_types import Use
from usher.sandbox.audit_log.log import Filters
from usher.sandbox.clock import timestamp
from usher.sandbox.company.company import Company, Person, Workspace
from usher.sandbox.company.timeline import DAY
from usher.sandbox.http.answers import Json, Record
from usher.sandbox.life.activity import Activity
from usher.sandbox.life.working_life import Action

LONGEST_GAP_MS = 30 * 60_000
LAST_ACTION_MS = 60_000
"""What the last action of a session adds."""
_HUMAN_KINDS_NEVER = frozenset(("stranger", "integration only", "fails to sign in", "service account"))


class Window(msgspec.Struct, frozen=True):
    """Milliseconds since 1970; the end is excluded."""

    start: int
    end: int
    zone: ZoneInfo


class Figures(msgspec.Struct):
    active_days: int = 0
    sessions: int = 0
    usage_minutes: float = 0.0
    last_used: str | None = None
    dates: list[str] = []


def window_of(days: int, until: date, time_zone: str) -> Window:
    """The window of `days` days whose last day is `until`. Raises ValueError for an unknown time zone."""
    try:
        zone = ZoneInfo(time_zone)
    except (KeyError, OSError) as error:
        raise ValueError(f"no time zone {time_zone}") from error
    if days < 1:
        raise ValueError("days is 1 or more")

    def midnight(day: date) -> int:
        return round(datetime.combine(day, time(), zone).timestamp() * 1_000)

    return Window(midnight(until - timedelta(days=days - 1)), midnight(until + timedelta(days=1)), zone)


def usage_truth(activity: Activity, now: float, days: int, until: date | None, time_zone: str) -> Record:
    """By gid, for everyone who is or was in the first account's workspaces.

    `last_used` is the latest use until now, even if it is after `until`.
    """
    last_day = until or datetime.fromtimestamp(now, window_of(1, date(2026, 1, 1), time_zone).zone).date()
    window = window_of(days, last_day, time_zone)
    company = activity.company
    with activity.lock:
        shown = _shown_by_audit_log(activity, now)
        people: dict[str, Json] = {
            company.gids.users.gid(person.number): _truth_of(
                activity, person, window, now, shown.get(person.number, [])
            )
            for person in _people(company, now)
        }
    return {
        "now": timestamp(now),
        "days": days,
        "until": last_day.isoformat(),
        "time_zone": time_zone,
        "people": people,
    }


def figures(moments: list[int], window: Window) -> Figures:
    """`moments` of human use in ascending order, including those before the window."""
    figures = Figures()
    if not moments:
        return figures
    figures.last_used = _text(moments[-1])
    inside = [at for at in moments if window.start <= at < window.end]
    figures.dates = sorted({f"{datetime.fromtimestamp(at / 1_000, window.zone):%Y-%m-%d}" for at in inside})
    figures.active_days = len(figures.dates)
    breaks = [0, *(n for n, (a, b) in enumerate(pairwise(moments), 1) if b - a > LONGEST_GAP_MS)]
    milliseconds = 0
    for first, after in pairwise([*breaks, len(moments)]):
        if window.start <= moments[first] < window.end:
            figures.sessions += 1
            milliseconds += moments[after - 1] - moments[first] + LAST_ACTION_MS
    figures.usage_minutes = milliseconds / 60_000
    return figures


def _truth_of(activity: Activity, person: Person, window: Window, now: float, shown: list[int]) -> Record:
    now_ms = int(now * 1_000)
    observed = _observed(activity)
    persona = activity.life.persona(person)
    first, last = window.start // 1_000 // DAY - 3, min(window.end, now_ms) // 1_000 // DAY + 1
    human = sorted(
        action.at
        for day in range(first, last + 1)
        for action in activity.life.lived(person, day)
        if action.use == Use.HUMAN and action.at <= now_ms
    )
    truth: Record = msgspec.to_builtins(figures(human, window))
    stops = persona.stops
    goes_until = last_day = now_ms // 1_000 // DAY + 1
    if stops is not None:
        last_day = min(last_day, stops)
    newest = None
    if persona.kind not in _HUMAN_KINDS_NEVER:
        newest = _newest(activity, person, last_day, now_ms, Use.HUMAN)
    automated = _provisioned(activity, person, now_ms)
    if persona.has_integration:
        by_integration = _newest(activity, person, goes_until, now_ms, Use.AUTOMATED)
        automated = max((at for at in (automated, by_integration) if at is not None), default=None)
    return {
        "name": person.name,
        "persona": persona.kind,
        "home_time_zone": persona.zone,
        "observable": any(workspace in observed for workspace in _workspaces(activity.company, person)),
        **truth,
        "last_used": None if newest is None else _text(newest),
        "automated_last_used": None if automated is None else _text(automated),
        "audit_only": msgspec.to_builtins(figures(shown, window)),
    }


def _newest(activity: Activity, person: Person, last_day: int, now_ms: int, use: Use) -> int | None:
    """Searches back to the beginning of the person's history if necessary."""
    life = activity.life
    for day in range(last_day, life.persona(person).starts - 1, -1):
        newest = _last(life.lived(person, day), now_ms, use)
        if newest is not None:
            # The day before may have ended after this day's last moment.
            before = _last(life.lived(person, day - 1), now_ms, use)
            return newest if before is None else max(newest, before)
    return None


def _last(actions: Iterable[Action], now_ms: int, use: Use) -> int | None:
    return max((a.at for a in actions if a.use == use and a.at <= now_ms), default=None)


def _provisioned(activity: Activity, person: Person, now_ms: int) -> int | None:
    """When a service account last invited or removed a person."""
    if not person.is_service_account:
        return None
    company = activity.company
    moves = (
        (at, kind, workspace, company.memberships[number])
        for workspace in _workspaces(company, person)
        if workspace.is_organization and activity.log(workspace).days.provisioner == person.number
        for number in workspace.members
        for at, kind in moves_of(number, company.memberships[number].history)
        if at <= now_ms
    )
    for at, kind, workspace, membership in sorted(moves, key=lambda move: move[0], reverse=True):
        is_founded = (at, kind) in moves_of(membership.number, company.founded(membership))
        invitations = activity.log(workspace).days.invitations
        if kind != INVITED or not is_founded or invitations.by(membership, at)[0] == person.number:
            return at
    return None


def _shown_by_audit_log(activity: Activity, now: float) -> dict[int, list[int]]:
    """Moments of human use that the logs show at a moment, by number of the person."""
    moments_by_person: dict[int, list[int]] = {}
    for workspace in _observed(activity):
        for event in activity.log(workspace).events(-1, None, None, Filters(users_only=True), now):
            if event.use == Use.HUMAN:
                moments_by_person.setdefault(event.actor, []).append(event.at)
    for moments in moments_by_person.values():
        moments.sort()
    return moments_by_person


def _people(company: Company, now: float) -> list[Person]:
    account = next(a for a in company.accounts if "sandbox-pat-1" in a.tokens)
    numbers = {w.number for w in _workspaces(company, company.people[account.person])}
    memberships = (company.memberships[n] for w in numbers for n in company.workspaces[w].members)
    return [company.people[n] for n in sorted({m.person for m in memberships if m.created_at <= now})]


def _workspaces(company: Company, person: Person) -> list[Workspace]:
    return [company.workspaces[company.memberships[n].workspace] for n in person.memberships]


def _observed(activity: Activity) -> list[Workspace]:
    """The organizations of the first account that have an audit log and a stream."""
    return [workspace for workspace in activity.organizations() if not workspace.is_free]


def _text(at: int) -> str:
    return f"{datetime.fromtimestamp(at // 1_000, UTC):%Y-%m-%dT%H:%M:%S}.{at % 1_000:03d}Z"
